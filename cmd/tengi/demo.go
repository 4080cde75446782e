package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"time"

	"github.com/tengi/tengi/config"
	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/connectors/payday"
	"github.com/tengi/tengi/hub"
	"github.com/tengi/tengi/sandbox"
	"github.com/tengi/tengi/setup"
)

//go:embed recipes/bokun-payday.yaml
var bokunPayday string

type demoCommand struct {
	Once bool `required:"" help:"Do the main job once, print its story, and exit."`
}

// demoPatience is how long the whole demo may take.
const demoPatience = 90 * time.Second

// numberAfter is how long the stand-in Payday takes to give an invoice its number. Before that it cannot be cancelled.
const numberAfter = 200 * time.Millisecond

// Run makes three bookings at a stand-in Bókun and tells what stands in the stand-in Payday afterwards.
func (c *demoCommand) Run(ctx context.Context, o *output) (err error) {
	ctx, cancel := context.WithTimeout(ctx, demoPatience)
	defer cancel()
	d, err := startDemo(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	acts, err := d.perform(ctx)
	if err != nil {
		return err
	}
	return d.tell(ctx, o.out, acts)
}

// demo is a sandbox and a throw-away hub that uses it.
type demo struct {
	dir     string
	sandbox *sandbox.Server
	books   *books
	hub     *hub.Hub
}

func startDemo(ctx context.Context) (d *demo, err error) {
	d = &demo{}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if d.dir, err = os.MkdirTemp("", "tengi-demo-"); err != nil {
		return d, fmt.Errorf("make a folder for the demo: %w", err)
	}
	log := slog.New(slog.DiscardHandler)
	services := connectors.Fakes()
	for _, service := range services {
		if p, ok := service.(*payday.Fake); ok {
			// The real one takes about a minute.
			p.Set(func(b *payday.Behaviour) { b.NumberAfter = numberAfter })
		}
	}
	if d.sandbox, err = sandbox.Start(ctx, "127.0.0.1:0", false, sandbox.New(services), log); err != nil {
		return d, err
	}
	if d.books, err = openBooks(ctx, d.sandbox.URL()); err != nil {
		return d, err
	}
	all := connectors.All()
	for _, c := range all {
		c.Limits.Every = 0 // stand-ins need no sparing
	}
	if d.hub, err = hub.Start(ctx, hub.Config{Data: d.dir, Listen: "127.0.0.1:0", Log: log, Connectors: all,
		AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}); err != nil {
		return d, err
	}
	return d, d.apply(ctx)
}

// apply sets the recipe up as `tengi apply` would, with the stand-ins' addresses and logins, and tells the stand-in Bókun where to send its notices.
func (d *demo) apply(ctx context.Context) error {
	secrets := map[string]string{}
	text := bokunPayday
	for _, service := range connectors.Fakes() {
		settings, values := service.Login()
		for key, value := range values {
			secrets[envName(service.Name(), key)] = value
		}
		for key, value := range settings {
			if s, ok := value.(string); ok {
				secrets[envName(service.Name(), key)] = s
			}
		}
		text = replaceConnector(text, service.Name(), d.sandbox.URL())
	}
	in := setup.Gather([]setup.File{{Name: "bokun-payday.yaml", Text: text}}, setup.Look{
		Env:  func(name string) (string, bool) { value, ok := secrets[name]; return value, ok },
		File: func(string) ([]byte, error) { return nil, os.ErrNotExist },
	})
	report, err := deskOf(d.hub, config.Serve{Data: d.dir}).Apply(ctx, in, false)
	if err != nil {
		return fmt.Errorf("apply the recipe: %w", err)
	}
	for _, change := range report.Changes {
		if change.HookURL != "" {
			return d.send(ctx, http.MethodPut, "bokun/hook", sandbox.Hook{URL: change.HookURL}, nil)
		}
	}
	return errors.New("the recipe has no webhook address")
}

// send talks to the sandbox.
func (d *demo) send(ctx context.Context, method, path string, in, out any) error {
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			return fmt.Errorf("encode for the sandbox: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, d.sandbox.URL()+"/_sandbox/"+path, &body)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask the sandbox: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		return fmt.Errorf("the sandbox answered %s to %s %s: %s: %w", resp.Status, method, path, answer, err)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

func (d *demo) close() error {
	var errs []error
	if d.hub != nil {
		errs = append(errs, d.hub.Close())
	}
	if d.sandbox != nil {
		errs = append(errs, d.sandbox.Close())
	}
	if d.dir != "" {
		errs = append(errs, os.RemoveAll(d.dir))
	}
	return errors.Join(errs...)
}
