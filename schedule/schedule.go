// Package schedule says when a connection runs: at intervals, at times of day, or after another connection has run. It is pure: the time, and the
// zone in which people mean times of day, are handed in.
package schedule

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Schedule says when a connection runs by itself. Exactly one of Every, At and After is set, or none: then it never does.
type Schedule struct {
	Every time.Duration  // between two runs: one of Intervals
	At    []TimeOfDay    // every day at these times, ascending
	On    []time.Weekday // with At: only on these days, Monday first; empty = every day
	After string         // whenever a run of this connection has ended; its ID
	Only  Outcome        // with After: only after runs that ended so
}

// Outcome narrows the runs that another connection runs after.
type Outcome string

// The outcomes.
const (
	Any Outcome = ""   // whatever came of it
	OK  Outcome = "ok" // nothing failed and nothing is held
)

// Intervals is how often a connection may run.
var Intervals = []time.Duration{time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour}

// TimeOfDay is a time on the clock, in minutes after midnight.
type TimeOfDay int

// String writes it as 08:05.
func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", int(t)/60, int(t)%60) }

// ParseTime reads 08:05.
func ParseTime(s string) (TimeOfDay, error) {
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != 5 {
		return 0, errors.New("write a time of day as 08:05, from 00:00 to 23:59")
	}
	return TimeOfDay(t.Hour()*60 + t.Minute()), nil
}

// days are the weekdays as schedules write them, in the order of a week that begins on Monday.
var days = []struct {
	key string
	day time.Weekday
}{{"mon", time.Monday}, {"tue", time.Tuesday}, {"wed", time.Wednesday}, {"thu", time.Thursday}, {"fri", time.Friday}, {"sat", time.Saturday}, {"sun", time.Sunday}}

// DayKey is how schedules write a weekday: mon.
func DayKey(d time.Weekday) string { return strings.ToLower(d.String()[:3]) }

// ParseDay reads mon, tue, wed, thu, fri, sat or sun.
func ParseDay(s string) (time.Weekday, error) {
	for _, d := range days {
		if d.key == s {
			return d.day, nil
		}
	}
	return 0, errors.New("write mon, tue, wed, thu, fri, sat or sun")
}

// ParseInterval reads one of Intervals: 15m, 3h.
func ParseInterval(s string) (time.Duration, error) {
	names := make([]string, len(Intervals))
	for i, d := range Intervals {
		names[i] = FormatInterval(d)
		if names[i] == s {
			return d, nil
		}
	}
	return 0, fmt.Errorf("write one of %s", strings.Join(names, ", "))
}

// FormatInterval writes an interval as ParseInterval reads it.
func FormatInterval(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	default:
		return d.String()
	}
}

// IsZero says that the connection never runs by itself.
func (s Schedule) IsZero() bool { return s.Every == 0 && len(s.At) == 0 && s.After == "" }

// Equal says whether two schedules mean the same.
func (s Schedule) Equal(o Schedule) bool {
	return s.Every == o.Every && s.After == o.After && s.Only == o.Only && slices.Equal(s.At, o.At) && slices.Equal(s.On, o.On)
}

// Check says what is wrong with a schedule that a person has chosen.
func (s Schedule) Check() error {
	kinds := 0
	for _, given := range []bool{s.Every != 0, len(s.At) > 0, s.After != ""} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds > 1:
		return errors.New("choose one of an interval, times of day, and after another connection")
	case s.Every != 0 && !slices.Contains(Intervals, s.Every):
		_, err := ParseInterval("")
		return fmt.Errorf("every: %w", err)
	case len(s.On) > 0 && len(s.At) == 0:
		return errors.New("on: days of the week need a time of day")
	case s.Only != Any && s.After == "":
		return errors.New("only: is for a schedule after another connection")
	case s.Only != Any && s.Only != OK:
		return errors.New("only: write ok, or leave it out")
	}
	for i, t := range s.At {
		switch {
		case t < 0 || t >= 24*60:
			return errors.New("at: a time of day is from 00:00 to 23:59")
		case i > 0 && t <= s.At[i-1]:
			return fmt.Errorf("at: %s stands twice or out of order", t)
		}
	}
	for i, d := range s.On {
		switch {
		case d < time.Sunday || d > time.Saturday:
			return errors.New("on: a week has seven days")
		case i > 0 && monday(d) <= monday(s.On[i-1]):
			return fmt.Errorf("on: %s stands twice or out of order", DayKey(d))
		}
	}
	return nil
}

