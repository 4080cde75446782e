package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/hub"
	"github.com/tengi/tengi/internal/browser"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/store"
)

// trade is a site whose workspace "ws" has a shop and a bookkeeper, with an owner who is signed in and reads English.
type trade struct {
	*site
	books *shop.Books
}

// newTrade starts one. change may alter its connection, and the bookkeeper's connector.
func newTrade(t *testing.T, change func(c *tengi.Connection, target *connector.Connector)) *trade {
	t.Helper()
	return openTrade(t, newSite, change)
}

// openTrade starts one on a site that is opened in a way of its own.
func openTrade(t *testing.T, open func(*testing.T, func(*hub.Config)) *site, change func(c *tengi.Connection, target *connector.Connector)) *trade {
	t.Helper()
	source, target := shop.Source(), shop.Destination()
	connection := shop.Connection(func(c *tengi.Connection) {
		if change != nil {
			change(c, target)
		}
	})
	tr := &trade{books: shop.NewBooks()}
	tr.books.UseKeys = true
	tr.site = open(t, func(cfg *hub.Config) { cfg.Connectors = append(connectors.All(), source, target) })
	books := httptest.NewServer(tr.books.Faults.Wrap(tr.books))
	t.Cleanup(books.Close)
	if err := (shop.Setup{BooksURL: books.URL, Means: "none", Connections: []tengi.Connection{connection}, Seal: func(accountID, token string, values map[string]string) ([]byte, error) {
		plain, err := json.Marshal(engine.Secrets{Values: values, HookToken: token})
		if err != nil {
			return nil, err
		}
		return tr.hub.Secrets.Seal(plain, engine.SealContext(accountID))
	}}).Save(t.Context(), tr.hub.Store, tr.hub.Store.Now()); err != nil {
		t.Fatal(err)
	}
	if err := tr.hub.Engine.Changed(t.Context()); err != nil {
		t.Fatal(err)
	}
	tr.begin()
	tr.post("/language", "language", "en")
	return tr
}

// notice has the shop tell of an order, and waits until the hub has no more to do about it.
func (tr *trade) notice(o shop.Order) (event tengi.Event, delivery store.Delivery) {
	tr.t.Helper()
	event = tr.tell(o)
	return event, tr.rest(event.ID)
}

// tell has the shop tell of an order.
func (tr *trade) tell(o shop.Order) tengi.Event {
	tr.t.Helper()
	if o.Notice == "" {
		o.Notice = fmt.Sprintf("%s-%s-%s-%d", o.ID, o.Status, o.Total, o.Version)
	}
	body, err := json.Marshal(o)
	if err != nil {
		tr.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(tr.t.Context(), http.MethodPost, tr.hub.HookURL(shop.HookToken), strings.NewReader(string(body)))
	if err != nil {
		tr.t.Fatal(err)
	}
	if a := tr.do(r); a.status != http.StatusOK {
		tr.t.Fatalf("the notice was answered %d: %s", a.status, a.body)
	}
	list, err := tr.hub.Store.Events(tr.t.Context(), store.EventFilter{Limit: 1})
	if err != nil || len(list) == 0 {
		tr.t.Fatalf("no event was stored: %v", err)
	}
	return list[0]
}

// rest waits until nothing is left to do about an event but by a person.
func (tr *trade) rest(eventID int64) store.Delivery {
	tr.t.Helper()
	for {
		list, err := tr.hub.Store.Deliveries(tr.t.Context(), store.DeliveryFilter{EventID: eventID, Limit: 1})
		if err != nil {
			tr.t.Fatal(err)
		}
		if len(list) == 1 && slices.Contains([]store.State{store.Done, store.Skipped, store.Held, store.Failed}, list[0].State) || list[0].State == store.Unknown && list[0].DueAt.IsZero() {
			return list[0]
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-tr.t.Context().Done():
			tr.t.Fatalf("event %d does not come to rest: %+v", eventID, list)
		}
	}
}

// order is a confirmed one.
func order(id, total string, version int64) shop.Order {
	return shop.Order{ID: id, Status: "confirmed", Total: total, Version: version}
}

// askKennitala has the bookkeeper ask for a number that the shop does not know.
func askKennitala(_ *tengi.Connection, target *connector.Connector) {
	target.Actions[0].Input = append(slices.Clone(target.Actions[0].Input),
		field.Field{Key: "kennitala", Type: field.Text, Label: "Kennitala", Required: true, Pattern: `\d{10}`, Default: "{{ sale.customer.tax_id }}"})
}

// seen opens a page in a browser in every look, and keeps its pictures.
func (tr *trade) seen(tab *browser.Tab, name, path string) {
	tr.t.Helper()
	for _, look := range looks {
		tab.Resize(look.size)
		tab.Dark(look.dark)
		tab.Go(tr.base + path)
		tab.Run(`document.querySelector("form[action='/language']").parentElement.querySelector("summary").click()`, nil)
		tab.Follow(look.language)
		tab.Accessible("..", name+" "+look.name)
		tab.Picture(name + "/" + look.name)
	}
}

// enter signs the owner in in a browser.
func (tr *trade) enter() *browser.Tab {
	tr.t.Helper()
	tab := browser.Open(tr.t, tr.base+"/signin")
	tab.Write("E-mail address", ownerEmail)
	tab.Write("Password", ownerPassword)
	tab.Follow("Sign in")
	return tab
}
