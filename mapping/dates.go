package mapping

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// dateFunctions take times, and dates as text (YYYY-MM-DD); they give dates as text, which is what date fields take and what compares as
// dates do. A time is first brought into the workspace's time zone: which day it is depends on it.
var dateFunctions = []function{
	{
		Function: Function{
			// The clock is the one of the Env and not the machine's, so that a replayed event gives what it gave before.
			Name: "today", Group: groupDates, Signature: "today()", Help: "Today's date in the workspace's time zone, YYYY-MM-DD.",
			Example: `today()`, Result: "2026-11-22",
		},
		result: text,
		call:   func(r *run, _ []any) (any, error) { return r.writeDate(r.env.Now) },
	},
	{
		Function: Function{
			Name: "now", Group: groupDates, Signature: "now()", Help: "This moment. In a text only its date is written; date() writes the time as well.",
			Example: `date(now(), "HH:mm")`, Result: "09:30",
		},
		result: moment,
		call:   func(r *run, _ []any) (any, error) { return r.env.Now, nil },
	},
	{
		Function: Function{
			Name: "date", Group: groupDates, Signature: `date(x, layout = "YYYY-MM-DD")`,
			Help: "A time or date as text. The layout may hold YYYY, YY, MM, M, DD, D, HH, H, mm, ss; other letters stand in [brackets]. " +
				"Times are shown in the workspace's time zone.",
			Example: `date(sale.created_at, "DD.MM.YYYY HH:mm")`, Result: "20.11.2026 14:05",
		},
		params: []param{dayParam("x"), optional(textParam("layout"))}, result: text, cost: 4, check: checkLayout,
		call: func(r *run, a []any) (any, error) {
			t, err := r.day(a[0])
			if err != nil || t.IsZero() {
				return nil, err
			}
			layout := optionalText(a)
			if layout == "" {
				layout = "YYYY-MM-DD"
			}
			return formatDate(t, layout)
		},
	},
	{
		Function: Function{
			// 04.05. is two dates, depending on who writes it, so the way it is written has to be given.
			Name: "parse_date", Group: groupDates, Signature: "parse_date(x, layout)",
			Help:    "A date written in another way, as YYYY-MM-DD. The layout is that of date().",
			Example: `parse_date("31.12.2026", "DD.MM.YYYY")`, Result: "2026-12-31",
		},
		params: []param{textParam("x"), textParam("layout")}, result: text, cost: 4, check: checkLayout,
		call: func(_ *run, a []any) (any, error) {
			x := strings.TrimSpace(a[0].(string))
			if x == "" {
				return nil, nil
			}
			t, err := readDate(x, a[1].(string))
			if err != nil {
				return nil, err
			}
			return t.Format(time.DateOnly), nil
		},
	},
	{
		Function: Function{
			// By the calendar, not by hours: a day has 23 or 25 of them twice a year.
			Name: "add_days", Group: groupDates, Signature: "add_days(x, days)",
			Help:    "The date so many days after x, or before it when days is negative, YYYY-MM-DD.",
			Example: `add_days(sale.service_date, 14)`, Result: "2026-12-15",
		},
		params: []param{dayParam("x"), numberParam("days")}, result: text, cost: 2,
		call: func(r *run, a []any) (any, error) {
			t, err := r.day(a[0])
			if err != nil || t.IsZero() {
				return nil, err
			}
			days, err := whole(a[1].(decimal.Decimal))
			switch {
			case err != nil:
				return nil, err
			case days > maxDays || days < -maxDays:
				return nil, errYear
			}
			return inYears(t.AddDate(0, 0, days))
		},
	},
	{
		Function: Function{
			// Both ends at midnight, where it makes no difference at what hour a booking was made.
			Name: "days_between", Group: groupDates, Signature: "days_between(from, to)",
			Help:    "How many days to is after from; negative when it is before.",
			Example: `days_between(today(), sale.service_date)`, Result: "9",
		},
		params: []param{dayParam("from"), dayParam("to")}, result: number, cost: 4,
		call: func(r *run, a []any) (any, error) {
			from, err := r.day(a[0])
			if err != nil {
				return nil, err
			}
			to, err := r.day(a[1])
			if err != nil || from.IsZero() || to.IsZero() {
				return nil, err
			}
			return count(int(midnight(to).Sub(midnight(from)) / (24 * time.Hour))), nil
		},
	},
	{
		Function: Function{
			Name: "format_date", Group: groupDates, Signature: `format_date(x, language = workspace.language)`,
			Help:    "A date in words in English, Icelandic, Ukrainian, Hebrew or Polish (en, is, uk, he, pl).",
			Example: `format_date(sale.service_date, "is")`, Result: "1. desember 2026",
		},
		params: []param{dayParam("x"), optional(textParam("language"))}, result: text, cost: 4, check: checkLanguage,
		call: func(r *run, a []any) (any, error) {
			t, err := r.day(a[0])
			if err != nil || t.IsZero() {
				return nil, err
			}
			// Texts of the hub are in the workspace's language unless a mapping says otherwise.
			language := optionalText(a)
			if language == "" {
				language = r.env.Workspace.Language
			}
			return longDate(t, language)
		},
	},
}

