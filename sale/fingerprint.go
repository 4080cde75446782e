package sale

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"
)

// Fingerprint is the SHA-256, in hex, of the sale's money and nothing else: who owes (the tax number), in which currency, how much in all, whether prices
// include VAT, and of each line its quantity, total, VAT rate and VAT amount. Two sales with the same fingerprint make documents that come
// to the same; when it changes, documents already made no longer fit.
//
// Wording, dates, names, addresses, payments, unit prices and discounts behind the same totals, and the order of the lines do not matter; neither
// does how a number is written ("24.00" is "24") or a tax number set out ("120389-4569"). Stored fingerprints are compared for years: the form below must
// never change without a new first line.
func (s Sale) Fingerprint() string {
	lines := make([]string, len(s.Lines))
	for i, l := range s.Lines {
		// The line's own total: with whether VAT is included and the VAT amount it says the gross as well.
		lines[i] = strings.Join([]string{canonical(l.Quantity), canonical(l.Total), canonical(l.VATRate), canonical(l.VATAmount)}, " ")
	}
	slices.Sort(lines)
	head := []string{"tengi sale money 1", bare(s.Customer.TaxID), bare(s.Currency), canonical(s.Total), strconv.FormatBool(s.VATIncluded)}
	sum := sha256.Sum256([]byte(strings.Join(append(head, lines...), "\n")))
	return hex.EncodeToString(sum[:])
}

// canonical writes a number in one way: its digits without trailing zeros, and the power of ten they stand for. It takes no more memory than the
// number itself, however large its exponent.
func canonical(d decimal.Decimal) string {
	if d.IsZero() {
		return "0"
	}
	all := d.Coefficient().String()
	digits := strings.TrimRight(all, "0")
	return digits + "e" + strconv.Itoa(int(d.Exponent())+len(all)-len(digits))
}

// bare is a tax number or a code without what only sets it out, so that it is one line and one form.
func bare(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, text)
}
