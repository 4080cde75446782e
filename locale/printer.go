package locale

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/money"
)

// Printer writes for one reader. It is cheap to make, and may be used by several goroutines.
type Printer struct {
	*catalog
	zone *time.Location
}

// New is a printer for a reader of the language whose clock is that of the zone. A language that is not ours is English, no zone is UTC.
func New(language string, zone *time.Location) *Printer {
	c, ok := catalogs[language]
	if !ok {
		c = catalogs[English]
	}
	if zone == nil {
		zone = time.UTC
	}
	return &Printer{catalog: c, zone: zone}
}

// Zone is the reader's time zone.
func (p *Printer) Zone() *time.Location { return p.zone }

// Text is the text of a key with the values of its names: Text("events.found_for", "query", q). The key is written as a literal, so that tests find
// it. Values are texts, numbers, amounts or times; texts of another direction are set apart from the sentence around them.
func (p *Printer) Text(key string, namesAndValues ...any) string {
	return p.say(key, nil, &values{printer: p, pairs: namesAndValues})
}

// Count is a text with plural forms for a number, which stands in it as {n}: Count("inbox.waiting", 3).
func (p *Printer) Count(key string, n int, namesAndValues ...any) string {
	return p.say(key, n, &values{printer: p, count: p.Number(decimal.NewFromInt(int64(n))), pairs: namesAndValues})
}

// CountDecimal is Count for a number that may have decimals: 1.5 hours.
func (p *Printer) CountDecimal(key string, n decimal.Decimal, namesAndValues ...any) string {
	return p.say(key, n.String(), &values{printer: p, count: p.Number(n), pairs: namesAndValues})
}

// say finds a text in the reader's language, else in English, else it is the key: a page with a key in it is better than none.
func (p *Printer) say(key string, count any, given *values) string {
	if text, err := p.catalog.say(key, count, given); err == nil {
		return text
	}
	if text, err := catalogs[English].say(key, count, given); err == nil {
		return text
	}
	return key
}

// Family is a text whose key is chosen at run time, from a family that is registered with all its members: Family("state", string(state)). What is
// no member is shown as it is.
func (p *Printer) Family(family, member string) string {
	if !slices.Contains(families[family], member) {
		return member
	}
	return p.say(family+"."+member, nil, nil)
}

// value writes a value of a text's name.
func (p *Printer) value(value any) string {
	switch v := value.(type) {
	case string:
		return isolated(v, p.Direction)
	case int:
		return p.Number(decimal.NewFromInt(int64(v)))
	case int64:
		return p.Number(decimal.NewFromInt(v))
	case decimal.Decimal:
		return p.Number(v)
	case money.Amount:
		return isolated(p.Money(v), p.Direction)
	case time.Time:
		return isolated(p.DateTime(v), p.Direction)
	}
	return isolated(fmt.Sprint(value), p.Direction)
}

// Number writes a number with all its decimals.
func (p *Printer) Number(d decimal.Decimal) string { return money.FormatNumber(d, p.Code) }

// Money writes an amount with its currency, never rounded.
func (p *Printer) Money(a money.Amount) string { return money.Format(a, p.Code) }

// List joins texts as a sentence does: "a, b and c".
func (p *Printer) List(items []string) string {
	last := len(items) - 1
	if last < 1 {
		return strings.Join(items, "")
	}
	apart := make([]string, len(items))
	for i, item := range items {
		apart[i] = isolated(item, p.Direction)
	}
	first := strings.Join(apart[:last], ", ")
	and := p.Text("common.and")
	if p.Code == "he" { // one word with what follows, with a hyphen before other scripts and numbers
		if !startsHebrew(items[last]) {
			and += "-"
		}
		return first + " " + and + apart[last]
	}
	return first + " " + and + " " + apart[last]
}

// startsHebrew says whether a text begins with a Hebrew letter.
func startsHebrew(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return r >= 'א' && r <= 'ת'
}
