package wizard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/mapping"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
	"github.com/tengi/tengi/store"
)

// From says where a sample comes from.
type From string

// Where samples come from.
const (
	FromService From = "service" // the last things the service knows, asked for now
	FromEvent   From = "event"   // an event that came in earlier
	FromExample From = "example" // made up by the connector
)

// Sample is the event that a draft is tried with.
type Sample struct {
	From    From         `json:"from,omitempty"`
	Event   *tengi.Event `json:"event,omitempty"`   // what only the service has, kept with the draft
	EventID int64        `json:"eventID,omitempty"` // of one that came in and says what it means
	Example int          `json:"example,omitempty"` // number of the connector's own, from 0
}

// Item is a sample as it is offered: enough to recognise it.
type Item struct {
	ID        string // for Choose
	From      From
	Type      string // booking.confirmed
	Reference string // what people call it
	Customer  string
	Total     money.Amount // zero when it is no sale
	Status    sale.Status
	Lines     int
	When      time.Time // zero for examples
	Text      string    // of what is no sale: the first things it says
	Unloaded  bool      // the source must be asked before more is known
}

// Offer is the samples of a draft. Problem says why the service could not be asked; the others are there all the same.
type Offer struct {
	Items   []Item
	Problem *Fault
}

// How many samples are offered of each kind, and how many events are looked through for them.
const (
	offered = 5
	scanned = 200
)

// askFor is how long the service may take to give samples.
const askFor = 20 * time.Second

// Samples lists what a draft can be tried with: the service's last items, earlier events, and the connector's examples.
func (w *Wizard) Samples(ctx context.Context, d Draft) (Offer, error) {
	c, t, ok := w.trigger(d)
	if !ok {
		return Offer{}, ErrNoConnector
	}
	var offer Offer
	if w.holds(d.Connection.WorkspaceID, d.Connection.Source.AccountID, d.From) {
		events, err := w.ask(ctx, d)
		if err != nil {
			failure := connector.AsError(err)
			offer.Problem = &Fault{Path: "source.account", Code: failure.Code, Message: err.Error()}
		}
		for _, e := range events[:min(len(events), offered)] {
			offer.Items = append(offer.Items, item(serviceID(e), FromService, e))
		}
		stored, err := w.earlier(ctx, d.Connection.Source.AccountID, t)
		if err != nil {
			return offer, err
		}
		offer.Items = append(offer.Items, stored...)
	}
	examples, err := c.Samples(t.Key)
	if err != nil {
		return offer, err
	}
	for i, e := range examples {
		offer.Items = append(offer.Items, item("example/"+strconv.Itoa(i), FromExample, e))
	}
	return offer, nil
}

// ask asks the service for its last items.
func (w *Wizard) ask(ctx context.Context, d Draft) ([]tengi.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	return w.engine.Samples(ctx, d.Connection.Source.AccountID, d.Connection.Source.Trigger, d.Connection.Source.Options)
}

// earlier lists events of an account that came in, as far as the trigger reports them. Test data is no sample.
func (w *Wizard) earlier(ctx context.Context, accountID string, t *connector.Trigger) ([]Item, error) {
	events, err := w.target.Store.Events(ctx, store.EventFilter{AccountIDs: []string{accountID}, Limit: scanned})
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, e := range events {
		if !t.Covers(e.Type) || e.Unreadable != "" || strings.HasPrefix(e.Object, engine.TestObject) {
			continue
		}
		if e.Sale == nil && !e.NeedsLoad { // lists come without the data
			if e, _, err = w.target.Store.Event(ctx, e.ID); err != nil {
				return nil, err
			}
		}
		if items = append(items, item("event/"+strconv.FormatInt(e.ID, 10), FromEvent, e)); len(items) == offered {
			break
		}
	}
	return items, nil
}

// item describes an event.
func item(id string, from From, e tengi.Event) Item {
	i := Item{ID: id, From: from, Type: e.Type, When: e.ReceivedAt, Unloaded: e.NeedsLoad}
	if _, name, ok := strings.Cut(e.Object, "/"); ok {
		i.Reference = name
	}
	if e.Sale == nil {
		i.Text = gist(e.Data)
		return i
	}
	s := e.Sale
	i.Customer, i.Total, i.Status, i.Lines = s.Customer.Name, money.New(s.Total, s.Currency), s.Status, len(s.Lines)
	if s.Reference != "" {
		i.Reference = s.Reference
	}
	if !s.CreatedAt.IsZero() {
		i.When = s.CreatedAt
	}
	return i
}

// gist is the first texts and numbers of an event's data, to recognise it by.
func gist(data json.RawMessage) string {
	env, err := mapping.NewEnv(tengi.Event{Data: data})
	if err != nil {
		return ""
	}
	var parts []string
	for _, p := range mapping.Paths(mapping.Scope{}, env) {
		if !strings.HasPrefix(p.Path, "data") || p.Text == "" || p.Kind == "list" || p.Kind == "boolean" || strings.HasPrefix(p.Path, "data._") {
			continue
		}
		if parts = append(parts, p.Text); len(parts) == 4 {
			break
		}
	}
	text := []rune(strings.Join(parts, " · "))
	if len(text) > 120 {
		return string(text[:119]) + "…"
	}
	return string(text)
}

