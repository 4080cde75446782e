package mapping

import (
	"fmt"
	"os"
	"syscall"
)

// limitMemory lets the process take so many bytes of address space beside what it has.
func limitMemory(more uint64) error {
	stat, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return fmt.Errorf("read the process's size: %w", err)
	}
	var pages uint64
	if _, err := fmt.Sscan(string(stat), &pages); err != nil {
		return fmt.Errorf("read the process's size: %w", err)
	}
	most := pages*uint64(os.Getpagesize()) + more
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
		return fmt.Errorf("limit the address space: %w", err)
	}
	return nil
}
