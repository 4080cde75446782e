package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/tengi/tengi/config"
	"github.com/tengi/tengi/hub"
	"github.com/tengi/tengi/web"
	"github.com/tengi/tengi/web/assets"
)

// pages makes the application for people, and says where the first of them lets themselves in. A program that was built without the pages' styles
// and scripts works without pages.
func pages(options config.Serve, log *slog.Logger) func(context.Context, *hub.Hub) (http.Handler, error) {
	return func(ctx context.Context, h *hub.Hub) (http.Handler, error) {
		app, err := web.New(ctx, web.Deps{Desk: deskOf(h, options), Now: h.Store.Now, Log: log, URL: h.URL, Ending: h.Ending(), Support: options.Support})
		if errors.Is(err, assets.ErrNotBuilt) {
			log.Warn("there are no pages", "reason", err)
			return nil, nil //nolint:nilnil // no pages, and nothing that keeps the hub from working
		}
		if err != nil {
			return nil, err
		}
		welcome, err := app.Welcome(ctx)
		if err != nil {
			return nil, err
		}
		if welcome != "" {
			log.Info("nobody has signed in yet: open this address and begin", "address", welcome)
		}
		return app, nil
	}
}
