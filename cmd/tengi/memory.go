package main

import (
	"runtime"
	"runtime/debug"
)

// How memory is traded for processor time. Most of what a delivery allocates is garbage at its end, and little else is alive, so collecting it at four
// times what is alive and not at twice, as Go does by itself, costs some 20 MB under load and saves a tenth of the processor time. Beyond the limit,
// which ordinary work stays far below, it is collected sooner: a machine with little memory must not lose the hub over a large import.
const (
	collectAt   = 300       // per cent of what is alive
	collectHard = 256 << 20 // bytes
)

// tradeMemory sets when garbage is collected, as far as the operator has not done so by Go's own variables GOGC and GOMEMLIMIT.
func tradeMemory(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(collectHard)
	}
}

// releaseStart gives back what the start needed and nobody needs any more, half of what it took: the next collection may be hours away. What lies in a pool,
// as the buffers that migrations are read with do, goes only with the second one.
func releaseStart() {
	runtime.GC()
	debug.FreeOSMemory()
}
