package schedule

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

var zones = []string{"Atlantic/Reykjavik", "Europe/Warsaw", "Europe/Kyiv", "Asia/Jerusalem"}

// walk is the second implementation: it looks at the clock on the wall every minute, as a person would. A time it shows is struck off for its date;
// where the hands are put forward, the times they pass over are due with the minute they come to.
func walk(s Schedule, from, to time.Time, z *time.Location) (due []time.Time) {
	type moment struct {
		date string
		t    TimeOfDay
	}
	struck := map[moment]bool{}
	strike := func(wall time.Time) bool {
		if len(s.On) > 0 && !slices.Contains(s.On, wall.Weekday()) {
			return false
		}
		m := moment{wall.Format(time.DateOnly), TimeOfDay(wall.Hour()*60 + wall.Minute())}
		if struck[m] || !slices.Contains(s.At, m.t) {
			return false
		}
		struck[m] = true
		return true
	}
	shown := func(at time.Time) time.Time { // what the wall shows, as if there were no zones
		l := at.In(z)
		return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), 0, 0, time.UTC)
	}
	last := shown(from.Add(-time.Minute))
	for at := from; at.Before(to); at = at.Add(time.Minute) {
		now := shown(at)
		hit := false
		for passed := last.Add(time.Minute); passed.Before(now); passed = passed.Add(time.Minute) {
			hit = strike(passed) || hit
		}
		if strike(now) || hit {
			due = append(due, at)
		}
		last = now
	}
	return due
}

// chain follows Next from run to run.
func chain(s Schedule, from, to time.Time, z *time.Location) (due []time.Time) {
	for at := s.Next(from, from, z); at.Before(to); at = s.Next(at, at, z) {
		due = append(due, at)
	}
	return due
}

func same(a, b []time.Time) bool { return slices.EqualFunc(a, b, time.Time.Equal) }

// firstDifference is where two lists part, in words.
func firstDifference(got, want []time.Time, z *time.Location) string {
	for i := range min(len(got), len(want)) {
		if !got[i].Equal(want[i]) {
			return fmt.Sprintf("run %d: %s, the walk says %s", i, got[i].In(z), want[i].In(z))
		}
	}
	return fmt.Sprintf("%d runs, the walk says %d", len(got), len(want))
}

// Seven years of every zone our users live in, with times around all of their clock changes (Jerusalem changes on Fridays at 02:00, Kyiv at 03:00,
// Warsaw at 02:00, Reykjavík never), daily and on some days only.
func TestYearsAgainstAWalk(t *testing.T) {
	t.Parallel()
	for _, name := range zones {
		for _, s := range []Schedule{
			{At: []TimeOfDay{0, 90, 119, 120, 150, 179, 180, 200, 210, 239, 240, 12*60 + 10, 23*60 + 59}},
			{At: []TimeOfDay{150, 190, 8 * 60}, On: []time.Weekday{time.Friday, time.Sunday}},
		} {
			t.Run(name+" "+s.String(), func(t *testing.T) {
				t.Parallel()
				z := zone(t, name)
				from := time.Date(2021, 12, 31, 23, 0, 0, 0, time.UTC)
				to := time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC)
				want := walk(s, from, to, z)
				got := chain(s, from.Add(-time.Nanosecond), to, z)
				if !same(got, want) || len(want) < 7*52 {
					t.Fatal(firstDifference(got, want, z))
				}
			})
		}
	}
}

