package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience bounds every wait for the server: a machine that needs longer has hung.
const patience = 2 * time.Minute

// Server is a PostgreSQL server of the tests. Its methods are not for use at once.
type Server struct {
	programs string // folder of initdb and postgres
	dir      string // everything it has: data/ and its socket
	settings map[string]string
	owner    *syscall.SysProcAttr
	watcher  *watcher
	process  *process // nil while stopped
	count    int      // databases made by Database
}

// process is one run of the server program.
type process struct {
	cmd  *exec.Cmd
	log  *serverLog
	done chan struct{} // closed when it has ended; err is set before
	err  error
}

// launch makes and starts a server.
func launch(programs string, options []Option) (*Server, error) {
	owner, chown, err := ordinaryUser()
	if err != nil {
		return nil, err
	}
	dir, err := makeDir(chown)
	if err != nil {
		return nil, err
	}
	s := &Server{programs: programs, dir: dir, owner: owner, settings: map[string]string{
		"listen_addresses":        "", // only the socket in our folder, which nobody else may enter
		"unix_socket_directories": dir,
		"fsync":                   "on",
		"synchronous_commit":      "on",
		"max_connections":         "400",  // the crash tests run several hubs at once
		"shared_buffers":          "32MB", // several packages run their servers at once
		"log_checkpoints":         "off",
		"timezone":                "UTC",
	}}
	for _, option := range options {
		option(s.settings)
	}
	if s.watcher, err = watch(dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.initdb(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if err := s.start(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// URL gives the address of a database of this server. It stays the same over restarts.
func (s *Server) URL(database string) string {
	return "postgres://postgres@/" + database + "?" + url.Values{"host": {s.dir}}.Encode()
}

// Database makes a new, empty database and returns its address.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	s.count++
	name := fmt.Sprintf("own_%d", s.count)
	if err := s.admin(t.Context(), "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return s.URL(name)
}

// Start starts a stopped server and waits until it takes connections. It fails the test when the server runs already.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
}

// Stop stops the server the orderly way: it ends its connections, writes everything and is gone.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if err := s.stop(syscall.SIGINT); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
}

// Crash stops the server at once, in the middle of whatever it does: the next Start recovers from the log as after a power cut.
// https://www.postgresql.org/docs/15/server-shutdown.html, "Immediate Shutdown"
func (s *Server) Crash(t testing.TB) {
	t.Helper()
	if err := s.stop(syscall.SIGQUIT); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
}

// Restart is Stop and Start.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Stop(t)
	s.Start(t)
}

func (s *Server) initdb() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := s.command(ctx, "initdb", "-D", filepath.Join(s.dir, "data"), "-U", "postgres", "-A", "trust",
		"-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

func (s *Server) start() error {
	if s.process != nil {
		return errors.New("start the server: it runs already")
	}
	args := []string{"-D", filepath.Join(s.dir, "data")}
	for _, name := range slices.Sorted(maps.Keys(s.settings)) {
		args = append(args, "-c", name+"="+s.settings[name])
	}
	p := &process{cmd: s.command(context.Background(), "postgres", args...), log: &serverLog{ready: make(chan struct{})}, done: make(chan struct{})}
	p.cmd.Stderr = p.log
	p.cmd.WaitDelay = patience // after a kill its children may hold the log open for a moment
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	go func() {
		defer close(p.done)
		p.err = p.cmd.Wait()
	}()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case <-p.log.ready:
		s.process = p
		return nil
	case <-p.done:
		return fmt.Errorf("start the server: it ended (%w):\n%s", p.err, p.log)
	case <-timeout.C:
		err := fmt.Errorf("start the server: not ready after %v:\n%s", patience, p.log)
		err = errors.Join(err, p.cmd.Process.Kill())
		<-p.done
		return err
	}
}

// stop ends the server by a signal and waits for it. A server that is stopped stays so.
func (s *Server) stop(signal syscall.Signal) error {
	if s.process == nil {
		return nil
	}
	p := s.process
	s.process = nil
	if err := p.cmd.Process.Signal(signal); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case <-p.done:
		return nil // how it exits after a signal says nothing
	case <-timeout.C:
		err := fmt.Errorf("stop the server: still there after %v:\n%s", patience, p.log)
		err = errors.Join(err, p.cmd.Process.Kill())
		<-p.done
		return err
	}
}

// close stops the server and removes its folder.
func (s *Server) close() error { return errors.Join(s.stop(syscall.SIGINT), s.watcher.end()) }

// admin runs one statement outside of the tests' databases.
func (s *Server) admin(ctx context.Context, statement string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("connect for %s: %w", statement, err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// command prepares a program of the server: as an ordinary user, in a group of its own so that Ctrl-C reaches only the tests, with nothing of our
// environment (PGDATA, PGPORT) to mislead it.
func (s *Server) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.programs, program), args...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = s.owner
	return cmd
}

// logKept is how much of the server's log is kept for error texts, in bytes.
const logKept = 4096

// serverLog keeps the end of what the server says and notes when it is ready.
type serverLog struct {
	mu    sync.Mutex
	text  []byte
	ready chan struct{}
	seen  bool
}

var _ io.Writer = (*serverLog)(nil)

// Write takes the server's log. The line it waits for is printed by every version in English, as LC_ALL=C has it.
func (l *serverLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	if !l.seen && bytes.Contains(l.text, []byte("database system is ready to accept connections")) {
		l.seen = true
		close(l.ready)
	}
	l.text = l.text[max(0, len(l.text)-logKept):]
	return len(p), nil
}

// String gives the end of the log, for error texts.
func (l *serverLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}
