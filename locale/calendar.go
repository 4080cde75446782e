package locale

import (
	"strconv"
	"strings"
	"time"
)

// calendar is how a language writes dates: the names and patterns of Unicode CLDR 48 (https://cldr.unicode.org). In the patterns d is the day, m the
// month and y the year.
type calendar struct {
	months   [12]string // as they stand in a date
	short    [12]string // the same, shortened
	alone    [12]string // as they stand without a day
	weekdays [7]string  // from Sunday
	shortly  [7]string
	long     string // 3 November 2026
	brief    string // 3 Nov 2026
	month    string // November 2026
}

var calendars = map[string]calendar{
	"en": {
		months:   words12("January, February, March, April, May, June, July, August, September, October, November, December"),
		short:    words12("Jan, Feb, Mar, Apr, May, Jun, Jul, Aug, Sep, Oct, Nov, Dec"),
		alone:    words12("January, February, March, April, May, June, July, August, September, October, November, December"),
		weekdays: words7("Sunday, Monday, Tuesday, Wednesday, Thursday, Friday, Saturday"),
		shortly:  words7("Sun, Mon, Tue, Wed, Thu, Fri, Sat"),
		long:     "d m y", brief: "d m y", month: "m y",
	},
	"is": {
		months:   words12("janúar, febrúar, mars, apríl, maí, júní, júlí, ágúst, september, október, nóvember, desember"),
		short:    words12("jan., feb., mars, apr., maí, jún., júl., ágú., sep., okt., nóv., des."),
		alone:    words12("janúar, febrúar, mars, apríl, maí, júní, júlí, ágúst, september, október, nóvember, desember"),
		weekdays: words7("sunnudagur, mánudagur, þriðjudagur, miðvikudagur, fimmtudagur, föstudagur, laugardagur"),
		shortly:  words7("sun., mán., þri., mið., fim., fös., lau."),
		long:     "d. m y", brief: "d. m y", month: "m y",
	},
	"uk": {
		months:   words12("січня, лютого, березня, квітня, травня, червня, липня, серпня, вересня, жовтня, листопада, грудня"),
		short:    words12("січ., лют., бер., квіт., трав., черв., лип., серп., вер., жовт., лист., груд."),
		alone:    words12("січень, лютий, березень, квітень, травень, червень, липень, серпень, вересень, жовтень, листопад, грудень"),
		weekdays: words7("неділя, понеділок, вівторок, середа, четвер, п’ятниця, субота"),
		shortly:  words7("нд, пн, вт, ср, чт, пт, сб"),
		long:     "d m y\u00a0р.", brief: "d m y\u00a0р.", month: "m y\u00a0р.",
	},
	"he": {
		months:   words12("ינואר, פברואר, מרץ, אפריל, מאי, יוני, יולי, אוגוסט, ספטמבר, אוקטובר, נובמבר, דצמבר"),
		short:    words12("ינו׳, פבר׳, מרץ, אפר׳, מאי, יוני, יולי, אוג׳, ספט׳, אוק׳, נוב׳, דצמ׳"),
		alone:    words12("ינואר, פברואר, מרץ, אפריל, מאי, יוני, יולי, אוגוסט, ספטמבר, אוקטובר, נובמבר, דצמבר"),
		weekdays: words7("יום ראשון, יום שני, יום שלישי, יום רביעי, יום חמישי, יום שישי, יום שבת"),
		shortly:  words7("יום א׳, יום ב׳, יום ג׳, יום ד׳, יום ה׳, יום ו׳, שבת"),
		long:     "d בm y", brief: "d בm y", month: "m y",
	},
	"pl": {
		months:   words12("stycznia, lutego, marca, kwietnia, maja, czerwca, lipca, sierpnia, września, października, listopada, grudnia"),
		short:    words12("sty, lut, mar, kwi, maj, cze, lip, sie, wrz, paź, lis, gru"),
		alone:    words12("styczeń, luty, marzec, kwiecień, maj, czerwiec, lipiec, sierpień, wrzesień, październik, listopad, grudzień"),
		weekdays: words7("niedziela, poniedziałek, wtorek, środa, czwartek, piątek, sobota"),
		shortly:  words7("niedz., pon., wt., śr., czw., pt., sob."),
		long:     "d m y", brief: "d m y", month: "m y",
	},
}

func words12(list string) (names [12]string) {
	copy(names[:], strings.Split(list, ", "))
	return names
}

func words7(list string) (names [7]string) {
	copy(names[:], strings.Split(list, ", "))
	return names
}

// fill puts day, month and year into a pattern.
func fill(pattern string, day int, month string, year int) string {
	var out strings.Builder
	for _, r := range pattern {
		switch r {
		case 'd':
			out.WriteString(strconv.Itoa(day))
		case 'm':
			out.WriteString(month)
		case 'y':
			out.WriteString(strconv.Itoa(year))
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

func (p *Printer) calendar() calendar { return calendars[p.Code] }

// Date is the day of a point in time at the reader's place: "3 November 2026".
func (p *Printer) Date(t time.Time) string { return p.date(t.In(p.zone)) }

func (p *Printer) date(t time.Time) string {
	year, month, day := t.Date()
	c := p.calendar()
	return fill(c.long, day, c.months[month-1], year)
}

// ShortDate is Date where room is scarce: "3 Nov 2026".
func (p *Printer) ShortDate(t time.Time) string {
	year, month, day := t.In(p.zone).Date()
	c := p.calendar()
	return fill(c.brief, day, c.short[month-1], year)
}

// Day is a calendar day as fields and sales have it, "2026-11-03", which is the same day everywhere. Anything else comes back as it is.
func (p *Printer) Day(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return p.date(t)
}

// Month is the month of a point in time: "November 2026".
func (p *Printer) Month(t time.Time) string {
	year, month, day := t.In(p.zone).Date()
	c := p.calendar()
	return fill(c.month, day, c.alone[month-1], year)
}

// Weekday names a day of the week: "Tuesday".
func (p *Printer) Weekday(day time.Weekday) string { return p.calendar().weekdays[day] }

// ShortWeekday is Weekday where room is scarce: "Tue".
func (p *Printer) ShortWeekday(day time.Weekday) string { return p.calendar().shortly[day] }

// Time is the time of day at the reader's place: "09:42".
func (p *Printer) Time(t time.Time) string { return t.In(p.zone).Format("15:04") }

// Clock is Time to the second: "09:42:30".
func (p *Printer) Clock(t time.Time) string { return t.In(p.zone).Format("15:04:05") }

// DateTime is day and time of day: "3 Nov 2026, 09:42".
func (p *Printer) DateTime(t time.Time) string { return p.ShortDate(t) + ", " + p.Time(t) }
