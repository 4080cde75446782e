package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tengi/tengi/control"
	"github.com/tengi/tengi/store"
)

// watched is what every command has that starts a run and waits for it.
type watched struct {
	where
	NoWait bool `name:"no-wait" help:"Do not wait for the run to come to its end."`
}

type runCommand struct {
	watched
	Connection string `arg:"" help:"Key of the connection; WORKSPACE/KEY where several workspaces have it."`
}

// Run runs a connection once.
func (c *runCommand) Run(ctx context.Context, o *output) error {
	return c.start(ctx, o, control.RunRequest{Connection: c.Connection, Kind: store.Once})
}

// start asks for a run and tells how far it has come, until it has ended.
func (c *watched) start(ctx context.Context, o *output, what control.RunRequest) error {
	return c.with(ctx, func(ctx context.Context, at installation) error {
		p, err := at.StartRun(ctx, what)
		if err != nil {
			return err
		}
		if _, hub := at.(*control.Client); !hub && c.Database == "" {
			_, err = fmt.Fprintf(o.out, "Run %d of %s waits: no hub is running, it begins with tengi serve.\n", p.Run, p.Connection)
			return err
		}
		if _, err := fmt.Fprintf(o.out, "Run %d of %s.\n", p.Run, p.Connection); err != nil || c.NoWait {
			return err
		}
		return c.watch(ctx, o, at, p)
	})
}

// errNotClean makes the status 1 when a run did not go well; what it is has been printed.
var errNotClean = errors.New("not everything of the run is done; see above")

// watch prints how far a run has come, once a second while that changes, until it has ended. Whoever stops watching does not stop the run.
func (c *watched) watch(ctx context.Context, o *output, at installation, p control.Progress) error {
	const look, say = 100 * time.Millisecond, 10
	tick := time.NewTicker(look)
	defer tick.Stop()
	told := ""
	for n := 0; p.State != store.RunEnded; n++ {
		if words := progressText(p); n%say == say-1 && words != told {
			told = words
			if _, err := io.WriteString(o.out, words+"\n"); err != nil {
				return err
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("stopped watching: the run goes on; tengi cancel %d stops it", p.Run)
		}
		var err error
		if p, err = at.RunProgress(ctx, p.Run); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(o.out, progressText(p)+"\n"+reportText(p)); err != nil {
		return err
	}
	if p.Problem != "" || p.Held > 0 || p.Failed > 0 {
		return errNotClean
	}
	return nil
}

// progressText says in a line how far a run has come.
func progressText(p control.Progress) string {
	var b strings.Builder
	state := map[store.RunState]string{store.RunWaiting: "waits", store.RunRunning: "reads", store.RunSettling: "works", store.RunEnded: "ended"}[p.State]
	if p.Cancelled {
		state += ", cancelled"
	}
	if !p.Kind.Brings() {
		fmt.Fprintf(&b, "%s: looked at %d", state, p.Found)
	} else {
		fmt.Fprintf(&b, "%s: %d found, %d already there, %d new", state, p.Found, p.Known, p.New)
	}
	for _, part := range []struct {
		n    int
		what string
	}{{p.Done, "done"}, {p.Skipped, "skipped"}, {p.Held, "held"}, {p.Failed, "failed"}, {p.Working, "being worked"}} {
		if part.n > 0 {
			fmt.Fprintf(&b, ", %d %s", part.n, part.what)
		}
	}
	if p.Problem != "" {
		fmt.Fprintf(&b, " (%s)", p.Problem)
	}
	return b.String()
}

// reportText is what a run that only reads has found.
func reportText(p control.Progress) string {
	if p.Kind == store.Preview {
		return pastText(p.Report)
	}
	return ""
}

type cancelCommand struct {
	where
	Number int64 `arg:"" name:"run" help:"Number of the run."`
}

// Run has a run stop.
func (c *cancelCommand) Run(ctx context.Context, o *output) error {
	return c.with(ctx, func(ctx context.Context, at installation) error {
		p, err := at.CancelRun(ctx, c.Number)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(o.out, "Run %d of %s stops; %s\n", p.Run, p.Connection, progressText(p))
		return err
	})
}
