package connector_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// openFolder opens a folder for an account of a workspace.
func openFolder(t *testing.T, files fs.FS, workspace, name string) (fs.FS, error) {
	t.Helper()
	c, err := connector.NewClient(connector.ClientConfig{
		Connector: &connector.Connector{Name: "toy", Auth: connector.Auth{Fields: field.Set{}}}, Account: &tengi.Account{Key: "toy"},
		Workspace: tengi.Workspace{Key: workspace, TimeZone: "UTC"}, Files: files,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c.Folder(name)
}

// There is a way into the folder of the workspace and no way out of it: not by dots, not by an absolute path, not by a link.
func TestFolder(t *testing.T) {
	t.Parallel()
	outside, dir := t.TempDir(), t.TempDir()
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(outside, "secret"), "outside")
	write(filepath.Join(dir, "fjord", "in", "a.csv"), "a")
	write(filepath.Join(dir, "other", "in", "b.csv"), "b")
	for link, target := range map[string]string{
		"fjord/out": outside, "fjord/neighbour": "../other", "fjord/in/secret.csv": filepath.Join(outside, "secret"), "fjord/in/b.csv": "../../other/in/b.csv",
		"fjord/self": "in", "fjord/in/up": "..",
	} {
		if err := os.Symlink(target, filepath.Join(dir, filepath.FromSlash(link))); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	for name, open := range map[string]bool{
		"": true, "in": true, "in/": true, ".": true, "..": false, "in/../..": false, "../other": false, "../other/in": false, "/in": false, "/": false, outside: false, "missing": false,
		"in/a.csv": false, "out": false, "neighbour": false, "neighbour/in": false, "self": false, `..\in`: false, "in\x00": false, "in/up": false, "in/up/in": false,
	} {
		folder, err := openFolder(t, root.FS(), "fjord", name)
		if (err == nil) != open {
			t.Errorf("%q: %v", name, err)
		}
		if err != nil {
			if e := connector.AsError(err); e.Code != connector.CodeFolder || strings.Contains(err.Error(), dir) {
				t.Errorf("%q: %s %v", name, e.Code, err)
			}
			continue
		}
		if entries, err := fs.ReadDir(folder, "."); err != nil || len(entries) == 0 {
			t.Errorf("%q: %v %v", name, entries, err)
		}
	}
	folder, err := openFolder(t, root.FS(), "fjord", "in")
	if err != nil {
		t.Fatal(err)
	}
	for name, readable := range map[string]bool{"a.csv": true, "secret.csv": false, "b.csv": false, "../in/a.csv": false, "up/in/a.csv": false, "missing.csv": false} {
		text, err := fs.ReadFile(folder, name)
		if (err == nil && string(text) == "a") != readable {
			t.Errorf("%s: %q %v", name, text, err)
		}
	}
	if _, err := openFolder(t, nil, "fjord", "in"); err == nil || !strings.Contains(err.Error(), "--files") {
		t.Errorf("no folder is opened, and: %v", err)
	}
	if _, err := openFolder(t, root.FS(), "nobody", ""); err == nil {
		t.Error("a workspace without a folder has one")
	}
	if folder, err := openFolder(t, root.FS(), "", "fjord/in"); err != nil || errors.Is(err, fs.ErrNotExist) || folder == nil {
		t.Errorf("a workspace without a key: %v", err)
	}
}
