package sale

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// TestFingerprintIsForEver fails when the form that is hashed changes: stored fingerprints would then all look like changed sales. The hash is that
// of these lines, without a line end behind the last: tengi sale money 1, 1203894569, ISK, 398e2, true, 1e0 149e2 24e0 2884e0, 2e0 249e2 11e0 2468e0.
func TestFingerprintIsForEver(t *testing.T) {
	t.Parallel()
	const want = "d0515b0d7b2b803138936e9cab4bc519bf450ca6d72a5b44892ad92517cd7c0a"
	if got := tour(t).Fingerprint(); got != want {
		t.Errorf("fingerprint = %s, want %s", got, want)
	}
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	first := tour(t).Fingerprint()
	for name, change := range map[string]func(*Sale){
		"reference":                func(s *Sale) { s.Reference = "other" },
		"status":                   func(s *Sale) { s.Status = Cancelled },
		"created":                  func(s *Sale) { s.CreatedAt = time.Time{} },
		"dates":                    func(s *Sale) { s.ServiceDate, s.ServiceEnd = "2027-01-01", "2027-01-02" },
		"name":                     func(s *Sale) { s.Customer.Name, s.Customer.Company = "Jón", true },
		"e-mail":                   func(s *Sale) { s.Customer.Email, s.Customer.Phone = "", "5551234" },
		"address":                  func(s *Sale) { s.Customer.Address, s.Customer.Country, s.Customer.Language = "x", "PL", "pl" },
		"tax id set out":           func(s *Sale) { s.Customer.TaxID = " 120389-4569\n" },
		"wording":                  func(s *Sale) { s.Lines[0].Text, s.Lines[0].SKU, s.Lines[0].VATCode = "Hvalaskoðun", "W", "" },
		"how the total came about": func(s *Sale) { s.Lines[0].UnitPrice, s.Lines[0].Discount = dec(t, "12450"), decimal.Decimal{} },
		"order":                    func(s *Sale) { slices.Reverse(s.Lines) },
		"payments":                 func(s *Sale) { s.Payments = nil },
		"remarks":                  func(s *Sale) { s.Remarks, s.Channel = "", "" },
		"zeros": func(s *Sale) {
			s.Total = dec(t, "39800.000")
			s.Lines[0].VATRate, s.Lines[0].Quantity, s.Lines[0].Total, s.Lines[0].VATAmount = dec(t, "11.00"), dec(t, "2.0"), dec(t, "249e2"), dec(t, "2468.0")
		},
	} {
		s := tour(t)
		change(&s)
		if s.Fingerprint() != first {
			t.Errorf("the fingerprint changes with %s", name)
		}
	}
	seen := map[string]string{first: "nothing"}
	for name, change := range map[string]func(*Sale){
		"tax id":         func(s *Sale) { s.Customer.TaxID = "5501694149" },
		"no tax id":      func(s *Sale) { s.Customer.TaxID = "" },
		"currency":       func(s *Sale) { s.Currency = "EUR" },
		"total":          func(s *Sale) { s.Total = dec(t, "39801") },
		"sign":           func(s *Sale) { s.Total = dec(t, "-39800") },
		"power of ten":   func(s *Sale) { s.Total = dec(t, "3980") },
		"VAT included":   func(s *Sale) { s.VATIncluded = false },
		"quantity":       func(s *Sale) { s.Lines[0].Quantity = dec(t, "3") },
		"line total":     func(s *Sale) { s.Lines[0].Total = dec(t, "24901") },
		"VAT rate":       func(s *Sale) { s.Lines[0].VATRate = dec(t, "24") },
		"VAT amount":     func(s *Sale) { s.Lines[0].VATAmount = dec(t, "2469") },
		"line more":      func(s *Sale) { s.Lines = append(s.Lines, Line{}) },
		"line less":      func(s *Sale) { s.Lines = s.Lines[:1] },
		"line twice":     func(s *Sale) { s.Lines = append(s.Lines, s.Lines[0]) },
		"totals swapped": func(s *Sale) { s.Lines[0].Total, s.Lines[1].Total = s.Lines[1].Total, s.Lines[0].Total },
	} {
		s := tour(t)
		change(&s)
		got := s.Fingerprint()
		if other, ok := seen[got]; ok {
			t.Errorf("the fingerprint is the same with %s changed as with %s", name, other)
		}
		seen[got] = name
	}
}

func TestFingerprintOfAbsurdNumbers(t *testing.T) {
	t.Parallel()
	s := tour(t)
	s.Total, s.Lines[0].Total = decimal.New(10, math.MaxInt32), decimal.New(1, math.MinInt32)
	if got := s.Fingerprint(); len(got) != 64 {
		t.Errorf("fingerprint = %q", got)
	}
}

func TestFingerprintProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := Sale{Currency: "PLN", Lines: anyLines(t, 2), Total: decimal.New(rapid.Int64().Draw(t, "total"), -rapid.Int32Range(0, 9).Draw(t, "decimals"))}
		other := s
		other.Lines = rapid.Permutation(s.Lines).Draw(t, "order")
		zeros := rapid.Int32Range(0, 9).Draw(t, "zeros")
		for i := range other.Lines {
			l := &other.Lines[i]
			l.Total = decimal.NewFromBigInt(l.Total.Shift(zeros+9).BigInt(), -zeros-9)
			l.VATRate = decimal.NewFromBigInt(l.VATRate.Shift(zeros).BigInt(), -zeros)
		}
		if s.Fingerprint() != other.Fingerprint() {
			t.Fatal("order or trailing zeros change the fingerprint")
		}
		other.Total = other.Total.Add(decimal.New(1, -9))
		if s.Fingerprint() == other.Fingerprint() {
			t.Fatal("another total has the same fingerprint")
		}
	})
}
