package secret

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const account = "account/acc_1"

// setup gives the Box of a new key file and the file's path.
func setup(t *testing.T) (*Box, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	return open(t, path, ""), path
}

func open(t *testing.T, path, env string) *Box {
	t.Helper()
	box, err := Open(path, env)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func seal(t *testing.T, box *Box, plain, context string) []byte {
	t.Helper()
	sealed, err := box.Seal([]byte(plain), context)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func mustOpen(t *testing.T, box *Box, sealed []byte, context, want string) {
	t.Helper()
	plain, err := box.Open(sealed, context)
	if err != nil {
		t.Fatal(err)
	}
	if string(plain) != want {
		t.Fatalf("opened %q, want %q", plain, want)
	}
}

func TestSealOpen(t *testing.T) {
	t.Parallel()
	box, path := setup(t)
	again := open(t, path, "")
	if !box.Made() || again.Made() {
		t.Errorf("made: first %v, second %v; want true, false", box.Made(), again.Made())
	}
	if box.KeyID() != again.KeyID() || len(box.KeyID()) != 8 {
		t.Errorf("key ids %q and %q; want the same eight digits", box.KeyID(), again.KeyID())
	}
	for _, plain := range []string{"", "s", `{"client_secret":"x"}`, strings.Repeat("long", 1<<16)} {
		sealed := seal(t, box, plain, account)
		if len(plain) > 1 && bytes.Contains(sealed, []byte(plain)) {
			t.Errorf("the plain text %.20q stands in the sealed data", plain)
		}
		mustOpen(t, again, sealed, account, plain)
	}
	if bytes.Equal(seal(t, box, "same", account), seal(t, box, "same", account)) {
		t.Error("sealing the same text twice gave the same bytes: the nonce repeats")
	}
	if _, err := box.Seal([]byte("x"), ""); err == nil {
		t.Error("sealing for no context passed")
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	box, _ := setup(t)
	stranger, _ := setup(t)
	sealed := seal(t, box, "secret text", account)
	type refusal struct {
		name    string
		box     *Box
		sealed  []byte
		context string
		want    error
	}
	cases := []refusal{
		{"another account's row", box, sealed, "account/acc_2", ErrAltered},
		{"no context", box, sealed, "", ErrAltered},
		{"another key", stranger, sealed, account, ErrUnknownKey},
		{"empty", box, nil, account, ErrAltered},
		{"prefix only", box, sealed[:prefixSize], account, ErrAltered},
		{"cut short", box, sealed[:len(sealed)-1], account, ErrAltered},
		{"longer", box, append(slices.Clone(sealed), 0), account, ErrAltered},
		{"plain text", box, []byte("secret text"), account, ErrAltered},
	}
	for i := range sealed { // any one changed byte
		bad := slices.Clone(sealed)
		bad[i] ^= 1
		want := ErrAltered
		if i > 0 && i < prefixSize {
			want = ErrUnknownKey // these bytes are the key's id
		}
		cases = append(cases, refusal{"byte changed", box, bad, account, want})
	}
	for i, c := range cases {
		plain, err := c.box.Open(c.sealed, c.context)
		if !errors.Is(err, c.want) || plain != nil {
			t.Errorf("case %d, %s: got %q, %v; want %v", i, c.name, plain, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret text") {
			t.Errorf("case %d, %s: the error repeats the text: %v", i, c.name, err)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	box, path := setup(t)
	canary, err := box.Canary()
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Check(canary); err != nil {
		t.Errorf("the right key: %v", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fromEnv := open(t, "", base64.StdEncoding.EncodeToString(text))
	if err := fromEnv.Check(canary); err != nil {
		t.Errorf("the right key in the environment: %v", err)
	}

	made, madePath := setup(t)
	found := open(t, madePath, "")
	madeText, err := os.ReadFile(madePath)
	if err != nil {
		t.Fatal(err)
	}
	wrongEnv := open(t, path, base64.StdEncoding.EncodeToString(madeText))
	data := "secret: the data was sealed with key " + box.KeyID() + ", "
	for _, c := range []struct {
		name string
		box  *Box
		want string
	}{
		{"wrong file", found, data + "the key in " + madePath + " is " + found.KeyID() + ": put the old key file back"},
		{"file was missing", made, data + "but " + madePath + " was missing and a new key " + made.KeyID() + " was made: put the old key file back"},
		{"wrong environment", wrongEnv, data + "the key in TENGI_KEY is " + wrongEnv.KeyID() + ": set TENGI_KEY to the old key"},
	} {
		err := c.box.Check(canary)
		if !errors.Is(err, ErrUnknownKey) {
			t.Fatalf("%s: got %v, want ErrUnknownKey", c.name, err)
		}
		if got := strings.TrimSuffix(err.Error(), ": "+ErrUnknownKey.Error()); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
	other := seal(t, box, "another text", canaryContext)
	for name, bad := range map[string][]byte{
		"empty": nil, "not sealed": []byte("tengi"), "cut": canary[:len(canary)-1], "another text": other, "another context": seal(t, box, canaryText, account),
	} {
		if err := box.Check(bad); !errors.Is(err, ErrAltered) || !strings.Contains(err.Error(), "restore a backup") {
			t.Errorf("canary %s: got %v, want ErrAltered and what to do", name, err)
		}
	}
}

func TestRotate(t *testing.T) {
	t.Parallel()
	box, path := setup(t)
	running := open(t, path, "") // another process, started before the rotation
	canary, err := box.Canary()
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{box.KeyID()}
	sealed := [][]byte{seal(t, box, "text", account)}
	for range 3 {
		if err := box.Rotate(); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, box.KeyID())
		sealed = append(sealed, seal(t, box, "text", account))
	}
	if slices.Sort(ids); len(slices.Compact(ids)) != 4 {
		t.Errorf("key ids %v, want four different ones", ids)
	}
	restarted := open(t, path, "")
	if restarted.KeyID() != box.KeyID() {
		t.Errorf("after a restart key %s seals, want %s", restarted.KeyID(), box.KeyID())
	}
	for name, b := range map[string]*Box{"rotating": box, "restarted": restarted, "running": running} {
		for _, s := range sealed {
			mustOpen(t, b, s, account, "text")
		}
		if err := b.Check(canary); err != nil {
			t.Errorf("%s: the first canary: %v", name, err)
		}
	}
	if got := modeOf(t, path); got != 0o600 {
		t.Errorf("the rotated file has mode %04o, want 0600", got)
	}
	if left := leftovers(t, path); len(left) > 0 {
		t.Errorf("files left beside the key: %v", left)
	}
}

func TestRotateRefuses(t *testing.T) {
	t.Parallel()
	box, path := setup(t)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := open(t, "", base64.StdEncoding.EncodeToString(text)).Rotate(); err == nil || !strings.Contains(err.Error(), EnvName) {
		t.Errorf("a key from the environment: got %v, want a refusal naming %s", err, EnvName)
	}
	_, strange := setup(t)
	if err := os.Rename(strange, path); err != nil {
		t.Fatal(err)
	}
	before := box.KeyID()
	if err := box.Rotate(); err == nil || !strings.Contains(err.Error(), before) {
		t.Errorf("another installation's file: got %v, want a refusal naming key %s", err, before)
	}
	if box.KeyID() != before {
		t.Error("a refused rotation changed the key")
	}
	if _, err := box.Open(seal(t, open(t, path, ""), "x", account), account); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("data of a stranger's file put in our place: got %v, want ErrUnknownKey", err)
	}
}

// Two rotations at once must not lose each other's key: what it sealed could never be opened again.
func TestRotateAtOnce(t *testing.T) {
	t.Parallel()
	_, path := setup(t)
	const n = 8
	sealed := make([][]byte, n)
	var wg sync.WaitGroup
	for i := range n {
		box := open(t, path, "")
		wg.Go(func() {
			if err := box.Rotate(); err != nil {
				t.Error(err)
				return
			}
			s, err := box.Seal([]byte("text"), account)
			if err != nil {
				t.Error(err)
			}
			sealed[i] = s
		})
	}
	wg.Wait()
	last := open(t, path, "")
	if got := len(last.keys.ids); got != n+1 {
		t.Errorf("the file holds %d keys, want %d", got, n+1)
	}
	for _, s := range sealed {
		mustOpen(t, last, s, account, "text")
	}
}

func TestRotateWhileInUse(t *testing.T) {
	t.Parallel()
	box, _ := setup(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				s, err := box.Seal([]byte("text"), account)
				if err == nil {
					_, err = box.Open(s, account)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Go(func() {
		for range 10 {
			if err := box.Rotate(); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
}
