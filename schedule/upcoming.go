package schedule

import "time"

// Kind says how the next run comes about.
type Kind string

// The kinds.
const (
	Never   Kind = "never"   // by itself it does not run
	Now     Kind = "now"     // it is due
	InTime  Kind = "in_time" // at a moment
	Chained Kind = "chained" // when a run of another connection ends
)

// Day says how people call the day of a moment.
type Day string

// The days.
const (
	Today    Day = "today"
	Tomorrow Day = "tomorrow"
	Weekday  Day = "weekday" // within the week: its name is enough
	Date     Day = "date"
)

// Upcoming is the next run as data, for pages to say in their language: "tomorrow at 12:10, then daily".
type Upcoming struct {
	Kind Kind
	At   time.Time     // of InTime: the moment, in the workspace's zone
	Day  Day           // of InTime
	In   time.Duration // of InTime: from now
	// Shifted is the time of day that was chosen, when a clock change moves the run to another; else it is -1.
	Shifted  TimeOfDay
	Schedule Schedule // how it goes on from there
}

// Upcoming describes the run that is planned for next; the zero time means that none is.
func (s Schedule) Upcoming(next, now time.Time, zone *time.Location) Upcoming {
	u := Upcoming{Kind: Never, Shifted: -1, Schedule: s}
	switch {
	case s.After != "":
		u.Kind = Chained
		return u
	case s.IsZero() || next.IsZero():
		return u
	case !next.After(now):
		u.Kind = Now
		return u
	}
	u.Kind, u.At, u.In = InTime, next.In(zone), next.Sub(now)
	u.Day = dayOf(u.At, now.In(zone))
	u.Shifted = s.shifted(u.At)
	return u
}

// dayOf names a day as seen from another.
func dayOf(at, now time.Time) Day {
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	switch days := int(day.Sub(today) / (24 * time.Hour)); {
	case days <= 0:
		return Today
	case days == 1:
		return Tomorrow
	case days < 7:
		return Weekday
	default:
		return Date
	}
}

// shifted is the time of day that a clock change has moved to a moment.
func (s Schedule) shifted(at time.Time) TimeOfDay {
	moved := TimeOfDay(-1)
	for _, t := range s.At {
		wall := time.Date(at.Year(), at.Month(), at.Day(), 0, int(t), 0, 0, time.UTC)
		switch {
		case shows(at, wall):
			return -1
		case moved < 0 && Instant(at.Year(), at.Month(), at.Day(), t, at.Location()).Equal(at):
			moved = t
		}
	}
	return moved
}
