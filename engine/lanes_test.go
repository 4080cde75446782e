package engine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/store"
)

// order is a confirmed order of its own.
func order(id string) shop.Order { return shop.Order{ID: id, Status: "confirmed", Total: "100"} }

// claimAll takes everything that is due, and works it in order.
func (b *bench) claimAll() int {
	b.t.Helper()
	now := b.clock.Now()
	got, err := b.store.Claim(b.t.Context(), store.Claim{Lanes: b.engine.usableLanes(), Want: 100, Node: "test", Lease: token(), Now: now, Until: now.Add(time.Minute)})
	must(b.t, err)
	for _, d := range got.Deliveries {
		b.engine.work(b.t.Context(), d)
	}
	return len(got.Deliveries)
}

// Where an account may work one delivery at a time, the end of one is heard by whatever waits for the account: other objects, events that concern
// nothing with a name, other connections. Nothing waits for another look at the clock, which stands still here.
func TestTheEndOfADeliveryFreesItsAccount(t *testing.T) {
	t.Parallel()
	alone := shop.Connection(func(c *tengi.Connection) { c.Source.Trigger, c.Steps[0].Action = "note", "note.create" })
	b := setupWith(t, "key", func(b *bench) { b.target.Limits.InFlight = 1 }, alone,
		shop.Connection(func(c *tengi.Connection) {
			c.ID, c.Key, c.Source.Trigger, c.Steps[0].Action = "con_2", "second", "note", "note.create"
		}))
	for _, n := range []string{"n1", "n2", "n3"} {
		b.notice(shop.Order{Total: "0", Bare: true, Notice: n})
	}
	for round := range 6 {
		due, _ := b.engine.dueLanes(b.clock.Now())
		lanes := slices.DeleteFunc(due, func(l store.Lane) bool { return l.AccountID != "acc_books" })
		if len(lanes) != 2 {
			t.Fatalf("round %d: %v are to be asked, want both connections' at the account", round, lanes)
		}
		life := newRunning(t.Context(), handsPerCall)
		b.engine.claim(t.Context(), life, lanes, 1)
		life.dismiss()
		if n := len(b.books.Invoices()); n != round+1 {
			t.Fatalf("round %d: %d notes", round, n)
		}
	}
}

func TestStepsAtTwoAccounts(t *testing.T) {
	t.Parallel()
	connection := shop.Connection(secondStep("acc_other", "invoice.send", `steps.invoice.number != ""`))
	b := setup(t, "key", shop.Connection(nil))
	other := b.second("acc_other", "other.test")
	b.save(connection)
	b.notice(confirmed("100", 1))
	b.settle()
	event := b.notice(confirmed("150", 2)).EventID
	b.settle()
	if d := b.delivery(event); d.state != "done" || b.books.Count("issued") != 1 || other.Count("issued") != 1 || b.books.Count("cancelled") != 1 || other.Count("cancelled") != 1 {
		t.Fatalf("%+v: %+v, %+v", d, b.books.Invoices(), other.Invoices())
	}
	other.Faults.Add(fake.Fault{Kind: fake.LoginFails, Method: "POST"})
	event = b.notice(cancelled(3)).EventID
	b.settle()
	if d := b.delivery(event); d.state != "waiting" || b.books.Count("issued") != 1 {
		t.Fatalf("the last is undone first, so nothing has happened: %+v, %+v", d, b.books.Invoices())
	}
	if _, err := b.engine.Check(t.Context(), "acc_other"); err != nil {
		t.Fatal(err)
	}
	b.settle()
	if d := b.delivery(event); d.state != "done" || b.books.Count("issued")+other.Count("issued") != 0 {
		t.Fatalf("%+v: %+v, %+v", d, b.books.Invoices(), other.Invoices())
	}
}

// A delivery that waits for an account follows its step to another one.
func TestStepMovesToAnotherAccount(t *testing.T) {
	t.Parallel()
	for _, state := range []tengi.AccountState{active, off} {
		b := setup(t, "key")
		other := b.second("acc_other", "other.test")
		event := b.notice(confirmed("100", 1)).EventID
		if state == off {
			b.account("acc_books", active, off)
		}
		b.save(shop.Connection(func(c *tengi.Connection) { c.Steps[0].AccountID = "acc_other" }))
		b.engine.mu.Lock()
		_, asked := b.engine.lanes[store.Lane{ConnectionID: "con_1", AccountID: "acc_books"}]
		b.engine.mu.Unlock()
		b.settle()
		if d := b.delivery(event); !asked || d.state != "done" || other.Count("issued") != 1 || b.books.Count("issued") != 0 {
			t.Errorf("the old account %s, its lane asked %t: %+v", state, asked, d)
		}
	}
}

