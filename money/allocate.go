package money

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"
)

// Sum adds amounts up. The sum of none is the zero Amount. It fails with ErrCurrency when they are not all in one currency.
func Sum(amounts []Amount) (Amount, error) {
	var sum Amount
	for i, a := range amounts {
		var err error
		if sum, err = sum.Add(a); err != nil {
			return Amount{}, fmt.Errorf("sum, amount %d of %d: %w", i+1, len(amounts), err)
		}
	}
	return sum, nil
}

// Allocate divides a total in proportion to the weights, each part in whole smallest units and all parts together exactly the total. What is
// left after cutting each share to whole units goes, unit by unit, to the shares that lost most by the cut, the earlier first when equal. No part
// differs from its exact share by a whole unit, and the parts of a negative total are the opposite of those of the positive one.
//
// Weights are not negative and at least one is positive; only a total of zero may have none. Otherwise it fails with ErrWeights, and with
// ErrFraction or ErrUnknown when the total cannot be paid in its currency.
func Allocate(total Amount, weights []decimal.Decimal) ([]Amount, error) {
	minor, err := total.Minor()
	if err != nil {
		return nil, fmt.Errorf("allocate %s: %w", total, err)
	}
	whole, all, err := wholeWeights(weights)
	if err != nil {
		return nil, fmt.Errorf("allocate %s: %w", total, err)
	}
	if all.Sign() == 0 && minor != 0 {
		return nil, fmt.Errorf("allocate %s: %w: no weight is positive", total, ErrWeights)
	}
	parts := make([]Amount, len(weights))
	for i, share := range shares(big.NewInt(minor), whole, all) {
		parts[i] = Amount{Value: decimal.NewFromBigInt(share, -exponents[total.Currency]), Currency: total.Currency}
	}
	return parts, nil
}

// wholeWeights scales the weights to whole numbers with the same proportions, and adds them up.
func wholeWeights(weights []decimal.Decimal) (whole []*big.Int, all *big.Int, err error) {
	var exp int32
	for i, w := range weights {
		if err := Bounded(w); err != nil {
			return nil, nil, fmt.Errorf("weight %d: %w", i+1, err)
		}
		if w.IsNegative() {
			return nil, nil, fmt.Errorf("%w: weight %d is negative: %s", ErrWeights, i+1, w)
		}
		exp = min(exp, w.Exponent())
	}
	whole, all = make([]*big.Int, len(weights)), new(big.Int)
	for i, w := range weights {
		whole[i] = w.Shift(-exp).BigInt()
		all.Add(all, whole[i])
	}
	return whole, all, nil
}

// shares divides total by largest remainder.
func shares(total *big.Int, weights []*big.Int, all *big.Int) []*big.Int {
	parts, rest := make([]*big.Int, len(weights)), make([]*big.Int, len(weights))
	left := new(big.Int).Set(total)
	for i, w := range weights {
		parts[i], rest[i] = new(big.Int), new(big.Int)
		if all.Sign() != 0 {
			parts[i].QuoRem(new(big.Int).Mul(total, w), all, rest[i])
		}
		left.Sub(left, parts[i])
	}
	order := make([]int, len(weights))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return rest[b].CmpAbs(rest[a]) })
	unit := big.NewInt(int64(total.Sign()))
	// The cuts sum to less than one unit per part, so fewer units are left than there are parts.
	for _, i := range order[:new(big.Int).Abs(left).Int64()] {
		parts[i].Add(parts[i], unit)
	}
	return parts
}
