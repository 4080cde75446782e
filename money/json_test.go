package money

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

func TestAmountJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   Amount
		want string
	}{
		{amount(t, "24900 ISK"), `{"value":"24900","currency":"ISK"}`},
		{amount(t, "149.9 PLN"), `{"value":"149.90","currency":"PLN"}`},
		{amount(t, "-33.3333 EUR"), `{"value":"-33.3333","currency":"EUR"}`},
		{amount(t, "12.5 QQQ"), `{"value":"12.5","currency":"QQQ"}`},
		{Amount{}, `{"value":"0","currency":""}`},
	} {
		got, err := json.Marshal(c.in)
		if err != nil || string(got) != c.want {
			t.Errorf("%s is %s, %v; want %s", c.in, got, err, c.want)
		}
		var back Amount
		if err := json.Unmarshal(got, &back); err != nil || !back.Equal(c.in) {
			t.Errorf("%s is read back as %s, %v", got, back, err)
		}
	}
	for _, a := range []Amount{New(decimal.New(1, math.MaxInt32), "ISK"), New(decimal.New(1, 60), "ISK")} {
		if out, err := json.Marshal(a); !errors.Is(err, ErrFormat) {
			t.Errorf("%s is written as %s, %v", a, out, err)
		}
	}
}

func TestAmountJSONRefuses(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		`null`, `24900`, `"24900 ISK"`, `[]`, `{}`,
		`{"value":24900,"currency":"ISK"}`,
		`{"value":"24900"}`, `{"currency":"ISK"}`,
		`{"value":"24900","currency":"ISK","vat":"1"}`,
		`{"value":"24900","value":"1","currency":"ISK"}`,
		`{"Value":"24900","currency":"ISK"}`,
		`{"value":"24900","currency":"isk"}`,
		`{"value":"24900","currency":""}`,
		`{"value":"24900","currency":"kr."}`,
		`{"value":"24.900,00","currency":"ISK"}`,
		`{"value":"1e3","currency":"ISK"}`,
		`{"value":"","currency":"ISK"}`,
		`{"value":null,"currency":"ISK"}`,
		`{"value":{"value":"1"},"currency":"ISK"}`,
		`{"value":["1"],"currency":"ISK"}`,
	} {
		var a Amount
		if err := json.Unmarshal([]byte(data), &a); !errors.Is(err, ErrFormat) && !errors.Is(err, ErrUnknown) {
			t.Errorf("%s is read as %s, %v", data, a, err)
		}
		if !a.IsZero() {
			t.Errorf("%s is refused and leaves %s behind", data, a)
		}
	}
	for _, data := range []string{``, `{`, `{"value":"1","currency":"ISK"`, `{"value":"1","currency":"ISK"}{}`, `{"value" "1"}`, `{"value":"1","currency":"ISK"} x`} {
		var a Amount
		if err := a.UnmarshalJSON([]byte(data)); !errors.Is(err, ErrFormat) {
			t.Errorf("%s is read as %s, %v", data, a, err)
		}
	}
}

func TestAmountJSONRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := anyAmount(t)
		a.Value = a.Value.Shift(rapid.Int32Range(-6, 3).Draw(t, "shift"))
		data, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var back Amount
		if err := json.Unmarshal(data, &back); err != nil || !back.Equal(a) {
			t.Fatalf("%s is written %s and read as %s, %v", a, data, back, err)
		}
	})
}

func FuzzAmountJSON(f *testing.F) {
	for _, s := range []string{`{"value":"24900","currency":"ISK"}`, `{"value":"-1.50","currency":"PLN"}`, `{"value":1}`, `null`, `{"value":"0","currency":""}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var a Amount
		if json.Unmarshal(data, &a) != nil {
			return
		}
		if !strings.Contains(string(data), `"`) {
			t.Fatalf("%s holds no text and is read as %s", data, a)
		}
		out, err := json.Marshal(a)
		if err != nil {
			t.Fatalf("%s is read and cannot be written: %v", data, err)
		}
		var back Amount
		if err := json.Unmarshal(out, &back); err != nil || !back.Equal(a) {
			t.Fatalf("%s is written %s and read as %s, %v", data, out, back, err)
		}
	})
}
