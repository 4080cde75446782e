package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/internal/pgtest"
)

// both runs a test on a ledger of each kind.
func both(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, seeded(t, openLite(t, t.TempDir())))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, seeded(t, openPg(t, pgtest.Start(t))))
	})
}

// seeded gives a ledger the one connection that tests use.
func seeded(t testing.TB, s *Store) *Store {
	t.Helper()
	ctx, now := t.Context(), time.Now()
	for _, err := range []error{
		s.SaveWorkspace(ctx, tengi.Workspace{ID: "w1", Key: "fjord"}, now),
		s.SaveAccount(ctx, AccountRow{Account: tengi.Account{ID: "books", WorkspaceID: "w1", Key: "books", State: tengi.AccountActive}}, now),
		s.SaveConnection(ctx, tengi.Connection{ID: "c1", WorkspaceID: "w1", Key: "c1", Enabled: true}, now),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func newEvent(object, dedupe string) NewEvent {
	return NewEvent{Event: tengi.Event{AccountID: "shop", Object: object, Dedupe: dedupe, Raw: tengi.Raw{Body: []byte("{}")}, ReceivedAt: time.Now().Truncate(time.Millisecond)},
		Deliveries: []NewDelivery{{ConnectionID: "c1", AccountID: "books", State: Waiting}}}
}

func ingest(t testing.TB, s *Store, events ...NewEvent) []Ingested {
	t.Helper()
	got, err := s.Ingest(t.Context(), Ingest{Events: events})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func claim(t testing.TB, s *Store, want int, token int64) []Claimed {
	t.Helper()
	now := time.Now().Add(time.Second)
	got, err := s.Claim(t.Context(), Claim{Lanes: []Lane{{ConnectionID: "c1", AccountID: "books"}}, Want: want, Node: "n", Lease: token, Now: now, Until: now.Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	return got.Deliveries
}

// aside is a writer of the test's own, beside those of the store, which have nothing to do meanwhile.
func aside(t *testing.T, s *Store) *writer {
	t.Helper()
	w := &writer{store: s}
	if s.write != nil {
		s.write.SetMaxOpenConns(2)
		if err := s.one(t.Context(), []any{&w.lastID}, lastIDs); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if w.session != nil {
			w.drop()
		}
	})
	return w
}

func outcomeOf(t *testing.T, out Outcome) *outcomeCommand {
	t.Helper()
	c, err := newOutcome(&out)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A worker that was taken for dead, and the one that took over, may finish in the same commit: only the one that holds the lease decides.
func TestTwoOutcomesOfOneDeliveryInABatch(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Store) {
		w := aside(t, s)
		for i, holderFirst := range []bool{true, false} {
			event := ingest(t, s, newEvent(fmt.Sprint("booking/", i), fmt.Sprint(i)))[0].EventID
			d := claim(t, s, 1, int64(100+i))[0]
			outcome := func(token int64, code string) *outcomeCommand {
				return outcomeOf(t, Outcome{Lease: Lease{d.ID, token}, ConnectionID: "c1", Object: d.Object, EventID: event, Next: Next{State: Done, AccountID: "books", Code: code},
					Document: &tengi.Document{Kind: tengi.Invoice, ExternalID: code}, Attempt: &Attempt{Op: Do, Code: code}, Decided: true, Now: time.Now()})
			}
			holder, zombie, twice := outcome(d.Lease, "holder"), outcome(7, "zombie"), outcome(d.Lease, "twice")
			commands := []command{holder, zombie, twice}
			if !holderFirst {
				commands = []command{zombie, holder, twice}
			}
			if err := s.one(t.Context(), []any{&w.lastID}, lastIDs); err != nil { // the store's own writer has given numbers meanwhile
				t.Fatal(err)
			}
			w.carryOut(commands)
			if err := errors.Join(<-holder.reply); err != nil {
				t.Errorf("the holder: %v", err)
			}
			for name, c := range map[string]*outcomeCommand{"the zombie": zombie, "the second outcome": twice} {
				if err := <-c.reply; !errors.Is(err, ErrLeaseLost) {
					t.Errorf("%s: %v, want ErrLeaseLost", name, err)
				}
			}
			docs, err := s.Documents(t.Context(), DocumentFilter{ConnectionID: "c1", Object: d.Object})
			if err != nil || len(docs) != 1 || docs[0].ExternalID != "holder" {
				t.Errorf("documents %+v, %v; want the holder's", docs, err)
			}
			attempts, err := s.Attempts(t.Context(), d.ID)
			if err != nil || len(attempts) != 3 {
				t.Errorf("%d attempts, %v; want all three", len(attempts), err)
			}
		}
	})
}

// What is finished and what is stored in a batch can be claimed in it, and two intents of one delivery are stored one after the other.
func TestABatchSeesItself(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Store) {
		ingest(t, s, newEvent("booking/1", "1"), newEvent("booking/1", "2"))
		d := claim(t, s, 1, 5)[0]
		w := aside(t, s)
		now := time.Now().Add(time.Second)
		arriving, err := arrivals([]NewEvent{newEvent("booking/2", "3")}, false)
		if err != nil {
			t.Fatal(err)
		}
		in := &ingestCommand{events: arriving, reply: newReply()}
		out := outcomeOf(t, Outcome{Lease: d.lease(), ConnectionID: "c1", Object: d.Object, EventID: d.EventID, Next: Next{State: Done, AccountID: "books"}, Now: now})
		c := &claimCommand{in: Claim{Lanes: []Lane{{ConnectionID: "c1", AccountID: "books"}}, Want: 10, Node: "n", Lease: 6, Now: now, Until: now.Add(time.Minute)}, reply: newReply()}
		w.carryOut([]command{c, in, out})
		if err := errors.Join(<-c.reply, <-in.reply, <-out.reply); err != nil {
			t.Fatal(err)
		}
		var objects []string
		for _, d := range c.result.Deliveries {
			objects = append(objects, d.Object)
		}
		slices.Sort(objects)
		if !slices.Equal(objects, []string{"booking/1", "booking/2"}) {
			t.Fatalf("claimed %v", objects)
		}
		var intents []command
		for i := range 3 {
			intents = append(intents, &intentCommand{delivery: d.ID, reply: newReply(), touch: []any{c.result.Deliveries[0].ID, int64(6), now.UnixMilli()},
				step: stepRow(c.result.Deliveries[0].ID, "c1", "booking/1", Step{Key: "a", Op: Do, Issue: i + 1, State: StepOpen})})
		}
		w.carryOut(intents)
		for _, c := range intents {
			if err := <-c.(*intentCommand).reply; err != nil {
				t.Error(err)
			}
		}
		steps, err := s.Steps(t.Context(), c.result.Deliveries[0].ID)
		if err != nil || len(steps) != 1 || steps[0].Issue != 3 {
			t.Errorf("steps %+v, %v; want the last", steps, err)
		}
	})
}

// faulty is a session with faults.
type faulty struct {
	session
	commits int // to fail
	lose    int // transactions in which the connection is lost before the commit
	lost    bool
}

var errFault = errors.New("the disk says no")

func (f *faulty) commit(ctx context.Context) error {
	if f.commits > 0 {
		f.commits--
		return errors.Join(errFault, f.rollback(ctx))
	}
	return f.session.commit(ctx)
}

func (f *faulty) settle(ctx context.Context) error {
	if f.lose > 0 {
		f.lose--
		f.lost = true
		return errFault
	}
	return f.session.settle(ctx)
}

func (f *faulty) broken() bool { return f.lost || f.session.broken() }

// After a failed COMMIT the fate of the batch is unknown: every caller hears of it, nothing is tried again behind its back, and the next batch has a
// new connection.
func TestAFailedCommitConcernsAll(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Store) {
		w := aside(t, s)
		session, err := s.dialect.connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		fault := &faulty{session: session, commits: 1}
		w.session = fault
		var commands []command
		var replies []reply
		for i := range 4 {
			events, err := arrivals([]NewEvent{newEvent("", fmt.Sprint(i))}, false)
			if err != nil {
				t.Fatal(err)
			}
			c := &ingestCommand{events: events, reply: newReply()}
			commands, replies = append(commands, c), append(replies, c.reply)
		}
		before := s.Stats()
		w.carryOut(commands)
		for i, r := range replies {
			if err := <-r; !errors.Is(err, errCommitFailed) || !errors.Is(err, errFault) {
				t.Errorf("caller %d: %v, want the failed commit", i, err)
			}
		}
		if after := s.Stats(); after.Failures != before.Failures+1 || after.Commits != before.Commits {
			t.Errorf("before %+v, after %+v", before, after)
		}
		if w.session != nil {
			t.Error("the connection is kept")
		}
		w.carryOut(commands) // the senders repeat
		for i, r := range replies {
			if err := <-r; err != nil {
				t.Errorf("caller %d, again: %v", i, err)
			}
		}
		if list, err := s.Deliveries(t.Context(), DeliveryFilter{}); len(list) != 4 || err != nil {
			t.Errorf("%d deliveries, %v; want 4", len(list), err)
		}
	})
}

