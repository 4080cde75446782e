//go:build !unix

package store

import (
	"fmt"
	"os"
)

// lockDir keeps a second process out of a data directory: the file cannot be removed while another process has it open.
func lockDir(path string) (unlock func() error, err error) {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("another Tengi uses this data directory: stop it first, or choose another with --data (%w)", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock file: %w", err)
	}
	return file.Close, nil
}
