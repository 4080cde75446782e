package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/internal/shop"
)

// A source that is moved to another account or trigger, or told to begin on another day, is asked from the beginning and not from where the old one had
// come to. What says nothing about where it begins leaves it where it is.
func TestPollBeginsAnewWhereItsSourceIsMoved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*tengi.Connection)
		anew   bool
	}{
		"account":          {func(c *tengi.Connection) { c.Source.AccountID = "acc_other" }, true},
		"trigger":          {func(c *tengi.Connection) { c.Source.Trigger = "other" }, true},
		"first day":        {func(c *tengi.Connection) { c.Source.Options = map[string]any{"since": "2026-01-01", "agents": true} }, true},
		"first day gone":   {func(c *tengi.Connection) { c.Source.Options = map[string]any{"agents": true} }, false},
		"another option":   {func(c *tengi.Connection) { c.Source.Options = map[string]any{"since": "2026-05-01", "agents": false} }, false},
		"filter and steps": {func(c *tengi.Connection) { c.Source.Filter, c.Steps[0].When = "sale.total > 0", "sale.total > 1" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &pages{given: map[string][]string{"": {"A1"}, "1": {"A2"}}, next: map[string]string{"": "1", "1": "2", "2": "2"}}
			connection := func(changes ...func(*tengi.Connection)) tengi.Connection {
				return shop.Connection(func(c *tengi.Connection) {
					c.Schedule.Every, c.Source.Options = 5*time.Minute, map[string]any{"since": "2026-05-01", "agents": true}
					for _, change := range changes {
						change(c)
					}
				})
			}
			b := setupWith(t, "key", func(b *bench) {
				trigger := &b.source.Triggers[0]
				trigger.Poll, trigger.Anew = p.poll, []string{"since"}
				trigger.Options = field.Set{{Key: "since", Type: field.Date, Label: "Since"}, {Key: "agents", Type: field.Bool, Label: "Agents"}}
				other := *trigger
				other.Key = "other"
				b.source.Triggers = append(b.source.Triggers, other)
			}, connection())
			b.addAccount(tengi.Account{ID: "acc_other", Connector: "shop"})
			b.polls()
			b.save(connection(c.change))
			b.later(5 * time.Minute)
			b.polls()
			want := []string{"", "1", "2", "2"}
			if c.anew {
				want = []string{"", "1", "2", "", "1", "2"}
			}
			if diff := cmp.Diff(want, p.asked); diff != "" {
				t.Errorf("the cursors it was asked with (-want +got):\n%s", diff)
			}
		})
	}
}
