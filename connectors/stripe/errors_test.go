package stripe

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
)

// What Stripe answers to a change, and who acts next.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		status int
		header string
		body   string
		kind   connector.Kind
		code   string
		field  string
		says   string
		wait   time.Duration
	}{
		{"slow down", 429, "", `{"error":{"type":"invalid_request_error","code":"rate_limit","message":"Too many"}}`, connector.Temporary, connector.CodeRateLimited, "", "slow down", lockWait},
		{"busy", 429, "", `{"error":{"type":"invalid_request_error","code":"lock_timeout"}}`, connector.Temporary, connector.CodeUnavailable, "", "busy", lockWait},
		{"a twin", 409, "", `{"error":{"type":"idempotency_error_not","code":"idempotency_key_in_use"}}`, connector.Unknown, connector.CodeAnswerLost, "", "still working", 5 * time.Second},
		{"failed", 500, "", `{"error":{"type":"api_error"}}`, connector.Unknown, connector.CodeAnswerLost, "", "may have acted", 0},
		{"a proxy", 502, "", `<html>Bad gateway</html>`, connector.Unknown, connector.CodeAnswerLost, "", "may have acted", 0},
		{"asked to repeat", 400, "true", `{"error":{"type":"invalid_request_error"}}`, connector.Unknown, connector.CodeAnswerLost, "", "same request again", 0},
		{"not to repeat", 400, "false", `{"error":{"type":"invalid_request_error"}}`, connector.Permanent, connector.CodeRefused, "", "refused", 0},
		{"another request under the key", 400, "", `{"error":{"type":"idempotency_error"}}`, connector.Unknown, connector.CodeAskPerson, "", "another request", 0},
		{"the same with another status", 422, "", `{"error":{"type":"idempotency_error"}}`, connector.Unknown, connector.CodeAskPerson, "", "another request", 0},
		{"key", 401, "", `{"error":{"type":"invalid_request_error","code":"api_key_expired"}}`, connector.Attention, codeKey, "", "expired", 0},
		{"permission", 403, "", `{"error":{"message":"Having the 'rak_invoice_write' permission would allow this"}}`, connector.Attention, codePermission, "", "rak_invoice_write", 0},
		{"permission without a name", 403, "", ``, connector.Attention, codePermission, "", "lacks a permission", 0},
		{"currency", 400, "", `{"error":{"type":"invalid_request_error","param":"currency","message":"Invalid currency: zzz"}}`, connector.Permanent, connector.CodeRefused, "currency", "(currency)", 0},
		{"small", 400, "", `{"error":{"code":"amount_too_small"}}`, connector.Permanent, "amount_too_small", "", "below the least", 0},
		{"fraction", 400, "", `{"error":{"message":"invalid_charge_amount_no_decimal_compatible"}}`, connector.Permanent, codeFraction, "", "fractions", 0},
		{"tax number", 400, "", `{"error":{"code":"tax_id_invalid"}}`, connector.Permanent, "tax_id_invalid", "", "tax number", 0},
		{"e-mail", 400, "", `{"error":{"code":"email_invalid"}}`, connector.Permanent, "email_invalid", "", "e-mail", 0},
		{"the other mode", 404, "", `{"error":{"code":"resource_missing","param":"customer","message":"No such customer: 'cus_1'; a similar object exists in test mode, but a live mode key was used"}}`,
			connector.Permanent, codeMode, "customer", "two modes", 0},
		{"card", 402, "", `{"error":{"type":"card_error","code":"card_declined"}}`, connector.Permanent, "card_declined", "", "refused", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := setup(t)
			d.stripe.Faults().Add(fake.Fault{Kind: fake.Refuse, Status: test.status, Body: test.body, Method: http.MethodPost})
			c := d.client()
			if test.header != "" {
				d.server.Config.Handler = withHeader(d.stripe, test.header)
			}
			b, err := readBuyer(parse(t, "customer.create", nil), "", d.ref)
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = customerFor(t.Context(), c, b)
			e := wantError(t, err, test.kind, test.code, test.field)
			if !strings.Contains(e.Message, test.says) || e.RetryAfter < test.wait {
				t.Errorf("says %q, waits %s", e.Message, e.RetryAfter)
			}
		})
	}
}

// withHeader adds what Stripe says about repeating.
func withHeader(next http.Handler, value string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Stripe-Should-Retry", value)
		next.ServeHTTP(w, r)
	})
}

// A list that is not whole proves nothing.
func TestListsThatAreNotWhole(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"cut": `{"data":[{"id":"cus_1"}`, "no id": `{"data":[{"name":"x"}]}`, "more, and nothing": `{"data":[],"has_more":true}`, "not a list": `"hello"`,
		"the same for ever": `{"data":[{"id":"cus_1"}],"has_more":true}`, "numbers": `{"data":[7]}`,
	} {
		t.Run(name, func(t *testing.T) {
			d := setup(t)
			d.stripe.Faults().Add(fake.Fault{Kind: fake.Refuse, Status: 200, Body: body, Method: http.MethodGet, Times: -1})
			_, err := d.run("customer.create", nil)
			wantError(t, err, connector.Temporary, connector.CodeBadAnswer, "")
			if len(d.rows("customers")) != 0 {
				t.Error("a customer was made all the same")
			}
		})
	}
}
