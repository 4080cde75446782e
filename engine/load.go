package engine

import (
	"context"
	"errors"
	"sync"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/store"
)

// loads keeps two connections of one source from asking about the same event at the same time.
type loads struct {
	mu    sync.Mutex
	under map[int64]chan struct{}
}

// begin waits until nobody else in this process loads the event. The caller looks again whether it still has to.
func (l *loads) begin(ctx context.Context, eventID int64) (first bool, end func(), err error) {
	l.mu.Lock()
	if l.under == nil {
		l.under = map[int64]chan struct{}{}
	}
	if other, ok := l.under[eventID]; ok {
		l.mu.Unlock()
		select {
		case <-other:
			return false, nil, nil
		case <-ctx.Done():
			return false, nil, ctx.Err()
		}
	}
	done := make(chan struct{})
	l.under[eventID] = done
	l.mu.Unlock()
	return true, func() {
		l.mu.Lock()
		delete(l.under, eventID)
		l.mu.Unlock()
		close(done)
	}, nil
}

// load asks the source what the event means: once per event, however many connections it goes to. Nodes that do so at the same moment may both
// read; what is stored first stays.
func (j *job) load(ctx context.Context) (again bool, err error) {
	e := j.engine
	if j.d.AccountID != j.pipe.From.ID {
		out := j.outcome()
		out.Next = store.Next{State: store.Waiting, Open: true, AccountID: j.pipe.From.ID, DueAt: e.store.Now()}
		return false, e.record(ctx, out)
	}
	if !j.pipe.From.Usable() { // it was stopped after this delivery was claimed
		return false, e.record(ctx, putBack(j.d, e.store.Now()))
	}
	first, end, err := e.loads.begin(ctx, j.d.EventID)
	if err != nil { // the work was cut: nothing was asked
		return false, e.record(ctx, putBack(j.d, e.store.Now()))
	}
	if !first {
		return true, nil // look at the situation again
	}
	defer end()
	if _, loaded, err := e.store.Event(ctx, j.d.EventID); err != nil || loaded {
		return err == nil, err
	}
	if !e.begin(ctx) {
		return false, e.record(ctx, putBack(j.d, e.store.Now()))
	}
	started := e.store.Now()
	e.metrics.toCall.Observe(started.Sub(j.in.Event.ReceivedAt).Seconds())
	got, client, err := e.meaning(ctx, j.pipe.From, j.pipe.Options, j.in.Event)
	e.end()
	if err != nil && ctx.Err() != nil { // the work was cut while it only read: no attempt was made
		return false, e.record(ctx, putBack(j.d, e.store.Now()))
	}
	attempt := e.attempt("", store.Load, client, started, err)
	if err != nil {
		failure := *connector.AsError(err)
		if failure.Kind == connector.Unknown {
			failure.Kind = connector.Temporary // it only read
		}
		if p, ok := errors.AsType[*panicked](err); ok {
			failure = *connector.Refusal(codeInternal, "", p.Error())
		}
		return false, j.failed(ctx, j.pipe.From, attempt, nil, &failure)
	}
	return j.loaded(ctx, got, attempt)
}

// loaded stores what the source said. An event that stands for others, or for nothing, is not marked as loaded: what other connections have of it
// must not be taken for a happening, so each asks for itself.
func (j *job) loaded(ctx context.Context, got connector.Loaded, attempt *store.Attempt) (again bool, err error) {
	e := j.engine
	event, err := learned(j.in.Event, got)
	if err != nil {
		return false, err
	}
	out := j.outcome()
	out.Attempt = attempt
	e.metrics.attempts.WithLabelValues(j.pipe.From.Account.Connector, "done").Inc()
	switch {
	case len(got.Instead) > 0:
		pipes := e.snapshot.Load().bySource[event.AccountID]
		for _, instead := range got.Instead {
			instead.AccountID, instead.ReceivedAt = event.AccountID, e.store.Now()
			out.Instead = append(out.Instead, newEvent(instead, pipes))
		}
		out.Next.State, out.Next.Code, out.Next.Reason = store.Skipped, "instead", "it stands for "+got.Instead[0].Object
		defer func() {
			for _, p := range pipes {
				e.askPipe(p)
			}
		}()
	case got.Nothing != "":
		out.Next.State, out.Next.Code, out.Next.Reason = store.Skipped, "nothing_to_do", got.Nothing
	default:
		out.Loaded = &event
		out.Next = store.Next{State: store.Running, Open: true, AccountID: j.d.AccountID, Keep: true}
		return true, e.record(ctx, out)
	}
	j.close(&out, len(got.Instead) == 0)
	return false, e.record(ctx, out)
}
