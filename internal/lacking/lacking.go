// Package lacking is the one place where a test may be skipped: when the machine lacks a program that it needs, and in a way that is seen.
package lacking

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Program ends a test that needs a program which this machine does not have; the reason says which, and how to install it. The test is skipped, and says so in the file that TENGI_SKIPS names, so that `make test` can list what was not run. With CI set to anything
// but 0 or false a skipped test would be a lie, so it fails.
func Program(t testing.TB, reason string) {
	t.Helper()
	if ci, err := strconv.ParseBool(os.Getenv("CI")); ci || err != nil && os.Getenv("CI") != "" {
		t.Fatalf("%s", reason)
	}
	if name := os.Getenv("TENGI_SKIPS"); name != "" {
		if err := note(name, t.Name(), reason); err != nil {
			t.Fatalf("%v", err)
		}
	}
	t.Skipf("%s", reason)
}

// note adds a line to the file of skipped tests. Test binaries of several packages do so at once: one small write with O_APPEND does not mix.
func note(file, test, reason string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("note a skipped test: %w", err)
	}
	binary := strings.TrimSuffix(filepath.Base(os.Args[0]), ".test") // "store.test" holds the tests of package store
	_, err = fmt.Fprintf(f, "%s %s: %s\n", binary, test, reason)
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err != nil {
		return fmt.Errorf("note a skipped test: %w", err)
	}
	return nil
}
