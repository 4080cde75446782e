package rows

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
)

// The types of the events that rows make.
const (
	TypeNew      = "row.new"
	TypeChanged  = "row.changed"
	TypeQuestion = "row.question" // a person must look before rows become events
)

// Event is an entry as an event of a type. issue tells several events of one row apart: nothing for its first. Its errors name the row and the
// column, and nothing that stands there.
func (r *Reader) Event(kind string, e Entry, issue string) (tengi.Event, error) {
	sold, err := r.sale(e)
	if err != nil {
		return tengi.Event{}, err
	}
	data, err := r.data(e)
	if err != nil {
		return tengi.Event{}, err
	}
	dedupe := kind + ":" + e.ID.String()
	if issue != "" {
		dedupe += ":" + issue
	}
	return tengi.Event{Type: kind, Object: r.object(e), Dedupe: dedupe, Sale: sold, Data: data}, nil
}

// Held is an event that asks a person. It has no object, so that nothing waits behind it.
func (r *Reader) Held(code, reason string) tengi.Event {
	return Held(reason, r.place, r.rules.shape(), code)
}

// Held is an event that asks a person; what names it tells it from others.
func Held(reason string, named ...string) tengi.Event {
	return tengi.Event{Type: TypeQuestion, Dedupe: TypeQuestion + ":" + hash(named...).String(), Unreadable: reason}
}

// object names the row among all that an account reads. A key that is one plain word stays legible.
func (r *Reader) object(e Entry) string {
	name := e.Key
	if name == "" || len(name) > 60 || strings.ContainsFunc(name, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.')
	}) {
		name = e.ID.String()
	}
	return "row/" + hash("place", r.place).String()[:6] + "/" + strings.ToLower(name)
}

