package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tengi/tengi/store"
)

// checkModel lets random histories of a few objects run against a ledger and a small model of what it promises.
func checkModel(t *testing.T, open Opener) {
	s := open(t, store.Config{})
	newLedger(t, s)
	histories := 0
	rapid.Check(t, func(r *rapid.T) {
		histories++
		m := &model{T: r, t: t, s: s, now: epoch, prefix: fmt.Sprintf("history %d/", histories), lanes: fmt.Sprintf("h%d", histories), every: map[int64]*row{}}
		r.Repeat(map[string]func(*rapid.T){
			"ingest": m.ingest, "repeat": m.repeat, "claim": m.claim, "finish": m.finish, "late": m.late, "expire": m.expire, "person": m.person, "wait": m.wait, "": m.check,
		})
	})
}

// model is what a ledger of one connection and two accounts should look like.
type model struct {
	*rapid.T
	t      *testing.T
	s      *store.Store
	now    time.Time
	prefix string
	lanes  string // the connection, a new one for every history
	token  int64
	events []store.NewEvent
	order  []int64        // events in the order they came
	every  map[int64]*row // by event
	gone   []store.Claimed
}

// row is a delivery as the model has it.
type row struct {
	id, event int64
	object    string
	account   string
	state     store.State
	open      bool
	due       time.Time
	held      store.Claimed
	until     time.Time
	taken     *store.Taken
	takenDue  time.Time
}

