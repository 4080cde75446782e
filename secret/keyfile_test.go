package secret

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// childEnv makes the test binary behave as one starting process: it waits for its input to end, opens the key file named here and prints a
// sealed text.
const childEnv = "TENGI_SECRET_TEST_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		if err := child(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(path string) error {
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	box, err := Open(path, "")
	if err != nil {
		return err
	}
	sealed, err := box.Seal([]byte(box.KeyID()), account)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(sealed)
	return err
}

// Several processes start together on an empty folder: one makes the key, all use it.
func TestFirstStartAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "key") // the folder is made as well
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const n = 8
	gate, out := make([]io.WriteCloser, n), make([]bytes.Buffer, n)
	cmd := make([]*exec.Cmd, n)
	for i := range n {
		cmd[i] = exec.CommandContext(t.Context(), self)
		cmd[i].Env = append(os.Environ(), childEnv+"="+path)
		cmd[i].Stdout, cmd[i].Stderr = &out[i], &out[i]
		if gate[i], err = cmd[i].StdinPipe(); err != nil {
			t.Fatal(err)
		}
		if err := cmd[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		if err := gate[i].Close(); err != nil {
			t.Error(err)
		}
	}
	for i := range n {
		if err := cmd[i].Wait(); err != nil {
			t.Fatalf("%v: %s", err, out[i].String())
		}
	}
	box := open(t, path, "")
	for i := range n {
		mustOpen(t, box, out[i].Bytes(), account, box.KeyID())
	}
	if got := modeOf(t, path); got != 0o600 {
		t.Errorf("the key file has mode %04o, want 0600", got)
	}
	if got := modeOf(t, filepath.Dir(path)); got != 0o700 {
		t.Errorf("the folder has mode %04o, want 0700", got)
	}
	if left := leftovers(t, path); len(left) > 0 {
		t.Errorf("files left beside the key: %v", left)
	}
}

func TestFilePermissions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode    fs.FileMode
		refused bool
	}{
		{0o600, false},
		{0o400, false},
		{0o640, true},
		{0o604, true},
		{0o644, true},
		{0o620, true},
		{0o601, true},
		{0o666, true},
	} {
		_, path := setup(t)
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path, "")
		if !c.refused {
			if err != nil {
				t.Errorf("mode %04o: %v", c.mode, err)
			}
			continue
		}
		want := fmt.Sprintf("secret: the key file %s can be used by others (mode %04o): run  chmod 600 %s", path, c.mode, path)
		if err == nil || err.Error() != want {
			t.Errorf("mode %04o:\n got %v\nwant %s", c.mode, err, want)
		}
	}
}

// When others may read the file while the hub runs, what needs it read again says so, not that the key is unknown.
func TestFileOpenedToOthersWhileRunning(t *testing.T) {
	t.Parallel()
	box, path := setup(t)
	running := open(t, path, "")
	if err := box.Rotate(); err != nil {
		t.Fatal(err)
	}
	sealed := seal(t, box, "text", account)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := running.Open(sealed, account); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("got %v, want the chmod", err)
	}
	if err := running.Rotate(); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("rotate: got %v, want the chmod", err)
	}
}

func TestBadKeyFile(t *testing.T) {
	t.Parallel()
	good, err := newKeys()
	if err != nil {
		t.Fatal(err)
	}
	text, err := good.marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"empty":           "",
		"white":           " \n",
		"not json":        "correct horse",
		"json of others":  `{"a":1}`,
		"no keys":         `{"primaryKeyId":1,"key":[]}`,
		"cut":             string(text[:len(text)/2]),
		"primary missing": strings.Replace(string(text), `"primaryKeyId":`, `"primaryKeyId":1`, 1),
		"raw prefix":      strings.Replace(string(text), `"TINK"`, `"RAW"`, 1),
		"other type":      strings.Replace(string(text), "AesGcmKey", "HmacKey", 1),
		"disabled":        strings.Replace(string(text), `"ENABLED"`, `"DISABLED"`, 1),
	} {
		if content == string(text) {
			t.Fatalf("%s: the case changes nothing", name)
		}
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path, "")
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want an error naming the file", name, err)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != content {
			t.Errorf("%s: the file was changed to %q (%v)", name, after, err)
		}
		env := base64.StdEncoding.EncodeToString([]byte(content))
		if env == "" {
			continue // an empty variable is no variable
		}
		if _, err := Open(filepath.Join(t.TempDir(), "key"), env); err == nil || !strings.Contains(err.Error(), EnvName) {
			t.Errorf("%s in the environment: got %v, want an error naming %s", name, err, EnvName)
		} else if strings.Contains(err.Error(), env) || (len(content) > 3 && strings.Contains(err.Error(), content)) {
			t.Errorf("%s in the environment: the error repeats the value: %v", name, err)
		}
	}
}

func TestKeyFileIsAFolder(t *testing.T) {
	t.Parallel()
	if _, err := Open(t.TempDir(), ""); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("got %v", err)
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	box, path := setup(t)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	env := base64.StdEncoding.EncodeToString(text)
	unused := filepath.Join(t.TempDir(), "key")
	wrapped := env[:76] + "\n" + env[76:] + "\r\n" // as base64 prints it without -w0
	for name, value := range map[string]string{"plain": env, "wrapped": wrapped} {
		got := open(t, unused, value)
		if got.KeyID() != box.KeyID() || got.Made() {
			t.Errorf("%s: key %s, made %v; want %s, false", name, got.KeyID(), got.Made(), box.KeyID())
		}
		mustOpen(t, got, seal(t, box, "text", account), account, "text")
	}
	if _, err := os.Stat(unused); !os.IsNotExist(err) {
		t.Errorf("a key file was made although the key came from the environment (%v)", err)
	}
	if _, err := Open(unused, "not base64!"); err == nil || !strings.Contains(err.Error(), "base64 -w0") || strings.Contains(err.Error(), "not base64!") {
		t.Errorf("not base64: got %v", err)
	}
}

// FuzzParseKeys feeds anything to the reader of key files: it may refuse, it may not panic, and what it takes must seal and open.
func FuzzParseKeys(f *testing.F) {
	k, err := newKeys()
	if err != nil {
		f.Fatal(err)
	}
	text, err := k.marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"primaryKeyId":1,"key":[null]}`))
	f.Add([]byte(`{"key":[{"keyData":null}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		k, err := parseKeys(text)
		if err != nil {
			return
		}
		box := &Box{keys: k}
		mustOpen(t, box, seal(t, box, "text", account), account, "text")
	})
}

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

// leftovers lists what stands beside the key file.
func leftovers(t *testing.T, path string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(path) {
			names = append(names, e.Name())
		}
	}
	return names
}
