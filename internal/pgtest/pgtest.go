// Package pgtest gives tests a PostgreSQL of their own: a server started from the installed programs in a temporary folder, durable as the hub
// demands it, gone when the tests end however they end. Most tests want Start: one server for the whole test binary, a fresh database for each
// call. Tests that stop or crash the server, or want it set up differently, make their own with New.
package pgtest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/tengi/tengi/internal/lacking"
)

// install is what helps where PostgreSQL is missing.
const install = "run `make deps` (Debian and Ubuntu: apt-get install postgresql)"

// shared is the server of Start. It outlives the test that happens to need it first, so it cannot belong to one; Main or the watcher ends it.
var shared struct {
	sync.Mutex
	server *Server
	err    error
	count  int // databases made on it
}

// Main runs the tests of a package that uses Start, and stops the server afterwards: func TestMain(m *testing.M) { pgtest.Main(m) }.
// Without it the server is stopped as well, but only after the test binary has ended.
func Main(m *testing.M) {
	code := m.Run()
	shared.Lock()
	if shared.server != nil {
		if err := shared.server.close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// Start returns the address of a new, empty database on the server that all tests of this binary share. The database is dropped when the test
// ends. Where PostgreSQL is not installed the test is skipped, or fails when the environment says CI.
func Start(t testing.TB) (url string) {
	t.Helper()
	programs := find(t)
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = launch(programs, nil)
	}
	if shared.err != nil {
		t.Fatalf("pgtest: %v", shared.err)
	}
	s := shared.server
	shared.count++
	name := fmt.Sprintf("test_%d", shared.count)
	// Not the test's context: that is over before the clean-up runs.
	ctx := context.WithoutCancel(t.Context())
	if err := s.admin(ctx, "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := s.admin(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return s.URL(name)
}

// New starts a server for this test alone and stops it when the test ends. Where PostgreSQL is not installed it does as Start.
func New(t testing.TB, options ...Option) *Server {
	t.Helper()
	s, err := launch(find(t), options)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return s
}

// Option changes a server before it starts.
type Option func(settings map[string]string)

// With gives a parameter of postgresql.conf another value, such as With("fsync", "off").
func With(parameter, value string) Option {
	return func(settings map[string]string) { settings[parameter] = value }
}

// find returns the folder of the programs; the test ends here when there is none.
func find(t testing.TB) string {
	t.Helper()
	dir, err := search(places(t.Context()), func(postgres string) int { return versionOf(t.Context(), postgres) })
	if err != nil {
		lacking.Program(t, err.Error()+": "+install)
	}
	return dir
}
