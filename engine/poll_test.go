package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/store"
)

// pages is a source that is asked page by page: each cursor gives a page of orders.
type pages struct {
	mu    sync.Mutex
	fail  error
	given map[string][]string // orders by cursor
	next  map[string]string   // cursor by cursor; "" = the end
	asked []string
	after func() // runs after each page
}

func (p *pages) poll(_ context.Context, _ *connector.Client, at connector.Cursor) (connector.Polled, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, string(at))
	if p.fail != nil {
		return connector.Polled{}, p.fail
	}
	var page connector.Polled
	for _, id := range p.given[string(at)] {
		o := order(id)
		page.Events = append(page.Events, tengi.Event{Type: "order.changed", Object: "order/" + id, Dedupe: id + "-confirmed-100-0", Sale: o.Sale()})
	}
	page.Cursor = connector.Cursor(p.next[string(at)])
	page.More = page.Cursor != "" && page.Cursor != at && len(page.Events) > 0
	if p.after != nil {
		p.after()
	}
	return page, nil
}

// polling is a bench whose source is polled every five minutes.
func polling(t *testing.T, p *pages, more ...tengi.Connection) *bench {
	t.Helper()
	every := shop.Connection(func(c *tengi.Connection) { c.Schedule.Every = 5 * time.Minute })
	return setupWith(t, "key", func(b *bench) { b.source.Triggers[0].Poll = p.poll }, append([]tengi.Connection{every}, more...)...)
}

func (b *bench) later(d time.Duration) { b.clock.set(b.clock.Now().Add(d)) }

func TestPollGoesOnFromItsCursor(t *testing.T) {
	t.Parallel()
	p := &pages{given: map[string][]string{"": {"A1", "A2"}, "1": {"A2", "A3"}, "2": {"A3", "A4"}}, next: map[string]string{"": "1", "1": "2", "2": "2"}}
	b := polling(t, p)
	runs := b.polls()
	if diff := cmp.Diff([]string{"", "1", "2"}, p.asked); diff != "" || len(runs) != 1 || runs[0].Found != 6 || runs[0].Fresh != 4 || runs[0].Problem != "" {
		t.Fatalf("%+v %s", runs, diff)
	}
	b.later(5 * time.Minute)
	runs = b.polls()
	if diff := cmp.Diff([]string{"", "1", "2", "2"}, p.asked); diff != "" || len(runs) != 2 || runs[0].Found != 2 || runs[0].Fresh != 0 {
		t.Fatalf("%+v %s", runs, diff)
	}
	b.settle()
	if b.books.Count("issued") != 4 {
		t.Fatalf("%d invoices", b.books.Count("issued"))
	}
}

func TestPollFailsAndGoesOn(t *testing.T) {
	t.Parallel()
	p := &pages{given: map[string][]string{"": {"A1"}, "1": {"A2"}}, next: map[string]string{"": "1", "1": "2", "2": "2"}}
	b := polling(t, p)
	left := 1
	p.after = func() {
		if left--; left == 0 {
			p.fail = &connector.Error{Kind: connector.Temporary, Code: connector.CodeUnavailable, Message: "out of order"}
		}
	}
	if runs := b.polls(); runs[0].Problem != "out of order" || runs[0].Fresh != 1 || runs[0].State != store.RunSettling {
		t.Fatalf("%+v", runs)
	}
	p.fail = errors.New("could not read the order of " + personal)
	b.later(5 * time.Minute)
	b.polls()
	p.fail = nil
	b.later(5 * time.Minute)
	b.polls()
	if diff := cmp.Diff([]string{"", "1", "1", "1", "2"}, p.asked); diff != "" {
		t.Fatal(diff)
	}
	b.unlogged()
}

func TestMissedPollsBecomeOne(t *testing.T) {
	t.Parallel()
	p := &pages{}
	b := polling(t, p)
	first := b.polls()[0].PlannedAt
	b.later(time.Hour + 2*time.Minute)
	b.polls()
	b.polls()
	if len(p.asked) != 2 {
		t.Fatalf("asked %d times", len(p.asked))
	}
	b.later(3 * time.Minute) // the plan goes on as if none had been missed
	if runs := b.polls(); len(runs) != 3 || !runs[0].PlannedAt.Equal(first.Add(time.Hour+5*time.Minute)) {
		t.Fatalf("%+v", runs)
	}
}

// A connection that is given a schedule later is polled from then on, also by a node that has not read the configuration again.
func TestScheduleGivenLaterIsPolled(t *testing.T) {
	t.Parallel()
	p := &pages{}
	b := setupWith(t, "key", func(b *bench) { b.source.Triggers[0].Poll = p.poll })
	if runs := b.polls(); len(runs) != 0 {
		t.Fatalf("polled without a schedule: %+v", runs)
	}
	b.later(time.Minute)
	c := shop.Connection(func(c *tengi.Connection) { c.Schedule.Every = 5 * time.Minute })
	must(t, b.store.SaveConnection(t.Context(), c, b.clock.Now()))
	for round := range 3 {
		if runs := b.polls(); len(runs) != round+1 || len(p.asked) != round+1 {
			t.Fatalf("round %d: asked %d times, %+v", round, len(p.asked), runs)
		}
		b.later(5 * time.Minute)
	}
}

