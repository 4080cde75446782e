package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tengi/tengi/control"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/store"
)

type backfillCommand struct {
	watched
	Connection string `arg:"" help:"Key of the connection; WORKSPACE/KEY where several workspaces have it."`
	From       string `required:"" placeholder:"DATE" help:"The first day that counts, such as 2026-07-01."`
	To         string `placeholder:"DATE" help:"The last day that counts; without it everything until now."`
	Dry        bool   `help:"Only say what it would come to. What only reads is asked of the services, and nothing is stored or sent."`
}

// Run brings the past of a connection through it, or says what that would come to.
func (c *backfillCommand) Run(ctx context.Context, o *output) error {
	what := control.RunRequest{Connection: c.Connection, Kind: store.Backfill, From: c.From, To: c.To}
	if c.Dry {
		what.Kind = store.Preview
	}
	return c.start(ctx, o, what)
}

// pastText says what a backfill would come to.
func pastText(report json.RawMessage) string {
	var p engine.PastPreview
	if json.Unmarshal(report, &p) != nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Found %d: %d brought through before, %d with documents that fit, %d whose documents no longer fit and would be made anew.\n", p.Found, p.Known, p.Invoiced, p.Changed)
	fmt.Fprintf(&b, "Something would be made for %d", p.Make)
	for i, currency := range slices.Sorted(maps.Keys(p.Sums)) {
		b.WriteString([]string{", over ", " and "}[min(i, 1)] + p.Sums[currency])
	}
	b.WriteString(".\n")
	for _, part := range []struct {
		title  string
		groups []engine.PastGroup
	}{{"Would wait for a person", p.Held}, {"Would be left alone", p.Skipped}} {
		for i, g := range part.groups {
			if i == 0 {
				b.WriteString(part.title + ":\n")
			}
			fmt.Fprintf(&b, "  %d (%s), such as %s: %s\n", g.Count, g.Code, g.Object, g.Reason)
		}
	}
	return b.String()
}