// A connection that is lost before the commit has stored nothing: the batch is carried out again, from the start.
func TestALostConnectionIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := seeded(t, openPg(t, pgtest.Start(t)))
	ingest(t, s, newEvent("booking/1", "1"))
	d := claim(t, s, 1, 5)[0]
	w := aside(t, s)
	session, err := s.dialect.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.session = &faulty{session: session, lose: 1}
	made := &tengi.Document{Kind: tengi.Invoice}
	out := outcomeOf(t, Outcome{Lease: d.lease(), ConnectionID: "c1", Object: d.Object, EventID: d.EventID, Next: Next{State: Done, AccountID: "books"}, Document: made, Now: time.Now()})
	events, err := arrivals([]NewEvent{newEvent("booking/2", "2"), newEvent("booking/1", "1")}, false)
	if err != nil {
		t.Fatal(err)
	}
	in := &ingestCommand{events: events, reply: newReply()}
	w.carryOut([]command{in, out})
	if err := errors.Join(<-in.reply, <-out.reply); err != nil {
		t.Fatal(err)
	}
	if got := in.events[0].result; got.Duplicate || got.Joined != 1 {
		t.Errorf("the new event: %+v", got)
	}
	if got := in.events[1].result; !got.Duplicate || got.Joined != 0 || got.EventID != d.EventID {
		t.Errorf("the repeat: %+v", got)
	}
	if doc, err := s.Document(t.Context(), out.documentID); err != nil || doc.Kind != tengi.Invoice {
		t.Errorf("the document: %+v, %v", doc, err)
	}
}

