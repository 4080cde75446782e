package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"

	"github.com/goccy/go-yaml"

	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/connectors/payday"
	"github.com/tengi/tengi/control"
	"github.com/tengi/tengi/hub"
	"github.com/tengi/tengi/recipes"
	"github.com/tengi/tengi/sandbox"
	"github.com/tengi/tengi/setup"
)

// stage is a throw-away hub in which one recipe was applied, beside stand-ins for the services it works with.
type stage struct {
	recipe   recipes.Recipe
	options  Options
	dir      string
	services map[string]fake.Service // by name
	sandbox  *sandbox.Server
	hub      *hub.Hub
	hooks    map[string]string // where an account's notices go, by its key
	// workspace is the business's, where the hub has several; empty = it is the only one
	workspace string

	chapters []chapter
	wrong    int
}

// webhookToken is what a sender of notices to the connector webhook proves itself by; it has no stand-in that could tell.
const webhookToken = "booking-tool-stand-in-token"

// open readies the stage.
func open(ctx context.Context, r recipes.Recipe, options Options) (s *stage, err error) {
	s = &stage{recipe: r, options: options, services: map[string]fake.Service{}, hooks: map[string]string{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.dir, err = os.MkdirTemp("", "tengi-demo-"); err != nil {
		return s, fmt.Errorf("make a folder for the demo: %w", err)
	}
	log := slog.New(slog.DiscardHandler)
	box, err := s.build(ctx, log)
	if err != nil {
		return s, err
	}
	all := connectors.All()
	for _, c := range all {
		c.Limits.Every = 0 // stand-ins need no sparing
	}
	if s.hub, err = hub.Start(ctx, hub.Config{Data: s.dir, Listen: "127.0.0.1:0", Log: log, Connectors: all,
		AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}); err != nil {
		return s, err
	}
	return s, s.apply(ctx, box.List(s.sandbox.URL()))
}

// build puts up the stand-ins.
func (s *stage) build(ctx context.Context, log *slog.Logger) (box *sandbox.Sandbox, err error) {
	services := connectors.Fakes()
	for _, service := range services {
		s.services[service.Name()] = service
	}
	if p, ok := s.services["payday"].(*payday.Fake); ok {
		p.Set(func(b *payday.Behaviour) { b.NumberAfter = s.options.NumberAfter })
	}
	box = sandbox.New(services)
	s.sandbox, err = sandbox.Start(ctx, "127.0.0.1:0", false, box, log)
	return box, err
}

// apply sets the recipe up as `tengi apply` does, with the stand-ins' addresses and logins.
func (s *stage) apply(ctx context.Context, stands []sandbox.Listing) error {
	env := map[string]string{recipes.Env("webhook", "token"): webhookToken}
	for _, l := range stands {
		env[recipes.Env(l.Name, "url")] = l.URL
		for field, value := range l.Settings {
			env[recipes.Env(l.Name, field)] = fmt.Sprint(value)
		}
		for field, value := range l.Secrets {
			env[recipes.Env(l.Name, field)] = value
		}
	}
	text, err := s.directed(stands)
	if err != nil {
		return err
	}
	in := setup.Gather([]setup.File{{Name: s.recipe.Key + ".yaml", Text: text}}, setup.Look{
		Env:  func(name string) (string, bool) { value, ok := env[name]; return value, ok },
		File: func(string) ([]byte, error) { return nil, os.ErrNotExist },
	})
	desk := &control.Desk{Store: s.hub.Store, Engine: s.hub.Engine, Secrets: s.hub.Secrets, Connectors: connectors.All(), Data: s.dir, HookURL: s.hub.HookURL}
	report, err := desk.Apply(ctx, in, false)
	if err != nil {
		return fmt.Errorf("apply the recipe: %w", err)
	}
	for _, change := range report.Changes {
		if change.HookURL != "" {
			s.hooks[change.Key] = change.HookURL
		}
	}
	return nil
}

// directed is the recipe's file with its accounts pointed at the stand-ins. Nothing else in it is changed, but for a stand-in that does not speak HTTP:
// how that is reached takes several settings.
func (s *stage) directed(stands []sandbox.Listing) (string, error) {
	var file yaml.MapSlice
	if err := yaml.UnmarshalWithOptions([]byte(s.recipe.File()), &file, yaml.UseOrderedMap()); err != nil {
		return "", fmt.Errorf("read the recipe: %w", err)
	}
	for _, item := range file {
		accounts, _ := item.Value.([]any)
		for i := range accounts {
			account, ok := accounts[i].(yaml.MapSlice)
			if item.Key != "accounts" || !ok {
				continue
			}
			for _, l := range stands {
				if account.ToMap()["connector"] == l.Name {
					accounts[i] = s.direct(account, l)
				}
			}
		}
	}
	text, err := yaml.Marshal(file)
	if err != nil {
		return "", fmt.Errorf("write the recipe: %w", err)
	}
	return string(text), nil
}

// direct points an account at its stand-in.
func (s *stage) direct(account yaml.MapSlice, at sandbox.Listing) yaml.MapSlice {
	change := map[string]any{"base_url": at.URL}
	if _, speaksOtherwise := s.services[at.Name].(fake.Listener); speaksOtherwise {
		change = at.Settings
	}
	var kept yaml.MapSlice
	for _, item := range account {
		if _, changed := change[fmt.Sprint(item.Key)]; !changed {
			kept = append(kept, item)
		}
	}
	for key, value := range change {
		kept = append(kept, yaml.MapItem{Key: key, Value: value})
	}
	return kept
}

// close takes the stage down.
func (s *stage) close() error {
	var errs []error
	if s.hub != nil {
		errs = append(errs, s.hub.Close())
	}
	if s.sandbox != nil {
		errs = append(errs, s.sandbox.Close())
	}
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}
