package money

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

func TestSum(t *testing.T) {
	t.Parallel()
	got, err := Sum([]Amount{amount(t, "1.50 EUR"), {}, amount(t, "-0.25 EUR")})
	if err != nil {
		t.Fatal(err)
	}
	wantAmount(t, "sum", got, "1.25 EUR")
	if got, err := Sum(nil); err != nil || got.Currency != "" || !got.IsZero() {
		t.Errorf("the sum of nothing = %s, %v", got, err)
	}
	_, err = Sum([]Amount{amount(t, "1 EUR"), amount(t, "2 EUR"), amount(t, "3 ISK")})
	if !errors.Is(err, ErrCurrency) || !strings.Contains(err.Error(), "amount 3 of 3") {
		t.Errorf("error = %v", err)
	}
}

func TestAllocate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ total, weights, want string }{
		{"100 ISK", "1 1 1", "34 33 33"},
		{"-100 ISK", "1 1 1", "-34 -33 -33"},
		{"100.00 EUR", "1 1 1", "33.34 33.33 33.33"},
		{"5.60 PLN", "9.99 9.99 9.99", "1.87 1.87 1.86"},
		{"10 ISK", "1 0 3", "3 0 7"},       // 2.5 and 7.5: the earlier gets the unit
		{"10 ISK", "0.1 0.2 0.7", "1 2 7"}, // exact
		{"1 ISK", "1 3 2", "0 1 0"},
		{"0 ISK", "1 2", "0 0"},
		{"0 ISK", "0 0", "0 0"},
		{"0 ISK", "", ""},
		{"7 ISK", "5", "7"},
		{"0.05 EUR", "3 7", "0.02 0.03"}, // 1.5 and 3.5 cents
		{"9223372036854775807 ISK", "1 1", "4611686018427387904 4611686018427387903"},
	} {
		total := amount(t, c.total)
		var weights []decimal.Decimal
		for _, w := range strings.Fields(c.weights) {
			weights = append(weights, dec(t, w))
		}
		parts, err := Allocate(total, weights)
		if err != nil {
			t.Errorf("Allocate(%s, %s) = %v", c.total, c.weights, err)
			continue
		}
		want := strings.Fields(c.want)
		if len(parts) != len(want) {
			t.Errorf("Allocate(%s, %s) = %v", c.total, c.weights, parts)
			continue
		}
		for i, part := range parts {
			wantAmount(t, c.total+" by "+c.weights, part, want[i]+" "+total.Currency)
		}
	}
	one := decimal.NewFromInt(1)
	for _, c := range []struct {
		total   Amount
		weights []decimal.Decimal
		err     error
	}{
		{amount(t, "1 ISK"), nil, ErrWeights},
		{amount(t, "1 ISK"), []decimal.Decimal{{}, {}}, ErrWeights},
		{amount(t, "1 ISK"), []decimal.Decimal{one, one.Neg()}, ErrWeights},
		{amount(t, "1.5 ISK"), []decimal.Decimal{one}, ErrFraction},
		{amount(t, "1 KRX"), []decimal.Decimal{one}, ErrUnknown},
		{amount(t, "1 ISK"), []decimal.Decimal{decimal.New(1, 1<<30)}, ErrFormat},
	} {
		if parts, err := Allocate(c.total, c.weights); !errors.Is(err, c.err) {
			t.Errorf("Allocate(%s, %v) = %v, %v; want %v", c.total, c.weights, parts, err, c.err)
		}
	}
}

func TestAllocateProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total := anyAmount(t)
		weights := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) decimal.Decimal {
			return decimal.New(rapid.Int64Range(0, 1e9).Draw(t, "weight"), -rapid.Int32Range(0, 6).Draw(t, "decimals"))
		}), 1, 40).Draw(t, "weights")
		all := new(big.Rat)
		for _, w := range weights {
			all.Add(all, w.Rat())
		}
		if all.Sign() == 0 {
			weights[0] = decimal.NewFromInt(1)
			all = weights[0].Rat()
		}
		parts, err := Allocate(total, weights)
		if err != nil {
			t.Fatal(err)
		}
		if sum, err := Sum(parts); err != nil || !sum.Equal(total) {
			t.Fatalf("the parts of %s come to %s: %v", total, sum, err)
		}
		unit := FromMinor(1, total.Currency).Value.Rat()
		for i, part := range parts {
			if err := part.Whole(); err != nil {
				t.Fatal(err)
			}
			share := new(big.Rat).Quo(new(big.Rat).Mul(total.Value.Rat(), weights[i].Rat()), all)
			if off := share.Sub(share, part.Value.Rat()); off.Abs(off).Cmp(unit) >= 0 {
				t.Fatalf("part %d of %s is %s, a whole unit off its share", i, total, part)
			}
		}
		opposite, err := Allocate(total.Neg(), weights)
		if err != nil {
			t.Fatal(err)
		}
		for i := range parts {
			if !opposite[i].Equal(parts[i].Neg()) {
				t.Fatalf("part %d of the credit is %s, of the sale %s", i, opposite[i], parts[i])
			}
		}
	})
}
