package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/store"
)

// perform carries out one operation at a service and records what came of it.
func (j *job) perform(ctx context.Context, next decision) (again bool, err error) {
	e := j.engine
	journal := &journal{engine: e, job: j, step: next.op, calls: map[string]tengi.Call{}}
	for _, c := range j.in.Calls {
		if c.StepKey == next.op.Key && c.Op == next.op.Op && strings.HasPrefix(c.Key, string(next.op.Ref)+"-") { // not those of an undo of another document
			journal.calls[c.Name] = c.Call
		}
	}
	client, err := e.client(next.step.at, nil, journal, next.op.Ref)
	if err == nil && !e.begin(ctx) {
		return false, e.record(ctx, putBack(j.d, e.store.Now()))
	}
	started := e.store.Now()
	var made tengi.Document
	if err == nil {
		made, err = j.call(ctx, next, client)
	}
	if errors.Is(err, store.ErrLeaseLost) {
		return false, err // somebody else has the delivery; nothing was sent
	}
	if err != nil && journal.idle() && (ctx.Err() != nil || e.stopping() && !journal.used) {
		return false, j.stopped(ctx, journal)
	}
	attempt := e.attempt(next.op.Key, next.op.Op, client, started, err)
	if err != nil {
		failure := *connector.AsError(err)
		if failure.Kind == connector.Unknown && journal.idle() {
			// No call is open, so nothing can have acted that is not known: a mistake of ours or of the connector's.
			failure.Kind, failure.Code = connector.Permanent, codeInternal
		}
		return false, j.failed(ctx, next.step.at, attempt, journal, &failure)
	}
	return j.succeeded(ctx, next, journal, attempt, made)
}

// stopped puts a delivery back whose operation was ended by a stop before the next byte was sent: no attempt was made. Answers that earlier calls
// got are kept.
func (j *job) stopped(ctx context.Context, journal *journal) error {
	out := putBack(j.d, j.engine.store.Now())
	if calls := journal.noted(); len(calls) > 0 {
		out.CallStep, out.Calls = &journal.step, calls
	}
	return j.engine.record(ctx, out)
}

// call runs the connector's code, at the place that was begun.
func (j *job) call(ctx context.Context, next decision, client *connector.Client) (made tengi.Document, err error) {
	defer j.engine.end()
	// What a connector that panics had open stays open.
	err = j.engine.guard(next.step.at.Connector, next.step.Action, func() (err error) {
		if next.verdict == undoing {
			made, err = next.step.action.Undo(ctx, client, next.op.Ref, next.target)
			return err
		}
		values := next.filled // what was frozen and decoded is the same, as TestParseProperties of package field has it
		if values == nil {
			if values, err = next.step.action.Input.Decode(next.values); err != nil {
				return connector.Refusal("input", "", "the stored values no longer fit the action: replay with today's mapping")
			}
		}
		made, err = next.step.action.Do(ctx, client, next.op.Ref, values)
		return err
	})
	return made, err
}

