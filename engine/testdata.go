package engine

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/sale"
	"github.com/tengi/tengi/store"
)

// TestWord stands before a text of every document that is made with test data, where its action has a place for it.
const TestWord = "TEST"

// TestObject begins the object of every event that is test data.
const TestObject = "test/"

// markTest puts the word before a text of the document.
func markTest(action *connector.Action, values field.Values) {
	f, ok := action.Input.Lookup(action.TestMark)
	if !ok || action.TestMark == "" {
		return
	}
	marked := []rune(TestWord)
	if text := values.Text(f.Key); text != "" {
		marked = append(marked, []rune(" "+text)...)
	}
	values[f.Key] = string(marked[:min(len(marked), f.MaxLength())])
}

// SendTest stores an event as test data for one connection, which must be one for test data, and has it worked like any other: with Ref, journal and
// attempts, so that the documents are real. No other connection sees it, and whatever was sent before, it is an event of its own. It gives the delivery.
func (e *Engine) SendTest(ctx context.Context, connectionID string, event tengi.Event) (store.Delivery, error) {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return e.test(ctx, connectionID, event, TestObject+hex.EncodeToString(b[:]), "")
}

// test stores test data about an object; what tells several of one object apart.
func (e *Engine) test(ctx context.Context, connectionID string, event tengi.Event, object, what string) (store.Delivery, error) {
	pipe, ok := e.Pipe(connectionID)
	switch {
	case !ok:
		return store.Delivery{}, fmt.Errorf("connection %s: %w", connectionID, store.ErrNotFound)
	case !pipe.Test:
		return store.Delivery{}, errors.New("this connection is not for test data")
	case !pipe.runs():
		return store.Delivery{}, fmt.Errorf("the connection cannot run: %w", pipe.Problem)
	case event.NeedsLoad:
		return store.Delivery{}, errors.New("test data must say what it means")
	}
	event.ID, event.AccountID, event.Object, event.Dedupe, event.ReceivedAt = 0, pipe.From.ID, object, object+what, e.store.Now()
	in := store.NewEvent{Event: event, Deliveries: []store.NewDelivery{{ConnectionID: pipe.ID, AccountID: pipe.first(false), State: store.Waiting}}}
	stored, err := e.store.Ingest(ctx, store.Ingest{Events: []store.NewEvent{in}})
	if err != nil {
		return store.Delivery{}, fmt.Errorf("store test data: %w", err)
	}
	e.askPipe(pipe)
	found, err := e.store.Deliveries(ctx, store.DeliveryFilter{EventID: stored[0].EventID, Limit: 1})
	if err == nil && len(found) == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.Delivery{}, fmt.Errorf("find the delivery of test data: %w", err)
	}
	return found[0], nil
}

// UndoTest cancels the sale that was sent as test data, so that what was made for it is voided or credited where its service can. It gives the delivery
// that does it.
func (e *Engine) UndoTest(ctx context.Context, eventID int64) (store.Delivery, error) {
	event, _, err := e.store.Event(ctx, eventID)
	if err != nil {
		return store.Delivery{}, err
	}
	made, err := e.store.Deliveries(ctx, store.DeliveryFilter{EventID: eventID, Limit: 1})
	switch {
	case err != nil:
		return store.Delivery{}, err
	case len(made) == 0 || len(event.Object) <= len(TestObject) || event.Object[:len(TestObject)] != TestObject:
		return store.Delivery{}, errors.New("this is no test data")
	case event.Sale == nil:
		return store.Delivery{}, errors.New("it was no sale: what was made for it is undone in its service")
	}
	cancelled := *event.Sale
	cancelled.Status = sale.Cancelled
	event.Sale = &cancelled
	return e.test(ctx, made[0].ConnectionID, event, event.Object, "/undo")
}
