// Package storetest is the conformance suite of the ledger: what the engine relies on, whichever database keeps it. Run holds for one store, Nodes
// for several that share a database.
package storetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/schedule"
	"github.com/tengi/tengi/store"
)

// Opener opens a new, empty ledger: it adds to the configuration where the ledger is, and closes the store when the test ends.
type Opener func(t *testing.T, cfg store.Config) *store.Store

// Run checks a store.
func Run(t *testing.T, open Opener) {
	t.Helper()
	for _, group := range append([]map[string]func(*ledger){
		ingestTests, directTests, claimTests, behindTests, limitTests, refreshTests, leaseTests, outcomeTests, takeTests, listTests, writerTests, scheduleTests, runTests, chainTests, cursorTests, configTests, peopleTests,
	}, pageTests...) {
		for name, test := range group {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(newLedger(t, open(t, store.Config{})))
			})
		}
	}
	for name, test := range map[string]func(*testing.T, Opener){
		"NothingIsSeenBeforeItIsDurable": invisibleBeforeCommit,
		"AFullQueueIsBusy":               fullQueueIsBusy,
		"CloseCarriesOutWhatWaits":       closeCarriesOut,
		"ACallerThatGoesAway":            callerGoesAway,
		"ClaimsAgainstAModel":            checkModel,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open)
		})
	}
}

// The names every ledger of the suite begins with: a workspace with two connections from a shop to a bookkeeper.
const (
	workspace = "w1"
	shop      = "shop"
	books     = "books"
	mail      = "mail"
	first     = "c1"
	second    = "c2"
	node      = "north"
)

// ledger is a store under test with a clock that the test turns.
type ledger struct {
	*testing.T
	s      *store.Store
	ctx    context.Context
	now    time.Time
	tokens *atomic.Int64
	events *atomic.Int64
}

// epoch is when every ledger's time begins.
var epoch = time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)

func newLedger(t *testing.T, s *store.Store) *ledger {
	t.Helper()
	l := &ledger{T: t, s: s, ctx: t.Context(), now: epoch, tokens: new(atomic.Int64), events: new(atomic.Int64)}
	l.must(s.SaveWorkspace(l.ctx, tengi.Workspace{ID: workspace, Key: "fjord", Name: "Fjörður Tours", Country: "IS", Currency: "ISK", TimeZone: "Atlantic/Reykjavik", Language: "is"}, l.now))
	for _, key := range []string{shop, books, mail} {
		l.must(s.SaveAccount(l.ctx, store.AccountRow{Account: tengi.Account{ID: key, WorkspaceID: workspace, Key: key, Name: key, Connector: key, State: tengi.AccountActive}}, l.now))
	}
	for _, key := range []string{first, second} {
		l.must(s.SaveConnection(l.ctx, tengi.Connection{ID: key, WorkspaceID: workspace, Key: key, Name: key, Enabled: true,
			Source: tengi.Source{AccountID: shop, Trigger: "booking"}, Schedule: schedule.Schedule{Every: time.Hour}}, l.now))
	}
	return l
}

func (l *ledger) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