func TestPollAttention(t *testing.T) {
	t.Parallel()
	p := &pages{fail: &connector.Error{Kind: connector.Attention, Code: connector.CodeLogin, Message: "the login is refused"}}
	b := polling(t, p)
	b.polls()
	if a, _ := b.engine.Account("acc_shop"); a.State != tengi.AccountAttention || a.Reason != "the login is refused" {
		t.Fatalf("%+v", a.Account)
	}
	b.later(5 * time.Minute)
	if runs := b.polls(); len(runs) != 2 || runs[0].Problem == "" || len(p.asked) != 1 {
		t.Fatalf("asked %d times, %+v", len(p.asked), runs)
	}
}

func TestBrokenConnectionSaysWhyItIsNotPolled(t *testing.T) {
	t.Parallel()
	p := &pages{}
	b := polling(t, p)
	b.save(shop.Connection(func(c *tengi.Connection) { c.Schedule.Every, c.Source.Filter = 5*time.Minute, "no.such.field" }))
	if runs := b.polls(); len(runs) != 1 || runs[0].Problem == "" || len(p.asked) != 0 {
		t.Fatalf("%+v", runs)
	}
}

// What one connection's poll finds first is not lost to the others when the notice comes after it and is a repeat; what was there before a connection
// is not brought to it by another's poll.
func TestPollServesEveryConnection(t *testing.T) {
	t.Parallel()
	second := shop.Connection(func(c *tengi.Connection) { c.ID, c.Key = "con_2", "second" })
	p := &pages{given: map[string][]string{"": {"A1"}}}
	b := polling(t, p, second)
	b.polls()
	if again := b.notice(order("A1")); !again.Duplicate {
		t.Fatalf("%+v", again)
	}
	b.settle()
	if b.books.Count("issued") != 2 {
		t.Fatalf("%d invoices for two connections", b.books.Count("issued"))
	}
	b.later(5 * time.Minute)
	must(t, b.engine.fireDue(t.Context())) // the first's
	b.save(shop.Connection(func(c *tengi.Connection) { c.ID, c.Key, c.Schedule.Every = "con_3", "third", time.Minute }))
	b.workRuns()
	b.settle()
	if b.books.Count("issued") != 2 {
		t.Fatalf("an old order was brought to a new connection: %d invoices", b.books.Count("issued"))
	}
	b.polls()
	b.settle()
	if b.books.Count("issued") != 3 {
		t.Fatalf("%d invoices when the third asks for itself", b.books.Count("issued"))
	}
}

// Two engines see the same due schedule and the same run; one of them fires it, and one reads.
func TestScheduleIsFiredByOneNode(t *testing.T) {
	t.Parallel()
	p := &pages{}
	b := polling(t, p)
	other, err := b.start("other")
	must(t, err)
	var nodes sync.WaitGroup
	errs := make([]error, 2)
	for i, e := range []*Engine{b.engine, other} {
		nodes.Go(func() { errs[i] = e.fireDue(t.Context()) })
	}
	nodes.Wait()
	runs, err := b.store.Runs(t.Context(), "con_1", 10)
	must(t, errors.Join(err, errs[0], errs[1]))
	if len(runs) != 1 {
		t.Fatalf("%d runs", len(runs))
	}
	for i, e := range []*Engine{b.engine, other} {
		nodes.Go(func() { errs[i] = e.workRun(t.Context(), nil, runs[0].ID) })
	}
	nodes.Wait()
	must(t, errors.Join(errs...))
	if len(p.asked) != 1 {
		t.Fatalf("asked %d times", len(p.asked))
	}
}

// A stop ends the reading between two pages; the same run goes on from there.
func TestStopEndsAPollBetweenPages(t *testing.T) {
	t.Parallel()
	p := &pages{given: map[string][]string{"": {"A1"}, "1": {"A2"}}, next: map[string]string{"": "1", "1": "2", "2": "2"}}
	b := polling(t, p)
	stop := make(chan struct{})
	p.after = sync.OnceFunc(func() { close(stop) })
	must(t, b.engine.fireDue(t.Context()))
	open, err := b.store.OpenRuns(t.Context())
	must(t, err)
	must(t, b.engine.workRun(t.Context(), stop, open[0].ID))
	runs, err := b.store.Runs(t.Context(), "con_1", 10)
	must(t, err)
	if len(runs) != 1 || runs[0].State != store.RunWaiting || runs[0].Found != 1 {
		t.Fatalf("%+v", runs)
	}
	b.workRuns()
	runs, err = b.store.Runs(t.Context(), "con_1", 10)
	must(t, err)
	if diff := cmp.Diff([]string{"", "1", "2"}, p.asked); diff != "" || len(runs) != 1 || runs[0].State != store.RunSettling || runs[0].Found != 2 || runs[0].Fresh != 2 {
		t.Fatalf("%+v %s", runs, diff)
	}
}

