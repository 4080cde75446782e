package setup

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/schedule"
)

// The rules of a connection that are neither an expression's nor a field's, each once: whoever gives it, a file or a page, is told the same. A rule that is
// kept says nothing.

// What may happen to documents, the one that holds when nothing is said first.
var (
	onCancel = []tengi.Policy{tengi.Undo, tengi.Hold, tengi.Ignore}
	onChange = []tengi.Policy{tengi.Redo, tengi.Hold, tengi.Ignore}
)

func policyRule(p tengi.Policy, choices []tengi.Policy) string {
	if slices.Contains(choices, p) {
		return ""
	}
	return fmt.Sprintf("write %s, %s or %s", choices[0], choices[1], choices[2])
}

func keyRule(key string) string {
	if keyPattern.MatchString(key) {
		return ""
	}
	return fmt.Sprintf("is not a key: small letters without accents, digits, - and _, at most %d", maxKey)
}

func stepKeyRule(key string) string {
	if stepPattern.MatchString(key) {
		return ""
	}
	return fmt.Sprintf("is not the key of a step: small letters without accents, digits and _, at most %d, a letter first", maxKey)
}

// twiceRule is about a step behind others.
func twiceRule(key string, before []tengi.Step) string {
	if slices.ContainsFunc(before, func(s tengi.Step) bool { return s.Key == key }) {
		return "there are two steps of this key"
	}
	return ""
}

// askedRule is about a schedule of a source that cannot be asked.
func askedRule(s schedule.Schedule, of *connector.Connector, trigger *connector.Trigger) string {
	if s.IsZero() || trigger.Poll != nil {
		return ""
	}
	return fmt.Sprintf("%s reports %s by itself and cannot be asked for it: remove the schedule", of.Title, trigger.Key)
}

// ringRule is about connections that run after each other in a ring, as schedule.Cycle finds one.
func ringRule(ring []string, key func(id string) string) string {
	keys := make([]string, len(ring))
	for i, id := range ring {
		keys[i] = key(id)
	}
	return "the connections would wait for each other for ever: " + strings.Join(keys, " after ")
}
