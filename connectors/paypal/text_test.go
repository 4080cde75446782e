package paypal

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
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

// TestErrorsAreTranslated: every code that an error of this package can have is said in every language there is.
func TestErrorsAreTranslated(t *testing.T) {
	t.Parallel()
	written := regexp.MustCompile(`(?:Code: |e\.Code, e\.Message = |code[A-Z]\w* += )"([a-z_]+)"`)
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]bool{}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "fake") {
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
	if len(codes) < 12 {
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
