package bokun

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
)

// TestConnector is what every connector promises, and the notices as they were seen.
func TestConnector(t *testing.T) {
	t.Parallel()
	f := NewFake()
	booked := f.MakeBooking(Order{})
	whole, err := f.BookingNotice(booked.ID, ActionConfirmed)
	if err != nil {
		t.Fatal(err)
	}
	items, err := f.ItemNotices(booked.ID, ActionItemCancelled)
	if err != nil {
		t.Fatal(err)
	}
	signed := f.SignedNotice(TopicUpdate, booked.ID)
	settings, secrets := f.Login()
	only := map[string]any{"require_signature": true}
	for key, value := range settings {
		only[key] = value
	}
	newFake := func(clock *connectortest.Clock) fake.Service {
		svc := NewFake()
		svc.SetClock(clock.Now)
		svc.MakeBooking(Order{})
		return svc
	}
	connectortest.Run(t, Connector(), newFake,
		connectortest.Notice{Name: "booking", Header: whole.Header, Body: string(whole.Body), Settings: settings, Secrets: secrets, Events: 1},
		connectortest.Notice{Name: "item", Header: items[0].Header, Body: string(items[0].Body), Settings: settings, Secrets: secrets, Events: 1},
		// The signature covers the headers only. Without them a notice is an unsigned one, which this account does not take.
		connectortest.Notice{Name: "signed", Header: signed.Header, Body: string(signed.Body), Settings: only, Secrets: secrets, Signed: true, OpenBody: true, Events: 1},
		connectortest.Notice{Name: "of a product", Header: f.SignedNotice("experiences/update", 0).Header, Body: `{"timestamp":"2026-07-01T12:00:00.000"}`, Settings: settings, Secrets: secrets},
	)
}

// TestSamplesAreCurrent: the samples are what loading gives, not what it once gave.
func TestSamplesAreCurrent(t *testing.T) {
	t.Parallel()
	for name, golden := range map[string]string{"booking": "direct", "booking-cancelled": "cancelled", "booking-agent": "agent"} {
		var sample, want struct {
			Type string          `json:"type"`
			Sale json.RawMessage `json:"sale"`
			Data json.RawMessage `json:"data"`
		}
		for path, into := range map[string]any{"samples/" + name + ".json": &sample, "testdata/" + golden + "/outcome.golden": &want} {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, into); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
		}
		if sample.Type != want.Type || string(sample.Sale) != string(want.Sale) || string(sample.Data) != string(want.Data) {
			t.Errorf("samples/%s.json is not what testdata/%s gives", name, golden)
		}
	}
}