// maxDays is more than all the days a date can be written for; the calendar is not asked beyond it.
const maxDays = 4_000_000

// errYear is about a date that cannot be written in four digits.
var errYear = errors.New("leaves the years 1 to 9999")

// inYears writes a date that can be written.
func inYears(t time.Time) (any, error) {
	if t.Year() < 1 || t.Year() > 9999 {
		return nil, errYear
	}
	return t.Format(time.DateOnly), nil
}

// midnight is the beginning of a day in UTC, where every day has 24 hours.
func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// day is a time or a date in the workspace's time zone; the zero time for nothing.
func (r *run) day(v any) (time.Time, error) {
	switch x := v.(type) {
	case time.Time:
		zone, err := r.zone()
		if err != nil {
			return x, err
		}
		return x.In(zone), nil
	case string:
		// A plain date is that date in every zone; a moment has to be brought into the workspace's first.
		if x = strings.TrimSpace(x); x == "" {
			return time.Time{}, nil
		}
		if len(x) == len(time.DateOnly) {
			if d, err := time.Parse(time.DateOnly, x); err == nil {
				return d, nil
			}
		}
		t, err := r.parseMoment(x)
		if err != nil {
			return time.Time{}, err
		}
		return r.day(t)
	}
	return time.Time{}, nil
}

// errNotDate does not repeat the text: it may be anything, a name in the wrong column for one.
var errNotDate = errors.New(`meets a text that is not a date; write parse_date(…, "DD.MM.YYYY") with the way it is written`)

// momentLayouts are the ways programs write a time. Those without a zone mean the workspace's.
var momentLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly}

