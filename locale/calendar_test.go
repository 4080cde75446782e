package locale

import (
	"slices"
	"testing"
	"time"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestDates(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 2, 22, 42, 7, 0, time.UTC) // already the 3rd in Kyiv and Jerusalem
	for _, c := range []struct{ lang, zone, long, short, month, weekday, shortly, dateTime string }{
		{"en", "Europe/Kyiv", "3 November 2026", "3 Nov 2026", "November 2026", "Tuesday", "Tue", "3 Nov 2026, 00:42"},
		{"is", "Atlantic/Reykjavik", "2. nóvember 2026", "2. nóv. 2026", "nóvember 2026", "þriðjudagur", "þri.", "2. nóv. 2026, 22:42"},
		{"uk", "Europe/Kyiv", "3 листопада 2026\u00a0р.", "3 лист. 2026\u00a0р.", "листопад 2026\u00a0р.", "вівторок", "вт", "3 лист. 2026\u00a0р., 00:42"},
		{"he", "Asia/Jerusalem", "3 בנובמבר 2026", "3 בנוב׳ 2026", "נובמבר 2026", "יום שלישי", "יום ג׳", "3 בנוב׳ 2026, 00:42"},
		{"pl", "Europe/Warsaw", "2 listopada 2026", "2 lis 2026", "listopad 2026", "wtorek", "wt.", "2 lis 2026, 23:42"},
	} {
		p := New(c.lang, zone(t, c.zone))
		for _, x := range []struct{ what, got, want string }{
			{"long", p.Date(at), c.long},
			{"short", p.ShortDate(at), c.short},
			{"month", p.Month(at), c.month},
			{"weekday", p.Weekday(time.Tuesday), c.weekday},
			{"short weekday", p.ShortWeekday(time.Tuesday), c.shortly},
			{"time", p.DateTime(at), c.dateTime},
			{"clock", p.Clock(at)[5:], ":07"},
			{"day", p.Day("2026-11-02"), New(c.lang, nil).Date(at)},
			{"no day", p.Day("soon"), "soon"},
		} {
			if x.got != x.want {
				t.Errorf("%s: %s %q, want %q", c.lang, x.what, x.got, x.want)
			}
		}
	}
}

// No name is missing and none stands twice.
func TestCalendarsAreComplete(t *testing.T) {
	t.Parallel()
	for _, l := range Languages() {
		c, ok := calendars[l.Code]
		if !ok {
			t.Fatalf("%s has no calendar", l.Code)
		}
		for _, names := range [][]string{c.months[:], c.short[:], c.alone[:], c.weekdays[:], c.shortly[:]} {
			sorted := slices.Sorted(slices.Values(names))
			if sorted[0] == "" || len(slices.Compact(sorted)) != len(names) {
				t.Errorf("%s: %q", l.Code, names)
			}
		}
	}
}

func TestRelative(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		away    time.Duration
		ago, in string
	}{
		{0, "just now", "in a moment"},
		{44 * time.Second, "just now", "in a moment"},
		{46 * time.Second, "1 minute ago", "in 1 minute"},
		{2*time.Minute + 20*time.Second, "2 minutes ago", "in 2 minutes"},
		{59*time.Minute + 40*time.Second, "1 hour ago", "in 1 hour"},
		{5 * time.Hour, "5 hours ago", "in 5 hours"},
		{11*time.Hour + 50*time.Minute, "12 hours ago", "in 12 hours"},
		{13 * time.Hour, "yesterday", "tomorrow"},
		{35 * time.Hour, "yesterday", "tomorrow"},
		{37 * time.Hour, "2 days ago", "in 2 days"},
		{30 * day, "30 days ago", "in 30 days"},
		{40 * day, "24 Sep 2026", "13 Dec 2026"},
	} {
		p := New("en", nil)
		if got := p.Ago(now, now.Add(-c.away)); got != c.ago {
			t.Errorf("%s ago is %q, want %q", c.away, got, c.ago)
		}
		if got := p.In(now, now.Add(c.away)); got != c.in {
			t.Errorf("in %s is %q, want %q", c.away, got, c.in)
		}
	}
	// At one in the night five hours ago was yesterday, and still said in hours.
	if got := New("pl", nil).Ago(now.Add(-11*time.Hour), now.Add(-16*time.Hour)); got != "5 godzin temu" {
		t.Errorf("five hours over midnight are %q", got)
	}
}

func TestWhen(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 3, 12, 8, 0, 0, time.UTC)
	for _, c := range []struct {
		lang string
		days int
		want string
	}{
		{"en", 0, "today at 12:10"},
		{"en", 1, "tomorrow at 12:10"},
		{"en", -1, "yesterday at 12:10"},
		{"en", 3, "6 November 2026 at 12:10"},
		{"is", 1, "á morgun kl. 12:10"},
		{"uk", 1, "завтра, 12:10"},
		{"pl", 1, "jutro o 12:10"},
		{"he", 1, "מחר ב-\u206812:10\u2069"},
	} {
		if got := New(c.lang, nil).When(now, now.AddDate(0, 0, c.days).Add(2*time.Minute)); got != c.want {
			t.Errorf("%s, %d days: %q, want %q", c.lang, c.days, got, c.want)
		}
	}
}

func TestSpans(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lang        string
		d           time.Duration
		span, every string
	}{
		{"en", time.Minute, "1 minute", "every minute"},
		{"en", 15 * time.Minute, "15 minutes", "every 15 minutes"},
		{"en", time.Hour, "1 hour", "every hour"},
		{"en", 90 * time.Minute, "1 hour and 30 minutes", "every 90 minutes"},
		{"en", 12 * time.Hour, "12 hours", "every 12 hours"},
		{"en", day, "1 day", "once a day"},
		{"en", 26*time.Hour + 20*time.Minute, "1 day and 2 hours", "every 1,580 minutes"},
		{"is", 15 * time.Minute, "15 mínútur", "á 15 mínútna fresti"},
		{"is", time.Hour, "1 klukkustund", "á klukkustundar fresti"},
		{"uk", 15 * time.Minute, "15 хвилин", "раз на 15 хвилин"},
		{"uk", 3 * time.Hour, "3 години", "раз на 3 години"},
		{"he", 30 * time.Minute, "30 דקות", "כל 30 דקות"},
		{"he", 90 * time.Minute, "שעה ו-\u206830 דקות\u2069", "כל 90 דקות"},
		{"pl", 5 * time.Minute, "5 minut", "co 5 minut"},
		{"pl", 2 * day, "2 dni", "co 2 dni"},
	} {
		p := New(c.lang, nil)
		if got := p.Duration(c.d); got != c.span {
			t.Errorf("%s: %s is %+q, want %+q", c.lang, c.d, got, c.span)
		}
		if got := p.Every(c.d); got != c.every {
			t.Errorf("%s: every %s is %q, want %q", c.lang, c.d, got, c.every)
		}
	}
	for d, want := range map[time.Duration]string{0: "0 seconds", 400 * time.Millisecond: "0 seconds", 42 * time.Second: "42 seconds", -90 * time.Second: "1 minute and 30 seconds",
		time.Hour - time.Second: "59 minutes and 59 seconds", time.Hour - time.Millisecond: "1 hour", day - time.Minute: "23 hours and 59 minutes", day - time.Second: "1 day"} {
		if got := New("en", nil).Duration(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}