// Invariant 4: what may have acted at one account is not looked for, or sent again, at another.
func TestOpenCallDoesNotMoveToAnotherAccount(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	other := b.second("acc_other", "other.test")
	b.fault(fake.DropAnswer, "")
	event := b.notice(confirmed("100", 1)).EventID
	b.settle()
	b.save(shop.Connection(func(c *tengi.Connection) { c.Steps[0].AccountID = "acc_other" }))
	b.settleLater()
	if d := b.delivery(event); d.state != "held" || d.code != "account_changed" || len(other.Invoices()) != 0 {
		t.Fatalf("%+v, %+v", d, other.Invoices())
	}
	b.save(shop.Connection(nil))
	must(t, b.engine.Replay(t.Context(), b.deliveryID(event)))
	b.settleLater()
	if d := b.delivery(event); d.state != "done" || b.books.Count("issued") != 1 {
		t.Fatalf("%+v, %+v", d, b.books.Invoices())
	}
}

func TestAccountOffAndOn(t *testing.T) {
	t.Parallel()
	for _, account := range []string{"acc_books", "acc_shop"} {
		b := setup(t, "key")
		b.account(account, active, off)
		o := confirmed("100", 1)
		o.Load = true
		event := b.notice(o).EventID
		b.settle()
		if d := b.delivery(event); d.state != "waiting" || b.books.Count("issued") != 0 || account == "acc_shop" && b.shop.Asked() != 0 {
			t.Errorf("%s is off: %+v", account, d)
		}
		b.account(account, off, active)
		b.settle()
		if d := b.delivery(event); d.state != "done" || b.books.Count("issued") != 1 {
			t.Errorf("%s is on: %+v", account, d)
		}
	}
}

// Invariant 6: a connection that is switched off, or cannot run, stores its events, and works them when it can.
func TestConnectionOffAndOn(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]func(*tengi.Connection){
		"off": func(c *tengi.Connection) { c.Enabled = false }, "broken": func(c *tengi.Connection) { c.Source.Filter = "no.such.field" },
	} {
		b := setup(t, "key")
		b.save(shop.Connection(broken))
		var events []int64
		for _, id := range []string{"A1", "A2", "A3"} {
			events = append(events, b.notice(order(id)).EventID)
		}
		b.settle()
		if b.books.Count("issued") != 0 || b.delivery(events[0]).state != "waiting" {
			t.Errorf("%s: %+v", name, b.delivery(events[0]))
		}
		b.save(shop.Connection(nil))
		b.settle()
		if b.books.Count("issued") != 3 {
			t.Errorf("%s: %d invoices when it is on again", name, b.books.Count("issued"))
		}
	}
}

// Deliveries that were claimed before an account was refused are not sent after it.
func TestNothingIsSentAfterAttention(t *testing.T) {
	t.Parallel()
	var seen func() []string
	b := setupWith(t, "key", func(b *bench) { seen = b.watch("books.test") })
	events := []int64{b.notice(order("A1")).EventID, b.notice(order("A2")).EventID, b.notice(order("A3")).EventID}
	b.books.Faults.Add(fake.Fault{Kind: fake.LoginFails, Times: -1})
	if n := b.claimAll(); n != 3 {
		t.Fatalf("%d were claimed", n)
	}
	if len(seen()) != 1 {
		t.Errorf("%d requests were sent", len(seen()))
	}
	for i, event := range events {
		attempts, err := b.store.Attempts(t.Context(), b.deliveryID(event))
		must(t, err)
		if d := b.row(event); d.State != store.Waiting || d.Tries != 0 || (len(attempts) == 1) != (i == 0) {
			t.Errorf("%+v, %d attempts", d, len(attempts))
		}
	}
	b.books.Faults.Clear()
	_, err := b.engine.Check(t.Context(), "acc_books")
	must(t, err)
	b.settle()
	if b.books.Count("issued") != 3 {
		t.Errorf("%d invoices after the login was mended", b.books.Count("issued"))
	}
}

func TestSourceNeedsAttentionDuringLoad(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	b.shop.Faults.Add(fake.Fault{Kind: fake.LoginFails})
	o := confirmed("100", 1)
	o.Load = true
	event := b.notice(o).EventID
	b.settle()
	a, _ := b.engine.Account("acc_shop")
	if d := b.row(event); d.State != store.Waiting || d.Tries != 0 || d.AccountID != "acc_shop" || a.State != tengi.AccountAttention || a.Reason == "" {
		t.Fatalf("%+v, account %s", d, a.State)
	}
	if a, _ := b.engine.Account("acc_books"); a.State != active {
		t.Fatal("the destination is blamed")
	}
	_, err := b.engine.Check(t.Context(), "acc_shop")
	must(t, err)
	b.settle()
	if d := b.delivery(event); d.state != "done" {
		t.Fatalf("%+v", d)
	}
}

