package engine

import (
	"context"
	"fmt"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/mapping"
	"github.com/tengi/tengi/store"
)

// Look is a delivery as a person is shown it: what it knows and has done, what its conditions say, what would come next, and what may be decided.
type Look struct {
	Situation store.Situation
	Pipe      *Pipe   // nil when the connection is gone
	Checks    []Check // its conditions with today's values, in the order in which they count
	Next      Intended
	May       May
	Mends     []Mend
}

// Check is a condition and what it comes to.
type Check struct {
	Step  string // empty: the connection's filter
	Text  string // as it was written; empty = there is none, and everything passes
	Saw   string // with the values it looked at, as far as they say nothing about a person
	Holds bool
	Err   error // it could not be evaluated
}

// Intended is what would come next for a delivery if it were worked now.
type Intended struct {
	Does   string // load, make, undo, hold, skip, or end
	Code   string
	Reason string
}

// May says what a person may decide.
type May struct {
	Replay, Skip, SendAgain, Adopt, UndoneByHand bool
	Undoes                                       bool      // of Adopt: the operation whose outcome is asked for undoes something
	Ref                                          tengi.Ref // of Adopt: by what the document is found in its service
}

var verdictNames = map[verdict]string{ended: "end", loading: "load", skipped: "skip", held: "hold", doing: "make", undoing: "undo"}

// Look looks at a delivery without touching it.
func (e *Engine) Look(ctx context.Context, d store.Delivery) (Look, error) {
	claimed := store.Claimed{ID: d.ID, EventID: d.EventID, ConnectionID: d.ConnectionID, AccountID: d.AccountID, Object: d.Object, Was: d.State, Tries: d.Tries, Touched: d.Touched}
	in, err := e.store.Situation(ctx, claimed)
	if err != nil {
		return Look{}, fmt.Errorf("look at delivery %d: %w", d.ID, err)
	}
	look := Look{Situation: in}
	pipe, ok := e.Pipe(d.ConnectionID)
	if !ok {
		return look, nil
	}
	look.Pipe = pipe
	if err := e.heedVersions(ctx, claimed, &in); err != nil {
		return Look{}, err
	}
	j := &job{engine: e, d: claimed, pipe: pipe, in: in}
	var next decision
	if pipe.Problem == nil { // else there are no conditions that could be evaluated
		j.in.Steps = j.replan()
		next = j.plan()
		j.in.Steps = in.Steps
		look.Next = Intended{Does: verdictNames[next.verdict], Code: next.code, Reason: next.reason}
		look.Mends, look.Checks = j.mends(d, next), j.checks()
	}
	look.May = j.may(d, next)
	return look, nil
}

// may says what a person may decide about a delivery.
func (j *job) may(d store.Delivery, next decision) May {
	var m May
	waits := d.State == store.Held || d.State == store.Failed || d.State == store.Unknown
	m.Replay = waits && d.State != store.Unknown || d.State == store.Retrying || d.State == store.Skipped && d.Code != "superseded"
	m.Skip = (waits || d.State == store.Retrying || d.State == store.Waiting) && !acted(&j.in)
	if step, ok := openStep(&j.in); ok && waits {
		m.Adopt, m.Undoes, m.Ref = true, step.Op == store.Undo, step.Ref
		for _, c := range j.in.Calls {
			m.SendAgain = m.SendAgain || c.StepKey == step.Key && c.Op == step.Op && c.State == tengi.CallOpen
		}
	}
	m.UndoneByHand = (d.State == store.Held || d.State == store.Failed) && next.verdict == held && next.target.ID != 0
	return m
}

// checks evaluates every condition of the connection.
func (j *job) checks() []Check {
	if !j.in.Loaded || j.in.Event.Unreadable != "" {
		return nil
	}
	env, unreadable := j.env()
	if unreadable != nil { // the plan holds it for that
		return nil
	}
	list := make([]Check, 0, 1+len(j.pipe.steps))
	add := func(step string, c Check) { c.Step = step; list = append(list, c) }
	add("", checkOf(j.pipe.filter, env))
	for _, s := range j.pipe.steps {
		add(s.Key, checkOf(s.when, env))
	}
	return list
}

// checkOf evaluates a condition that may be nil.
func checkOf(c *mapping.Condition, env *mapping.Env) Check {
	if c == nil {
		return Check{Holds: true}
	}
	check := Check{Text: c.Text(), Saw: c.Explain(env)}
	check.Holds, check.Err = c.Eval(env)
	return check
}
