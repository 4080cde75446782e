package store

import (
	"fmt"
	"syscall"
)

// networkDisks are file systems on which SQLite's locks and fsync are not to be trusted (statfs(2), sqlite.org/howtocorrupt.html section 2.1).
var networkDisks = map[int64]string{0x6969: "NFS", 0xff534d42: "CIFS", 0xfe534d42: "SMB2", 0x517b: "SMB", 0x01021997: "9P", 0x00c36400: "CephFS", 0x47504653: "GPFS", 0x5346414f: "AFS"}

// localDisk refuses a data directory on a network file system.
func localDisk(dir string) error {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return fmt.Errorf("look at the disk of %s: %w", dir, err)
	}
	if name, ok := networkDisks[int64(fs.Type)&0xffffffff]; ok { //nolint:unconvert // it is narrower on other machines
		return fmt.Errorf("%s is on a network file system (%s), where SQLite can lose data: use a local disk, or PostgreSQL with --database", dir, name)
	}
	return nil
}
