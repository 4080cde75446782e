package main

import (
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	t.Parallel()
	hundred := make(spread, 0, 100)
	for i := 100; i > 0; i-- {
		hundred = append(hundred, time.Duration(i))
	}
	for _, c := range []struct {
		name string
		of   spread
		p    float64
		want time.Duration
	}{
		{"nothing", nil, 0.5, 0},
		{"one", spread{7}, 0.99, 7},
		{"one, lowest", spread{7}, 0, 7},
		{"two, middle is the lower", spread{1, 2}, 0.5, 1},
		{"hundred, half", hundred, 0.5, 50},
		{"hundred, p99", hundred, 0.99, 99},
		{"hundred, all", hundred, 1, 100},
		{"three, p99 is the greatest", spread{3, 1, 2}, 0.99, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := merge(c.of).quantile(c.p); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	parts := []spread{{5, 1}, nil, {3}}
	if got := merge(parts...); len(got) != 3 || got[0] != 1 || got[2] != 5 {
		t.Errorf("got %v", got)
	}
	if parts[0][0] != 5 {
		t.Error("what was merged was sorted in place")
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		of   []float64
		want float64
	}{{nil, 0}, {[]float64{4}, 4}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 3, 2, 1}, 2}} {
		if got := median(c.of); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.of, got, c.want)
		}
	}
	of := []float64{9, 1, 5}
	if median(of); of[0] != 9 {
		t.Error("the figures were sorted in place")
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{ms(0), "0.00 ms"},
		{ms(1234 * time.Microsecond), "1.23 ms"},
		{ms(45670 * time.Microsecond), "45.7 ms"},
		{ms(1500 * time.Millisecond), "1500 ms"},
		{perSecond(0.25), "0.2/s"},
		{perSecond(999.9), "999/s"},
		{perSecond(12345.6), "12,345/s"},
		{thousands(0), "0"},
		{thousands(1000), "1,000"},
		{thousands(1234567), "1,234,567"},
		{thousands(-1000), "-1,000"},
		{thousands(-999), "-999"},
		{mib(0), "0 MB"},
		{mib(40 << 20), "40 MB"},
		{mib(40<<20 + 700<<10), "41 MB"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
