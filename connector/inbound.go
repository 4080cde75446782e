package connector

import (
	"net/http"
	"net/url"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/field"
)

// Inbound is one notice as it arrived, with the account it was addressed to. Receive must not keep Body.
type Inbound struct {
	Method     string
	Query      url.Values
	Header     http.Header
	Body       []byte
	ReceivedAt time.Time
	Account    *tengi.Account
	Settings   field.Values // the account's, from Connector.Settings
	// Eval renders a template of the account's own, such as "{{ data.order.id }}-{{ header['X-Event'] }}", over data, header and query. The hub
	// supplies it, because a connector knows no expressions. data is a JSON value; a header or query parameter that came more than once is its
	// first value, and headers go by their canonical names. Its errors do not repeat what stands in data.
	Eval func(template string, data []byte) (string, error)
}

// Secret is one of the account's secrets; empty when not set.
func (in *Inbound) Secret(key string) string { return in.Account.Secrets[key] }

// Reply is what a caller at an account's address is given in place of a plain status: a service's own form of "taken", or a page for a person.
type Reply struct {
	Status int         // 0 = 200
	Header http.Header // Content-Type above all, Location of a redirect; a page is kept from being more than it says by headers the hub adds
	Body   []byte
}

// Declined is the error by which Receive sends a person's input back, with a page that says what is wrong with it. Nothing is stored. It is for forms
// that people fill in; what a service sends is kept even when it makes no sense.
type Declined struct{ Reply Reply }

func (d *Declined) Error() string { return "what was filled in is not complete" }
