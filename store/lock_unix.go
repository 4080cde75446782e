//go:build unix

package store

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockDir keeps a second process out of a data directory. The lock goes with the process, so a killed one leaves none behind.
func lockDir(path string) (unlock func() error, err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock file: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := make([]byte, 16)
		n, _ := file.Read(holder)
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("another Tengi (process %s) uses this data directory: stop it first, or choose another with --data", holder[:n])
		}
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	_ = file.Truncate(0)
	_, _ = fmt.Fprintf(file, "%d", os.Getpid())
	return func() error {
		// Not by closing alone: a program that is just being started by this process has the file open too, until it is begun.
		return errors.Join(syscall.Flock(int(file.Fd()), syscall.LOCK_UN), file.Close())
	}, nil
}
