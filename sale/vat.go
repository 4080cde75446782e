package sale

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/money"
)

// VATGroup is what a sale comes to at one VAT rate. Gross is Net and VAT together.
type VATGroup struct {
	Rate, Net, VAT, Gross decimal.Decimal
}

// VATGroups adds the lines up by VAT rate, the highest rate first. The VAT is that of the lines, as the source gave it, so the groups' gross
// amounts add up to the lines'.
func (s Sale) VATGroups() []VATGroup {
	var groups []VATGroup
	for _, l := range s.Lines {
		i := slices.IndexFunc(groups, func(g VATGroup) bool { return g.Rate.Equal(l.VATRate) })
		if i < 0 {
			i = len(groups)
			groups = append(groups, VATGroup{Rate: l.VATRate})
		}
		g, gross := &groups[i], l.Gross(s.VATIncluded)
		g.Gross = g.Gross.Add(gross)
		g.VAT = g.VAT.Add(l.VATAmount)
		g.Net = g.Gross.Sub(g.VAT)
	}
	slices.SortStableFunc(groups, func(a, b VATGroup) int { return b.Rate.Cmp(a.Rate) })
	return groups
}

// FillVAT computes the VAT amount of every line from its rate, for sources that give rates and no amounts, and gives back the sale with them. VAT
// is rounded once for each rate, half away from zero, and the lines' shares are cut so that they add up to that; none is a whole unit off.
// It fails with money.ErrUnknown, money.ErrRate and money.ErrFormat. The total stays as it is, for Check to hold against the lines.
func (s Sale) FillVAT() (Sale, error) {
	exp, ok := money.Exponent(s.Currency)
	if !ok {
		return Sale{}, fmt.Errorf("VAT of the sale: %w", money.ErrUnknown)
	}
	for path, d := range s.numbers() {
		if err := money.Bounded(d); err != nil {
			return Sale{}, fmt.Errorf("VAT of the sale: %s: %w", path, err)
		}
	}
	lines := slices.Clone(s.Lines)
	byRate := map[string][]int{}
	for i, l := range lines {
		if l.VATRate.IsNegative() || l.VATRate.GreaterThan(hundred) {
			return Sale{}, fmt.Errorf("VAT of the sale: lines[%d].vat_rate: %w", i, money.ErrRate)
		}
		rate := l.VATRate.String()
		byRate[rate] = append(byRate[rate], i)
	}
	for _, group := range byRate {
		fillGroup(lines, group, s.VATIncluded, exp)
	}
	s.Lines = lines
	return s, nil
}

// fillGroup spreads the VAT of the lines of one rate by largest remainder. Lines may be negative, so shares are cut downwards, not towards zero.
func fillGroup(lines []Line, group []int, included bool, exp int32) {
	type share struct {
		line int
		rest decimal.Decimal // what the cut took, times base
	}
	var all, given decimal.Decimal
	shares := make([]share, len(group))
	_, base := lines[group[0]].vat(included)
	for n, i := range group {
		want, _ := lines[i].vat(included)
		all = all.Add(want)
		cut := floor(want, base, exp)
		lines[i].VATAmount = cut
		given = given.Add(cut)
		shares[n] = share{line: i, rest: want.Sub(cut.Mul(base))}
	}
	slices.SortStableFunc(shares, func(a, b share) int { return b.rest.Cmp(a.rest) })
	unit := decimal.New(1, -exp)
	left := all.DivRound(base, exp).Sub(given).Shift(exp).IntPart()
	for _, s := range shares[:left] {
		lines[s.line].VATAmount = lines[s.line].VATAmount.Add(unit)
	}
}

// floor is d / by, cut downwards to so many decimals.
func floor(d, by decimal.Decimal, places int32) decimal.Decimal {
	q, rest := d.QuoRem(by, places)
	if rest.IsNegative() {
		q = q.Sub(decimal.New(1, -places))
	}
	return q
}