func TestRounds(t *testing.T) {
	t.Parallel()
	type c struct {
		delivery int64
		n        int
	}
	got := rounds([]c{{5, 0}, {3, 1}, {5, 2}, {1, 3}, {5, 4}, {3, 5}}, func(c c) int64 { return c.delivery })
	want := [][]c{{{1, 3}, {3, 1}, {5, 0}}, {{3, 5}, {5, 2}}, {{5, 4}}}
	if !slices.EqualFunc(got, want, slices.Equal[[]c]) {
		t.Errorf("%v, want %v", got, want)
	}
	if rounds(nil, func(c c) int64 { return c.delivery }) != nil {
		t.Error("no commands need no round")
	}
}

// heavy is a command of a given weight.
type heavy struct {
	command
	bytes int
}

func (h heavy) weight() int { return h.bytes }

func TestABatchIsBounded(t *testing.T) {
	t.Parallel()
	s := &Store{queue: make(chan command, 2000), closing: make(chan struct{})}
	w := &writer{store: s}
	for _, bytes := range []int{5 << 20, 5 << 20, 1 << 20, 9 << 20, 1} {
		s.queue <- heavy{bytes: bytes}
	}
	for range 1000 {
		s.queue <- heavy{}
	}
	for i, want := range []int{2, 2, maxBatch, 1001 - maxBatch} {
		if got := len(w.gather()); got != want {
			t.Errorf("batch %d has %d commands, want %d", i, got, want)
		}
	}
	s.queue <- heavy{}
	close(s.closing)
	if got := len(w.gather()); got != 1 {
		t.Errorf("%d commands after closing, want the one that waits", got)
	}
	if got := w.gather(); got != nil {
		t.Errorf("%d commands after the last", len(got))
	}
}

func TestPassingErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want bool
	}{
		{&pgconn.PgError{Code: "40001"}, true}, {&pgconn.PgError{Code: "40P01"}, true},
		{&pgconn.PgError{Code: "23505", ConstraintName: "delivery_running"}, true}, {&pgconn.PgError{Code: "23505", ConstraintName: "event_dedupe"}, false},
		{&pgconn.PgError{Code: "0A000", Message: "cached plan must not change result type"}, true}, {&pgconn.PgError{Code: "0A000", Message: "not implemented"}, false},
		{fmt.Errorf("x: %w", errLost), true}, {fmt.Errorf("%w: %w", errCommitFailed, &pgconn.PgError{Code: "40001"}), false}, {errors.New("x"), false},
	} {
		if got := passingPostgres(fmt.Errorf("wrapped: %w", c.err)); got != c.want {
			t.Errorf("%v: passing %t, want %t", c.err, got, c.want)
		}
	}
}

func TestBulkText(t *testing.T) {
	t.Parallel()
	update := newBulk("UPDATE step SET key = v.key, ref = v.key {from} WHERE step.id = v.id AND step.key_of <> v.key_of",
		column{"id", integer}, column{"key", text}, column{"key_of", nullable})
	if want := "UPDATE step SET key = ?, ref = ?  WHERE step.id = ? AND step.key_of <> ?"; update.sqlite != want || !slices.Equal(update.uses, []int{1, 1, 0, 2}) {
		t.Errorf("SQLite: %q with %v, want %q", update.sqlite, update.uses, want)
	}
	if want := "UPDATE step SET key = v.key, ref = v.key FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS v(id, key, key_of) WHERE step.id = v.id AND step.key_of <> v.key_of"; update.pg != want || update.table != "step" {
		t.Errorf("PostgreSQL: %q of %q, want %q", update.pg, update.table, want)
	}
	defer func() {
		if r := fmt.Sprint(recover()); !strings.Contains(r, `"nothing"`) {
			t.Errorf("an unknown column: %s", r)
		}
	}()
	newBulk("UPDATE a SET b = v.nothing {from}", column{"id", integer})
}
