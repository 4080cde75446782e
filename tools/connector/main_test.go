package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// repository is a copy of what a connector needs, as a module of the same name beside the real one.
func repository(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, part := range []string{
		"go.mod", "go.sum", "call.go", "tengi.go", "money", "field", "sale", "schedule", "mapping", "internal/testutil", "connector", "connectors",
	} {
		copyFiles(t, filepath.Join("..", ".."), root, part)
	}
	return root
}

func copyFiles(t *testing.T, from, to, part string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(from, part), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rest, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(to, rest), 0o755)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, rest)), 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rest), text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestBegin: what is begun compiles, passes its own tests, and is listed, so that whoever begins a connector begins with all tests green.
func TestBegin(t *testing.T) {
	t.Parallel()
	root := repository(t)
	for _, name := range []string{"mailer", "zoho", "aa"} { // in the middle, at the end, at the beginning
		if err := begin(root, name); err != nil {
			t.Fatal(err)
		}
	}
	for _, gone := range []string{"template", "Template", "make connector"} {
		grep := exec.CommandContext(t.Context(), "grep", "-rn", gone, filepath.Join(root, "connectors", "mailer"))
		if out, err := grep.Output(); err == nil {
			t.Errorf("%q is left in the new connector:\n%s", gone, out)
		}
	}
	test := exec.CommandContext(t.Context(), "go", "test", "./connectors", "./connectors/mailer")
	test.Dir = root
	test.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off")
	if out, err := test.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	vet := exec.CommandContext(t.Context(), "gofmt", "-l", filepath.Join(root, "connectors"))
	if out, err := vet.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("not formatted: %v\n%s", err, out)
	}
}

func TestBeginRefuses(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	copyFiles(t, filepath.Join("..", ".."), root, filepath.Join("connectors", "connectors.go"))
	copyFiles(t, filepath.Join("..", ".."), root, filepath.Join("connectors", "internal", "template"))
	if err := os.Mkdir(filepath.Join(root, "connectors", "there"), 0o755); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(root, "connectors", "connectors.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "a", "Caspit", "pay-pal", "../x", "1c", "internal", "fake", "func", "type", "there", "template", strings.Repeat("a", 40)} {
		if err := begin(root, name); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
	after, err := os.ReadFile(filepath.Join(root, "connectors", "connectors.go"))
	if err != nil || !bytes.Equal(after, before) {
		t.Errorf("the list was changed: %v", err)
	}
	if entries, err := os.ReadDir(filepath.Join(root, "connectors")); err != nil || len(entries) != 3 {
		t.Errorf("folders were left behind: %v, %v", entries, err)
	}
}

func TestListForm(t *testing.T) {
	t.Parallel()
	if _, err := list([]byte("package connectors\n"), "x"); err == nil || !strings.Contains(err.Error(), "by hand") {
		t.Errorf("a list of another form: %v", err)
	}
}
