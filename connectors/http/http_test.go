package http

import (
	"net/http"
	"testing"

	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
)

func newFake(keyed bool) func(*connectortest.Clock) fake.Service {
	return func(*connectortest.Clock) fake.Service {
		f := NewFake()
		f.IdempotencyKeys(keyed)
		return f
	}
}

// order is a request that makes one order.
func order(changes map[string]any) map[string]any {
	values := map[string]any{
		"url": "/orders", "content": "fields", "fields": map[string]any{"reference": "{ref}", "customer.name": "Anna Lind", "total:number": "32280"},
		"id_path": "id", "number_path": "number", "link_path": "url", "status_path": "status",
	}
	for key, value := range changes {
		values[key] = value
	}
	return values
}

var orders = connectortest.Held("orders")

func TestConnector(t *testing.T) {
	t.Parallel()
	gone := func(svc fake.Service) int { return -orders(svc) }
	t.Run("service without keys", func(t *testing.T) {
		t.Parallel()
		connectortest.Run(t, Connector(), newFake(false),
			connectortest.Case{Action: "request", Name: "ask", Values: order(nil), Made: orders, Asks: true},
			connectortest.Case{Action: "request", Name: "find", Made: orders, Values: order(map[string]any{
				"recovery": "find", "find_url": "/orders?reference={ref}", "find_list": "items", "find_match": "reference",
			})},
			connectortest.Case{Action: "request", Name: "put", Made: orders, Values: order(map[string]any{"recovery": "repeat", "method": "PUT", "url": "/orders/{ref}"})},
			connectortest.Case{Action: "request", Name: "delete", Made: gone, Values: order(map[string]any{"recovery": "repeat", "method": "DELETE", "url": "/orders/7", "content": "none"}),
				Prepare: func(t testing.TB, svc fake.Service, _ map[string]any) { putOrder(t, svc, "7") }},
		)
	})
	t.Run("service with keys", func(t *testing.T) {
		t.Parallel()
		connectortest.Run(t, Connector(), newFake(true),
			connectortest.Case{Action: "request", Name: "json", Made: orders, Values: order(map[string]any{
				"recovery": "key", "content": "json", "body": `{"reference": "{ref}"}`,
			})},
			connectortest.Case{Action: "request", Name: "form", Made: orders, Values: order(map[string]any{
				"recovery": "key", "content": "form", "fields": map[string]any{"reference": "{ref}"},
			})},
		)
	})
}

// putOrder makes an order that was there before.
func putOrder(t testing.TB, svc fake.Service, id string) {
	t.Helper()
	client := connectortest.Client(t, Connector(), svc)
	if _, err := client.Read(t.Context(), request(http.MethodPut, "/orders/"+id)); err != nil {
		t.Fatal(err)
	}
}
