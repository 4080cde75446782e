package store

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"github.com/tengi/tengi/internal/pgtest"
)

// A full disk refuses what is new, keeps what is there, and is over as soon as there is room.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	s := seeded(t, openLite(t, t.TempDir()))
	first := ingest(t, s, newEvent("booking/1", "1"))[0]
	var full atomic.Bool
	full.Store(true)
	connect := s.dialect.connect
	s.dialect.connect = func(ctx context.Context) (session, error) { // the limit is a connection's, and a failure makes the writer take a new one
		fresh, err := connect(ctx)
		if err == nil && full.Load() {
			err = fresh.query(ctx, func(scanner) error { return nil }, "PRAGMA max_page_count = 1") // no more than there are
		}
		return fresh, err
	}
	if err := s.change(t.Context(), func(t *tx) error {
		return t.query(t.ctx, func(scanner) error { return nil }, "PRAGMA max_page_count = 1")
	}); err != nil {
		t.Fatal(err)
	}
	large := newEvent("booking/2", "2")
	large.Raw.Body = bytes.Repeat([]byte("x"), 1<<20)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			_, err := s.Ingest(t.Context(), Ingest{Events: []NewEvent{large}})
			if !IsFull(err) {
				t.Errorf("an event for a full disk: %v", err)
			}
		})
	}
	group.Wait()
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("reading: %v", err)
	}
	if d := claim(t, s, 1, 5); len(d) != 1 || d[0].EventID != first.EventID {
		t.Errorf("claimed %+v, want what was stored before", d)
	}
	full.Store(false)
	if err := s.change(t.Context(), func(t *tx) error {
		return t.query(t.ctx, func(scanner) error { return nil }, "PRAGMA max_page_count = 1073741823")
	}); err != nil {
		t.Fatal(err)
	}
	if got := ingest(t, s, large)[0]; got.Duplicate {
		t.Error("what was refused had been stored")
	}
}

func TestIsFull(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want bool
	}{
		{nil, false}, {errors.New("x"), false}, {ErrBusy, false}, {fmt.Errorf("x: %w", &pgconn.PgError{Code: "53100"}), true}, {&pgconn.PgError{Code: "53200"}, false},
		{fmt.Errorf("write: %w", syscall.ENOSPC), true},
	} {
		if IsFull(c.err) != c.want {
			t.Errorf("%v: %t, want %t", c.err, !c.want, c.want)
		}
	}
}

func TestIsAway(t *testing.T) {
	t.Parallel()
	server := pgtest.New(t)
	url := server.Database(t)
	_, wrong := Open(t.Context(), Config{Database: server.URL("no_such_database")})
	server.Stop(t)
	_, stopped := Open(t.Context(), Config{Database: url})
	_, nowhere := Open(t.Context(), Config{Database: "postgres://tengi@no-such-host.invalid/tengi"})
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"no error": {nil, false}, "another error": {errors.New("x"), false}, "a busy store": {ErrBusy, false}, "a wrong database": {wrong, false},
		"a server that is stopped": {stopped, true}, "a host that is not there": {nowhere, true}, "a lost connection": {fmt.Errorf("x: %w", errLost), true},
		"shutting down": {&pgconn.PgError{Code: "57P01"}, true}, "starting up": {fmt.Errorf("connect: %w", &pgconn.PgError{Code: "57P03"}), true},
		"a refused login": {&pgconn.PgError{Code: "28P01"}, false}, "a full disk": {&pgconn.PgError{Code: "53100"}, false}, "too many connections": {&pgconn.PgError{Code: "53300"}, true},
		"a reset": {fmt.Errorf("read: %w", &net.OpError{Op: "read", Err: syscall.ECONNRESET}), true}, "an end": {fmt.Errorf("x: %w", io.ErrUnexpectedEOF), true},
		"a pool's": {fmt.Errorf("x: %w", driver.ErrBadConn), true},
	} {
		if IsAway(c.err) != c.want {
			t.Errorf("%s: %t, want %t: %v", name, !c.want, c.want, c.err)
		}
	}
}

// A server that goes away just after it has taken a writer in, before it has said that commits are durable, is tried again like one that goes later.
func TestPostgreSQLGoesAwayWhileAWriterConnects(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	s := seeded(t, openPg(t, url))
	ended := make(chan uint32, 1)
	s.postgres.AfterConnect = func(ctx context.Context, conn *pgconn.PgConn) error { // nothing is being written now
		select {
		case ended <- conn.PID():
			admin(t, url, fmt.Sprintf("SELECT pg_terminate_backend(%d, 60000)", conn.PID()))
		default:
		}
		return nil
	}
	admin(t, url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tengi' AND datname = current_database()")
	if err := s.SetMeta(t.Context(), "a", "b"); err != nil {
		t.Error(err)
	}
	if len(ended) == 0 {
		t.Error("no writer connected, so this proves nothing")
	}
}

// While a long read keeps the write-ahead log from being emptied it grows; afterwards it is cut back.
func TestTheLogIsCutBack(t *testing.T) {
	t.Parallel()
	s := seeded(t, openLite(t, t.TempDir()))
	reader, err := s.read.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := reader.QueryRowContext(t.Context(), "SELECT count(*) FROM event").Scan(&n); err != nil {
		t.Fatal(err)
	}
	large := newEvent("", "")
	large.Raw.Body = bytes.Repeat([]byte("x"), 1<<20)
	for i := range 90 {
		large.Dedupe = fmt.Sprint(i)
		ingest(t, s, large)
	}
	const limit = 64 << 20
	if grown := s.Stats().LogBytes; grown <= limit {
		t.Fatalf("the log has %d bytes under a long read, so this test shows nothing", grown)
	}
	if err := reader.QueryRowContext(t.Context(), "SELECT count(*) FROM event").Scan(&n); err != nil || n != 0 {
		t.Errorf("the long read sees %d events, %v; want what it saw at first", n, err)
	}
	if err := reader.Rollback(); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		ingest(t, s, newEvent("", fmt.Sprint("after ", i)))
	}
	if left := s.Stats().LogBytes; left > limit {
		t.Errorf("the log still has %d bytes", left)
	}
}

