package locale

import "time"

// The span of a day, for counting; calendar days are compared by their dates.
const day = 24 * time.Hour

// soon is how near a time must be to need no number.
const soon = 45 * time.Second

// far is how many days away a time is named by its date.
const far = 30

// Ago says how long ago a time was: "just now", "2 minutes ago", "yesterday", and its date when that is long.
func (p *Printer) Ago(now, t time.Time) string {
	passed := now.Sub(t)
	switch days := p.daysBetween(t, now); {
	case passed < soon:
		return p.Text("common.ago.now")
	case passed.Round(time.Minute) < time.Hour:
		return p.Count("common.ago.minutes", int(passed.Round(time.Minute)/time.Minute))
	case passed < 6*time.Hour || days == 0:
		return p.Count("common.ago.hours", int(passed.Round(time.Hour)/time.Hour))
	case days == 1:
		return p.Text("common.ago.yesterday")
	case days <= far:
		return p.Count("common.ago.days", days)
	}
	return p.ShortDate(t)
}

// In says how long it is until a time: "in 2 minutes", "tomorrow", and its date when that is long.
func (p *Printer) In(now, t time.Time) string {
	left := t.Sub(now)
	switch days := p.daysBetween(now, t); {
	case left < soon:
		return p.Text("common.in.now")
	case left.Round(time.Minute) < time.Hour:
		return p.Count("common.in.minutes", int(left.Round(time.Minute)/time.Minute))
	case left < 6*time.Hour || days == 0:
		return p.Count("common.in.hours", int(left.Round(time.Hour)/time.Hour))
	case days == 1:
		return p.Text("common.in.tomorrow")
	case days <= far:
		return p.Count("common.in.days", days)
	}
	return p.ShortDate(t)
}

// When is a time as one says it to somebody who waits for it: "today at 12:20", "tomorrow at 12:10", "3 November 2026 at 12:10".
func (p *Printer) When(now, t time.Time) string {
	at := p.Time(t)
	switch p.daysBetween(now, t) {
	case 0:
		return p.Text("common.when.today", "time", at)
	case 1:
		return p.Text("common.when.tomorrow", "time", at)
	case -1:
		return p.Text("common.when.yesterday", "time", at)
	}
	return p.Text("common.when.date", "date", p.Date(t), "time", at)
}

// daysBetween counts the midnights between two times at the reader's place.
func (p *Printer) daysBetween(from, to time.Time) int {
	date := func(t time.Time) time.Time {
		year, month, day := t.In(p.zone).Date()
		return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	}
	return int(date(to).Sub(date(from)) / day)
}

// Duration is a span in its two largest units: "15 minutes", "1 hour and 30 minutes".
func (p *Printer) Duration(d time.Duration) string {
	d = d.Abs()
	units := []struct {
		key  string
		size time.Duration
		next time.Duration // the unit below
	}{
		{"common.duration.days", day, time.Hour},
		{"common.duration.hours", time.Hour, time.Minute},
		{"common.duration.minutes", time.Minute, time.Second},
		{"common.duration.seconds", time.Second, time.Second},
	}
	for i, unit := range units {
		below := units[min(i+1, len(units)-1)]
		if d.Round(below.next) < unit.size && i < len(units)-1 { // 23 hours and 59 minutes are not yet a day
			continue
		}
		rounded := d.Round(unit.next)
		text := p.Count(unit.key, int(rounded/unit.size))
		if rest := rounded % unit.size; rest > 0 {
			return p.List([]string{text, p.Count(below.key, int(rest/below.size))})
		}
		return text
	}
	return ""
}

// Every is how often something happens: "every 15 minutes", "every hour", "once a day".
func (p *Printer) Every(d time.Duration) string {
	switch {
	case d == time.Minute:
		return p.Text("common.every.minute")
	case d == time.Hour:
		return p.Text("common.every.hour")
	case d == day:
		return p.Text("common.every.day")
	case d >= day && d%day == 0:
		return p.Count("common.every.days", int(d/day))
	case d >= time.Hour && d%time.Hour == 0:
		return p.Count("common.every.hours", int(d/time.Hour))
	}
	return p.Count("common.every.minutes", int(d.Round(time.Minute)/time.Minute))
}
