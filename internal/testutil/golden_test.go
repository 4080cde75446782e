package testutil

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// recorder stands in for the test that calls Golden and keeps what it is told.
type recorder struct {
	testing.TB
	failed string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) { r.failed += fmt.Sprintf(format, args...) }

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Fatal(args ...any) {
	r.failed += fmt.Sprint(args...)
	runtime.Goexit()
}

// compare runs golden as a test of its own and returns how it failed; empty means it passed.
func compare(path, got string, write bool) string {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		golden(r, path, []byte(got), write)
	}()
	<-done
	return r.failed
}

func TestGolden(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "testdata", "deep", "story.golden")
	if got := compare(path, "a\nb\n", false); !strings.Contains(got, "does not exist") || !strings.Contains(got, "-update") {
		t.Errorf("a missing golden: %q", got)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a missing golden was written without -update (%v)", err)
	}
	if got := compare(path, "a\nb\n", true); got != "" {
		t.Errorf("-update: %q", got)
	}
	if got := compare(path, "a\nb\n", false); got != "" {
		t.Errorf("the same text: %q", got)
	}
	for name, text := range map[string]string{"another line": "a\nc\n", "no last line end": "a\nb", "empty": "", "other line ends": "a\r\nb\r\n"} {
		if got := compare(path, text, false); !strings.Contains(got, "differs") || !strings.Contains(got, "-update") {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := compare(path, "new", true) + compare(path, "new", false); got != "" {
		t.Errorf("-update over an old golden: %q", got)
	}
	if got := compare(filepath.Dir(path), "x", false); got == "" {
		t.Error("a golden that cannot be read passed")
	}
}

// The exported way, through testdata and the flag.
func TestGoldenName(t *testing.T) {
	t.Parallel()
	Golden(t, "sample", []byte("one line\n"))
}