// Not parallel: other tests' goroutines would be taken for leaks.
func TestCloseLeavesNothing(t *testing.T) {
	url := pgtest.Start(t)
	before := goleak.IgnoreCurrent()
	for _, cfg := range []Config{{Dir: t.TempDir()}, {Database: url}} {
		s, err := Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		seeded(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		listening := make(chan error, 1)
		go func() { listening <- s.Listen(ctx, func() error { return nil }, func(string) error { return nil }) }()
		var group sync.WaitGroup
		for i := range 32 {
			group.Go(func() {
				if _, err := s.Ingest(ctx, Ingest{Events: []NewEvent{newEvent("", fmt.Sprint(i))}}); err != nil && !errors.Is(err, ErrClosed) {
					t.Error(err)
				}
			})
		}
		cancel()
		<-listening
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		group.Wait()
	}
	goleak.VerifyNone(t, before)
}

// sender stores events one after the other, repeats each until it is acknowledged, and counts.
func sender(t *testing.T, s *Store, name string, stop *atomic.Bool, acknowledged *atomic.Int64) {
	for i := 0; !stop.Load(); i++ {
		e := newEvent("booking/"+name, fmt.Sprintf("%s %d", name, i))
		for {
			_, err := s.Ingest(context.WithoutCancel(t.Context()), Ingest{Events: []NewEvent{e}})
			if err == nil {
				acknowledged.Add(1)
				break
			}
			if stop.Load() {
				return
			}
		}
	}
}

// A server that restarts, crashes or ends connections while events come in costs no acknowledged event, and the writers find it again by themselves.
func TestPostgreSQLRestarts(t *testing.T) {
	t.Parallel()
	server := pgtest.New(t)
	url := server.Database(t)
	s := seeded(t, openPg(t, url))
	for name, bounce := range map[string]func(){
		"restart": func() { server.Restart(t) },
		"crash":   func() { server.Crash(t); server.Start(t) },
		"terminate": func() {
			admin(t, url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tengi'")
		},
	} {
		var stop atomic.Bool
		var acknowledged atomic.Int64
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() { sender(t, s, fmt.Sprint(name, i), &stop, &acknowledged) })
		}
		wait := func(more int64) { // until so many more were acknowledged
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for want := acknowledged.Load() + more; acknowledged.Load() < want; <-tick.C {
				if t.Context().Err() != nil {
					return
				}
			}
		}
		wait(50)
		bounce()
		wait(50)
		stop.Store(true)
		group.Wait()
		var stored int64
		if err := s.one(t.Context(), []any{&stored}, "SELECT count(*) FROM event WHERE object LIKE $1", "booking/"+name+"%"); err != nil {
			t.Fatal(err)
		}
		// One more for each sender may be there unacknowledged: its answer was lost.
		if a := acknowledged.Load(); stored < a || stored > a+8 {
			t.Errorf("%s: %d stored, %d acknowledged", name, stored, a)
		}
	}
}

// A server that does not get on with a transaction does not hold its callers for ever, and the next transaction has a new connection.
func TestPostgreSQLThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	s := seeded(t, openPg(t, url))
	ingest(t, s, newEvent("booking/1", "1"))
	d := claim(t, s, 1, 5)[0]
	s.dialect.longest = 100 * time.Millisecond // nothing is being written now
	blocker, err := s.read.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blocker.ExecContext(t.Context(), "UPDATE delivery SET node = 'x'"); err != nil {
		t.Fatal(err)
	}
	out := Outcome{Lease: d.lease(), ConnectionID: "c1", Object: d.Object, EventID: d.EventID, Next: Next{State: Done, AccountID: "books"}, Now: time.Now()}
	if err := s.Finish(t.Context(), out); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("finishing what another transaction has locked: %v", err)
	}
	if err := blocker.Rollback(); err != nil {
		t.Fatal(err)
	}
	s.dialect.longest = longestBatch
	if err := s.Finish(t.Context(), out); err != nil {
		t.Error(err)
	}
}

// Close does not wait for a server that is gone.
func TestCloseWithoutAServer(t *testing.T) {
	t.Parallel()
	server := pgtest.New(t)
	s, err := Open(t.Context(), Config{Database: server.Database(t)})
	if err != nil {
		t.Fatal(err)
	}
	seeded(t, s)
	server.Stop(t)
	answer := make(chan error, 1)
	begun := make(chan struct{})
	go func() {
		close(begun)
		answer <- s.SetMeta(context.WithoutCancel(t.Context()), "a", "b")
	}()
	<-begun
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-answer; !errors.Is(err, errLost) && !errors.Is(err, ErrClosed) {
		t.Errorf("a write without a server: %v", err)
	} else if strings.Contains(err.Error(), "password") {
		t.Error(err)
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{"", "plain", "Fjörður", "a\x00b", "\xff", "\xc3\x28", "\uFFFD"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out := clean(in)
		if strings.ContainsRune(out, 0) || strings.ToValidUTF8(out, "") != out {
			t.Errorf("%q was cleaned to %q", in, out)
		}
		if again := clean(out); again != out {
			t.Errorf("%q was cleaned to %q and then to %q", in, out, again)
		}
		if strings.ToValidUTF8(in, "") == in && !strings.ContainsRune(in, 0) && out != in {
			t.Errorf("%q, which is fine, was cleaned to %q", in, out)
		}
	})
}