// data is a row as an object by its headers. Empty cells are there and null, so that a name written wrong can be told from one that is empty.
// What the hub adds begins with an underscore.
func (r *Reader) data(e Entry) (json.RawMessage, error) {
	object := make(map[string]any, len(r.columns)+2)
	object["_row"] = e.Number
	if e.Key != "" {
		object["_key"] = e.Key
	}
	for i, c := range r.columns {
		var value any
		switch cell := e.Cells[i].(type) {
		case decimal.Decimal:
			if day, ok := r.day(i, cell); ok {
				value = string(day)
			} else {
				value = json.Number(cell.String())
			}
		case Date:
			value = string(cell)
		default:
			value = cell
		}
		object[c.Name] = value
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(object); err != nil {
		return nil, fmt.Errorf("row %d: its cells cannot be written down", e.Number)
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

// serialDay is day 0 of the dates that sheets keep as numbers (https://developers.google.com/workspace/sheets/api/guides/formats).
var serialDay = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

// Numbers between these are plausible dates: 1954 to 2119.
const (
	firstSerial = 20_000
	lastSerial  = 80_000
)

// day reads a number in a column of dates as one.
func (r *Reader) day(column int, number decimal.Decimal) (Date, bool) {
	role, ok := r.role[Day]
	if !slices.Contains(r.dates, column) && (!ok || role != column) {
		return "", false
	}
	return Serial(number)
}

// Serial is the date that a sheet keeps as a number: days since 30 December 1899, and the time of day as a fraction, in the sheet's own time zone.
func Serial(number decimal.Decimal) (Date, bool) {
	if number.LessThan(decimal.NewFromInt(firstSerial)) || number.GreaterThan(decimal.NewFromInt(lastSerial)) {
		return "", false
	}
	days := number.IntPart()
	seconds := number.Sub(decimal.NewFromInt(days)).Mul(decimal.NewFromInt(86_400)).Round(0).IntPart()
	at := serialDay.AddDate(0, 0, int(days)).Add(time.Duration(seconds) * time.Second)
	if seconds == 0 {
		return Date(at.Format(time.DateOnly)), true
	}
	return Date(at.Format("2006-01-02T15:04:05")), true
}

// sale is what a row says was sold; nil when no column is the amount.
func (r *Reader) sale(e Entry) (*sale.Sale, error) {
	at, ok := r.role[Amount]
	if !ok {
		return nil, r.broken(e)
	}
	if err := r.broken(e); err != nil {
		return nil, err
	}
	s := &sale.Sale{Reference: r.text(e, Reference), Status: r.status(e), Currency: r.rules.Currency, VATIncluded: true, ServiceDate: r.date(e)}
	if text := r.text(e, Currency); text != "" {
		s.Currency = strings.ToUpper(text)
		if _, known := money.Exponent(s.Currency); !known {
			return nil, r.fault(e, r.role[Currency], "is not a currency, such as ISK")
		}
	}
	total, err := r.amount(e.Cells[at], s.Currency)
	if err != nil {
		return nil, r.fault(e, at, "is not an amount that can be read: "+err.Error())
	}
	if s.Reference == "" {
		if s.Reference = e.Key; s.Reference == "" {
			s.Reference = "R-" + strings.ToUpper(e.ID.String()[:8])
		}
	}
	s.Customer = sale.Customer{Name: r.text(e, Name), Email: r.text(e, Email), Phone: r.text(e, Phone),
		TaxID: strings.NewReplacer(" ", "", "-", "").Replace(r.text(e, TaxID))}
	if s.Customer.Email != "" && !mailbox(s.Customer.Email) {
		return nil, r.fault(e, r.role[Email], "is not one e-mail address")
	}
	if s.Total = total; total.IsZero() {
		return s, nil
	}
	line := sale.Line{Text: r.text(e, Words), Quantity: decimal.NewFromInt(1), UnitPrice: total, Total: total, VATRate: r.rules.VAT}
	if line.Text == "" {
		line.Text = s.Reference
	}
	if cell := r.cell(e.Row, VATRate); cell != nil {
		if line.VATRate, err = rate(cell); err != nil {
			return nil, r.fault(e, r.role[VATRate], "is not a VAT rate in per cent, from 0 to 100")
		}
	}
	s.Lines = []sale.Line{line}
	filled, err := s.FillVAT()
	if err != nil {
		return nil, fmt.Errorf("row %d: %w", e.Number, err)
	}
	return &filled, nil
}

// broken finds a cell where a formula went wrong.
func (r *Reader) broken(e Entry) error {
	for i, cell := range e.Cells {
		if failed(cell) && slices.Contains(r.watched, i) {
			return r.fault(e, i, "holds an error instead of a value")
		}
	}
	return nil
}

func (r *Reader) fault(e Entry, column int, what string) error {
	return fmt.Errorf("row %d: the column “%s” %s", e.Number, r.columns[column].Name, what)
}

// text is what a row says in the column of a role, on one line.
func (r *Reader) text(e Entry, role Role) string {
	return strings.Join(strings.Fields(Text(r.cell(e.Row, role))), " ")
}

// amount reads an amount. What sheets hold as numbers is exact; texts are read as people of all our countries write them.
func (r *Reader) amount(cell any, currency string) (decimal.Decimal, error) {
	switch c := cell.(type) {
	case decimal.Decimal:
		return c, money.Bounded(c)
	case string:
		hints := []money.Hint{money.InCurrency(currency)}
		if r.rules.Point != 0 {
			hints = append(hints, money.DecimalSign(r.rules.Point))
		}
		return money.ParseLocal(c, hints...)
	}
	return decimal.Decimal{}, money.ErrFormat
}

// rate reads per cent. A cell formatted as per cent holds a fraction: 0.24 is 24 %.
func rate(cell any) (decimal.Decimal, error) {
	hundred := decimal.NewFromInt(100)
	var d decimal.Decimal
	switch c := cell.(type) {
	case decimal.Decimal:
		if d = c; d.IsPositive() && d.LessThan(decimal.NewFromInt(1)) {
			d = d.Mul(hundred)
		}
	case string:
		var err error
		if d, err = money.ParseLocal(strings.TrimSuffix(strings.TrimSpace(c), "%")); err != nil {
			return d, err
		}
	default:
		return d, money.ErrRate
	}
	if d.IsNegative() || d.GreaterThan(hundred) || money.Bounded(d) != nil {
		return d, money.ErrRate
	}
	return d, nil
}

// mailbox says whether a text looks like one e-mail address; who sends to it checks again.
func mailbox(text string) bool {
	local, domain, ok := strings.Cut(text, "@")
	return ok && local != "" && strings.Contains(domain, ".") && !strings.ContainsAny(text, " ,;<>") && !strings.Contains(domain, "@")
}

// date is the day of service where the cell leaves no doubt which one that is; empty otherwise.
func (r *Reader) date(e Entry) string {
	switch cell := r.cell(e.Row, Day).(type) {
	case Date:
		return string(cell)[:10]
	case decimal.Decimal:
		if day, ok := Serial(cell); ok {
			return string(day)[:10]
		}
	case string:
		return dayOf(cell)
	}
	return ""
}

// dayOf reads a day written by a person. Between points the day comes first, in every country of ours; between slashes only a number above 12
// tells which is the day.
func dayOf(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), " ")
	text, _, _ = strings.Cut(text, "T")
	text = strings.TrimRight(text, ".,")
	for _, form := range []string{time.DateOnly, "2.1.2006", "2006.1.2"} {
		if at, err := time.Parse(form, text); err == nil {
			return at.Format(time.DateOnly)
		}
	}
	first, errFirst := time.Parse("2/1/2006", text)
	second, errSecond := time.Parse("1/2/2006", text)
	switch {
	case errFirst == nil && (errSecond != nil || first.Equal(second)):
		return first.Format(time.DateOnly)
	case errSecond == nil && errFirst != nil:
		return second.Format(time.DateOnly)
	}
	return ""
}

// cancelledWords and pendingWords are what a column of statuses says in our languages, as plain writes it.
var (
	cancelledWords = []string{"cancelled", "canceled", "refunded", "afbókað", "afpantað", "hætt við", "fellt niður", "скасовано", "відмінено", "анульовано", "בוטל", "מבוטל",
		"anulowano", "anulowane", "anulowana", "odwołano", "odwołane", "odwołana"}
	pendingWords = []string{"pending", "draft", "waiting", "í bið", "bíður", "óstaðfest", "очікує", "чернетка", "ממתין", "טיוטה", "oczekuje", "oczekujące", "robocze"}
)

func (r *Reader) status(e Entry) sale.Status {
	switch text := plain(r.text(e, Status)); {
	case slices.Contains(cancelledWords, text):
		return sale.Cancelled
	case slices.Contains(pendingWords, text):
		return sale.Pending
	}
	return sale.Confirmed
}
