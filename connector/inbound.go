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
