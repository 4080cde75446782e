package house

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// bash runs a script in a folder and returns what it printed and whether it succeeded.
func bash(t *testing.T, dir string, env []string, args ...string) (out string, ok bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", args...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, env...)
	text, err := cmd.CombinedOutput()
	return string(text), err == nil
}

func TestTestScript(t *testing.T) {
	t.Parallel()
	goCommand, err := filepath.Abs(filepath.Join("testdata", "go"))
	if err != nil {
		t.Fatal(err)
	}
	const skips = `FAKE_SKIPS=store TestA: no server: run make deps\nengine TestB: no server: run make deps\nweb TestC: no browser\n`
	for _, c := range []struct {
		name string
		env  []string
		args string
		ok   bool
		want []string
		not  string
	}{
		{"pass", nil, "./...", true, []string{"ran: test ./..."}, "Not run"},
		{"fail", []string{"FAKE_STATUS=1"}, "./...", false, []string{"ran: test ./..."}, "Not run"},
		{"skipped", []string{skips}, "./...", true, []string{"Not run on this machine (3 tests):", "2 no server: run make deps\n", "1 no browser\n"}, "failure"},
		{"failed and skipped", []string{skips, "FAKE_STATUS=2"}, "./...", false, []string{"Not run on this machine"}, ""},
		{"passed in CI", []string{"CI=true"}, "./...", true, []string{"ran: test -count=1 ./..."}, "Not run"},
		{"skipped in CI", []string{skips, "CI=true"}, "./...", false, []string{"Not run on this machine", "A skipped test is a failure in CI."}, ""},
		{"race", []string{"FAKE_CC=sh"}, "-race ./...", true, []string{"ran: test -race ./..."}, "no C compiler"},
		{"race without a compiler", []string{"FAKE_CC=no-such-compiler"}, "-race ./...", true, []string{"no C compiler: run `make deps`"}, "ran:"},
		{"race without a compiler in CI", []string{"FAKE_CC=no-such-compiler", "CI=true"}, "-race ./...", false, []string{"no C compiler"}, "ran:"},
	} {
		out, ok := bash(t, root, append(c.env, "GO="+goCommand), append([]string{"tools/test"}, strings.Fields(c.args)...)...)
		if ok != c.ok {
			t.Errorf("%s: succeeded %v, want %v:\n%s", c.name, ok, c.ok, out)
		}
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%s: %q is missing in:\n%s", c.name, want, out)
			}
		}
		if c.not != "" && strings.Contains(out, c.not) {
			t.Errorf("%s: %q stands in:\n%s", c.name, c.not, out)
		}
	}
}

// The last word of `make check`: any file that changes, comes or goes is named, and what a hub or a build keeps is left alone.
func TestUnchangedScript(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(dir string) error
		want   string // empty = nothing to complain of
	}{
		{"nothing", func(string) error { return nil }, ""},
		{"changed", func(dir string) error { return os.WriteFile(filepath.Join(dir, "a file.go"), []byte("new"), 0o600) }, "> ./a file.go"},
		{"made", func(dir string) error { return os.WriteFile(filepath.Join(dir, "sub", "new.go"), nil, 0o600) }, "> ./sub/new.go"},
		{"removed", func(dir string) error { return os.Remove(filepath.Join(dir, "a file.go")) }, "< ./a file.go"},
		{"built", func(dir string) error { return os.WriteFile(filepath.Join(dir, "bin", "tengi"), nil, 0o600) }, ""},
		{"hub's data", func(dir string) error { return os.WriteFile(filepath.Join(dir, "data", "db"), nil, 0o600) }, ""},
	} {
		dir := t.TempDir()
		for _, sub := range []string{"tools", "sub", "data"} {
			if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		for name, text := range map[string]string{"a file.go": "old", "sub/b.go": "b", "tools/unchanged": string(read(t, "tools/unchanged"))} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if out, ok := bash(t, dir, nil, "tools/unchanged", "save"); !ok {
			t.Fatal(out)
		}
		if err := c.change(dir); err != nil {
			t.Fatal(err)
		}
		out, ok := bash(t, dir, nil, "tools/unchanged", "compare", "the change")
		if ok != (c.want == "") || !strings.Contains(out, c.want) || !ok && !strings.Contains(out, "the change changed the tree") {
			t.Errorf("%s: succeeded %v, want %q:\n%s", c.name, ok, c.want, out)
		}
	}
}

// The targets people and CI rely on are there, and each stands in the help.
func TestMakefile(t *testing.T) {
	t.Parallel()
	text := string(read(t, "Makefile"))
	target := regexp.MustCompile(`(?m)^([a-z]+):[^=\n]*?(## .+)?$`)
	helped := map[string]bool{}
	for _, m := range target.FindAllStringSubmatch(text, -1) {
		helped[m[1]] = true
		if m[2] == "" {
			t.Errorf("target %s has no help: write ## and a line behind it", m[1])
		}
	}
	for _, name := range strings.Fields("help build run demo test race lint generate check deps bench crash connector fuzz") {
		if !helped[name] {
			t.Errorf("there is no target %s", name)
		}
	}
	if ci := string(read(t, ".ci/run")); !strings.Contains(ci, "export CI=true") || !strings.Contains(ci, "make deps check") {
		t.Error(".ci/run does not do `make deps check` with CI=true")
	}
	for _, name := range files(t) {
		if strings.HasPrefix(string(read(t, name)), "#!") {
			if info, err := os.Stat(filepath.Join(root, name)); err != nil || info.Mode()&0o111 == 0 {
				t.Errorf("%s is a script but cannot be run: chmod +x (%v)", name, err)
			}
		}
	}
}