// A service that asks to slow down is heeded by every lane of the account, and it costs no try.
func TestRateLimitBlocksTheAccount(t *testing.T) {
	t.Parallel()
	var seen func() []string
	b := setupWith(t, "key", func(b *bench) { seen = b.watch("books.test") }, shop.Connection(nil),
		shop.Connection(func(c *tengi.Connection) { c.ID, c.Key = "con_2", "second" }))
	b.books.Faults.Add(fake.Fault{Kind: fake.RateLimit, Method: "POST", Wait: 30})
	event := b.notice(order("A1")).EventID
	began := b.clock.Now()
	worked, _ := b.workOne()
	for _, id := range []string{"A2", "A3"} {
		b.notice(order(id))
	}
	b.settleUntil(began.Add(29 * time.Second))
	if !worked || len(seen()) != 1 {
		t.Fatalf("%d requests while the account is to wait", len(seen()))
	}
	list, err := b.store.Deliveries(t.Context(), store.DeliveryFilter{EventID: event})
	must(t, err)
	for _, d := range list {
		if d.Tries != 0 {
			t.Errorf("%+v", d)
		}
	}
	b.settleUntil(began.Add(30 * time.Second))
	if b.books.Count("issued") != 6 {
		t.Fatalf("%d invoices", b.books.Count("issued"))
	}
}

func TestReloadKeepsSessions(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	before, _ := b.engine.Account("acc_books")
	b.save(shop.Connection(func(c *tengi.Connection) { c.Name = "another name" }))
	if now, _ := b.engine.Account("acc_books"); now == before || now.session != before.session {
		t.Fatal("an account that did not change has another session")
	}
	plain := []byte(`{"values":{"secret":"another"},"hook_token":"token-books"}`)
	sealed, err := b.engine.secrets.Seal(plain, SealContext("acc_books"))
	must(t, err)
	must(t, b.store.SaveAccount(t.Context(), store.AccountRow{Account: before.Account, Sealed: sealed}, b.clock.Now()))
	must(t, b.engine.Changed(t.Context()))
	if now, _ := b.engine.Account("acc_books"); now.session == before.session {
		t.Fatal("an account with another secret keeps the session of the old one")
	}
}

func TestWrongKeyIsNamedAtStart(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	right := b.dir
	b.dir = t.TempDir() // where there is no key yet, so one is made
	_, err := b.start("test")
	if err == nil || !strings.Contains(err.Error(), "key") {
		t.Fatalf("a start with another key: %v", err)
	}
	b.dir = right
	if _, err := b.start("test"); err != nil {
		t.Fatal(err)
	}
}

// Looking up what became of a request comes to an end too when the look-up itself never works: then a person is asked.
func TestLookingUpEnds(t *testing.T) {
	t.Parallel()
	b := setup(t, "find")
	b.fault(fake.DropAnswer, "")
	b.books.Faults.Add(fake.Fault{Kind: fake.Fail, Method: "GET", Times: -1})
	event := b.notice(confirmed("100", 1)).EventID
	began := b.clock.Now()
	b.settleLater()
	d := b.row(event)
	if took := b.clock.Now().Sub(began); d.State != store.Unknown || d.Code != "outcome_unknown" || took < 24*time.Hour || took > 7*24*time.Hour {
		t.Fatalf("%+v after %s", d, b.clock.Now().Sub(began))
	}
	b.books.Faults.Clear()
	must(t, b.engine.Replay(t.Context(), d.ID))
	b.settleLater()
	if d := b.delivery(event); d.state != "done" || b.books.Count("issued") != 1 {
		t.Fatalf("%+v", d)
	}
}

// A key that the service has forgotten by now protects nothing: then a person is asked.
func TestKeyEndsItsLife(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	b.fault(fake.DropAnswer, "")
	event := b.notice(confirmed("100", 1)).EventID
	b.settle()
	b.clock.set(b.clock.Now().Add(25 * time.Hour))
	b.settle()
	if d := b.delivery(event); d.state != "unknown" || d.code != "outcome_unknown" || len(b.books.Invoices()) != 1 {
		t.Fatalf("%+v", d)
	}
}
