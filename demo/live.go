package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/hub"
	"github.com/tengi/tengi/recipes"
	"github.com/tengi/tengi/store"
)

// Guest is the ID of the person as whom everybody works in a live demo: an owner of every business in it.
const Guest = "person_guest"

// LiveOptions are how a live demo is played.
type LiveOptions struct {
	Listen      string // of the hub; empty = any free port on this machine
	NumberAfter time.Duration
	Every       time.Duration // between two sample sales; 0 = none by themselves
	Log         *slog.Logger
	// Pages makes the application for people; it may ask the demo from the first request on.
	Pages func(context.Context, *hub.Hub) (http.Handler, error)
}

// mostSales is how many sample sales a live demo makes by itself: a window that was forgotten must not fill the memory.
const mostSales = 2000

// Live is a throw-away hub with a business for each recipe, beside stand-ins where things happen: by themselves every few seconds, and when somebody
// asks for them.
type Live struct {
	options LiveOptions
	dir     string
	hub     *hub.Hub
	shows   []*show
	stop    context.CancelFunc
	playing sync.WaitGroup
}

// show is the business of one recipe: its stage, and what may happen there.
type show struct {
	*stage
	mu   sync.Mutex // one thing at a time
	acts []act
}

// act is something that may happen. The first of a show is an ordinary sale.
type act struct {
	key string
	do  func(context.Context, *stage) error
}

// businesses are the sample businesses of the recipes: the recipes' own workspaces all have one name.
var businesses = map[string]string{
	"bokun-payday":   "{key: tours, name: Fjörður Tours, country: IS, currency: ISK, timezone: Atlantic/Reykjavik, language: is}",
	"paypal-caspit":  "{key: shop, name: חנות היין, country: IL, currency: ILS, timezone: Asia/Jerusalem, language: he}",
	"sheet-stripe":   "{key: guide, name: Jökull Ráðgjöf, country: IS, currency: ISK, timezone: Atlantic/Reykjavik, language: is}",
	"sheet-portmone": "{key: travel, name: Подорожі, country: UA, currency: UAH, timezone: Europe/Kyiv, language: uk}",
	"form-portmone":  "{key: orders, name: Майстерня, country: UA, currency: UAH, timezone: Europe/Kyiv, language: uk}",
	"booking-imoje":  "{key: salon, name: Salon Nad Wisłą, country: PL, currency: PLN, timezone: Europe/Warsaw, language: pl}",
}

// OpenLive readies a live demo and begins to play. The caller closes it.
func OpenLive(ctx context.Context, options LiveOptions) (l *Live, err error) {
	l = &Live{options: options, stop: func() {}}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	if l.dir, err = os.MkdirTemp("", "tengi-demo-"); err != nil {
		return l, fmt.Errorf("make a folder for the demo: %w", err)
	}
	all := connectors.All()
	for _, c := range all {
		c.Limits.Every = 0 // stand-ins need no sparing
	}
	if options.Listen == "" {
		options.Listen = "127.0.0.1:0"
	}
	if l.hub, err = hub.Start(ctx, hub.Config{Data: l.dir, Listen: options.Listen, Log: options.Log, Connectors: all, Pages: options.Pages,
		AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}); err != nil {
		return l, err
	}
	for _, r := range recipes.All() {
		if err := l.add(ctx, r); err != nil {
			return l, fmt.Errorf("set up %s: %w", r.Key, err)
		}
	}
	if err := l.letIn(ctx); err != nil {
		return l, err
	}
	playing, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	if options.Every > 0 {
		l.playing.Go(func() { l.play(playing) })
	}
	return l, nil
}

