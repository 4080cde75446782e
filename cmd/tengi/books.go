package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connectors/payday"
)

// books are what the stand-in Payday says over its own API, as anybody with its login could read it: the demo's witness, which knows nothing of the hub.
type books struct{ url, token string }

// paper is an invoice as Payday answers it.
type paper struct {
	Number    *int            `json:"number"` // nil until it is given, some time after the invoice was made
	Reference string          `json:"reference"`
	Status    string          `json:"status"`
	Currency  string          `json:"currencyCode"`
	Total     decimal.Decimal `json:"amountIncludingVat"`
}

// The statuses of an invoice at Payday.
const (
	issued    = "SENT"
	cancelled = "CANCELLED"
)

// String is the invoice for a person.
func (p paper) String() string {
	number := "not numbered yet"
	if p.Number != nil {
		number = fmt.Sprint(*p.Number)
	}
	words := map[string]string{issued: "issued", cancelled: "cancelled, which made its credit note"}[p.Status]
	if words == "" {
		words = p.Status
	}
	return fmt.Sprintf("invoice %s over %s %s, reference %s: %s", number, p.Total, p.Currency, p.Reference, words)
}

// openBooks signs in at the stand-in Payday of a sandbox.
func openBooks(ctx context.Context, sandboxURL string) (*books, error) {
	settings, secrets := payday.NewFake().Login() // every stand-in takes the same one
	b := &books{url: sandboxURL + "/payday"}
	var answer struct {
		Token string `json:"accessToken"`
	}
	err := b.ask(ctx, http.MethodPost, "/auth/token", map[string]any{"clientId": settings["client_id"], "clientSecret": secrets["client_secret"]}, &answer)
	b.token = answer.Token
	return b, err
}

// papers are all invoices.
func (b *books) papers(ctx context.Context) ([]paper, error) {
	var answer struct {
		Invoices []paper `json:"invoices"`
	}
	err := b.ask(ctx, http.MethodGet, "/invoices?perpage=100", nil, &answer)
	return answer.Invoices, err
}

// of are the invoices that carry a booking's code.
func (b *books) of(ctx context.Context, code string) (found []paper, err error) {
	all, err := b.papers(ctx)
	for _, p := range all {
		if strings.HasPrefix(p.Reference, code+"-") {
			found = append(found, p)
		}
	}
	return found, err
}

func (b *books) ask(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode for Payday: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, b.url+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask Payday: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+b.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask Payday: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("ask Payday: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the stand-in Payday answered %s to %s %s", resp.Status, method, path)
	}
	return json.Unmarshal(answer, out)
}
