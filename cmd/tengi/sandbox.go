package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/sandbox"
)

type sandboxCommand struct {
	Listen string `default:"127.0.0.1:8090" help:"Address for the stand-ins, host:port."`
	Public bool   `help:"Allow an address that others can reach. The stand-ins' logins are known to everybody."`
}

// Run serves the stand-ins until it is told to stop.
func (c *sandboxCommand) Run(ctx context.Context, o *output) (err error) {
	box := sandbox.New(connectors.Fakes())
	server, err := sandbox.Start(ctx, c.Listen, c.Public, box, slog.New(slog.NewTextHandler(o.err, nil)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	var text strings.Builder
	fmt.Fprintf(&text, "The stand-ins answer on %s; look at %s/_sandbox/\n", server.URL(), server.URL())
	for _, listing := range box.List(server.URL()) {
		sandbox.Describe(&text, listing)
	}
	if _, err := fmt.Fprint(o.out, text.String()); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-server.Failed():
		return err
	}
}
