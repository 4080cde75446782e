// Package shop is a shop that sells and a bookkeeper that invoices: the smallest source and destination that show everything the engine does.
// Tests of the engine and the crash tests use them; the bookkeeper is their witness.
package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/sale"
)

// Order is what the shop knows; a notice is the same thing, or with Load only its ID.
type Order struct {
	ID      string `json:"id"`
	Notice  string `json:"notice"` // identity of the notice
	Status  string `json:"status"`
	Total   string `json:"total"`
	Line    string `json:"line,omitempty"` // what the lines come to; empty = Total
	Version int64  `json:"version,omitempty"`
	Load    bool   `json:"load,omitempty"`
	Bare    bool   `json:"bare,omitempty"` // carries no sale
}

// Sale is the order as a sale; nil for a bare one.
func (o Order) Sale() *sale.Sale {
	if o.Bare {
		return nil
	}
	line := o.Line
	if line == "" {
		line = o.Total
	}
	amount := decimal.RequireFromString(line)
	return &sale.Sale{Reference: o.ID, Status: sale.Status(o.Status), Currency: "ISK", Total: decimal.RequireFromString(o.Total), VATIncluded: true,
		Customer: sale.Customer{Name: "Anna Lind"}, Lines: []sale.Line{{Text: "Tour", Quantity: decimal.NewFromInt(1), UnitPrice: amount, Total: amount}}}
}

// Shop is the source: it keeps orders and can be asked about them.
type Shop struct {
	Faults fake.Faults

	mu     sync.Mutex
	orders map[string]Order
	asked  int
}

// NewShop is a shop without orders.
func NewShop() *Shop { return &Shop{orders: map[string]Order{}} }

// Asked is how often it was asked for one order.
func (s *Shop) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Path == "/orders" {
		list := []Order{}
		for _, o := range s.orders {
			list = append(list, o)
		}
		fake.JSON(w, 200, list)
		return
	}
	s.asked++
	o, ok := s.orders[strings.TrimPrefix(r.URL.Path, "/orders/")]
	if !ok {
		http.Error(w, "no such order", http.StatusNotFound)
		return
	}
	fake.JSON(w, 200, o)
}

// Set tells the shop of an order.
func (s *Shop) Set(o Order) {
	s.mu.Lock()
	s.orders[o.ID] = o
	s.mu.Unlock()
}

// Source is the connector of the shop.
func Source() *connector.Connector {
	toEvent := func(o Order) tengi.Event {
		e := tengi.Event{Type: "order.changed", Object: "order/" + o.ID, Dedupe: o.Notice, Version: o.Version, NeedsLoad: o.Load}
		if !o.Load {
			e.Sale = o.Sale()
			e.Data, _ = json.Marshal(o)
		}
		if o.ID == "" {
			e.Object = ""
		}
		return e
	}
	return &connector.Connector{
		Name: "shop", Title: "Shop",
		Auth: connector.Auth{BaseURL: func(field.Values) string { return "http://shop.test" }},
		Receive: func(in *connector.Inbound) ([]tengi.Event, error) {
			var o Order
			if err := json.Unmarshal(in.Body, &o); err != nil {
				return nil, fmt.Errorf("not an order: %w", err)
			}
			return []tengi.Event{toEvent(o)}, nil
		},
		Load: func(ctx context.Context, c *connector.Client, e tengi.Event) (connector.Loaded, error) {
			var o Order
			if err := c.Get(ctx, "/orders/"+strings.TrimPrefix(e.Object, "order/"), nil, &o); err != nil {
				return connector.Loaded{}, err
			}
			return connector.Loaded{Sale: o.Sale(), Version: o.Version, Data: o}, nil
		},
		Triggers: []connector.Trigger{
			{Key: "order", Title: "Order", Types: []string{"order.*"}, Sale: true, Poll: pollShop(toEvent), Backfill: pastOf(toEvent)},
			{Key: "note", Title: "Note", Types: []string{"order.*"}},
		},
	}
}

// pastOf lists the shop's orders one a page, by ID; the time they were made is not known, so all are of any span.
func pastOf(toEvent func(Order) tengi.Event) func(context.Context, *connector.Client, connector.Span, connector.Cursor) (connector.Polled, error) {
	return func(ctx context.Context, c *connector.Client, _ connector.Span, at connector.Cursor) (connector.Polled, error) {
		var list []Order
		if err := c.Get(ctx, "/orders", nil, &list); err != nil {
			return connector.Polled{}, err
		}
		slices.SortFunc(list, func(a, b Order) int { return strings.Compare(a.ID, b.ID) })
		list = slices.DeleteFunc(list, func(o Order) bool { return o.ID <= string(at) })
		if len(list) == 0 {
			return connector.Polled{Cursor: at}, nil
		}
		return connector.Polled{Events: []tengi.Event{toEvent(list[0])}, Cursor: connector.Cursor(list[0].ID), More: len(list) > 1}, nil
	}
}

func pollShop(toEvent func(Order) tengi.Event) func(context.Context, *connector.Client, connector.Cursor) (connector.Polled, error) {
	return func(ctx context.Context, c *connector.Client, _ connector.Cursor) (connector.Polled, error) {
		var list []Order
		if err := c.Get(ctx, "/orders", nil, &list); err != nil {
			return connector.Polled{}, err
		}
		var page connector.Polled
		for _, o := range list {
			page.Events = append(page.Events, toEvent(o))
		}
		page.Cursor = "done"
		return page, nil
	}
}
