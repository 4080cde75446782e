package sms

import (
	"testing"

	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
)

var held = connectortest.Held("messages")

func reminder() map[string]any {
	return map[string]any{"to": "+354 611 1234", "text": "Fjörður Tours: reikningur 1047, https://app.payday.example/i/1047"}
}

func TestConnector(t *testing.T) {
	t.Parallel()
	for _, service := range []string{twilio, smsapi, turbosms} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			connectortest.Run(t, Connector(), func(clock *connectortest.Clock) fake.Service { return NewFakeOf(service, clock.Now) },
				connectortest.Case{Action: "sms.send", Values: reminder(), Made: held, Asks: service == turbosms})
		})
	}
}
