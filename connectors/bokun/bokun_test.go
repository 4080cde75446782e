package bokun

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
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

// TestErrorsAreTranslated: every code that an error of this package can have is said in every language there is.
func TestErrorsAreTranslated(t *testing.T) {
	t.Parallel()
	written := regexp.MustCompile(`(?:Refusal\(|Code: |Code, e\.Message = |code[A-Z]\w* += )"([a-z_]+)"`)
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]bool{}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range written.FindAllSubmatch(text, -1) {
			codes["errors."+string(match[1])] = true
		}
	}
	if len(codes) < 15 {
		t.Fatalf("only %d codes were found: %v", len(codes), codes)
	}
	languages, err := filepath.Glob("locale/*.json")
	if err != nil || len(languages) == 0 {
		t.Fatalf("no languages: %v", err)
	}
	for _, name := range languages {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]string
		if err := json.Unmarshal(text, &texts); err != nil {
			t.Fatal(err)
		}
		for code := range codes {
			if texts[code] == "" {
				t.Errorf("%s does not translate %s", name, code)
			}
		}
		for key := range texts {
			if strings.HasPrefix(key, "errors.") && !codes[key] {
				t.Errorf("%s translates %s, which nothing says", name, key)
			}
		}
	}
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
