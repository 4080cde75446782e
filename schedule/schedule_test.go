package schedule

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		encoded, words string
	}{
		{`{}`, "never by itself"},
		{`{"every":"15m"}`, "every 15m"},
		{`{"every":"24h"}`, "every 24h"},
		{`{"at":["08:00","17:30"],"on":["mon","sun"]}`, "at 08:00, 17:30 on mon, sun"},
		{`{"at":["00:00"]}`, "daily at 00:00"},
		{`{"after":"con_1"}`, "after con_1"},
		{`{"after":"con_1","only":"ok"}`, "after con_1, when nothing of it failed"},
	} {
		var s Schedule
		if err := json.Unmarshal([]byte(c.encoded), &s); err != nil {
			t.Fatalf("%s: %v", c.encoded, err)
		}
		again, err := json.Marshal(s)
		if err != nil || string(again) != c.encoded || s.String() != c.words {
			t.Errorf("%s became %s, %q: %v", c.encoded, again, s, err)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ encoded, why string }{
		{`{"every":"2m"}`, "schedule: every: write one of 1m, 5m, 10m, 15m, 30m, 1h, 3h, 6h, 12h, 24h"},
		{`{"every":"15m","at":["08:00"]}`, "schedule: choose one of an interval, times of day, and after another connection"},
		{`{"at":["8:00"]}`, "schedule: at: write a time of day as 08:05, from 00:00 to 23:59"},
		{`{"at":["24:00"]}`, "schedule: at: write a time of day as 08:05, from 00:00 to 23:59"},
		{`{"at":["08:00","08:00"]}`, "schedule: at: 08:00 stands twice or out of order"},
		{`{"at":["08:00"],"on":["monday"]}`, "schedule: on: write mon, tue, wed, thu, fri, sat or sun"},
		{`{"at":["08:00"],"on":["mon","mon"]}`, "schedule: on: mon stands twice or out of order"},
		{`{"on":["mon"]}`, "schedule: on: days of the week need a time of day"},
		{`{"only":"ok"}`, "schedule: only: is for a schedule after another connection"},
		{`{"after":"x","only":"failed"}`, "schedule: only: write ok, or leave it out"},
	} {
		var s Schedule
		if err := json.Unmarshal([]byte(c.encoded), &s); err == nil || err.Error() != c.why {
			t.Errorf("%s: %v, want %s", c.encoded, err, c.why)
		}
	}
	for _, s := range []Schedule{{Every: 2 * time.Minute}, {At: []TimeOfDay{-1}}, {At: []TimeOfDay{1440}}, {At: []TimeOfDay{60, 30}}, {At: []TimeOfDay{1}, On: []time.Weekday{7}}} {
		if s.Check() == nil {
			t.Errorf("%+v passed", s)
		}
	}
}

// What passes Check is written and read back as the same.
func TestAnyScheduleIsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s Schedule
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			s.Every = rapid.SampledFrom(Intervals).Draw(t, "every")
		case 1:
			s.At, s.On = drawTimes(t), drawDays(t)
		case 2:
			s.After, s.Only = rapid.StringN(1, 10, -1).Draw(t, "after"), rapid.SampledFrom([]Outcome{Any, OK}).Draw(t, "only")
		}
		encoded, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var again Schedule
		if err := json.Unmarshal(encoded, &again); err != nil || !again.Equal(s) {
			t.Fatalf("%s came back as %+v: %v", encoded, again, err)
		}
	})
}

func TestCycle(t *testing.T) {
	t.Parallel()
	after := map[string]string{"a": "b", "b": "c", "c": "a", "d": "a", "e": "f", "g": "g"}
	for from, want := range map[string]string{"a": "[a b c a]", "d": "[a b c a]", "e": "[]", "f": "[]", "g": "[g g]"} {
		if got := fmt.Sprint(Cycle(after, from)); got != want {
			t.Errorf("from %s: %s, want %s", from, got, want)
		}
	}
}
