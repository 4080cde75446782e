package main

import (
	"runtime/debug"
	"runtime/metrics"
	"testing"
)

// collection reads when garbage is collected now: at how many per cent, and beyond how many bytes in any case.
func collection(t *testing.T) (percent, limit uint64) {
	t.Helper()
	samples := []metrics.Sample{{Name: "/gc/gogc:percent"}, {Name: "/gc/gomemlimit:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64(), samples[1].Value.Uint64()
}

// It sets what belongs to the whole process, so it is not run beside other tests.
func TestTradeMemory(t *testing.T) { //nolint:paralleltest // see above
	const percent, limit = 150, 1 << 40
	wasPercent, wasLimit := debug.SetGCPercent(percent), debug.SetMemoryLimit(limit)
	t.Cleanup(func() {
		debug.SetGCPercent(wasPercent)
		debug.SetMemoryLimit(wasLimit)
	})
	for _, c := range []struct {
		name           string
		env            map[string]string
		percent, limit uint64
	}{
		{"the operator has set both", map[string]string{"GOGC": "150", "GOMEMLIMIT": "1TiB"}, percent, limit},
		{"the operator has set a limit", map[string]string{"GOMEMLIMIT": "1TiB"}, collectAt, limit},
		{"the operator has set nothing", nil, collectAt, collectHard},
	} {
		tradeMemory(func(name string) string { return c.env[name] })
		if gotPercent, gotLimit := collection(t); gotPercent != c.percent || gotLimit != c.limit {
			t.Errorf("%s: collected at %d %%, beyond %d bytes; want %d, %d", c.name, gotPercent, gotLimit, c.percent, c.limit)
		}
	}
}
