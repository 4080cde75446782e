package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/tengi/tengi"
)

// Comparison is what one event came to under a connection as it is and as it would be.
type Comparison struct {
	Event    tengi.Event
	Old, New Preview
	Changes  []Change // none = nothing would be different
	Problem  string   // why it could not be compared
}

// Change is one difference: which value of which step, and what it was and would be, as texts.
type Change struct {
	Step string // its key; empty = the whole
	Path string // "description", "lines[0].total"; empty = what the step or the whole comes to
	Old  string
	New  string
}

// Compare goes through two versions of a connection with events that were stored, each as if nothing had been made of it yet, and says what is different.
// It asks a source only what an event means that was never loaded, and no destination anything.
func (e *Engine) Compare(ctx context.Context, before, after tengi.Connection, eventIDs []int64) ([]Comparison, error) {
	was, err := e.compile(before)
	if err != nil {
		return nil, fmt.Errorf("the connection as it is: %w", err)
	}
	will, err := e.compile(after)
	if err != nil {
		return nil, err
	}
	var all []Comparison
	for _, id := range eventIDs {
		event, _, err := e.store.Event(ctx, id)
		if err != nil {
			return all, err
		}
		c := Comparison{Event: event}
		if event.Unreadable != "" {
			c.Problem = event.Unreadable
			all = append(all, c)
			continue
		}
		events, err := e.Understand(ctx, event.AccountID, will.Options, event)
		if err != nil || len(events) == 0 {
			c.Problem = "its source could not be asked what it means"
			if err != nil {
				c.Problem = err.Error()
			}
			all = append(all, c)
			continue
		}
		c.Event = events[0]
		c.Old, c.New = e.rehearse(was, c.Event).play(), e.rehearse(will, c.Event).play()
		c.Changes = differences(c.Old, c.New)
		all = append(all, c)
	}
	return all, nil
}

// differences says how one preview became another.
func differences(before, after Preview) []Change {
	var changes []Change
	note := func(step, path, old, fresh string) {
		if old != fresh {
			changes = append(changes, Change{Step: step, Path: path, Old: old, New: fresh})
		}
	}
	note("", "", comesTo(before.Outcome, before.Reason), comesTo(after.Outcome, after.Reason))
	var keys []string
	steps := func(p Preview) map[string]PreviewStep {
		byKey := map[string]PreviewStep{}
		for _, s := range p.Steps {
			byKey[s.Key] = s
			if !slices.Contains(keys, s.Key) {
				keys = append(keys, s.Key)
			}
		}
		return byKey
	}
	was, will := steps(before), steps(after)
	for _, key := range keys {
		old, fresh := was[key], will[key]
		note(key, "", comesTo(old.Outcome, old.Reason), comesTo(fresh.Outcome, fresh.Reason))
		a, b := flatten(old.Input), flatten(fresh.Input)
		for _, path := range slices.Sorted(maps.Keys(union(a, b))) {
			note(key, path, a[path], b[path])
		}
		if old.Outcome == WouldMake && fresh.Outcome == WouldMake {
			note(key, DocumentAmount, amountText(old.Document), amountText(fresh.Document))
		}
	}
	return changes
}

// DocumentAmount is the path of a change of what a document comes to.
const DocumentAmount = "document.amount"

// amountText is what a document comes to; empty when its kind has no amount.
func amountText(doc tengi.Document) string {
	if doc.Amount.Currency == "" {
		return ""
	}
	return doc.Amount.String()
}

// comesTo is an outcome with its reason.
func comesTo(outcome Outcome, reason string) string {
	if reason == "" || outcome == WouldMake {
		return string(outcome)
	}
	return string(outcome) + ": " + reason
}

func union(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// flatten lists the plain values of the input of a step by path.
func flatten(input json.RawMessage) map[string]string {
	values := map[string]string{}
	if len(input) == 0 {
		return values
	}
	var tree any
	dec := json.NewDecoder(bytes.NewReader(input))
	dec.UseNumber()
	if dec.Decode(&tree) != nil {
		return values // it is our own and can be read
	}
	flattenInto(values, "", tree)
	return values
}

func flattenInto(values map[string]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, x := range v {
			next := key
			if path != "" {
				next = path + "." + key
			}
			flattenInto(values, next, x)
		}
	case []any:
		for i, x := range v {
			flattenInto(values, path+"["+strconv.Itoa(i)+"]", x)
		}
	case nil:
	default:
		values[path] = fmt.Sprint(v)
	}
}
