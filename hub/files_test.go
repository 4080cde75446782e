package hub

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestFiles(t *testing.T) {
	t.Parallel()
	if Files("") != nil {
		t.Error("no folder is one")
	}
	parent := t.TempDir()
	dir := filepath.Join(parent, "data", "files")
	folder := Files(dir)
	if entries, err := fs.ReadDir(folder, "."); err != nil || len(entries) != 0 {
		t.Fatalf("a folder that is not there yet: %v %v", entries, err)
	}
	for round := range 2 { // the second time it was removed and made again
		for name, text := range map[string]string{filepath.Join(parent, "secret"): "outside", filepath.Join(dir, "a.csv"): "a"} {
			if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink("../../secret", filepath.Join(dir, "link")); err != nil {
			t.Fatal(err)
		}
		if text, err := fs.ReadFile(folder, "a.csv"); err != nil || string(text) != "a" {
			t.Errorf("round %d: %q %v", round, text, err)
		}
		for _, name := range []string{"link", "../../secret", "/etc/hostname", "../files/a.csv"} {
			if text, err := fs.ReadFile(folder, name); err == nil {
				t.Errorf("round %d: %s leads out: %q", round, name, text)
			}
		}
		info, err := fs.Lstat(folder, "link")
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("round %d: %v %v", round, info, err)
		}
		if target, err := fs.ReadLink(folder, "link"); err != nil || target != "../../secret" {
			t.Errorf("round %d: %q %v", round, target, err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
}