func (m *model) must(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

func (m *model) lane(account string) store.Lane {
	return store.Lane{ConnectionID: m.lanes, AccountID: account}
}

func (m *model) ingest(r *rapid.T) {
	object := m.prefix + rapid.SampledFrom([]string{"a", "b", "c"}).Draw(r, "object")
	e := store.NewEvent{Deliveries: []store.NewDelivery{{ConnectionID: m.lanes, AccountID: books, State: store.Waiting}}}
	e.AccountID, e.Object, e.Dedupe, e.ReceivedAt = shop, object, fmt.Sprintf("%s%d", m.prefix, len(m.events)), m.now
	take := rapid.Bool().Draw(r, "take")
	if take {
		m.token++
		e.Deliveries[0].Take = &store.Take{Node: node, Lease: m.token, Now: m.now, Until: m.now.Add(time.Minute)}
	}
	got, err := m.s.Ingest(m.t.Context(), store.Ingest{Events: []store.NewEvent{e}})
	m.must(err)
	if got[0].Duplicate || got[0].Joined != 1 {
		m.Fatalf("a new event was taken for a repeat: %+v", got[0])
	}
	d := &row{event: got[0].EventID, object: object, account: books, state: store.Waiting, open: true, due: m.now}
	if take && m.s.Direct() && m.clear(object) {
		if len(got[0].Taken) != 1 {
			m.Fatalf("nothing stands in its way, and it was not taken: %+v", got[0])
		}
		c := got[0].Taken[0]
		d.id, d.state, d.due, d.held, d.until = c.ID, store.Running, time.Time{}, c, m.now.Add(time.Minute)
	} else if len(got[0].Taken) != 0 {
		m.Fatalf("taken: %+v", got[0])
	}
	m.events = append(m.events, e)
	m.order = append(m.order, got[0].EventID)
	m.every[got[0].EventID] = d
}

// clear says whether nothing of an object is open or at work.
func (m *model) clear(object string) bool {
	for _, d := range m.every {
		if d.object == object && (d.open || d.state == store.Running) {
			return false
		}
	}
	return true
}

func (m *model) repeat(r *rapid.T) {
	if len(m.events) == 0 {
		r.Skip()
	}
	i := rapid.IntRange(0, len(m.events)-1).Draw(r, "which")
	got, err := m.s.Ingest(m.t.Context(), store.Ingest{Events: []store.NewEvent{m.events[i]}, Join: rapid.Bool().Draw(r, "join")})
	m.must(err)
	if got[0].EventID != m.order[i] || !got[0].Duplicate || got[0].Joined != 0 || len(got[0].Taken) != 0 {
		m.Fatalf("a repeat came to %+v", got[0])
	}
}

// due lists what may be claimed, in the order in which it must be.
func (m *model) due(account string) []*row {
	var list []*row
	for _, event := range m.order {
		d := m.every[event]
		if d.state == store.Running || d.due.IsZero() || d.due.After(m.now) || d.account != account {
			continue
		}
		free := true
		for _, event := range m.order {
			e := m.every[event]
			if e.object == d.object && (e.open && e.event < d.event || e.state == store.Running) {
				free = false
			}
		}
		if free {
			list = append(list, d)
		}
	}
	slices.SortStableFunc(list, func(a, b *row) int { return a.due.Compare(b.due) })
	return list
}

func (m *model) claim(r *rapid.T) {
	account := rapid.SampledFrom([]string{books, mail}).Draw(r, "account")
	limit := rapid.IntRange(1, 4).Draw(r, "want")
	want := m.due(account)
	m.token++
	got, err := m.s.Claim(m.t.Context(), store.Claim{Lanes: []store.Lane{m.lane(account)}, Want: limit, Node: node, Lease: m.token, Now: m.now, Until: m.now.Add(time.Minute)})
	m.must(err)
	if len(got.Deliveries) != min(limit, len(want)) {
		m.Fatalf("claimed %d, want %d", len(got.Deliveries), min(limit, len(want)))
	}
	for i, c := range got.Deliveries {
		d := want[i]
		if c.EventID != d.event || c.Was != d.state || c.Object != d.object {
			m.Fatalf("claimed %+v, want event %d, %s", c, d.event, d.state)
		}
		d.id, d.state, d.due, d.held, d.until = c.ID, store.Running, time.Time{}, c, m.now.Add(time.Minute)
	}
	if at, ok := got.Again[m.lane(account)]; ok != (len(want) > limit || m.later(account)) || ok && len(want) > limit && !at.Equal(m.now) {
		m.Fatalf("again %v %v, with %d of %d claimed", at, ok, len(got.Deliveries), len(want))
	}
}

// later says whether something of an account will be due.
func (m *model) later(account string) bool {
	for _, d := range m.every {
		if d.account == account && d.state != store.Running && d.due.After(m.now) {
			return true
		}
	}
	return false
}

// running lists what is under lease.
func (m *model) running() []*row {
	var list []*row
	for _, event := range m.order {
		if d := m.every[event]; d.state == store.Running {
			list = append(list, d)
		}
	}
	return list
}

// next draws where a delivery goes.
func (m *model) next(r *rapid.T) store.Next {
	n := store.Next{State: rapid.SampledFrom(everyEnd).Draw(r, "state"), Open: rapid.Bool().Draw(r, "open"), AccountID: rapid.SampledFrom([]string{books, mail}).Draw(r, "next account")}
	if n.State == store.Retrying || n.State == store.Unknown && rapid.Bool().Draw(r, "clock's") {
		n.DueAt = m.now.Add(time.Duration(rapid.IntRange(0, 90).Draw(r, "due")) * time.Second)
	}
	return n
}

func (m *model) finish(r *rapid.T) {
	list := m.running()
	if len(list) == 0 {
		r.Skip()
	}
	d := rapid.SampledFrom(list).Draw(r, "delivery")
	decided := rapid.Bool().Draw(r, "decides")
	n := m.next(r)
	m.must(m.s.Finish(m.t.Context(), store.Outcome{Lease: leaseOf(d.held), ConnectionID: m.lanes, Object: d.object, EventID: d.event, Next: n, Decided: decided, Now: m.now}))
	m.move(d, n)
	for _, event := range m.order {
		e := m.every[event]
		if decided && e.object == d.object && e.event < d.event && !e.open && (e.state == store.Failed || e.state == store.Held) {
			e.state = store.Skipped
		}
	}
}

func (m *model) move(d *row, n store.Next) {
	m.gone = append(m.gone, d.held)
	d.state, d.account, d.due, d.held, d.taken = n.State, n.AccountID, n.DueAt, store.Claimed{}, nil
	d.open = !n.State.Ended() && (n.Open || n.State != store.Failed && n.State != store.Held)
}

// late has a worker come back that no longer holds its lease: it changes nothing.
func (m *model) late(r *rapid.T) {
	if len(m.gone) == 0 {
		r.Skip()
	}
	c := rapid.SampledFrom(m.gone).Draw(r, "worker")
	err := m.s.Finish(m.t.Context(), store.Outcome{Lease: leaseOf(c), ConnectionID: m.lanes, Object: c.Object, EventID: c.EventID, Next: m.next(r), Decided: true, Now: m.now})
	if err != store.ErrLeaseLost { //nolint:errorlint // exactly this
		m.Fatalf("a late outcome: %v, want ErrLeaseLost", err)
	}
	if err := m.s.Intend(m.t.Context(), store.Intent{Lease: leaseOf(c), Until: m.now.Add(time.Hour), Step: store.Step{Key: "x", Op: store.Do}}); err != store.ErrLeaseLost { //nolint:errorlint // exactly this
		m.Fatalf("a late intent: %v, want ErrLeaseLost", err)
	}
}

func (m *model) expire(*rapid.T) {
	_, err := m.s.Expire(m.t.Context(), m.now, "", nil)
	m.must(err)
	for _, d := range m.running() {
		if !d.until.Before(m.now) {
			continue
		}
		m.gone = append(m.gone, d.held)
		if d.taken != nil {
			d.state, d.due, d.taken = d.taken.Was, d.takenDue, nil
		} else {
			d.state, d.due = store.Waiting, m.now
		}
	}
}

// person takes a delivery and decides, or gives it back, or goes to lunch.
func (m *model) person(r *rapid.T) {
	if len(m.order) == 0 {
		r.Skip()
	}
	d := m.every[rapid.SampledFrom(m.order).Draw(r, "delivery")]
	if d.id == 0 {
		r.Skip() // its id is known once it was claimed
	}
	m.token++
	taken, err := m.s.Take(m.t.Context(), d.id, person, m.token, m.now.Add(time.Minute))
	busy := d.state.Ended()
	for _, e := range m.every {
		busy = busy || e.object == d.object && e.state == store.Running
	}
	if busy != (err != nil) {
		m.Fatalf("taking a delivery that is %s: %v", d.state, err)
	}
	if err != nil {
		return
	}
	d.takenDue, d.held, d.until = d.due, taken.Claimed, m.now.Add(time.Minute)
	switch rapid.IntRange(0, 2).Draw(r, "then") {
	case 0:
		m.must(m.s.GiveBack(m.t.Context(), taken, m.now))
		m.gone = append(m.gone, taken.Claimed)
	case 1:
		n := store.Next{State: store.Waiting, AccountID: d.account, DueAt: m.now}
		m.must(m.s.Finish(m.t.Context(), store.Outcome{Lease: leaseOf(taken.Claimed), ConnectionID: m.lanes, Object: d.object, EventID: d.event, Next: n, Now: m.now}))
		m.move(d, n)
	default:
		d.state, d.due, d.taken = store.Running, time.Time{}, &taken
	}
}

func (m *model) wait(r *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(1, 100).Draw(r, "seconds")) * time.Second)
}

// check compares the ledger with the model.
func (m *model) check(*rapid.T) {
	list, err := m.s.Deliveries(m.t.Context(), store.DeliveryFilter{ConnectionID: m.lanes, Limit: 1000})
	m.must(err)
	if len(list) != len(m.order) {
		m.Fatalf("%d deliveries, want %d", len(list), len(m.order))
	}
	for _, got := range list {
		d := m.every[got.EventID]
		if got.State != d.state || got.Open != d.open || !got.DueAt.Equal(d.due) || got.AccountID != d.account {
			m.Fatalf("event %d is %+v, want %+v", got.EventID, got, *d)
		}
	}
}
