package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/store"
)

// Backfill asks for everything that happened in a span of time to be brought through a connection, at its accounts' pace. A zero to is now.
func (e *Engine) Backfill(ctx context.Context, connectionID string, from, to time.Time) (store.Run, error) {
	return e.askRange(ctx, store.Backfill, connectionID, from, to)
}

// PreviewBackfill asks what a backfill would do. Its run stores nothing but its report, a [PastPreview].
func (e *Engine) PreviewBackfill(ctx context.Context, connectionID string, from, to time.Time) (store.Run, error) {
	return e.askRange(ctx, store.Preview, connectionID, from, to)
}

func (e *Engine) askRange(ctx context.Context, kind store.RunKind, connectionID string, from, to time.Time) (store.Run, error) {
	now := e.store.Now().Truncate(time.Second)
	if to.IsZero() || to.After(now) {
		to = now // fixed for all pages, also when the run goes on tomorrow
	}
	if !from.Before(to) {
		return store.Run{}, connector.Refusal("empty_span", "", "the span of time must begin before it ends, and before now")
	}
	return e.askRun(ctx, store.Run{ConnectionID: connectionID, Kind: kind, From: from, To: to})
}

// pastOf asks the source for the span of a run.
func pastOf(pipe *Pipe, run *store.Run) ask {
	span := connector.Span{From: run.From, To: run.To}
	return func(ctx context.Context, c *connector.Client, at connector.Cursor) (connector.Polled, error) {
		return pipe.Trigger.Backfill(ctx, c, span, at)
	}
}

// maxStored is how many events of a page are stored at once.
const maxStored = 500

// backfill stores what the source says of the run's span, page by page. A run that was interrupted goes on with the page it was at.
func (e *Engine) backfill(ctx context.Context, stop <-chan struct{}, pipe *Pipe, run *store.Run) error {
	return e.readPages(ctx, stop, pipe, run.Cursor, math.MaxInt, pastOf(pipe, run), func(at string, page connector.Polled) error {
		events := page.Events
		cursor := store.Cursor{ConnectionID: pipe.ID, Cursor: at, RunID: run.ID, Lease: run.Lease, Range: true}
		for len(events) > maxStored {
			if err := e.storePage(ctx, pipe, cursor, connector.Polled{Events: events[:maxStored], Cursor: connector.Cursor(at)}); err != nil {
				return err
			}
			events = events[maxStored:]
		}
		cursor.Found = len(page.Events)
		return e.storePage(ctx, pipe, cursor, connector.Polled{Events: events, Cursor: page.Cursor})
	})
}

// PastPreview is what a backfill would do, as far as the source has been asked.
type PastPreview struct {
	Found    int               `json:"found"`    // what the source reports, each sale once
	Known    int               `json:"known"`    // of it: brought through the connection before
	Invoiced int               `json:"invoiced"` // its documents are there and fit
	Changed  int               `json:"changed"`  // its documents are there and no longer fit
	Make     int               `json:"make"`     // something would be made
	Sums     map[string]string `json:"sums"`     // of the sales for which something would be made, by currency
	Held     []PastGroup       `json:"held"`     // would wait for a person
	Skipped  []PastGroup       `json:"skipped"`
}

// PastGroup is what comes to the same for the same cause.
type PastGroup struct {
	Code   string `json:"code"`
	Count  int    `json:"count"`
	Reason string `json:"reason"` // of the first
	Object string `json:"object"` // the first
}

// past gathers a PastPreview.
type past struct {
	PastPreview
	engine *Engine
	pipe   *Pipe
	seen   map[string]bool // objects; the latest state of a sale is what its source says now, however many events there are
	sums   map[string]money.Amount
}

// previewPast goes through what the source says of the run's span and stores nothing but what that would come to.
func (e *Engine) previewPast(ctx context.Context, stop <-chan struct{}, pipe *Pipe, run *store.Run) error {
	p := &past{engine: e, pipe: pipe, seen: map[string]bool{}, sums: map[string]money.Amount{}}
	lease := store.RunLease{RunID: run.ID, Token: run.Lease}
	return e.readPages(ctx, stop, pipe, "", math.MaxInt, pastOf(pipe, run), func(_ string, page connector.Polled) error {
		for i, event := range page.Events {
			event.AccountID = pipe.From.ID
			if err := p.look(ctx, event); err != nil {
				return err
			}
			if last := i == len(page.Events)-1; last || i%20 == 19 {
				if err := p.report(ctx, lease); err != nil {
					return err
				}
			}
		}
		return p.report(ctx, lease)
	})
}

