package wizard

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/schedule"
	"github.com/tengi/tengi/setup"
	"github.com/tengi/tengi/store"
)

// Test is test data that was sent, and what came of it.
type Test struct {
	Delivery  store.Delivery
	Event     tengi.Event
	Attempts  []store.Attempt
	Steps     []store.Step
	Documents []tengi.Document // those it made, and those that undid them
	Settled   bool             // nothing more happens by itself
	CanUndo   bool             // UndoTest can have the documents undone
}

// SendTest really makes what the connection makes, of the draft's sample, through a connection for test data that belongs to the draft
// (docs/decisions/0014-test-data.md), and waits for the outcome, at most as long as wait. What keeps the draft from being tried comes as faults.
func (w *Wizard) SendTest(ctx context.Context, d *Draft, wait time.Duration) (Test, []Fault, error) {
	if faults := append(w.Unfinished(*d), w.unusable(*d)...); len(faults) > 0 {
		return Test{}, faults, nil
	}
	e, err := w.Event(ctx, *d)
	if err != nil {
		return Test{}, nil, err
	}
	if faults, err := w.saveTest(ctx, d); err != nil || len(faults) > 0 {
		return Test{}, faults, err
	}
	if err := w.tidy(ctx, d.Test); err != nil {
		return Test{}, nil, err
	}
	sent, err := w.engine.SendTest(ctx, d.Test, e)
	if err != nil {
		return Test{}, nil, err
	}
	d.see(Place{Stage: StageTest})
	t, err := w.await(ctx, *d, sent.ID, wait)
	return t, nil, err
}

// The codes of faults that only a test has.
const (
	CodeUnusable = "unusable" // an account whose service may not be called now
	CodeUpstream = "upstream" // what another connection makes is needed, and test data has none of it
)

// unusable are the accounts at which a test could not make anything.
func (w *Wizard) unusable(d Draft) []Fault {
	var faults []Fault
	for _, s := range d.Connection.Steps {
		a, ok := w.account(d.Connection.WorkspaceID, s.AccountID)
		if !ok || a.Usable() {
			continue
		}
		reason := "the account is switched off"
		switch {
		case a.Problem != nil:
			reason = a.Problem.Error()
		case a.Reason != "":
			reason = a.Reason
		}
		faults = append(faults, Fault{Path: "steps." + s.Key + ".account", Code: CodeUnusable, Message: reason})
	}
	return faults
}

// saveTest stores the draft as its connection for test data.
func (w *Wizard) saveTest(ctx context.Context, d *Draft) ([]Fault, error) {
	w.saving.Lock()
	defer w.saving.Unlock()
	c := d.Connection
	if c.ID = d.Test; c.ID == "" {
		c.ID = setup.NewID("con")
	}
	c.Key = "test-" + strings.TrimPrefix(c.ID, "con_")
	if strings.TrimSpace(c.Name) == "" {
		c.Name = w.arrow(*d)
	}
	c.Enabled, c.Test, c.Schedule, c.OnCancel, c.OnChange = true, true, schedule.Schedule{}, tengi.Undo, tengi.Redo
	workspace, _ := w.workspace(c.WorkspaceID)
	_, account := w.whole(*d)
	_, faults, err := w.target.SaveConnection(ctx, c, setup.Proof{Workspace: workspace, Account: account, Others: w.connections(c.WorkspaceID)})
	if len(faults) > 0 && d.Connection.Schedule.After != "" {
		return []Fault{{Path: "schedule", Code: CodeUpstream, Message: "it takes what another connection makes, which test data has none of: try that one"}}, nil
	}
	if err != nil || len(faults) > 0 {
		return faults, err
	}
	d.Test = c.ID
	return nil, w.engine.Changed(ctx)
}

// arrow is a name made of the two ends: Bókun → Payday.
func (w *Wizard) arrow(d Draft) string {
	var ends []string
	for _, name := range append([]string{d.From}, w.destinations(d)...) {
		if c, ok := w.connector(name); ok && !slices.Contains(ends, c.Title) {
			ends = append(ends, c.Title)
		}
	}
	if len(ends) > 2 {
		ends = ends[:2]
	}
	return strings.Join(ends, " → ")
}

// destinations are the connectors of the steps, in their order.
func (w *Wizard) destinations(d Draft) []string {
	var names []string
	for _, s := range d.Connection.Steps {
		names = append(names, d.To[s.Key])
	}
	return names
}

// tidyFor is how long a test waits for one before it to let go.
const tidyFor = 5 * time.Second

// tidy skips earlier tests of a draft that wait for a person or for the clock and have not acted: they would be tried again with another mapping.
func (w *Wizard) tidy(ctx context.Context, connectionID string) error {
	ctx, cancel := context.WithTimeout(ctx, tidyFor)
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		left, err := w.skipTests(ctx, connectionID)
		if err != nil || left == 0 {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil // it is at work for so long that it will come to an end of its own
		}
	}
}

// skipTests skips what can be skipped, and says how many are in somebody's hands at the moment.
func (w *Wizard) skipTests(ctx context.Context, connectionID string) (left int, err error) {
	waiting, err := w.target.Store.Deliveries(ctx, store.DeliveryFilter{ConnectionID: connectionID, Limit: 100,
		States: []store.State{store.Waiting, store.Running, store.Retrying, store.Held, store.Failed}})
	if err != nil {
		return 0, err
	}
	for _, t := range waiting {
		err := w.engine.Skip(ctx, t.ID, "another test was sent")
		switch {
		case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrWrongState): // somebody has it in hand, or it has just ended
			left++
		case err != nil && !errors.Is(err, engine.ErrMayHaveActed):
			return left, err
		}
	}
	return left, nil
}