// Any schedule, at any time of some thirty years, in zones with odd changes too: half an hour, a whole day, at midnight.
func TestAnyScheduleAgainstAWalk(t *testing.T) {
	t.Parallel()
	all := append(slices.Clone(zones), "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "Asia/Beirut", "Europe/Dublin")
	loaded := map[string]*time.Location{}
	for _, name := range all {
		loaded[name] = zone(t, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		z := loaded[rapid.SampledFrom(all).Draw(t, "zone")]
		s := Schedule{At: drawTimes(t), On: drawDays(t)}
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		from := time.Unix(rapid.Int64Range(631152000, 2*1e9).Draw(t, "from")/60*60, 0).UTC()
		if rapid.Bool().Draw(t, "near a change") {
			if _, change := from.In(z).ZoneBounds(); !change.IsZero() {
				from = change.UTC().Truncate(time.Minute).Add(-time.Duration(rapid.IntRange(0, 3000).Draw(t, "minutes before")) * time.Minute)
			}
		}
		to := from.Add(9 * 24 * time.Hour)
		early := from.Add(-3 * 24 * time.Hour) // what was struck off before
		want := slices.DeleteFunc(walk(s, early, to, z), func(at time.Time) bool { return at.Before(from) })
		if got := chain(s, from.Add(-time.Nanosecond), to, z); !same(got, want) {
			t.Fatalf("%s in %s: %s", s, z, firstDifference(got, want, z))
		}
	})
}

func drawTimes(t *rapid.T) []TimeOfDay {
	times := rapid.SliceOfNDistinct(rapid.IntRange(0, 24*60-1), 1, 5, rapid.ID).Draw(t, "at")
	at := make([]TimeOfDay, len(times))
	for i, m := range times {
		at[i] = TimeOfDay(m)
	}
	slices.Sort(at)
	return at
}

func drawDays(t *rapid.T) []time.Weekday {
	on := rapid.SliceOfNDistinct(rapid.SampledFrom(days), 0, 7, func(d struct {
		key string
		day time.Weekday
	}) string {
		return d.key
	}).Draw(t, "on")
	var list []time.Weekday
	for _, d := range on {
		list = append(list, d.day)
	}
	return Schedule{On: list}.Sorted().On
}

// The first run is the first of all that is at least five minutes off; the next ones are those of the walk.
func TestFirstIsFiveMinutesOff(t *testing.T) {
	t.Parallel()
	loaded := map[string]*time.Location{}
	for _, name := range zones {
		loaded[name] = zone(t, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		z := loaded[rapid.SampledFrom(zones).Draw(t, "zone")]
		s := Schedule{At: drawTimes(t), On: drawDays(t)}
		chosen := time.UnixMilli(rapid.Int64Range(1.6e12, 1.9e12).Draw(t, "chosen"))
		want := walk(s, chosen.Add(-3*24*time.Hour).Truncate(time.Minute), chosen.Add(9*24*time.Hour), z)
		i := slices.IndexFunc(want, func(at time.Time) bool { return at.Sub(chosen) >= 5*time.Minute })
		if got := s.First(chosen, z); !got.Equal(want[i]) {
			t.Fatalf("%s chosen at %s: first %s, want %s", s, chosen.In(z), got.In(z), want[i].In(z))
		}
	})
}

func TestFirst(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone, chosen, want string
		at                 []string
		near               string
	}{
		{zone: "Atlantic/Reykjavik", chosen: "2026-06-01 12:08:00", at: []string{"12:10"}, want: "2026-06-02 12:10:00", near: "12:10"},
		{zone: "Atlantic/Reykjavik", chosen: "2026-06-01 12:13:00", at: []string{"12:20"}, want: "2026-06-01 12:20:00"},
		{zone: "Europe/Warsaw", chosen: "2026-06-01 12:15:00", at: []string{"12:20"}, want: "2026-06-01 12:20:00"}, // exactly five
		{zone: "Europe/Warsaw", chosen: "2026-06-01 12:15:01", at: []string{"12:20"}, want: "2026-06-02 12:20:00", near: "12:20"},
		{zone: "Europe/Warsaw", chosen: "2026-06-01 12:08:00", at: []string{"12:10", "18:00"}, want: "2026-06-01 18:00:00", near: "12:10"},
		{zone: "Europe/Kyiv", chosen: "2026-06-01 23:58:00", at: []string{"00:02"}, want: "2026-06-03 00:02:00", near: "00:02"}, // across midnight: tomorrow's is nearer than five
		{zone: "Europe/Kyiv", chosen: "2026-06-01 23:56:00", at: []string{"00:02"}, want: "2026-06-02 00:02:00"},
		{zone: "Europe/Kyiv", chosen: "2026-06-01 12:10:00", at: []string{"12:10"}, want: "2026-06-02 12:10:00"}, // this very minute
		// Clocks are put forward from 02:00 to 03:00: 02:30 runs at 03:00, which is near at 01:57.
		{zone: "Europe/Warsaw", chosen: "2026-03-29 01:57:00", at: []string{"02:30"}, want: "2026-03-30 02:30:00", near: "02:30"},
		{zone: "Europe/Warsaw", chosen: "2026-03-29 01:50:00", at: []string{"02:30"}, want: "2026-03-29 03:00:00"},
		// Friday, 27 March 2026, 02:00 in Jerusalem.
		{zone: "Asia/Jerusalem", chosen: "2026-03-27 01:00:00", at: []string{"02:15", "02:45", "03:00"}, want: "2026-03-27 03:00:00"},
		// Put back from 03:00 to 02:00: 02:30 comes once, the first time.
		{zone: "Europe/Warsaw", chosen: "2026-10-25 01:00:00", at: []string{"02:30"}, want: "2026-10-25 02:30:00"},
	} {
		z := zone(t, c.zone)
		chosen, err := time.ParseInLocation(time.DateTime, c.chosen, z)
		if err != nil {
			t.Fatal(err)
		}
		var s Schedule
		for _, text := range c.at {
			at, err := ParseTime(text)
			if err != nil {
				t.Fatal(err)
			}
			s.At = append(s.At, at)
		}
		if got := s.First(chosen, z).In(z).Format(time.DateTime); got != c.want {
			t.Errorf("%s %s chosen at %s: first %s, want %s", c.zone, c.at, c.chosen, got, c.want)
		}
		near, too := s.TooNear(chosen, z)
		if too != (c.near != "") || too && near.String() != c.near {
			t.Errorf("%s chosen at %s: too near %v %s, want %q", c.at, c.chosen, too, near, c.near)
		}
	}
}

