package payday

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
)

const (
	tokenPath = "/auth/token"
	// readTimeout is for reads; requests that change something get the connector's longer one.
	readTimeout = 15 * time.Second
	// catalogLife is how long VAT rates, currencies and the like are believed before they are read again.
	catalogLife = time.Hour
)

// sign puts the token onto a request. A token lives a day; there is no refreshing one, the same request gives another
// (https://apidoc.payday.is, "Authentication").
func sign(ctx context.Context, c *connector.Client, req *http.Request) error {
	req.Header.Set("Api-Version", "alpha")
	if req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if strings.HasSuffix(req.URL.Path, tokenPath) {
		return nil
	}
	token, err := c.Session().Token(ctx, "access", c.Now(), func(ctx context.Context) (string, time.Duration, error) { return login(ctx, c) })
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return nil
}

// login asks for a token. Its lifetime counts from our own clock: the service's createdAt is a number without a stated zone.
func login(ctx context.Context, c *connector.Client) (string, time.Duration, error) {
	resp, err := c.Read(ctx, connector.Request{
		Method: http.MethodPost, Path: tokenPath, Private: true, Header: http.Header{"Api-Version": {"alpha"}},
		JSON: map[string]string{"clientId": c.Settings.Text("client_id"), "clientSecret": c.Secret("client_secret")},
	})
	if err != nil {
		return "", 0, err
	}
	var answer struct {
		AccessToken words  `json:"accessToken"`
		ExpiresIn   number `json:"expiresIn"` // seconds
	}
	if err := json.Unmarshal(resp.Body, &answer); err != nil || answer.AccessToken == "" {
		return "", 0, badAnswer(resp, "a login", errShape)
	}
	life := time.Hour // shorter than any seen, should the service not say
	if answer.ExpiresIn.IsPositive() && answer.ExpiresIn.LessThan(decimal.NewFromInt(365*86_400)) {
		life = time.Duration(answer.ExpiresIn.IntPart()) * time.Second
	}
	return string(answer.AccessToken), life, nil
}

// get reads path and hands the answer to decode.
func get[T any](ctx context.Context, c *connector.Client, what string, req connector.Request, decode func([]byte) (T, error)) (T, error) {
	var none T
	req.Timeout = readTimeout
	resp, err := c.Read(ctx, req)
	if err != nil {
		return none, fmt.Errorf("payday: read %s: %w", what, err)
	}
	value, err := decode(resp.Body)
	if err != nil {
		return none, fmt.Errorf("payday: read %s: %w", what, badAnswer(resp, what, err))
	}
	return value, nil
}

func badAnswer(resp *connector.Response, what string, err error) error {
	return &connector.Error{Kind: connector.Temporary, Code: connector.CodeBadAnswer, Status: resp.Status, Err: err,
		Message: "Payday's answer about " + what + " could not be read"}
}

// catalog is a list of the company's that changes rarely.
type catalog[T any] struct {
	what, path string
	decode     func([]byte) (T, error)
}

var (
	ownRates      = catalog[[]decimal.Decimal]{"the VAT rates", "/general/vat", decodeRates}
	ownCurrencies = catalog[[]string]{"the currencies", "/general/currency", decodeCurrencies}
	ownPayments   = catalog[[]paymentType]{"the payment types", "/sales/paymenttypes", decodePaymentTypes}
	ownCompany    = catalog[company]{"the company", "/companies/me", decodeCompany}
)

// fresh reads the catalog.
func (k catalog[T]) fresh(ctx context.Context, c *connector.Client) (T, error) {
	return get(ctx, c, k.what, connector.Request{Path: k.path}, k.decode)
}

var errNotKept = errors.New("not kept")

// cached is the catalog as the account's session keeps it, read when it is older than an hour. It is read outside of the session, which only
// keeps it: requests made while the session fetches are unsigned.
func (k catalog[T]) cached(ctx context.Context, c *connector.Client) (T, error) {
	kept, err := c.Session().Token(ctx, k.path, c.Now(), func(context.Context) (string, time.Duration, error) { return "", 0, errNotKept })
	if err == nil {
		return k.decode([]byte(kept))
	}
	var body string
	value, err := get(ctx, c, k.what, connector.Request{Path: k.path}, func(answer []byte) (T, error) {
		body = string(answer)
		return k.decode(answer)
	})
	if err != nil {
		return value, err
	}
	// Not being kept costs another read and nothing else.
	_, _ = c.Session().Token(ctx, k.path, c.Now(), func(context.Context) (string, time.Duration, error) { return body, catalogLife, nil })
	return value, nil
}

// check proves the keys and says what the company lacks.
func check(ctx context.Context, c *connector.Client) (connector.Identity, error) {
	var id connector.Identity
	own, err := ownCompany.fresh(ctx, c)
	if err != nil {
		return id, err
	}
	rates, err := ownRates.fresh(ctx, c)
	if err != nil {
		return id, err
	}
	types, err := ownPayments.fresh(ctx, c)
	if err != nil {
		return id, err
	}
	id.Name = strings.TrimSpace(string(own.Name))
	if id.Name == "" {
		id.Name = "Payday"
	}
	if c.Settings.Text("environment") == "test" {
		id.Warnings = append(id.Warnings, "This is the test system: its invoices are not real, and Payday empties it now and then.")
	}
	if !chargesVAT(rates) {
		id.Warnings = append(id.Warnings, "The company has no VAT number in Payday: lines with VAT will be refused.")
	}
	if len(types) == 0 {
		id.Warnings = append(id.Warnings, "The company has no payment types in Payday: invoices cannot be made as paid.")
	}
	if !own.HasClaimCollection {
		id.Warnings = append(id.Warnings, "The company has no agreement on claims with its bank in Payday: claims cannot be made.")
	}
	return id, nil
}

func chargesVAT(rates []decimal.Decimal) bool {
	for _, rate := range rates {
		if rate.IsPositive() {
			return true
		}
	}
	return false
}

// findPaymentType finds a payment type by id or title. Titles are compared without regard to case and blanks around them.
func findPaymentType(ctx context.Context, c *connector.Client, wanted, fieldPath string) (string, error) {
	types, err := ownPayments.cached(ctx, c)
	if err != nil {
		return "", err
	}
	var titles []string
	for _, t := range types {
		if t.ID != "" && (strings.EqualFold(string(t.ID), wanted) || strings.EqualFold(strings.TrimSpace(string(t.Title)), strings.TrimSpace(wanted))) {
			return string(t.ID), nil
		}
		titles = append(titles, string(t.Title))
	}
	return "", connector.Refusal(codePaymentType, fieldPath,
		fmt.Sprintf("Payday has no payment type %q; it has: %s", wanted, strings.Join(titles, ", ")))
}
