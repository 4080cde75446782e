package paypal

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/tengi/tengi"
)

var update = flag.Bool("update", false, "write the samples anew")

// TestSamplesAreCurrent: the samples are what loading gives, not what it once gave.
func TestSamplesAreCurrent(t *testing.T) {
	b := setup(t)
	paid := must(b.fake.Pay(Order{Shipping: "19.80", Invoice: "WEB-20261"}))
	events := map[string]tengi.Event{"payment": b.event(paid.IPN)}
	opened := must(b.fake.Dispute(paid.ID))
	events["dispute"] = b.one(b.load(typeDisputeNotice, opened.IPN))
	events["payment-refunded-in-part"] = b.event(must(b.fake.Refund(paid.ID, "98.00")).Webhook)
	events["payment-refunded"] = b.event(must(b.fake.Refund(paid.ID, "")).Webhook)
	events["payment-pending"] = b.event(must(b.fake.Pay(Order{Pending: "multi_currency", Kind: "web_accept", Items: []Item{{"Olive oil 750 ml", "OIL750", "62.00", 1}}})).IPN)
	for name, e := range events {
		want, err := json.MarshalIndent(struct {
			Type    string          `json:"type"`
			Object  string          `json:"object"`
			Version int64           `json:"version,omitempty"`
			Sale    any             `json:"sale,omitempty"`
			Data    json.RawMessage `json:"data"`
		}{e.Type, e.Object, e.Version, nilled(e), e.Data}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, '\n')
		path := filepath.Join("samples", name+".json")
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what loading gives (%v); -update writes it anew", path, err)
		}
	}
}

// nilled is the event's sale, or nothing at all.
func nilled(e tengi.Event) any {
	if e.Sale == nil {
		return nil
	}
	return e.Sale
}

// TestWordsInEveryLanguage: a line that PayPal has no name for has one in the language of the business.
func TestWordsInEveryLanguage(t *testing.T) {
	b := setup(t)
	seen := map[words]bool{}
	for _, language := range []string{"en", "he", "is", "pl", "uk"} {
		c := b.client()
		c.Workspace.Language = language
		w := wordsOf(c)
		for _, text := range []string{w.payment, w.shipping, w.handling, w.insurance, w.tax, w.discount, w.refund} {
			if text == "" {
				t.Errorf("%s lacks a word: %+v", language, w)
			}
		}
		if seen[w] {
			t.Errorf("%s has no words of its own", language)
		}
		seen[w] = true
	}
}
