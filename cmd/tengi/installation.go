package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/tengi/tengi/config"
	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/control"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/hub"
	"github.com/tengi/tengi/secret"
	"github.com/tengi/tengi/setup"
	"github.com/tengi/tengi/store"
)

// installation is what a person's commands are handed to: a running hub over its socket, or the opened store.
type installation interface {
	Apply(ctx context.Context, in setup.Input, dry bool) (setup.Report, error)
	Export(ctx context.Context) (string, error)
	Inbox(ctx context.Context) ([]control.Cause, error)
	Decide(ctx context.Context, d control.Decision) error
	Doctor(ctx context.Context) ([]control.Finding, error)
	StartRun(ctx context.Context, in control.RunRequest) (control.Progress, error)
	RunProgress(ctx context.Context, runID int64) (control.Progress, error)
	CancelRun(ctx context.Context, runID int64) (control.Progress, error)
}

var (
	_ installation = (*control.Desk)(nil)
	_ installation = (*control.Client)(nil)
)

// where names the installation a command works on. It takes the options of serve that say so, under the same names.
type where struct{ config.Serve }

// with hands the installation to do. A ledger in SQLite belongs to one process, so a hub that runs on it is asked; one in PostgreSQL is opened beside
// whoever works on it, and they are told of what changed.
func (w *where) with(ctx context.Context, do func(context.Context, installation) error) (err error) {
	if w.Database == "" {
		client, err := control.Dial(ctx, w.Data)
		if err == nil {
			return do(ctx, client)
		}
		if !errors.Is(err, control.ErrNoHub) {
			return err
		}
	}
	st, err := store.Open(ctx, store.Config{Dir: w.Data, Database: w.Database})
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	box, err := secret.Open(w.KeyFile(), w.Key.Value())
	if err != nil {
		return err
	}
	all := connectors.All()
	e, err := engine.New(ctx, engine.Config{Store: st, Connectors: all, Secrets: box, HTTP: outgoing(w.Serve), Dial: dialing(w.Serve), Files: hub.Files(w.FilesDir()), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return do(ctx, &control.Desk{Store: st, Engine: e, Secrets: box, Connectors: all, Data: w.Data, KeyFile: keyFile(w.Serve), PublicURL: w.PublicURL, HookURL: w.hookURL})
}

// deskOf works on a running hub.
func deskOf(h *hub.Hub, options config.Serve) *control.Desk {
	return &control.Desk{Store: h.Store, Engine: h.Engine, Secrets: h.Secrets, Connectors: connectors.All(), Data: options.Data, KeyFile: keyFile(options),
		PublicURL: options.PublicURL, HookURL: h.HookURL}
}

// keyFile is the file the key is in; empty when it comes from the environment.
func keyFile(options config.Serve) string {
	if options.Key != "" {
		return ""
	}
	return options.KeyFile()
}

// hookURL is a webhook's address at the hub that these options would start.
func (w *where) hookURL(token string) string {
	base := "http://" + w.Listen
	if w.PublicURL != "" {
		base = strings.TrimRight(w.PublicURL, "/")
	}
	return base + "/hooks/" + token
}
