package connectortest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/mapping"
)

// inbound is the notice as the hub hands it over, with parts of its own.
func (n Notice) inbound(t *testing.T, c *connector.Connector, change func(*Notice)) *connector.Inbound {
	t.Helper()
	n.Header, n.Secrets = n.Header.Clone(), maps.Clone(n.Secrets)
	if change != nil {
		change(&n)
	}
	account := &tengi.Account{ID: "acc1", Key: c.Name, Connector: c.Name, Settings: n.Settings, Secrets: n.Secrets, HookToken: "hook-token-1"}
	settings, err := c.Settings(account)
	if err != nil {
		t.Fatal(err)
	}
	in := &connector.Inbound{
		Method: n.Method, Query: url.Values{}, Header: http.Header{}, Body: []byte(n.Body), ReceivedAt: NewClock().Now(), Account: account, Settings: settings,
	}
	in.Eval = func(template string, data []byte) (string, error) {
		if !slices.ContainsFunc(c.AccountFields(), func(f field.Field) bool { return f.Template && settings.Text(f.Key) == template }) {
			t.Errorf("it has %q rendered, which is not a setting declared as a template, so nobody checks it before a notice comes", template)
		}
		return n.Eval(template, data)
	}
	if in.Method == "" {
		in.Method = http.MethodPost
	}
	maps.Copy(in.Query, n.Query)
	for name, values := range n.Header {
		in.Header[http.CanonicalHeaderKey(name)] = values
	}
	return in
}

// checkNotice: the same notice is the same events, whoever changed it is refused, and what it said does not leak.
func checkNotice(t *testing.T, c *connector.Connector, n Notice) {
	if c.Receive == nil {
		t.Fatalf("%s takes no notices", c.Name)
	}
	in := n.inbound(t, c, nil)
	events, err := c.Receive(in)
	if err != nil {
		t.Fatal(err)
	}
	if len(events) != n.Events {
		t.Fatalf("it makes %d events, want %d", len(events), n.Events)
	}
	if string(in.Body) != n.Body {
		t.Error("Receive changed the body")
	}
	before := shown(events)
	for i := range in.Body {
		in.Body[i] = 'x' // the hub uses the bytes again
	}
	if after := shown(events); after != before {
		t.Fatal("an event kept the body, which is the hub's")
	}
	again, err := c.Receive(n.inbound(t, c, nil))
	if err != nil {
		t.Fatalf("the second time: %v", err)
	}
	if diff := cmp.Diff(shown(again), before); diff != "" {
		t.Errorf("the same notice twice is not the same (-second +first):\n%s", diff)
	}
	seen := map[string]bool{}
	for _, event := range events {
		if event.Dedupe == "" || seen[event.Dedupe] {
			t.Errorf("the event %s has no identity of its own: %q", event.Type, event.Dedupe)
		}
		seen[event.Dedupe] = true
		checkEvent(t, c, event, n.Secrets)
	}
	if n.Signed {
		n.checkForgeries(t, c)
	}
}

// shown is all that events say, as text.
func shown(events []tengi.Event) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%s %s %d %s %s %q %t %s\n", e.Type, e.Object, e.Version, e.Dedupe, e.Data, e.Unreadable, e.NeedsLoad, e.ReceivedAt)
		if e.Sale != nil {
			fmt.Fprintf(&b, "%+v\n", *e.Sale)
		}
	}
	return b.String()
}

func checkEvent(t *testing.T, c *connector.Connector, event tengi.Event, secrets map[string]string) {
	t.Helper()
	if !slices.ContainsFunc(c.Triggers, func(trigger connector.Trigger) bool { return trigger.Covers(event.Type) }) && event.Unreadable == "" {
		t.Errorf("no trigger reports the type %q", event.Type)
	}
	if event.Sale != nil {
		if faults := event.Sale.Check(); len(faults) > 0 {
			t.Errorf("sale: %v", faults)
		}
	}
	if event.Unreadable == "" {
		if _, err := mapping.NewEnv(event); err != nil {
			t.Errorf("expressions cannot read the event: %v", err)
		}
	}
	for key, secret := range secrets {
		if containsSecret(asJSON(t, event)+string(event.Data), secret) {
			t.Errorf("the event holds the secret %q", key)
		}
	}
}

// checkForgeries changes the notice by one byte, and the secrets.
func (n Notice) checkForgeries(t *testing.T, c *connector.Connector) {
	t.Helper()
	forge := func(what string, change func(*Notice)) {
		_, err := c.Receive(n.inbound(t, c, change))
		if !connector.IsUnverified(err) {
			t.Errorf("%s: not refused: %v", what, err)
			return
		}
		for key, secret := range n.Secrets {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the refusal holds the secret %q", what, key)
			}
		}
	}
	forge("other secrets", func(n *Notice) {
		for key, secret := range n.Secrets {
			n.Secrets[key] = altered(secret)
		}
	})
	if n.Body != "" && !n.OpenBody {
		forge("another body", func(n *Notice) { n.Body += " " })
	}
	forge("no headers", func(n *Notice) { n.Header = http.Header{"Content-Type": n.Header["Content-Type"]} })
}
