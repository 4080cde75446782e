package schedule

import (
	"time"
)

// Notice is how far off a time of day must be to count for today when it is chosen; a nearer one begins on the next day.
const Notice = 5 * time.Minute

// First is the first run of a schedule that is chosen at a moment: at once for an interval, else the first time of day that is not nearer than
// Notice. It is the zero time when the clock does not start it.
func (s Schedule) First(chosen time.Time, zone *time.Location) time.Time {
	if s.Every > 0 {
		return chosen
	}
	return s.timeOfDay(chosen.Add(Notice-1), zone)
}

// Next is the run after one that was planned for a moment and is fired at another. What was missed between them collapses into that one. It is the
// zero time when the clock does not start the schedule.
func (s Schedule) Next(planned, now time.Time, zone *time.Location) time.Time {
	if now.Before(planned) {
		now = planned
	}
	if s.Every > 0 {
		return planned.Add(now.Sub(planned).Truncate(s.Every) + s.Every)
	}
	return s.timeOfDay(now, zone)
}

// TooNear is the time of day that is so near to the moment it is chosen at that it does not count for today.
func (s Schedule) TooNear(chosen time.Time, zone *time.Location) (TimeOfDay, bool) {
	soon := s.timeOfDay(chosen, zone)
	if soon.IsZero() || soon.Sub(chosen) >= Notice {
		return 0, false
	}
	local := soon.In(zone)
	for _, t := range s.At { // as it was chosen, not as a clock change moves it
		if Instant(local.Year(), local.Month(), local.Day(), t, zone).Equal(soon) {
			return t, true
		}
	}
	return TimeOfDay(local.Hour()*60 + local.Minute()), true
}

// timeOfDay is the first of the times of day after a moment. Days are looked at by their dates, so that a time which a clock change doubles comes
// once, and one that it skips comes as well.
func (s Schedule) timeOfDay(after time.Time, zone *time.Location) time.Time {
	if len(s.At) == 0 {
		return time.Time{}
	}
	year, month, day := after.In(zone).Date()
	var first time.Time
	for i := -1; i <= 8; i++ { // from yesterday, whose skipped times may come today, to a week and a day
		date := time.Date(year, month, day+i, 0, 0, 0, 0, time.UTC)
		if !s.on(date.Weekday()) {
			continue
		}
		for _, t := range s.At {
			at := Instant(date.Year(), date.Month(), date.Day(), t, zone)
			if at.After(after) && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
	}
	return first
}

func (s Schedule) on(d time.Weekday) bool {
	if len(s.On) == 0 {
		return true
	}
	for _, on := range s.On {
		if on == d {
			return true
		}
	}
	return false
}

// Instant is when the clocks of a zone show a time on a date. One that they show twice, as they are put back, is the first of them; one that they never
// show, as they are put forward, is the first minute they do show.
func Instant(year int, month time.Month, day int, t TimeOfDay, zone *time.Location) time.Time {
	wall := time.Date(year, month, day, 0, int(t), 0, 0, time.UTC)
	// Date says that of a time shown twice or never it does not promise which of the zone's offsets it takes, so both are looked at.
	guess := time.Date(year, month, day, 0, int(t), 0, 0, zone)
	start, end := guess.ZoneBounds()
	if !shows(guess, wall) {
		change := start
		if start.IsZero() || !end.IsZero() && end.Sub(guess) < guess.Sub(start) {
			change = end
		}
		if whole := change.Truncate(time.Minute); !whole.Equal(change) {
			return whole.Add(time.Minute)
		}
		return change
	}
	if !start.IsZero() {
		_, before := start.Add(-time.Second).Zone()
		if earlier := wall.Add(-time.Duration(before) * time.Second).In(zone); earlier.Before(start) && shows(earlier, wall) {
			return earlier
		}
	}
	return guess
}

// shows says whether a clock shows the time of another at a moment.
func shows(at, wall time.Time) bool {
	return at.Year() == wall.Year() && at.YearDay() == wall.YearDay() && at.Hour() == wall.Hour() && at.Minute() == wall.Minute() && at.Second() == wall.Second()
}