func (p *past) report(ctx context.Context, lease store.RunLease) error {
	p.Sums = map[string]string{}
	for currency, sum := range p.sums {
		p.Sums[currency] = sum.String()
	}
	encoded, err := json.Marshal(p.PastPreview)
	if err != nil {
		return fmt.Errorf("write the preview: %w", err)
	}
	return p.engine.store.ReportRun(ctx, lease, p.Found, encoded)
}

// look says what would become of one event.
func (p *past) look(ctx context.Context, event tengi.Event) error {
	if p.repeated(event.Object) {
		return nil
	}
	known, err := p.engine.store.Delivered(ctx, p.pipe.ID, event.AccountID, event.Dedupe)
	if err != nil {
		return err
	}
	if known {
		p.Found++
		p.Known++
		return nil
	}
	if event.Unreadable != "" {
		p.Found++
		p.Held = group(p.Held, connector.CodeUnreadable, event.Unreadable, event.Object)
		return nil
	}
	events, err := p.engine.Understand(ctx, p.pipe.From.ID, p.pipe.Options, event)
	var nothing *NothingInIt
	switch failure := connector.AsError(err); {
	case errors.As(err, &nothing):
		p.Found++
		p.Skipped = group(p.Skipped, "nothing_to_do", nothing.Why, event.Object)
		return nil
	case err != nil && failure.Kind == connector.Permanent:
		p.Found++
		p.Held = group(p.Held, failure.Code, reason(failure), event.Object)
		return nil
	case err != nil:
		return err
	}
	for _, understood := range events {
		if understood.Object != event.Object && p.repeated(understood.Object) {
			continue
		}
		p.Found++
		if err := p.rehearse(ctx, understood); err != nil {
			return err
		}
	}
	return nil
}

// repeated says whether a sale has been looked at already.
func (p *past) repeated(object string) bool {
	if object == "" || !p.pipe.Trigger.Sale {
		return false
	}
	was := p.seen[object]
	p.seen[object] = true
	return was
}

// rehearse plans a delivery of the event with what is there of its object.
func (p *past) rehearse(ctx context.Context, event tengi.Event) error {
	there, err := p.engine.store.Upstream(ctx, p.pipe.ID, 0, event.Object)
	if err != nil {
		return err
	}
	r := p.engine.rehearse(p.pipe, event)
	if after := p.pipe.Schedule.After; after != "" {
		before, err := p.engine.store.Upstream(ctx, after, 0, event.Object)
		if err != nil {
			return err
		}
		r.job.before = before.Documents
	}
	if len(there.Documents) > 0 {
		r.job.in.Documents = there.Documents
		switch next := r.job.plan(); next.verdict {
		case skipped, ended:
			p.Invoiced++
		case held:
			p.Held = group(p.Held, next.code, next.reason, event.Object)
		default:
			p.Changed++
		}
		return nil
	}
	switch preview := r.play(); preview.Outcome {
	case WouldMake:
		p.Make++
		if s := event.Sale; s != nil {
			sum, err := p.sums[s.Currency].Add(money.New(s.Total, s.Currency))
			if err != nil {
				sum = money.New(s.Total, s.Currency) // the first of its currency
			}
			p.sums[s.Currency] = sum
		}
	case WouldSkip:
		p.Skipped = group(p.Skipped, preview.Code, preview.Reason, event.Object)
	default:
		p.Held = group(p.Held, preview.Code, preview.Reason, event.Object)
	}
	return nil
}

// group counts one more of a cause.
func group(groups []PastGroup, code, reason, object string) []PastGroup {
	if i := slices.IndexFunc(groups, func(g PastGroup) bool { return g.Code == code }); i >= 0 {
		groups[i].Count++
		return groups
	}
	return append(groups, PastGroup{Code: code, Count: 1, Reason: reason, Object: object})
}
