package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// meaning has a source's connector say what an event means. The client that asked comes with the answer, and with the error too, for the record.
func (e *Engine) meaning(ctx context.Context, from *Account, options field.Values, event tengi.Event) (got connector.Loaded, client *connector.Client, err error) {
	if client, err = e.client(from, options, nil, ""); err != nil {
		return got, nil, err
	}
	if from.Connector.Load == nil {
		return got, client, connector.Refusal("no_load", "", from.Connector.Title+" cannot be asked what this notice means")
	}
	err = e.guard(from.Connector, "load", func() (err error) {
		got, err = from.Connector.Load(ctx, client, event)
		return err
	})
	return got, client, err
}

// learned is an event with what its source said of it.
func learned(event tengi.Event, got connector.Loaded) (tengi.Event, error) {
	if got.Type != "" {
		event.Type = got.Type
	}
	if got.Data != nil {
		data, err := json.Marshal(got.Data)
		if err != nil {
			return event, fmt.Errorf("encode the data of event %d: %w", event.ID, err)
		}
		event.Data = data
	}
	event.Version, event.Sale = got.Version, got.Sale
	return event, nil
}

// NothingInIt is the error of an event that turned out to mean nothing: a test notice, for example.
type NothingInIt struct{ Why string }

func (n *NothingInIt) Error() string { return "there is nothing in it: " + n.Why }

// Understand asks the source of an account what an event means, where that has to be asked, and stores nothing. An event that stands for others gives
// those. The error may be *[NothingInIt].
func (e *Engine) Understand(ctx context.Context, accountID string, options field.Values, event tengi.Event) ([]tengi.Event, error) {
	if !event.NeedsLoad {
		return []tengi.Event{event}, nil
	}
	from, err := e.readable(accountID)
	if err != nil {
		return nil, err
	}
	got, _, err := e.meaning(ctx, from, options, event)
	switch {
	case err != nil:
		return nil, fmt.Errorf("ask %s: %w", from.Connector.Title, err)
	case got.Nothing != "":
		return nil, &NothingInIt{got.Nothing}
	case len(got.Instead) == 0:
		if event, err = learned(event, got); err != nil {
			return nil, err
		}
		event.NeedsLoad = false
		return []tengi.Event{event}, nil
	}
	var events []tengi.Event
	for _, instead := range got.Instead {
		instead.AccountID, instead.ReceivedAt = event.AccountID, event.ReceivedAt
		if !instead.NeedsLoad {
			events = append(events, instead)
			continue
		}
		again, _, err := e.meaning(ctx, from, options, instead)
		if err != nil {
			return events, fmt.Errorf("ask %s: %w", from.Connector.Title, err)
		}
		if again.Nothing != "" || len(again.Instead) > 0 { // a notice that stands for a notice that stands for another is nobody's
			continue
		}
		if instead, err = learned(instead, again); err != nil {
			return events, err
		}
		instead.NeedsLoad = false
		events = append(events, instead)
	}
	return events, nil
}

// Samples asks the service of an account for the last few things that a trigger would report, each with what it means. Nothing is stored, and nothing is
// changed at the service. A trigger whose connector cannot be asked gives none.
func (e *Engine) Samples(ctx context.Context, accountID, trigger string, options map[string]any) ([]tengi.Event, error) {
	from, err := e.readable(accountID)
	if err != nil {
		return nil, err
	}
	t, ok := from.Connector.Trigger(trigger)
	if !ok {
		return nil, fmt.Errorf("%s has no trigger %q", from.Connector.Title, trigger)
	}
	if t.Sample == nil {
		return nil, nil
	}
	parsed, faults := t.Options.Parse(options)
	if err := faults.Err(); err != nil {
		return nil, fmt.Errorf("the options of the source: %w", err)
	}
	client, err := e.client(from, parsed, nil, "")
	if err != nil {
		return nil, err
	}
	var found []tengi.Event
	err = e.guard(from.Connector, "sample", func() (err error) {
		found, err = t.Sample(ctx, client)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", from.Connector.Title, err)
	}
	var events []tengi.Event
	for _, event := range found {
		event.AccountID = accountID
		if event.ReceivedAt.IsZero() {
			event.ReceivedAt = e.store.Now()
		}
		understood, err := e.Understand(ctx, accountID, parsed, event)
		if _, nothing := errors.AsType[*NothingInIt](err); nothing {
			continue
		}
		if err != nil {
			return events, err
		}
		events = append(events, understood...)
	}
	return events, nil
}

// readable is an account whose service can be asked. One that is switched off or needs attention may be asked by a person who sets things up.
func (e *Engine) readable(accountID string) (*Account, error) {
	a, ok := e.Account(accountID)
	switch {
	case !ok:
		return nil, errors.New("there is no such account")
	case a.Problem != nil:
		return nil, a.Problem
	}
	return a, nil
}
