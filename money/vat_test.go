package money

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

func TestSplitGross(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ gross, rate, vat, net string }{
		{"24900 ISK", "24", "4819", "20081"},
		{"24900 ISK", "11", "2468", "22432"},
		{"149.99 PLN", "23", "28.05", "121.94"},
		{"149.99 PLN", "8", "11.11", "138.88"},
		{"149.99 PLN", "5", "7.14", "142.85"},
		{"-149.99 PLN", "23", "-28.05", "-121.94"},
		{"29.97 PLN", "23", "5.60", "24.37"},
		{"180.00 ILS", "18", "27.46", "152.54"},
		{"241.80 ILS", "18", "36.88", "204.92"},
		{"1000.00 UAH", "20", "166.67", "833.33"},
		{"1000.00 UAH", "7", "65.42", "934.58"},
		{"0.01 ILS", "18", "0.00", "0.01"},
		{"0 ISK", "24", "0", "0"},
		{"24900 ISK", "0", "0", "24900"},
		{"24900.00 ISK", "24.00", "4819", "20081"},
		{"100 EUR", "8.1", "7.49", "92.51"}, // Switzerland's rate has a decimal
		{"1 ISK", "100", "1", "0"},          // one half, away from zero
		{"-1 ISK", "100", "-1", "0"},        // and the same for a credit
		{"0.05 EUR", "100", "0.03", "0.02"},
		{"10.500 KWD", "5", "0.5", "10"},
	} {
		gross := amount(t, c.gross)
		net, vat, err := SplitGross(gross, dec(t, c.rate))
		if err != nil {
			t.Errorf("SplitGross(%s, %s) = %v", c.gross, c.rate, err)
			continue
		}
		wantAmount(t, c.gross+": VAT", vat, c.vat+" "+gross.Currency)
		wantAmount(t, c.gross+": net", net, c.net+" "+gross.Currency)
	}
}

func TestAddVAT(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ net, rate, vat, gross string }{
		{"20081 ISK", "24", "4819", "24900"},
		{"22432 ISK", "11", "2468", "24900"},
		{"121.94 PLN", "23", "28.05", "149.99"},
		{"-121.94 PLN", "23", "-28.05", "-149.99"},
		{"152.54 ILS", "18", "27.46", "180"},
		{"833.33 UAH", "20", "166.67", "1000"},
		{"0.02 EUR", "25", "0.01", "0.03"}, // 0.005 goes up
		{"-0.02 EUR", "25", "-0.01", "-0.03"},
		{"50 ISK", "11", "6", "56"}, // 5.5 goes up
		{"100 ISK", "0", "0", "100"},
	} {
		net := amount(t, c.net)
		gross, vat, err := AddVAT(net, dec(t, c.rate))
		if err != nil {
			t.Errorf("AddVAT(%s, %s) = %v", c.net, c.rate, err)
			continue
		}
		wantAmount(t, c.net+": VAT", vat, c.vat+" "+net.Currency)
		wantAmount(t, c.net+": gross", gross, c.gross+" "+net.Currency)
	}
}

func TestVATRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amount Amount
		rate   decimal.Decimal
		err    error
	}{
		{amount(t, "24900.50 ISK"), dec(t, "24"), ErrFraction},
		{amount(t, "1 KRX"), dec(t, "24"), ErrUnknown},
		{Amount{}, dec(t, "24"), ErrUnknown},
		{amount(t, "1 ISK"), dec(t, "-1"), ErrRate},
		{amount(t, "1 ISK"), dec(t, "2400"), ErrRate}, // basis points
		{amount(t, "1 ISK"), decimal.New(1, 1<<30), ErrRate},
		{New(decimal.New(1, 1<<30), "ISK"), dec(t, "24"), ErrFormat},
	} {
		if _, _, err := SplitGross(c.amount, c.rate); !errors.Is(err, c.err) {
			t.Errorf("SplitGross(%s) = %v, want %v", c.amount, err, c.err)
		}
		if _, _, err := AddVAT(c.amount, c.rate); !errors.Is(err, c.err) {
			t.Errorf("AddVAT(%s) = %v, want %v", c.amount, err, c.err)
		}
	}
}

// anyRate draws a VAT rate with up to two decimals.
func anyRate(t *rapid.T) decimal.Decimal {
	return decimal.New(rapid.Int64Range(0, 10000).Draw(t, "basis points"), -2)
}

// halfAway rounds to whole units, half away from zero, by another way than the code under test: with fractions.
func halfAway(r *big.Rat) *big.Int {
	two := new(big.Int).Mul(r.Num(), big.NewInt(2))
	two.Abs(two).Add(two, r.Denom())
	q := two.Quo(two, new(big.Int).Mul(r.Denom(), big.NewInt(2)))
	if r.Sign() < 0 {
		q.Neg(q)
	}
	return q
}

func TestVATProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, rate := anyAmount(t), anyRate(t)
		minor, err := a.Minor()
		if err != nil {
			t.Fatal(err)
		}
		net, vat, err := SplitGross(a, rate)
		if err != nil {
			t.Fatal(err)
		}
		if sum, err := net.Add(vat); err != nil || !sum.Equal(a) {
			t.Fatalf("net %s and VAT %s are not %s: %v", net, vat, a, err)
		}
		points := rate.Mul(hundred).IntPart()
		want := halfAway(big.NewRat(1, 1).Mul(big.NewRat(minor, 1), big.NewRat(points, 10000+points)))
		if got, err := vat.Minor(); err != nil || got != want.Int64() {
			t.Fatalf("VAT of %s %% in %s is %s, want %s units: %v", rate, a, vat, want, err)
		}
		creditNet, creditVAT, err := SplitGross(a.Neg(), rate)
		if err != nil || !creditNet.Equal(net.Neg()) || !creditVAT.Equal(vat.Neg()) {
			t.Fatalf("a credit of %s is not its opposite: %s and %s, %v", a, creditNet, creditVAT, err)
		}
		gross, on, err := AddVAT(a, rate)
		if err != nil {
			t.Fatal(err)
		}
		want = halfAway(big.NewRat(1, 1).Mul(big.NewRat(minor, 1), big.NewRat(points, 10000)))
		if got, err := on.Minor(); err != nil || got != want.Int64() {
			t.Fatalf("VAT of %s %% on %s is %s, want %s units: %v", rate, a, on, want, err)
		}
		if back, err := gross.Sub(on); err != nil || !back.Equal(a) {
			t.Fatalf("gross %s without VAT %s is not %s: %v", gross, on, a, err)
		}
	})
}

func TestRateFromVAT(t *testing.T) {
	t.Parallel()
	iceland := []string{"24", "11", "0"}
	for _, c := range []struct {
		vat, gross string
		allowed    []string
		tolerance  string
		want       string // empty = ErrRate
	}{
		{"4819", "24900", iceland, "1", "24"},
		{"4819.35", "24900", iceland, "1", "24"}, // not rounded by the source
		{"2468", "24900", iceland, "1", "11"},
		{"-2468", "-24900", iceland, "1", "11"},
		{"0", "24900", iceland, "1", "0"},
		{"4820", "24900", iceland, "1", "24"},
		{"4821", "24900", iceland, "1", ""},
		{"4821", "24900", iceland, "2", "24"}, // two lines were rounded
		{"6474", "24900", iceland, "1", ""},   // 35 %: the sum of two taxes
		{"-4819", "24900", iceland, "1", ""},
		{"28.05", "149.99", []string{"23", "8", "5", "0"}, "0.01", "23"},
		{"11.11", "149.99", []string{"23", "8", "5", "0"}, "0.01", "8"},
		{"28.05", "149.99", []string{"8", "5"}, "0.01", ""},
		{"1", "5", iceland, "1", "24"}, // 0.97 is nearer than 0.50
		{"0", "0", iceland, "1", "24"}, // a free line: the first
		{"0", "0", []string{"11", "24"}, "1", "11"},
		{"1", "0", iceland, "0", ""},
		{"0", "24900", nil, "1", ""},
		{"0", "24900", []string{"-5"}, "1", ""},
		{"4819", "24900", []string{"2400"}, "1", ""},
		{"4819", "24900", iceland, "-1", ""},
	} {
		var allowed []decimal.Decimal
		for _, rate := range c.allowed {
			allowed = append(allowed, dec(t, rate))
		}
		got, err := RateFromVAT(dec(t, c.vat), dec(t, c.gross), allowed, dec(t, c.tolerance))
		switch {
		case c.want == "" && !errors.Is(err, ErrRate):
			t.Errorf("RateFromVAT(%s in %s) = %s, %v; want ErrRate", c.vat, c.gross, got, err)
		case c.want != "" && (err != nil || !got.Equal(dec(t, c.want))):
			t.Errorf("RateFromVAT(%s in %s) = %s, %v; want %s", c.vat, c.gross, got, err, c.want)
		}
	}
	_, err := RateFromVAT(dec(t, "6474"), dec(t, "24900"), []decimal.Decimal{dec(t, "24"), dec(t, "11")}, dec(t, "1"))
	if want := "VAT of 6474 in 24900 fits none of 24 %, 11 % within 1"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error = %v, want the numbers: %s", err, want)
	}
	if _, err := RateFromVAT(decimal.New(1, 1<<30), dec(t, "1"), nil, dec(t, "1")); !errors.Is(err, ErrFormat) {
		t.Errorf("an absurd VAT: %v", err)
	}
}

func TestRateFromVATFindsTheRateThatMadeIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		allowed := []decimal.Decimal{decimal.NewFromInt(0), decimal.NewFromInt(11), decimal.NewFromInt(24)}
		rate := rapid.SampledFrom(allowed).Draw(t, "rate")
		// From 20 krónur on the VATs of the three rates are further apart than their rounding.
		gross := FromMinor(rapid.Int64Range(20, 1e12).Draw(t, "gross"), "ISK")
		_, vat, err := SplitGross(gross, rate)
		if err != nil {
			t.Fatal(err)
		}
		got, err := RateFromVAT(vat.Value, gross.Value, allowed, decimal.NewFromInt(1))
		if err != nil || !got.Equal(rate) {
			t.Fatalf("VAT %s in %s is taken for %s, was %s: %v", vat, gross, got, rate, err)
		}
	})
}