// monday counts the days of a week that begins on Monday.
func monday(d time.Weekday) int { return (int(d) + 6) % 7 }

// Sorted puts times and days in order.
func (s Schedule) Sorted() Schedule {
	s.At, s.On = slices.Clone(s.At), slices.Clone(s.On)
	slices.Sort(s.At)
	slices.SortFunc(s.On, func(a, b time.Weekday) int { return monday(a) - monday(b) })
	return s
}

// form is a schedule as JSON and YAML write it.
type form struct {
	Every string   `json:"every,omitempty"`
	At    []string `json:"at,omitempty"`
	On    []string `json:"on,omitempty"`
	After string   `json:"after,omitempty"`
	Only  Outcome  `json:"only,omitempty"`
}

// MarshalJSON writes {"every": "15m"}, {"at": ["08:00"], "on": ["mon"]} or {"after": ID, "only": "ok"}.
func (s Schedule) MarshalJSON() ([]byte, error) {
	f := form{After: s.After, Only: s.Only}
	if s.Every != 0 {
		f.Every = FormatInterval(s.Every)
	}
	for _, t := range s.At {
		f.At = append(f.At, t.String())
	}
	for _, d := range s.On {
		f.On = append(f.On, DayKey(d))
	}
	return json.Marshal(f)
}

// UnmarshalJSON reads what MarshalJSON writes, and refuses what Check does.
func (s *Schedule) UnmarshalJSON(encoded []byte) error {
	var f form
	if err := json.Unmarshal(encoded, &f); err != nil {
		return fmt.Errorf("schedule: %w", err)
	}
	read := Schedule{After: f.After, Only: f.Only}
	var err error
	if f.Every != "" {
		if read.Every, err = ParseInterval(f.Every); err != nil {
			return fmt.Errorf("schedule: every: %w", err)
		}
	}
	for _, text := range f.At {
		t, err := ParseTime(text)
		if err != nil {
			return fmt.Errorf("schedule: at: %w", err)
		}
		read.At = append(read.At, t)
	}
	for _, text := range f.On {
		d, err := ParseDay(text)
		if err != nil {
			return fmt.Errorf("schedule: on: %w", err)
		}
		read.On = append(read.On, d)
	}
	read = read.Sorted()
	if err := read.Check(); err != nil {
		return fmt.Errorf("schedule: %w", err)
	}
	*s = read
	return nil
}

// String says the schedule in English, for the command line.
func (s Schedule) String() string {
	switch {
	case s.Every > 0:
		return "every " + FormatInterval(s.Every)
	case len(s.At) > 0:
		var times, on []string
		for _, t := range s.At {
			times = append(times, t.String())
		}
		for _, d := range s.On {
			on = append(on, DayKey(d))
		}
		if len(on) == 0 {
			return "daily at " + strings.Join(times, ", ")
		}
		return "at " + strings.Join(times, ", ") + " on " + strings.Join(on, ", ")
	case s.After != "" && s.Only == OK:
		return "after " + s.After + ", when nothing of it failed"
	case s.After != "":
		return "after " + s.After
	default:
		return "never by itself"
	}
}

// Cycle is the ring of connections that would wait for each other for ever, beginning and ending with the same one: empty when there is none. after
// says of each connection which one it runs after.
func Cycle(after map[string]string, from string) []string {
	ring := []string{from}
	for at := after[from]; at != ""; at = after[at] {
		if i := slices.Index(ring, at); i >= 0 {
			return append(ring[i:], at)
		}
		ring = append(ring, at)
	}
	return nil
}
