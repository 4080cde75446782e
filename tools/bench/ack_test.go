package main

import (
	"testing"
	"time"
)

func TestJudged(t *testing.T) {
	t.Parallel()
	const fast, slow = 4 * time.Millisecond, 13 * time.Millisecond
	seen := func(rate float64, took ...time.Duration) sent {
		return sent{acked: 1, rate: rate, answers: merge(took)}
	}
	for _, c := range []struct {
		name     string
		s        sent
		senders  int
		pace     time.Duration
		postgres bool
		want     verdict
	}{
		{"fast enough, though each waits long", seen(5_000, slow, slow), ackMost, 0, false, met},
		{"too slow", seen(4_999, fast), ackMost, 0, false, missed},
		{"fast enough, with a stall", seen(6_000, fast, 101*time.Millisecond), ackMost, 0, false, missed},
		{"offered, and answered soon", seen(4_990, fast, fast, slow), ackMost, ackPace, false, met},
		{"offered, and answered late", seen(5_000, slow, slow, slow), ackMost, ackPace, false, missed},
		{"offered, with a stall", seen(5_000, fast, fast, 101*time.Millisecond), ackMost, ackPace, false, missed},
		{"no bar for so many", seen(1, slow), 16, 0, false, noBar},
		{"no bar for PostgreSQL", seen(1, slow), ackMost, ackPace, true, noBar},
	} {
		p := &place{bench: &bench{floors: floors{append: map[int]sent{ackMost: seen(9_000, fast)}, offered: seen(5_001, fast)}}, postgres: c.postgres}
		f := p.judged(c.s, c.senders, c.pace, "no connection")
		if f.verdict != c.want || (f.bar == "") != (c.want == noBar) || (f.floor == "") != (c.senders != ackMost) {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}