// serviceID tells the service's items apart, in whatever order they come.
func serviceID(e tengi.Event) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%d", e.Type, e.Object, e.Dedupe, e.Version))
	return "service/" + hex.EncodeToString(sum[:8])
}

// Choose takes one of the samples that were offered. One that has to be understood first is asked for.
func (w *Wizard) Choose(ctx context.Context, d *Draft, id string) error {
	c, t, ok := w.trigger(*d)
	if !ok {
		return ErrNoConnector
	}
	kind, name, _ := strings.Cut(id, "/")
	var chosen Sample
	var err error
	switch From(kind) {
	case FromService:
		chosen, err = w.chooseService(ctx, *d, id)
	case FromEvent:
		chosen, err = w.chooseEvent(ctx, *d, t, name)
	case FromExample:
		n, wrong := strconv.Atoi(name)
		examples, failed := c.Samples(t.Key)
		if wrong != nil || n < 0 || n >= len(examples) {
			return errors.Join(ErrNoSample, failed)
		}
		chosen = Sample{From: FromExample, Example: n}
	default:
		return ErrNoSample
	}
	if err != nil {
		return err
	}
	d.Sample = chosen
	d.see(Place{Stage: StageSample})
	d.forget(StagePreview, StageTest)
	return nil
}

func (w *Wizard) chooseService(ctx context.Context, d Draft, id string) (Sample, error) {
	events, err := w.ask(ctx, d)
	for _, e := range events {
		if serviceID(e) == id {
			return Sample{From: FromService, Event: &e}, nil
		}
	}
	return Sample{}, errors.Join(ErrNoSample, err)
}

func (w *Wizard) chooseEvent(ctx context.Context, d Draft, t *connector.Trigger, number string) (Sample, error) {
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return Sample{}, ErrNoSample
	}
	e, loaded, err := w.target.Store.Event(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && (e.AccountID != d.Connection.Source.AccountID || !t.Covers(e.Type) || e.Unreadable != ""):
		return Sample{}, ErrNoSample
	case err != nil:
		return Sample{}, err
	case loaded:
		return Sample{From: FromEvent, EventID: id}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	options, _ := t.Options.Parse(d.Connection.Source.Options) // what is wrong with them their own stage says
	understood, err := w.engine.Understand(ctx, e.AccountID, options, e)
	if err != nil {
		return Sample{}, err
	}
	if len(understood) == 0 {
		return Sample{}, ErrNoSample
	}
	return Sample{From: FromEvent, Event: &understood[0]}, nil
}

// Event is the draft's sample as an event, with its sale and data.
func (w *Wizard) Event(ctx context.Context, d Draft) (tengi.Event, error) {
	switch {
	case d.Sample.Event != nil:
		return *d.Sample.Event, nil
	case d.Sample.From == FromEvent:
		e, _, err := w.target.Store.Event(ctx, d.Sample.EventID)
		if errors.Is(err, store.ErrNotFound) || err == nil && e.AccountID != d.Connection.Source.AccountID {
			return tengi.Event{}, ErrNoSample
		}
		return e, err
	case d.Sample.From == FromExample:
		c, t, ok := w.trigger(d)
		if !ok {
			return tengi.Event{}, ErrNoConnector
		}
		examples, err := c.Samples(t.Key)
		if err != nil || d.Sample.Example >= len(examples) {
			return tengi.Event{}, errors.Join(ErrNoSample, err)
		}
		e := examples[d.Sample.Example]
		e.AccountID, e.ReceivedAt = d.Connection.Source.AccountID, w.target.Store.Now()
		e.Sale = recent(e.Sale, e.ReceivedAt)
		return e, nil
	}
	return tengi.Event{}, ErrNoSample
}

// recent moves the days of a made-up sale so that it was sold and paid just now: services refuse what is too old for their books.
func recent(s *sale.Sale, now time.Time) *sale.Sale {
	if s == nil {
		return nil
	}
	last := s.CreatedAt
	for _, p := range s.Payments {
		if p.PaidAt.After(last) {
			last = p.PaidAt
		}
	}
	days := int(now.Sub(last).Hours() / 24)
	if last.IsZero() || days <= 0 {
		return s
	}
	moved := *s
	if !moved.CreatedAt.IsZero() {
		moved.CreatedAt = moved.CreatedAt.AddDate(0, 0, days)
	}
	for _, day := range []*string{&moved.ServiceDate, &moved.ServiceEnd} {
		if at, err := time.Parse(time.DateOnly, *day); err == nil {
			*day = at.AddDate(0, 0, days).Format(time.DateOnly)
		}
	}
	moved.Payments = slices.Clone(s.Payments)
	for i := range moved.Payments {
		if p := &moved.Payments[i]; !p.PaidAt.IsZero() {
			p.PaidAt = p.PaidAt.AddDate(0, 0, days)
		}
	}
	return &moved
}

// Describe is the draft's sample as it was offered.
func (w *Wizard) Describe(ctx context.Context, d Draft) (Item, error) {
	e, err := w.Event(ctx, d)
	if err != nil {
		return Item{}, err
	}
	return item("", d.Sample.From, e), nil
}
