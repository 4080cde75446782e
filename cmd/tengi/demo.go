package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/control"
	"github.com/tengi/tengi/demo"
	"github.com/tengi/tengi/hub"
	"github.com/tengi/tengi/recipes"
	"github.com/tengi/tengi/web"
	"github.com/tengi/tengi/web/view"
)

type demoCommand struct {
	Once        bool          `help:"Tell the stories of the recipes once, without pages, and exit."`
	Recipe      string        `help:"With --once: tell the story of this recipe only; tengi recipe lists them." placeholder:"KEY"`
	Listen      string        `default:"127.0.0.1:8080" help:"Address of the pages. Whoever reaches it is an owner of everything in the demo."`
	Every       time.Duration `default:"5s" help:"How often a sample sale happens by itself; 0 = never."`
	NumberAfter time.Duration `default:"200ms" help:"How long the stand-in Payday takes to number an invoice. The real one takes about a minute."`
}

// Run has something happen at the stand-ins of every recipe: once, and tells what stands in them afterwards, or again and again beside the pages.
func (c *demoCommand) Run(ctx context.Context, o *output) error {
	if !c.Once {
		return c.live(ctx, o)
	}
	all := recipes.All()
	if c.Recipe != "" {
		one, err := findRecipe(c.Recipe)
		if err != nil {
			return err
		}
		all = []recipes.Recipe{one}
	}
	return demo.Tell(ctx, o.out, all, demo.Options{NumberAfter: c.NumberAfter})
}

// live plays until it is told to stop.
func (c *demoCommand) live(ctx context.Context, o *output) (err error) {
	log := slog.New(slog.NewTextHandler(o.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	var l *demo.Live // there before the first page is asked for
	pages := func(ctx context.Context, h *hub.Hub) (http.Handler, error) {
		desk := &control.Desk{Store: h.Store, Engine: h.Engine, Secrets: h.Secrets, Connectors: connectors.All(), HookURL: h.HookURL}
		return web.New(ctx, web.Deps{Desk: desk, Now: h.Store.Now, Log: log, URL: h.URL, Ending: h.Ending(), Guest: demo.Guest, Demo: stageOf(func() *demo.Live { return l })})
	}
	l, err = demo.OpenLive(ctx, demo.LiveOptions{Listen: c.Listen, NumberAfter: c.NumberAfter, Every: c.Every, Log: log, Pages: pages})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if _, err := fmt.Fprintf(o.out, "Tengi's demo is at %s: six businesses beside stand-ins of their services, with sample sales every %s.\nMake things happen at %s/demo. Ctrl+C ends it, and all of it is gone.\n",
		l.URL(), c.Every, l.URL()); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-l.Failed():
		return err
	}
}

// stageOf is what the pages need of a live demo.
func stageOf(live func() *demo.Live) *web.Demo {
	faults := make([]string, len(demo.Faults))
	for i, f := range demo.Faults {
		faults[i] = string(f)
	}
	return &web.Demo{
		Faults: faults,
		Act:    func(ctx context.Context, business, act string) error { return live().Act(ctx, business, act) },
		Fault:  func(business, service, kind string) error { return live().Fault(business, service, kind) },
		Mend:   func(business, service string) error { return live().Mend(business, service) },
		Businesses: func(language string) (list []view.DemoBusiness) {
			for _, b := range live().Businesses() {
				business := view.DemoBusiness{Key: b.Key, Name: b.Workspace, Acts: b.Acts}
				if r, ok := recipes.Find(b.Recipe); ok {
					business.Recipe = r.Title(language)
				}
				for _, name := range b.Services {
					business.Services = append(business.Services, view.DemoService{Key: name, Title: titleOf(name)})
				}
				list = append(list, business)
			}
			return list
		},
	}
}

// titleOf is what a connector is called.
func titleOf(name string) string {
	for _, c := range connectors.All() {
		if c.Name == name {
			return c.Title
		}
	}
	return name
}