func TestIntervals(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC)
	s := Schedule{Every: 15 * time.Minute}
	if first := s.First(at, time.UTC); !first.Equal(at) {
		t.Errorf("first %s", first)
	}
	for _, c := range []struct{ late, want time.Duration }{
		{0, 15 * time.Minute}, {time.Second, 15 * time.Minute}, {15 * time.Minute, 30 * time.Minute}, {5*time.Hour + time.Minute, 5*time.Hour + 15*time.Minute},
		{-time.Hour, 15 * time.Minute}, // a clock that was put back plans no run before the one that ran
	} {
		if got := s.Next(at, at.Add(c.late), time.UTC); !got.Equal(at.Add(c.want)) {
			t.Errorf("%s late: %s, want %s", c.late, got.Sub(at), c.want)
		}
	}
	for _, none := range []Schedule{{}, {After: "con_1"}} {
		if !none.First(at, time.UTC).IsZero() || !none.Next(at, at, time.UTC).IsZero() {
			t.Errorf("%s is started by the clock", none)
		}
	}
}

func TestUpcoming(t *testing.T) {
	t.Parallel()
	z := zone(t, "Europe/Warsaw")
	local := func(s string) time.Time {
		at, err := time.ParseInLocation(time.DateTime, s, z)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	now := local("2026-03-28 12:08:00") // a Saturday; clocks change in the night
	daily := Schedule{At: []TimeOfDay{150}}
	for _, c := range []struct {
		s    Schedule
		next time.Time
		want string
	}{
		{Schedule{}, time.Time{}, "never   -1"},
		{daily, time.Time{}, "never   -1"},
		{Schedule{After: "con_1"}, time.Time{}, "chained   -1"},
		{daily, now, "now   -1"},
		{daily, local("2026-03-28 12:10:00"), "in_time today 12:10 -1"},
		{daily, daily.Next(now, now, z), "in_time tomorrow 03:00 150"},
		{daily, local("2026-03-30 02:30:00"), "in_time weekday 02:30 -1"},
		{daily, local("2026-04-03 02:30:00"), "in_time weekday 02:30 -1"},
		{daily, local("2026-04-04 02:30:00"), "in_time date 02:30 -1"},
	} {
		u := c.s.Upcoming(c.next, now, z)
		clock := ""
		if !u.At.IsZero() {
			clock = u.At.Format("15:04")
		}
		if got := fmt.Sprint(u.Kind, " ", u.Day, " ", clock, " ", int(u.Shifted)); got != c.want {
			t.Errorf("%s next %s: %s, want %s", c.s, c.next, got, c.want)
		}
	}
}
