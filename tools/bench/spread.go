package main

import (
	"fmt"
	"slices"
	"time"
)

// spread is a set of durations, sorted by whoever reads it.
type spread []time.Duration

// merge puts several spreads into one, sorted.
func merge(parts ...spread) spread {
	all := slices.Concat(parts...)
	slices.Sort(all)
	return all
}

// quantile is the value that a share p of all does not exceed, by the nearest rank; 0 of nothing. The spread must be sorted.
func (s spread) quantile(p float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	rank := int(p*float64(len(s)) + 0.999999)
	return s[min(max(rank, 1), len(s))-1]
}

func (s spread) p50() time.Duration { return s.quantile(0.50) }
func (s spread) p99() time.Duration { return s.quantile(0.99) }

// median is the middle one of some figures: with an even number the lower of the two, because a benchmark must not flatter.
func median(figures []float64) float64 {
	if len(figures) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(figures))
	return sorted[(len(sorted)-1)/2]
}

// ms writes a duration in milliseconds with three significant digits.
func ms(d time.Duration) string {
	v := float64(d) / float64(time.Millisecond)
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f ms", v)
	case v >= 10:
		return fmt.Sprintf("%.1f ms", v)
	default:
		return fmt.Sprintf("%.2f ms", v)
	}
}

// perSecond writes a rate: whole, with commas between the thousands.
func perSecond(rate float64) string {
	if rate < 10 {
		return fmt.Sprintf("%.1f/s", rate)
	}
	return thousands(int64(rate)) + "/s"
}

// thousands writes a whole number with commas.
func thousands(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