// add sets up the business of a recipe.
func (l *Live) add(ctx context.Context, r recipes.Recipe) error {
	r.Workspace = "workspace: " + businesses[r.Key] + "\n"
	s := &stage{recipe: r, options: Options{NumberAfter: l.options.NumberAfter}, services: map[string]fake.Service{}, hooks: map[string]string{}, hub: l.hub, dir: l.dir}
	l.shows = append(l.shows, &show{stage: s, acts: actsOf(r.Key)})
	box, err := s.build(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	if slices.Contains(r.Connectors, "googlesheets") {
		if _, err := emptySheet(s); err != nil {
			return err
		}
	}
	if err := s.apply(ctx, box.List(s.sandbox.URL())); err != nil {
		return err
	}
	s.workspace = l.byShow()[len(l.shows)-1].ID
	// What stood in a sheet before it was looked at for the first time stays alone, so nobody writes into it before.
	return s.looked(ctx)
}

// letIn makes the guest an owner of every business.
func (l *Live) letIn(ctx context.Context) error {
	var memberships []store.Membership
	for _, w := range l.hub.Engine.Workspaces() {
		memberships = append(memberships, store.Membership{WorkspaceID: w.ID, Role: store.Owner})
	}
	guest := store.Person{ID: Guest, Email: "guest@example.com", Name: "Guest", Theme: "auto"}
	return l.hub.Store.CreatePerson(ctx, guest, memberships, l.hub.Store.Now())
}

// play has an ordinary sale happen now and then, now here, now there.
func (l *Live) play(ctx context.Context) {
	tick := time.NewTicker(l.options.Every)
	defer tick.Stop()
	for range mostSales {
		s := l.shows[rand.IntN(len(l.shows))]
		if err := s.do(ctx, s.acts[0]); err != nil && ctx.Err() == nil {
			l.options.Log.Warn("a sample sale did not come off", "recipe", s.recipe.Key, "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// do has something happen. One thing happens after another in each business.
func (s *show) do(ctx context.Context, a act) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return a.do(ctx, s.stage)
}

// Business is what may happen in one of the businesses.
type Business struct {
	Key       string   // its workspace's
	Recipe    string   // the key of its recipe
	Acts      []string // what may happen
	Services  []string // whose stand-ins may go wrong
	Workspace string   // its name
}

// Businesses lists them.
func (l *Live) Businesses() []Business {
	var list []Business
	for i, w := range l.byShow() {
		s := l.shows[i]
		b := Business{Key: w.Key, Workspace: w.Name, Recipe: s.recipe.Key}
		for _, a := range s.acts {
			b.Acts = append(b.Acts, a.key)
		}
		for _, name := range s.recipe.Connectors {
			if _, ok := s.services[name]; ok && !slices.Contains(b.Services, name) {
				b.Services = append(b.Services, name)
			}
		}
		list = append(list, b)
	}
	return list
}

// Act has something happen in a business.
func (l *Live) Act(ctx context.Context, business, key string) error {
	s, err := l.show(business)
	if err != nil {
		return err
	}
	for _, a := range s.acts {
		if a.key == key {
			return s.do(ctx, a)
		}
	}
	return fmt.Errorf("in %s nothing happens that is called %q", business, key)
}

// Faults are the ways a stand-in may go wrong at its next request.
var Faults = []fake.FaultKind{fake.RateLimit, fake.Fail, fake.DropAnswer, fake.LoginFails, fake.Refuse}

// Fault has a business's stand-in go wrong at its next request; the login is refused until the fault is taken back by Mend.
func (l *Live) Fault(business, service, kind string) error {
	stand, err := l.stand(business, service)
	if err != nil {
		return err
	}
	if !slices.Contains(Faults, fake.FaultKind(kind)) {
		return fmt.Errorf("stand-ins do not go wrong by %q", kind)
	}
	fault := fake.Fault{Kind: fake.FaultKind(kind), Wait: 5}
	switch fault.Kind {
	case fake.LoginFails:
		fault.Times = -1
	case fake.DropAnswer, fake.Refuse:
		fault.Method = http.MethodPost
	}
	stand.Faults().Add(fault)
	return nil
}

// Mend takes back every fault of a business's stand-in.
func (l *Live) Mend(business, service string) error {
	stand, err := l.stand(business, service)
	if err == nil {
		stand.Faults().Clear()
	}
	return err
}

func (l *Live) stand(business, service string) (fake.Service, error) {
	s, err := l.show(business)
	if err != nil {
		return nil, err
	}
	stand, ok := s.services[service]
	if !ok {
		return nil, fmt.Errorf("there is no stand-in for %q", service)
	}
	return stand, nil
}

// byShow are the workspaces of the shows, in their order.
func (l *Live) byShow() []tengi.Workspace {
	list := make([]tengi.Workspace, len(l.shows))
	for _, w := range l.hub.Engine.Workspaces() {
		if i := slices.IndexFunc(l.shows, func(s *show) bool { return strings.HasPrefix(businesses[s.recipe.Key], "{key: "+w.Key+",") }); i >= 0 {
			list[i] = w
		}
	}
	return list
}

// show finds a business by its workspace's key.
func (l *Live) show(business string) (*show, error) {
	for i, w := range l.byShow() {
		if w.Key == business {
			return l.shows[i], nil
		}
	}
	return nil, fmt.Errorf("there is no business %q", business)
}

// URL is where the hub is.
func (l *Live) URL() string { return l.hub.URL() }

// Failed reports what stopped by itself and should not have.
func (l *Live) Failed() <-chan error { return l.hub.Failed() }

// Close ends the demo and removes all of it.
func (l *Live) Close() error {
	l.stop()
	l.playing.Wait()
	var errs []error
	if l.hub != nil {
		errs = append(errs, l.hub.Close())
	}
	for _, s := range l.shows {
		if s.sandbox != nil {
			errs = append(errs, s.sandbox.Close())
		}
	}
	if l.dir != "" {
		errs = append(errs, os.RemoveAll(l.dir))
	}
	return errors.Join(errs...)
}
