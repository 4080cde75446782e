// Package connectors lists every connector there is, with its stand-in. This is the one line elsewhere that a new connector needs.
package connectors

//go:generate sh -c "cd .. && exec go run ./tools/docs"

import (
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/connectors/bokun"
	"github.com/tengi/tengi/connectors/caspit"
	"github.com/tengi/tengi/connectors/email"
	"github.com/tengi/tengi/connectors/file"
	"github.com/tengi/tengi/connectors/form"
	"github.com/tengi/tengi/connectors/googlesheets"
	"github.com/tengi/tengi/connectors/http"
	"github.com/tengi/tengi/connectors/imoje"
	"github.com/tengi/tengi/connectors/payday"
	"github.com/tengi/tengi/connectors/paypal"
	"github.com/tengi/tengi/connectors/portmone"
	"github.com/tengi/tengi/connectors/sms"
	"github.com/tengi/tengi/connectors/stripe"
	"github.com/tengi/tengi/connectors/webhook"
)

// entry is one connector and how its stand-in is made; nil when it calls no service.
type entry struct {
	connector func() *connector.Connector
	fake      func() fake.Service
}

// list is in the order of the alphabet. `make connector` adds to it.
func list() []entry {
	return []entry{
		{bokun.Connector, func() fake.Service { return bokun.NewFake() }},
		{caspit.Connector, func() fake.Service { return caspit.NewFake() }},
		{email.Connector, func() fake.Service { return email.NewFake() }},
		{file.Connector, nil},
		{form.Connector, nil},
		{googlesheets.Connector, func() fake.Service { return googlesheets.NewFake(time.Now) }},
		{http.Connector, func() fake.Service { return http.NewFake() }},
		{imoje.Connector, func() fake.Service { return imoje.NewFake(time.Now) }},
		{payday.Connector, func() fake.Service { return payday.NewFake() }},
		{paypal.Connector, func() fake.Service { return paypal.NewFake() }},
		{portmone.Connector, func() fake.Service { return portmone.NewFake(time.Now) }},
		{sms.Connector, func() fake.Service { return sms.NewFake() }},
		{stripe.Connector, func() fake.Service { return stripe.NewFake() }},
		{webhook.Connector, nil},
	}
}

// All are the connectors, by name.
func All() []*connector.Connector {
	entries := list()
	all := make([]*connector.Connector, len(entries))
	for i, e := range entries {
		all[i] = e.connector()
	}
	return all
}

// Fakes are new stand-ins for the services that connectors call, by name; each has a memory of its own, which is empty.
func Fakes() []fake.Service {
	var all []fake.Service
	for _, e := range list() {
		if e.fake != nil {
			all = append(all, e.fake())
		}
	}
	return all
}