// equal compares what a test got with what it wants.
func equal[T any](l *ledger, what string, got, want T) {
	l.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		l.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func (l *ledger) token() int64 { return l.tokens.Add(1) }

// lane is the first connection's at its bookkeeper, without limits.
func lane() store.Lane { return store.Lane{ConnectionID: first, AccountID: books} }

// event is a new event of an object with a waiting delivery for each connection, the first when none is named.
func (l *ledger) event(object string, connections ...string) store.NewEvent {
	if len(connections) == 0 {
		connections = []string{first}
	}
	e := store.NewEvent{Event: tengi.Event{AccountID: shop, Type: "booking.confirmed", Object: object, Dedupe: fmt.Sprintf("happening %d", l.events.Add(1)),
		Raw: tengi.Raw{Method: "POST", Body: []byte(`{"a":1}`)}, Data: []byte(`{"a":1}`), ReceivedAt: l.now}}
	for _, c := range connections {
		e.Deliveries = append(e.Deliveries, store.NewDelivery{ConnectionID: c, AccountID: books, State: store.Waiting})
	}
	return e
}

// ingest stores events, each by itself, and returns their ids.
func (l *ledger) ingest(events ...store.NewEvent) []int64 {
	l.Helper()
	var ids []int64
	for _, e := range events {
		got, err := l.s.Ingest(l.ctx, store.Ingest{Events: []store.NewEvent{e}})
		l.must(err)
		ids = append(ids, got[0].EventID)
	}
	return ids
}

// claim asks one lane.
func (l *ledger) claim(want int, lanes ...store.Lane) store.Claims {
	l.Helper()
	if len(lanes) == 0 {
		lanes = []store.Lane{lane()}
	}
	got, err := l.s.Claim(l.ctx, store.Claim{Lanes: lanes, Want: want, Node: node, Lease: l.token(), Now: l.now, Until: l.now.Add(time.Minute)})
	l.must(err)
	for _, d := range got.Deliveries {
		l.told(d)
	}
	return got
}

// claimed claims and returns the events, which is what tests know deliveries by.
func (l *ledger) claimed(want int, lanes ...store.Lane) []int64 {
	l.Helper()
	ids := []int64{}
	for _, d := range l.claim(want, lanes...).Deliveries {
		ids = append(ids, d.EventID)
	}
	return ids
}

// take claims exactly one delivery.
func (l *ledger) take() store.Claimed {
	l.Helper()
	got := l.claim(1)
	if len(got.Deliveries) != 1 {
		l.Fatalf("claimed %d deliveries, want 1", len(got.Deliveries))
	}
	return got.Deliveries[0]
}

func leaseOf(d store.Claimed) store.Lease { return store.Lease{DeliveryID: d.ID, Token: d.Lease} }

// outcome begins an outcome that moves a delivery to a state.
func (l *ledger) outcome(d store.Claimed, state store.State) store.Outcome {
	return store.Outcome{Lease: leaseOf(d), ConnectionID: d.ConnectionID, Object: d.Object, EventID: d.EventID, Now: l.now,
		Next: store.Next{State: state, AccountID: d.AccountID, Tries: d.Tries}}
}

// finish moves a delivery to a state.
func (l *ledger) finish(d store.Claimed, state store.State) {
	l.Helper()
	l.must(l.s.Finish(l.ctx, l.outcome(d, state)))
}

// delivery reads the one delivery of an event to the first connection.
func (l *ledger) delivery(eventID int64) store.Delivery {
	l.Helper()
	list, err := l.s.Deliveries(l.ctx, store.DeliveryFilter{EventID: eventID, ConnectionID: first})
	l.must(err)
	if len(list) != 1 {
		l.Fatalf("event %d has %d deliveries, want 1", eventID, len(list))
	}
	return list[0]
}

// step is the intent to make an invoice, with one call that is about to be sent.
func (l *ledger) step(issue int) (store.Step, tengi.Call) {
	return store.Step{Key: "invoice", Op: store.Do, Issue: issue, Ref: tengi.Ref(fmt.Sprintf("tg-%d", issue)), State: store.StepOpen, Input: []byte(`{"total":"24900"}`), Fingerprint: "f1"},
		tengi.Call{Name: "create", Version: 1, Key: "k1", Method: "POST", URL: "https://books.test/invoices", Header: map[string][]string{"Accept": {"application/json"}},
			Body: []byte(`{"total":24900}`), State: tengi.CallOpen, Sends: 1, FirstSent: l.now, LastSent: l.now}
}

// intend stores an intent for a delivery.
func (l *ledger) intend(d store.Claimed, step store.Step, calls ...tengi.Call) error {
	return l.s.Intend(l.ctx, store.Intent{Lease: leaseOf(d), Until: l.now.Add(time.Minute), ConnectionID: d.ConnectionID, Object: d.Object, Step: step, Calls: calls})
}

// made is an outcome that made an invoice with one call.
func (l *ledger) made(d store.Claimed, issue int) store.Outcome {
	out := l.outcome(d, store.Done)
	step, call := l.step(issue)
	step.State, call.State, call.Status, call.Answer = store.StepDone, tengi.CallAnswered, 201, []byte(`{"number":1047}`)
	out.Steps, out.CallStep, out.Calls, out.AccountID = []store.Step{step}, &step, []tengi.Call{call}, books
	out.Document = &tengi.Document{Kind: tengi.Invoice, ExternalID: "0b1c", Number: "1047", Status: "SENT", StepKey: step.Key, Ref: step.Ref, Fingerprint: "f1"}
	out.Attempt = &store.Attempt{StepKey: step.Key, Op: store.Do, Outcome: "done", Node: node, Exchanges: []byte(`[]`), StartedAt: l.now, EndedAt: l.now}
	return out
}
