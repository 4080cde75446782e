//go:build !linux

package mapping

import "runtime/debug"

// limitMemory has only the collector's limit where address space cannot be limited; what is allocated is counted everywhere.
func limitMemory(more uint64) error {
	debug.SetMemoryLimit(int64(more))
	return nil
}
