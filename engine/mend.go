package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/mapping"
	"github.com/tengi/tengi/store"
)

// Mend is a field of a step whose value a person can give, for one delivery alone.
type Mend struct {
	Step  string
	Field field.Field
	Wrong string // what is wrong with the value, in English and without it
	Value string // as the mapping makes it; empty when it makes none
}

// given are values for fields of a step, by key.
type given struct {
	step   string
	values map[string]any
}

// StillHeldError says that a delivery would be held again with the values that a person gave: nothing was changed.
type StillHeldError struct{ Code, Reason string }

func (e *StillHeldError) Error() string { return e.Reason }

// ReplayWith lets a held or failed delivery be worked again with values that a person gave for fields of a step, by key, instead of what its mapping makes
// of them. All other values come from today's mapping. What comes of both is frozen in the step before anything is sent, as all input is, so that
// every retry sends it. The money is checked as ever. It is refused while a request may have acted.
func (e *Engine) ReplayWith(ctx context.Context, deliveryID int64, step string, values map[string]any) error {
	return e.decideFrom(ctx, deliveryID, []store.State{store.Held, store.Failed}, func(j *job, out *store.Outcome) error {
		if j.pipe.Problem != nil {
			return fmt.Errorf("connection %s cannot run: %w", j.pipe.Key, j.pipe.Problem)
		}
		if s, ok := openStep(&j.in); ok && s.State == store.StepOpen && j.called(s) {
			return ErrMayHaveActed
		}
		j.in.Steps = j.replan()
		next := j.planWith(given{step: step, values: values})
		switch {
		case next.verdict == held:
			return &StillHeldError{Code: next.code, Reason: next.reason}
		case next.verdict != doing || next.step.Key != step:
			return ErrNothingOpen
		}
		op := next.op
		op.Reason = givenByPerson
		out.Steps = append(slices.Clone(next.notes), op)
		out.Next.State, out.Next.Open, out.Next.DueAt, out.Next.Tries = store.Waiting, true, e.store.Now(), 0
		return nil
	})
}

// givenByPerson is the reason of a step for which a person gave values.
const givenByPerson = "a person gave values"

// called says whether an operation has made a request ready.
func (j *job) called(s store.Step) bool {
	return slices.ContainsFunc(j.in.Calls, func(c store.StepCall) bool { return c.StepKey == s.Key && c.Op == s.Op })
}

// unsent are the operations that were frozen with a person's values before any request was made ready: a replay plans them anew.
func (j *job) unsent() []store.Step {
	var list []store.Step
	for _, s := range j.in.Steps {
		if s.State == store.StepOpen && s.Op == store.Do && !j.called(s) {
			s.State, s.Reason = store.StepRefused, ""
			list = append(list, s)
		}
	}
	return list
}

// replan are the delivery's steps as a replay finds them.
func (j *job) replan() []store.Step {
	steps := slices.Clone(j.in.Steps)
	for _, again := range j.unsent() {
		i := slices.IndexFunc(steps, func(s store.Step) bool { return s.Key == again.Key && s.Op == again.Op })
		steps[i] = again
	}
	return steps
}

// mends are the fields whose values hold the delivery up, as far as they can be given by a person: those that the mapping cannot fill, or the one that the
// service refused, which its reason names.
func (j *job) mends(d store.Delivery, next decision) []Mend {
	if d.State != store.Held && d.State != store.Failed {
		return nil
	}
	if next.verdict == held && len(next.faults) > 0 {
		var list []Mend
		for _, fault := range next.faults {
			list = j.mend(list, next.step, fault.Path, fault.Message)
		}
		return list
	}
	path, wrong, ok := strings.Cut(d.Reason, ": ")
	if i := slices.IndexFunc(j.in.Steps, func(s store.Step) bool { return s.Op == store.Do && s.State == store.StepRefused }); ok && i >= 0 {
		if step, ok := j.pipe.step(j.in.Steps[i].Key); ok {
			return j.mend(nil, step, path, wrong)
		}
	}
	return nil
}

// mend adds a field to the list, once, if a person can write its value on one line.
func (j *job) mend(list []Mend, step *pipeStep, path, wrong string) []Mend {
	if step.action == nil || step.fields == nil {
		return list
	}
	i := slices.IndexFunc(step.action.Input, func(f field.Field) bool { return f.Key == path })
	if i < 0 || slices.ContainsFunc(list, func(m Mend) bool { return m.Field.Key == path }) {
		return list
	}
	m := Mend{Step: step.Key, Field: step.action.Input[i], Wrong: wrong}
	switch m.Field.Type {
	case field.List, field.Pairs, field.Group:
		return list
	}
	if env, err := j.env(); err == nil {
		previews := step.fields.Describe(env)
		if at := slices.IndexFunc(previews, func(p mapping.Preview) bool { return p.Path == path }); at >= 0 {
			m.Value = previews[at].Text
		}
	}
	return append(list, m)
}
