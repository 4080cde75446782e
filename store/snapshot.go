package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrOwnTools says that the database has tools of its own for copies: pg_dump.
var ErrOwnTools = errors.New("a copy of this database is made with its own tools")

// Snapshot is a copy of the whole ledger as it is at one moment. It lies in the data folder until it is closed.
type Snapshot struct {
	*os.File
	Size int64
	dir  string
}

// Close removes the copy.
func (s *Snapshot) Close() error { return errors.Join(s.File.Close(), os.RemoveAll(s.dir)) }

// Snapshot copies the ledger while work goes on. ErrOwnTools on PostgreSQL.
func (s *Store) Snapshot(ctx context.Context) (*Snapshot, error) {
	if s.dialect.postgres {
		return nil, ErrOwnTools
	}
	dir, err := os.MkdirTemp(filepath.Dir(s.file), "snapshot-") // beside the ledger there is room for it; elsewhere may not be
	if err != nil {
		return nil, fmt.Errorf("copy the ledger: %w", err)
	}
	file, size, err := s.vacuumInto(ctx, filepath.Join(dir, "tengi.db"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("copy the ledger: %w", err), os.RemoveAll(dir))
	}
	_ = os.RemoveAll(dir) // what is open stays readable, and a crash leaves nothing; where that cannot be done, Close does it
	return &Snapshot{File: file, Size: size, dir: dir}, nil
}

// vacuumInto writes the copy in one transaction that reads, so that nobody waits (https://www.sqlite.org/lang_vacuum.html#vacuuminto). The connections
// for reading refuse every statement that writes, this one as well, so it gets one that is given up afterwards.
func (s *Store) vacuumInto(ctx context.Context, path string) (file *os.File, size int64, err error) {
	db, err := openFile(s.file, []string{"busy_timeout(10000)"})
	if err != nil {
		return nil, 0, err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO $1", path)
	if err := errors.Join(err, db.Close()); err != nil {
		return nil, 0, err
	}
	file, err = os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}