// An event that stands for others, or for nothing, is asked about by every connection, and taken for a happening by none.
func TestPointersWithTwoConnections(t *testing.T) {
	t.Parallel()
	second := shop.Connection(func(c *tengi.Connection) { c.ID, c.Key = "con_2", "second" })
	for name, loaded := range map[string]connector.Loaded{
		"instead": {Instead: []tengi.Event{{Type: "order.changed", Object: "order/B1", Dedupe: "b1", Sale: shop.Order{ID: "B1", Status: "confirmed", Total: "100"}.Sale()}}},
		"nothing": {Nothing: "a test notice"},
	} {
		b := setupWith(t, "key", func(b *bench) {
			b.source.Load = func(context.Context, *connector.Client, tengi.Event) (connector.Loaded, error) { return loaded, nil }
		}, shop.Connection(nil), second)
		o := order("A1")
		o.Load = true
		event := b.notice(o).EventID
		b.settle()
		list, err := b.store.Deliveries(t.Context(), store.DeliveryFilter{EventID: event})
		must(t, err)
		var got []string
		for _, d := range list {
			got = append(got, fmt.Sprint(d.State, " ", d.Code))
		}
		want, made := []string{"skipped instead", "skipped instead"}, 2
		if name == "nothing" {
			want, made = []string{"skipped nothing_to_do", "skipped nothing_to_do"}, 0
		}
		if diff := cmp.Diff(want, got); diff != "" || b.books.Count("issued") != made {
			t.Errorf("%s: %d invoices %s", name, b.books.Count("issued"), diff)
		}
	}
}

// What a source finds by options of its own is not brought to the account's other connections; one that finds the same joins it.
func TestOwnPollServesItsConnection(t *testing.T) {
	t.Parallel()
	p := &pages{given: map[string][]string{"": {"A1"}}}
	every := shop.Connection(func(c *tengi.Connection) { c.Schedule.Every = 5 * time.Minute })
	second := shop.Connection(func(c *tengi.Connection) { c.ID, c.Key = "con_2", "second" })
	b := setupWith(t, "key", func(b *bench) { b.source.Triggers[0].Poll, b.source.Triggers[0].Own = p.poll, true }, every, second)
	b.polls()
	b.settle()
	if n := b.books.Count("issued"); n != 1 {
		t.Fatalf("%d invoices, want that of the connection that asked", n)
	}
	second.Schedule.Every = time.Minute
	b.save(second)
	b.polls()
	b.settle()
	if n := b.books.Count("issued"); n != 2 {
		t.Fatalf("%d invoices when the second has found it too", n)
	}
}

// A hint has a source polled soon, once for many hints, and nothing of it is lost when the account has no schedule.
func TestHint(t *testing.T) {
	t.Parallel()
	p := &pages{}
	b := polling(t, p)
	b.polls()
	a, _ := b.engine.Account("acc_shop")
	for range 3 {
		must(t, b.engine.Hint(t.Context(), a))
	}
	b.polls()
	if len(p.asked) != 1 {
		t.Fatalf("asked %d times before the delay was over", len(p.asked))
	}
	b.later(hintDelay)
	b.polls()
	b.polls()
	if len(p.asked) != 2 {
		t.Fatalf("asked %d times, want once more", len(p.asked))
	}
	must(t, b.engine.Hint(t.Context(), a))
	b.later(hintDelay)
	b.polls()
	if len(p.asked) != 3 {
		t.Fatalf("asked %d times after another hint", len(p.asked))
	}
}

// A source that reads files finds those of its own workspace, and says what is wrong when it may read none.
func TestPollReadsFiles(t *testing.T) {
	t.Parallel()
	for _, files := range []fs.FS{nil, fstest.MapFS{"ws/in/order.txt": {Data: []byte("A1")}, "other/in/order.txt": {Data: []byte("B1")}}} {
		var read []byte
		p := &pages{}
		b := setupWith(t, "key", func(b *bench) {
			b.files = files
			b.source.Triggers[0].Poll = func(ctx context.Context, c *connector.Client, at connector.Cursor) (connector.Polled, error) {
				folder, err := c.Folder("in")
				if err != nil {
					return connector.Polled{}, err
				}
				if read, err = fs.ReadFile(folder, "order.txt"); err != nil {
					return connector.Polled{}, err
				}
				return p.poll(ctx, c, at)
			}
		}, shop.Connection(func(c *tengi.Connection) { c.Schedule.Every = 5 * time.Minute }))
		runs := b.polls()
		if files == nil && (len(runs) != 1 || !strings.Contains(runs[0].Problem, "--files")) {
			t.Errorf("without a folder: %+v", runs)
		}
		if files != nil && (string(read) != "A1" || runs[0].Problem != "") {
			t.Errorf("read %q: %+v", read, runs)
		}
	}
}
