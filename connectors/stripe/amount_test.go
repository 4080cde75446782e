package stripe

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/money"
)

func TestAmounts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		amount, currency string
		minor            int64
		code             string
	}{
		{"149.99", "EUR", 14999, ""},
		{"-0.01", "USD", -1, ""},
		{"0", "PLN", 0, ""},
		{"250", "UAH", 25000, ""},
		{"0.001", "EUR", 0, codeFraction},
		{"29800", "ISK", 2980000, ""}, // one króna is 100 at Stripe
		{"-1500", "ISK", -150000, ""},
		{"240.24", "ISK", 0, codeFraction},
		{"1500", "JPY", 1500, ""},
		{"1500.5", "JPY", 0, codeFraction},
		{"1500", "MGA", 1500, ""}, // two decimals in ISO 4217, none at Stripe
		{"1500.50", "MGA", 0, codeFraction},
		{"1200", "HUF", 120000, ""},
		{"1.230", "KWD", 1230, ""},
		{"1.234", "KWD", 0, codeFraction}, // the last digit must be 0
		{"1", "UGX", 0, codeCurrency},
		{"1", "IQD", 0, codeCurrency},
		{"1", "XYZ", 0, codeCurrency},
		{"1e30", "EUR", 0, codeFraction},
		{"1e9999", "EUR", 0, codeFraction},
	} {
		got, err := minor(money.New(decimal.RequireFromString(test.amount), test.currency), "total")
		if test.code != "" {
			if err == nil || connector.AsError(err).Code != test.code {
				t.Errorf("%s %s: %d, %v; want %s", test.amount, test.currency, got, err, test.code)
			}
			continue
		}
		if err != nil || got != test.minor {
			t.Errorf("%s %s: %d, %v; want %d", test.amount, test.currency, got, err, test.minor)
			continue
		}
		back, err := major(got, strings.ToLower(test.currency))
		if err != nil || !back.Value.Equal(decimal.RequireFromString(test.amount)) || back.Currency != test.currency {
			t.Errorf("%d %s back is %s, %v", got, test.currency, back, err)
		}
	}
	for _, currency := range []string{"ugx", "", "zzz", "anna@example.com"} {
		if _, err := major(1, currency); err == nil || strings.Contains(err.Error(), "anna") {
			t.Errorf("an amount in %q: %v", currency, err)
		}
	}
}

func TestTotals(t *testing.T) {
	t.Parallel()
	line := func(total, rate string) any {
		return map[string]any{"description": "x", "quantity": "1", "total": total, "vat_rate": rate}
	}
	for _, test := range []struct {
		name    string
		changes map[string]any
		total   string
		code    string
	}{
		{"VAT included", nil, "32280 ISK", ""},
		{"VAT on top", map[string]any{"currency": "EUR", "prices_include_vat": false, "lines": []any{line("100", "24"), line("50.50", "11")}}, "180.06 EUR", ""},
		{"VAT on top and not stated", map[string]any{"currency": "EUR", "prices_include_vat": false, "tax": taxNone, "lines": []any{line("100", "24")}}, "100.00 EUR", ""},
		{"the rounding matters", map[string]any{"currency": "EUR", "prices_include_vat": false, "lines": []any{line("9.99", "23"), line("9.99", "23"), line("9.99", "23")}}, "", codeRounding},
		{"aurar of VAT", map[string]any{"prices_include_vat": false, "lines": []any{line("1001", "24")}}, "", codeFraction},
		{"krónur of VAT", map[string]any{"prices_include_vat": false, "lines": []any{line("1000", "24")}}, "1240 ISK", ""},
		{"half a króna", map[string]any{"lines": []any{line("100.5", "0")}}, "", codeFraction},
		{"a discount line", map[string]any{"lines": []any{line("1000", "24"), line("-200", "24")}}, "800 ISK", ""},
		{"less than nothing", map[string]any{"lines": []any{line("1000", "24"), line("-2000", "24")}}, "", codeTotal},
		{"nothing", map[string]any{"lines": nil}, "", codeLines},
		{"items", map[string]any{"lines": nil, "items": []any{map[string]any{"id": "ii_1", "amount": "100"}, map[string]any{"id": "ii_2", "amount": "50"}}}, "150 ISK", ""},
		{"lines and items", map[string]any{"items": []any{map[string]any{"id": "ii_1", "amount": "100"}}}, "32380 ISK", ""},
		{"an item of aurar", map[string]any{"items": []any{map[string]any{"id": "ii_1", "amount": "1.5"}}}, "", codeFraction},
		{"whatever waits", map[string]any{"lines": nil, "pending": pendingOurs}, "0", ""},
		{"a currency nobody has", map[string]any{"currency": "UGX"}, "", codeCurrency},
	} {
		got, err := total(parse(t, "invoice.create", test.changes))
		switch {
		case test.code != "":
			if err == nil || connector.AsError(err).Code != test.code {
				t.Errorf("%s: %s, %v; want %s", test.name, got, err, test.code)
			}
		case err != nil || got.String() != test.total:
			t.Errorf("%s: %s, %v; want %s", test.name, got, err, test.total)
		}
	}
}

func TestTooManyLines(t *testing.T) {
	t.Parallel()
	lines := make([]any, maxLines)
	for i := range lines {
		lines[i] = map[string]any{"description": "x", "total": "1"}
	}
	if _, err := total(parse(t, "invoice.create", map[string]any{"lines": lines})); err != nil {
		t.Errorf("%d lines: %v", maxLines, err)
	}
	_, err := total(parse(t, "invoice.create", map[string]any{"lines": lines, "items": []any{map[string]any{"id": "ii_1", "amount": "1"}}}))
	wantError(t, err, connector.Permanent, codeLines, "lines")
}
