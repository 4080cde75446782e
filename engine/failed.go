package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/store"
)

// The back-off: exponential with full jitter, from two seconds to an hour, for about two and a half days.
const (
	firstBackoff = 2 * time.Second
	lastBackoff  = time.Hour
	maxTries     = 80
)

// backoff is how long to wait after the nth failed try: anything up to twice the last bound, so that many deliveries do not come back together.
func backoff(tries int) time.Duration {
	bound := lastBackoff
	if tries < 12 {
		bound = min(firstBackoff<<max(tries-1, 0), lastBackoff)
	}
	return time.Duration(rand.Int64N(int64(bound))) + bound/10
}

// failed records an operation that did not work, by who acts next: the clock, a person, or whoever finds out what happened.
func (j *job) failed(ctx context.Context, at *Account, attempt *store.Attempt, journal *journal, failure *connector.Error) error {
	e := j.engine
	now := e.store.Now()
	out := j.outcome()
	out.Attempt = attempt
	out.Next.Code, out.Next.Reason = failure.Code, reason(failure)
	if journal != nil {
		step := journal.step
		out.CallStep, out.Calls = &step, journal.noted()
		if len(journal.calls) > 0 { // an operation that never came to a call has not begun, and its values are not frozen
			if failure.Kind == connector.Permanent {
				step.State = store.StepRefused
			}
			out.Steps = []store.Step{step}
		}
		j.remember(journal)
	}
	attempt.Outcome = failure.Kind.String()
	e.metrics.attempts.WithLabelValues(at.Account.Connector, attempt.Outcome).Inc()
	out.Next.Open = true
	switch failure.Kind {
	case connector.Attention:
		out.Next.State, out.Next.DueAt = store.Waiting, now
		if err := e.attention(ctx, at, failure); err != nil {
			return err
		}
	case connector.Temporary:
		j.temporary(&out, at, failure, now)
	case connector.Permanent:
		out.Next.State = store.Failed
		j.close(&out, true)
	default:
		j.unknown(&out, failure, now)
	}
	return e.record(ctx, out)
}

// reason is what a person reads about a failure; the service's own words stay in the attempt.
func reason(failure *connector.Error) string {
	text := failure.Error()
	if failure.Field != "" {
		text = failure.Field + ": " + text
	}
	return text
}

// remember puts the journal's calls into the situation, so that what follows sees them.
func (j *job) remember(l *journal) {
	kept := j.in.Calls[:0:0]
	for _, c := range j.in.Calls {
		if c.StepKey != l.step.Key || c.Op != l.step.Op {
			kept = append(kept, c)
		}
	}
	for _, c := range l.calls {
		kept = append(kept, store.StepCall{StepKey: l.step.Key, Op: l.step.Op, Call: c})
	}
	j.in.Calls = kept
	for _, s := range j.in.Steps {
		if s.Key == l.step.Key && s.Op == l.step.Op {
			return
		}
	}
	j.in.Steps = append(j.in.Steps, l.step)
}

// temporary plans the next try. A service that asks to slow down is heeded by all nodes and costs no try.
func (j *job) temporary(out *store.Outcome, at *Account, failure *connector.Error, now time.Time) {
	e := j.engine
	out.Next.State = store.Retrying
	wait := failure.RetryAfter
	if failure.Code == connector.CodeRateLimited {
		wait = max(wait, time.Second)
		out.Slow = &store.Slow{AccountID: at.ID, Until: now.Add(e.hurry(wait))}
	} else {
		out.Next.Tries++
		if wait == 0 {
			wait = backoff(out.Next.Tries)
		}
	}
	out.Next.DueAt = now.Add(e.hurry(wait))
	if out.Next.Tries >= maxTries {
		out.Next.State, out.Next.DueAt, out.Next.Code = store.Failed, time.Time{}, "gave_up"
		out.Next.Reason = fmt.Sprintf("%d tries did not get through; the last: %s", out.Next.Tries, out.Next.Reason)
		j.close(out, true)
	}
}

// unknown plans how to find out what happened. Invariant 4: never by sending again blindly.
func (j *job) unknown(out *store.Outcome, failure *connector.Error, now time.Time) {
	e := j.engine
	out.Next.State = store.Unknown
	if failure.Code == connector.CodeAskPerson {
		e.metrics.ended.WithLabelValues(string(store.Unknown)).Inc()
		return // a person's: no moment, and it stands in the way
	}
	out.Next.Tries++ // a look-up that never succeeds must come to an end too
	out.Next.DueAt = now.Add(max(failure.RetryAfter, e.hurry(backoff(out.Next.Tries))))
	if out.Next.Tries >= maxTries {
		out.Next.DueAt, out.Next.Code = time.Time{}, connector.CodeAskPerson
		e.metrics.ended.WithLabelValues(string(store.Unknown)).Inc()
	}
}

// attention stops an account that its service refuses: its connections wait, no attempt is used, and a person is told once.
func (e *Engine) attention(ctx context.Context, at *Account, failure *connector.Error) error {
	moved, err := e.store.SetAccountState(context.WithoutCancel(ctx), at.ID, tengi.AccountActive, tengi.AccountAttention, reason(failure), e.store.Now())
	if err != nil {
		return fmt.Errorf("stop account %s: %w", at.Key, err)
	}
	if !moved { // somebody was first, and has told the others
		return e.Reload(context.WithoutCancel(ctx))
	}
	e.log.Warn("an account needs attention", "account", at.Key, "connector", at.Account.Connector, "code", failure.Code)
	return e.changed(ctx)
}

// changed reads the configuration again here and tells the other nodes.
func (e *Engine) changed(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	if err := e.Reload(ctx); err != nil {
		return err
	}
	return e.store.Announce(ctx, reloadNotice)
}

// Changed is for whoever stored a new configuration.
func (e *Engine) Changed(ctx context.Context) error { return e.changed(ctx) }