// parseMoment reads a time as programs write it. The error does not repeat the text.
func (r *run) parseMoment(s string) (time.Time, error) {
	zone, err := r.zone()
	if err != nil {
		return time.Time{}, err
	}
	if len(s) > maxPattern { // errors of package time copy the text
		return time.Time{}, errNotDate
	}
	for _, layout := range momentLayouts {
		if t, err := time.ParseInLocation(layout, strings.TrimSpace(s), zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errNotDate
}

// tokens of a layout with the layout of package time they stand for. Small yyyy and dd are left out on purpose: whoever writes them means
// months by mm, and mm is minutes.
var tokens = map[string]string{
	"YYYY": "2006", "YY": "06", "MM": "01", "M": "1", "DD": "02", "D": "2", "HH": "15", "H": "15", "mm": "04", "ss": "05",
}

// layoutParts splits a layout into tokens (in package time's terms) and plain text.
func layoutParts(layout string, part func(std, plain string)) error {
	if characters(layout) > maxPattern {
		return fmt.Errorf("takes a layout of at most %d characters", maxPattern)
	}
	for layout != "" {
		// Text in brackets stands for itself; a bracket that is never closed does as well.
		if layout[0] == '[' {
			if end := strings.IndexByte(layout, ']'); end > 0 {
				part("", layout[1:end])
				layout = layout[end+1:]
				continue
			}
		}
		// A token is all letters of one kind in a row, so that MMM is not taken for MM and M.
		c := layout[0]
		same := layout[:len(layout)-len(strings.TrimLeft(layout, layout[:1]))]
		std, ok := tokens[same]
		if !ok && (c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') {
			return fmt.Errorf("takes no %s in a layout; it may hold YYYY, YY, MM, M, DD, D, HH, H, mm, ss, and other letters in [brackets]", brief(same))
		}
		part(std, same)
		layout = layout[len(same):]
	}
	return nil
}

// checkLayout refuses a wrong layout when the expression is saved.
func checkLayout(param string, v any) error {
	if layout, ok := v.(string); ok && param == "layout" {
		return layoutParts(layout, func(string, string) {})
	}
	return nil
}

// formatDate writes a date or time by a layout.
func formatDate(t time.Time, layout string) (any, error) {
	var b strings.Builder
	err := layoutParts(layout, func(std, plain string) {
		switch {
		case plain == "H":
			b.WriteString(strconv.Itoa(t.Hour()))
		case std != "":
			b.WriteString(t.Format(std))
		default:
			b.WriteString(plain)
		}
	})
	if err == nil && (t.Year() < 1 || t.Year() > 9999) {
		err = errYear
	}
	return b.String(), err
}

// readDate reads a text by a layout. Day and month may be written with or without their zero, whatever the layout says.
func readDate(s, layout string) (time.Time, error) {
	year, month, day := 0, 1, 1
	failed := false
	err := layoutParts(layout, func(std, plain string) {
		if std == "" {
			rest, ok := strings.CutPrefix(s, plain)
			s, failed = rest, failed || !ok
			return
		}
		// D and M take two digits as well: sheets write 1.2. and 11.12. in one column.
		n, width := leadingNumber(s, max(2, len(plain)))
		s, failed = s[width:], failed || width == 0
		switch plain {
		case "YYYY":
			year, failed = n, failed || width != 4
		case "YY":
			year, failed = n+2000, failed || width != 2
		case "MM", "M":
			month = n
		case "DD", "D":
			day = n
		}
	})
	if err != nil {
		return time.Time{}, err
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if failed || s != "" || year == 0 || t.Month() != time.Month(month) || t.Day() != day { // 31.02. would become 3 March
		return time.Time{}, errors.New("meets a text that is not a date written as the layout says") // without the text
	}
	return t, nil
}

// leadingNumber reads at most so many digits from the beginning of s.
func leadingNumber(s string, most int) (n, width int) {
	for width < len(s) && width < most && s[width] >= '0' && s[width] <= '9' {
		n = 10*n + int(s[width]-'0')
		width++
	}
	return n, width
}

// months in the form they have after a day, and what is written around them: the long date of Unicode CLDR (common/main/*.xml, calendar
// gregorian, dateFormatLength long, monthContext format, monthWidth wide).
var months = map[string]struct {
	pattern string // %[1]d day, %[2]s month, %[3]d year
	names   [12]string
}{
	"en": {"%[2]s %[1]d, %[3]d", [12]string{"January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December"}},
	"is": {"%[1]d. %[2]s %[3]d", [12]string{"janúar", "febrúar", "mars", "apríl", "maí", "júní",
		"júlí", "ágúst", "september", "október", "nóvember", "desember"}},
	"uk": {"%[1]d %[2]s %[3]d р.", [12]string{"січня", "лютого", "березня", "квітня", "травня", "червня",
		"липня", "серпня", "вересня", "жовтня", "листопада", "грудня"}},
	"he": {"%[1]d ב%[2]s %[3]d", [12]string{"ינואר", "פברואר", "מרץ", "אפריל", "מאי", "יוני",
		"יולי", "אוגוסט", "ספטמבר", "אוקטובר", "נובמבר", "דצמבר"}},
	"pl": {"%[1]d %[2]s %[3]d", [12]string{"stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca",
		"lipca", "sierpnia", "września", "października", "listopada", "grudnia"}},
}

// errLanguage names the languages of the hub; months in any other are not known.
var errLanguage = errors.New("knows the languages en, is, uk, he and pl")

// checkLanguage refuses a language nobody has months for when the expression is saved.
func checkLanguage(param string, v any) error {
	if language, ok := v.(string); ok && param == "language" && language != "" && months[language].pattern == "" {
		return errLanguage
	}
	return nil
}

// longDate is a date in words, in the order and with the signs that the language has.
func longDate(t time.Time, language string) (any, error) {
	m, ok := months[language]
	if !ok {
		return nil, errLanguage
	}
	return fmt.Sprintf(m.pattern, t.Day(), m.names[t.Month()-1], t.Year()), nil
}