// lookEvery is how often it is looked whether a test has come to its end.
const lookEvery = 50 * time.Millisecond

// await looks again and again until a test has settled or the time is over.
func (w *Wizard) await(ctx context.Context, d Draft, deliveryID int64, wait time.Duration) (Test, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		list, err := w.delivery(ctx, d, deliveryID)
		if err != nil {
			return Test{}, err
		}
		if settled(list) {
			return w.Story(ctx, d, deliveryID)
		}
		select {
		case <-tick.C:
		case <-timer.C:
			return w.Story(ctx, d, deliveryID)
		case <-ctx.Done():
			return Test{}, ctx.Err()
		}
	}
}

// settled says whether nothing more happens to a delivery by itself.
func settled(d store.Delivery) bool {
	switch d.State {
	case store.Waiting, store.Running, store.Retrying:
		return false
	case store.Unknown:
		return d.DueAt.IsZero()
	default:
		return true
	}
}

// delivery finds a delivery of the draft's tests.
func (w *Wizard) delivery(ctx context.Context, d Draft, id int64) (store.Delivery, error) {
	if d.Test == "" {
		return store.Delivery{}, ErrNoTest
	}
	list, err := w.target.Store.Deliveries(ctx, store.DeliveryFilter{ConnectionID: d.Test, Before: id + 1, Limit: 1})
	if err == nil && (len(list) == 0 || list[0].ID != id) {
		err = ErrNoTest
	}
	if err != nil {
		return store.Delivery{}, err
	}
	return list[0], nil
}

// Story tells what has become of a test so far.
func (w *Wizard) Story(ctx context.Context, d Draft, deliveryID int64) (Test, error) {
	sent, err := w.delivery(ctx, d, deliveryID)
	if err != nil {
		return Test{}, err
	}
	t := Test{Delivery: sent, Settled: settled(sent)}
	if t.Event, _, err = w.target.Store.Event(ctx, sent.EventID); err != nil {
		return t, err
	}
	if t.Attempts, err = w.target.Store.Attempts(ctx, deliveryID); err != nil {
		return t, err
	}
	if t.Steps, err = w.target.Store.Steps(ctx, deliveryID); err != nil {
		return t, err
	}
	made, err := w.target.Store.Documents(ctx, store.DocumentFilter{ConnectionID: d.Test, Object: sent.Object, Limit: 100})
	if err != nil {
		return t, err
	}
	slices.Reverse(made) // oldest first
	t.Documents = made
	t.CanUndo = t.Settled && t.Event.Sale != nil && slices.ContainsFunc(made, func(doc tengi.Document) bool { return doc.Kind.Binding() && doc.UndoneBy == 0 })
	return t, nil
}

// UndoTest has the documents of a test that was a sale voided or credited, where their service can, and waits for the outcome.
func (w *Wizard) UndoTest(ctx context.Context, d Draft, deliveryID int64, wait time.Duration) (Test, error) {
	sent, err := w.delivery(ctx, d, deliveryID)
	if err != nil {
		return Test{}, err
	}
	if err := w.switchTest(ctx, d, true); err != nil {
		return Test{}, err
	}
	undo, err := w.engine.UndoTest(ctx, sent.EventID)
	if err != nil {
		return Test{}, err
	}
	return w.await(ctx, d, undo.ID, wait)
}

// Discard ends the tests of a draft that nobody needs any more: what waits and has not acted is skipped, and when nothing is left its connection for test data
// is switched off. Documents that were made stay in the ledger. The draft itself is the caller's.
func (w *Wizard) Discard(ctx context.Context, d Draft) error {
	if d.Test == "" {
		return nil
	}
	if err := w.tidy(ctx, d.Test); err != nil {
		return err
	}
	left, err := w.target.Store.Deliveries(ctx, store.DeliveryFilter{ConnectionID: d.Test, Limit: 1,
		States: []store.State{store.Waiting, store.Running, store.Retrying, store.Unknown, store.Held, store.Failed}})
	if err != nil || len(left) > 0 {
		return err
	}
	return w.switchTest(ctx, d, false)
}

// switchTest switches a draft's connection for test data on or off.
func (w *Wizard) switchTest(ctx context.Context, d Draft, on bool) error {
	w.saving.Lock()
	defer w.saving.Unlock()
	read, err := w.target.Store.Configuration(ctx)
	if err != nil {
		return err
	}
	for _, c := range read.Connections {
		if c.ID != d.Test || !c.Test || c.Enabled == on {
			continue
		}
		c.Enabled = on
		if err := w.target.Store.SaveConnection(ctx, c, w.target.Store.Now()); err != nil {
			return err
		}
		return w.engine.Changed(ctx)
	}
	return nil
}

// lastEvents are the ids of the last events that a connection had deliveries for.
func (w *Wizard) lastEvents(ctx context.Context, connectionID string, limit int) ([]int64, error) {
	events, err := w.target.Store.Events(ctx, store.EventFilter{ConnectionID: connectionID, Limit: limit})
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	return ids, nil
}
