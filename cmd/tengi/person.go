package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tengi/tengi/control"
)

type inboxCommand struct{ where }

// Run lists what waits for a person.
func (c *inboxCommand) Run(ctx context.Context, o *output) error {
	return c.with(ctx, func(ctx context.Context, at installation) error {
		causes, err := at.Inbox(ctx)
		if err != nil {
			return err
		}
		_, err = io.WriteString(o.out, inboxText(causes))
		return err
	})
}

// inboxText writes what waits by cause, with what can be done about it.
func inboxText(causes []control.Cause) string {
	if len(causes) == 0 {
		return "Nothing waits for a person.\n"
	}
	var b strings.Builder
	for i, cause := range causes {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s/%s: %d %s (%s)\n", cause.Workspace, cause.Connection, cause.Count, cause.State, cause.Code)
		table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, item := range cause.Items {
			_, _ = fmt.Fprintf(table, "  %d\t%s\t%s\t%s\n", item.Delivery, item.Object, item.Since.UTC().Format(time.DateTime), item.Reason)
		}
		_ = table.Flush() // a Builder does not fail
		if rest := cause.Count - len(cause.Items); rest > 0 {
			fmt.Fprintf(&b, "  and %d older\n", rest)
		}
		fmt.Fprintf(&b, "  → %s\n", remedy[cause.State])
	}
	return b.String()
}

// remedy is what a person can do, by the state of what waits.
var remedy = map[string]string{
	"failed":  "change what was refused, then tengi replay NUMBER; or tengi skip NUMBER; or tengi adopt NUMBER --id ID when it exists after all",
	"held":    "look at the reason, then tengi replay NUMBER, or tengi skip NUMBER",
	"unknown": "look at the service, then tengi adopt NUMBER --id ID when it exists, or tengi send-again NUMBER when it does not",
}

// one names the delivery a decision is about.
type one struct {
	where
	Delivery int64 `arg:"" help:"Number of the delivery, as tengi inbox shows it."`
}

func (c *one) decide(ctx context.Context, o *output, what control.Decision) error {
	what.Delivery = c.Delivery
	return c.with(ctx, func(ctx context.Context, at installation) error {
		if err := at.Decide(ctx, what); err != nil {
			return err
		}
		_, err := fmt.Fprintf(o.out, "Delivery %d: %s.\n", c.Delivery, decided[what.Verb])
		return err
	})
}

// decided is what a decision leads to.
var decided = map[control.Verb]string{
	control.Replay:    "it is worked again",
	control.Skip:      "it is left",
	control.SendAgain: "the same request goes again",
	control.Adopt:     "the document is taken over, and what comes after it goes on",
}

type replayCommand struct{ one }

// Run replays a delivery.
func (c *replayCommand) Run(ctx context.Context, o *output) error {
	return c.decide(ctx, o, control.Decision{Verb: control.Replay})
}

type skipCommand struct {
	one
	Why string `default:"a person decided so" help:"Why, for whoever reads the story later."`
}

// Run skips a delivery.
func (c *skipCommand) Run(ctx context.Context, o *output) error {
	return c.decide(ctx, o, control.Decision{Verb: control.Skip, Why: c.Why})
}

type sendAgainCommand struct{ one }

// Run has the same request sent again.
func (c *sendAgainCommand) Run(ctx context.Context, o *output) error {
	return c.decide(ctx, o, control.Decision{Verb: control.SendAgain})
}

type adoptCommand struct {
	one
	ID     string `required:"" help:"The document's id at its service."`
	Number string `help:"The number people see."`
	URL    string `help:"The document's address."`
}

// Run adopts a document.
func (c *adoptCommand) Run(ctx context.Context, o *output) error {
	return c.decide(ctx, o, control.Decision{Verb: control.Adopt, ID: c.ID, Number: c.Number, URL: c.URL})
}

type doctorCommand struct{ where }

// errUnwell makes the status 1 when something is wrong; what it is has been printed.
var errUnwell = errors.New("something is wrong; see above")

// Run examines the installation.
func (c *doctorCommand) Run(ctx context.Context, o *output) error {
	return c.with(ctx, func(ctx context.Context, at installation) error {
		findings, err := at.Doctor(ctx)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(o.out, doctorText(findings)); err != nil {
			return err
		}
		for _, f := range findings {
			if f.Health == control.Wrong {
				return errUnwell
			}
		}
		return nil
	})
}

// doctorText writes the findings as a table.
func doctorText(findings []control.Finding) string {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, f := range findings {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", f.Health, strings.TrimSpace(f.Area+" "+f.Subject), strings.ReplaceAll(f.Text, "\n", "; "))
	}
	_ = table.Flush() // a Builder does not fail
	return b.String()
}
