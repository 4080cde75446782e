package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/tengi/tengi/config"
	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/control"
	"github.com/tengi/tengi/hub"
)

type serveCommand struct{ config.Serve }

// Run serves until it is told to stop.
func (c *serveCommand) Run(ctx context.Context, o *output) (err error) {
	tradeMemory(os.Getenv)
	log := c.Logger(o.err)
	for _, warning := range c.Warnings() {
		log.Warn("an option deserves a look", "warning", warning)
	}
	h, err := hub.Start(ctx, hub.Config{
		Data: c.Data, Files: c.FilesDir(), Database: c.Database, Listen: c.Listen, MetricsListen: c.MetricsListen, PublicURL: c.PublicURL, Key: c.Key.Value(),
		HTTP: outgoing(c.Serve), Dial: dialing(c.Serve), Workers: c.Workers, Log: log, Connectors: connectors.All(), Pages: pages(c.Serve, log),
	})
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		log.Info("stopped before it was ready")
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	server, err := control.Serve(ctx, deskOf(h, c.Serve), log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeServer(server)) }()
	log.Info("ready", "address", "http://"+h.Address(), "database", h.Store.Dialect(), "data", c.Data)
	if h.Secrets.Made() {
		log.Warn("a new key was made; keep a copy of it apart from the backups: without it the stored logins cannot be read", "file", c.KeyFile())
	}
	releaseStart()
	select {
	case <-ctx.Done():
		log.Info("stopping; work under way is finished first")
		return nil
	case err := <-h.Failed():
		return err
	}
}

// closeServer stops taking commands and waits a while for those under way.
func closeServer(s *control.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return s.Close(ctx)
}
