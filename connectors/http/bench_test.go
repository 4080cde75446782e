package http

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
)

// BenchmarkRequest is what one delivery costs beside the network: a client, the request's bytes, the journal, the record, the document.
func BenchmarkRequest(b *testing.B) {
	body := `{"reference":"{ref}","lines":[` + strings.Repeat(`{"text":"Gullni hringurinn","quantity":2,"price":"14900"},`, 20) + `{}]}`
	values, faults := requestFields().Parse(map[string]any{
		"url": "/orders", "body": body, "id_path": "id", "number_path": "number", "status_path": "status", "recovery": "key",
	})
	if err := faults.Err(); err != nil {
		b.Fatal(err)
	}
	conn, clock := Connector(), connectortest.NewClock()
	account := &tengi.Account{Key: "http", Settings: map[string]any{"url": "https://api.example.com", "auth": "bearer"}, Secrets: map[string]string{"secret": fakeToken}}
	session := connector.NewSession(connector.Limits{})
	answers := answering(`{"id":"1","number":"A-1001","reference":"x","status":"open","content":` + body + `}`)
	b.ReportAllocs()
	for b.Loop() {
		client, err := connector.NewClient(connector.ClientConfig{
			Connector: conn, Account: account, Workspace: connectortest.Workspace(), Session: session, HTTP: answers, Now: clock.Now,
			Journal: connectortest.NewJournal(), Ref: connectortest.Ref,
		})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := do(b.Context(), client, connectortest.Ref, values); err != nil {
			b.Fatal(err)
		}
	}
}

// answering is a service without a network, which always answers the same.
type answering string

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusCreated, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(string(a))), Request: r}, nil
}
