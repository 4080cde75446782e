package setup

import (
	"fmt"
	"io"
	"strings"
)

// Action is what becomes of one thing.
type Action string

// The actions.
const (
	Created   Action = "created"
	Changed   Action = "changed"
	Unchanged Action = "unchanged"
)

// The kinds of things.
const (
	kindWorkspace  = "workspace"
	kindAccount    = "account"
	kindConnection = "connection"
)

// Change is what became of one thing that was given.
type Change struct {
	Kind      string   `json:"kind"`
	Workspace string   `json:"workspace"` // its key
	Key       string   `json:"key"`
	Action    Action   `json:"action"`
	Details   []string `json:"details,omitempty"`  // "source.filter: sale.total > 0 → sale.total > 100"; of a secret only that it is another
	Warnings  []string `json:"warnings,omitempty"` // what works less than somebody may think
	HookURL   string   `json:"hook_url,omitempty"` // where the service sends its notices; whoever knows it can send some
}

// compare notes what is different.
func (c *Change) compare(before, after tree) {
	for _, words := range differences(before, after) {
		c.detail(words)
	}
}

func (c *Change) detail(words string) {
	c.Action = Changed
	c.Details = append(c.Details, words)
}

// Report is what an Apply did, in the order given.
type Report struct {
	Changes []Change `json:"changes"`
	Dry     bool     `json:"dry,omitempty"` // nothing was stored
}

// Count is how many things became what.
func (r Report) Count(a Action) int {
	n := 0
	for _, c := range r.Changes {
		if c.Action == a {
			n++
		}
	}
	return n
}

// Write writes the report for a person.
func (r Report) Write(w io.Writer) error {
	var b strings.Builder
	for _, c := range r.Changes {
		fmt.Fprintf(&b, "%-9s  %-10s  %s\n", c.Action, c.Kind, c.Key)
		for _, words := range c.Details {
			fmt.Fprintf(&b, "             %s\n", words)
		}
		for _, words := range c.Warnings {
			fmt.Fprintf(&b, "             note: %s\n", words)
		}
		if c.HookURL != "" && c.Action != Unchanged {
			fmt.Fprintf(&b, "             webhook address: %s\n", c.HookURL)
		}
	}
	fmt.Fprintf(&b, "%d created, %d changed, %d unchanged", r.Count(Created), r.Count(Changed), r.Count(Unchanged))
	if r.Dry {
		b.WriteString("; nothing was stored")
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}