// succeeded records a document made or undone. A document that came to another amount than it should is recorded and held.
func (j *job) succeeded(ctx context.Context, next decision, journal *journal, attempt *store.Attempt, made tengi.Document) (again bool, err error) {
	e := j.engine
	e.metrics.attempts.WithLabelValues(next.step.at.Account.Connector, "done").Inc()
	op := next.op
	op.State = store.StepDone
	out := j.outcome()
	out.Attempt, out.AccountID = attempt, next.step.at.ID
	out.Steps = append(slices.Clone(next.notes), op)
	out.CallStep, out.Intended, out.Calls = &op, journal.used, journal.noted()
	made.StepKey, made.Ref, made.Fingerprint = op.Key, op.Ref, op.Fingerprint
	if next.verdict == undoing {
		out.Undone = next.target.ID
		if made.ExternalID != "" {
			made.Kind = creditOf(made.Kind)
			out.Document = &made
		}
	} else {
		if made.Kind == "" {
			made.Kind = next.step.action.Makes
		}
		out.Document, out.Refresh = &made, e.firstRefresh(next.step.action, &made, e.store.Now())
	}
	if made.Amount.Currency != "" && next.expected.Currency != "" && next.verdict == doing && !made.Amount.Equal(next.expected) {
		out.Next.State, out.Next.Code = store.Held, "document_total_differs"
		out.Next.Reason = fmt.Sprintf("step %s: %s was made, but it should come to %s: look at it in its service", op.Key, describe(made), next.expected)
		j.in.Steps = nil // the operation is finished
		j.close(&out, true)
		return false, e.record(ctx, out)
	}
	// Invariant 2: the outcome, its document and what comes next are one transaction.
	if j.alone(next) {
		out.Next.State = store.Done
		j.in.Steps = nil
		j.close(&out, true)
		return false, e.record(ctx, out)
	}
	out.Next = store.Next{State: store.Running, Open: true, AccountID: j.d.AccountID, Keep: true}
	return true, e.record(ctx, out)
}

// alone says that this was the only thing to do: the one step of a connection, done for an event without a sale. It saves looking again.
func (j *job) alone(next decision) bool {
	return next.verdict == doing && len(j.pipe.steps) == 1 && j.in.Event.Sale == nil
}

// creditOf is the kind of what an undo made.
func creditOf(kind tengi.DocumentKind) tengi.DocumentKind {
	if kind == "" {
		return tengi.CreditNote
	}
	return kind
}

// RoundTrip marks the crash points around every outgoing request.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.engine.fail("before-send")
	resp, err := t.engine.http.RoundTrip(r)
	t.engine.fail("after-send")
	return resp, err
}

// Dial marks the crash point before a conversation that is not HTTP.
func (t transport) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	t.engine.fail("before-send")
	return t.engine.dial(ctx, network, address)
}

type transport struct{ engine *Engine }

// journal keeps the calls of one operation for the client: what was stored before, and what is new.
type journal struct {
	engine *Engine
	job    *job
	step   store.Step
	calls  map[string]tengi.Call
	fresh  []string // names of calls noted since the last intent
	used   bool
}

var _ connector.Journal = (*journal)(nil)

func (l *journal) Call(name string) (tengi.Call, bool) {
	c, ok := l.calls[name]
	return c, ok
}

// Intend stores the call, with the operation's Ref and input, before a byte is sent.
func (l *journal) Intend(ctx context.Context, call tengi.Call) error {
	if !l.used {
		l.engine.metrics.toCall.Observe(l.engine.store.Now().Sub(l.job.in.Event.ReceivedAt).Seconds())
	}
	calls := append(l.noted(), call)
	err := l.engine.store.Intend(ctx, store.Intent{
		Lease: store.Lease{DeliveryID: l.job.d.ID, Token: l.job.d.Lease}, Until: l.engine.store.Now().Add(l.engine.lease),
		ConnectionID: l.job.d.ConnectionID, Object: l.job.d.Object, Step: l.step, Calls: calls,
	})
	if err != nil {
		return err
	}
	l.used, l.fresh = true, nil
	l.calls[call.Name] = call
	return nil
}

func (l *journal) Note(call tengi.Call) {
	l.calls[call.Name] = call
	l.fresh = append(l.fresh, call.Name)
}

// noted are the calls whose fate is known and not stored yet.
func (l *journal) noted() []tengi.Call {
	var list []tengi.Call
	seen := map[string]bool{}
	for _, name := range l.fresh {
		if !seen[name] {
			seen[name] = true
			list = append(list, l.calls[name])
		}
	}
	return list
}

// idle says that no call is open: nothing can have acted that is not known.
func (l *journal) idle() bool {
	for _, c := range l.calls {
		if c.State == tengi.CallOpen {
			return false
		}
	}
	return true
}
