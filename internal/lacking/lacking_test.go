package lacking

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// ending stands in for a test and keeps how it was ended.
type ending struct {
	testing.TB
	how string
}

func (e *ending) Helper()      {}
func (e *ending) Name() string { return "TestSomething" }

func (e *ending) Fatalf(format string, args ...any) {
	e.how = "failed: " + fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (e *ending) Skipf(format string, args ...any) {
	e.how = "skipped: " + fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// Not parallel: it changes the environment.
func TestProgram(t *testing.T) {
	list := filepath.Join(t.TempDir(), "skips")
	for _, c := range []struct{ ci, skips, want, noted string }{
		{"", "", "skipped: no server", ""},
		{"", list, "skipped: no server", "lacking TestSomething: no server\n"},
		{"false", list, "skipped: no server", "lacking TestSomething: no server\nlacking TestSomething: no server\n"},
		{"0", filepath.Join(list, "not", "a", "folder"), "failed: note a skipped test: ", ""},
		{"true", list, "failed: no server", ""},
		{"1", list, "failed: no server", ""},
		{"yes", list, "failed: no server", ""},
	} {
		t.Setenv("CI", c.ci)
		t.Setenv("TENGI_SKIPS", c.skips)
		before, _ := os.ReadFile(list)
		e, done := &ending{}, make(chan struct{})
		go func() {
			defer close(done)
			Program(e, "no server")
		}()
		<-done
		if !strings.HasPrefix(e.how, c.want) {
			t.Errorf("CI=%q TENGI_SKIPS=%q: %q, want %q", c.ci, c.skips, e.how, c.want)
		}
		want := c.noted
		if want == "" {
			want = string(before)
		}
		if after, _ := os.ReadFile(list); string(after) != want {
			t.Errorf("CI=%q: noted %q, want %q", c.ci, after, want)
		}
	}
}
