package store

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors that callers tell apart.
var (
	// ErrBusy says that the writer cannot take more now; nothing was stored. The caller answers 503 and the sender repeats.
	ErrBusy = errors.New("the store cannot keep up")
	// ErrClosed says that the store is closed or closing; nothing was stored.
	ErrClosed = errors.New("the store is closed")
	// ErrLeaseLost says that the delivery was taken over: whoever held it before may record, but not decide or send.
	ErrLeaseLost = errors.New("the delivery was taken over by another worker")
	// ErrWrongState says that a delivery is not in a state in which something can be decided about it.
	ErrWrongState = errors.New("this cannot be decided now")
	// ErrAtWork says that a delivery cannot be taken because another one of the same object is being worked on. It is an ErrWrongState.
	ErrAtWork = fmt.Errorf("another delivery of the same object is at work, try again when it is finished: %w", ErrWrongState)
	// ErrConflict says that somebody or something else has the name already, or was quicker.
	ErrConflict = errors.New("it is there already")
	// ErrNotFound says that there is no such row.
	ErrNotFound = errors.New("not found")
)

// StateError says that a delivery is in a state in which it cannot be taken. It is an ErrWrongState.
type StateError struct {
	DeliveryID int64
	State      State
}

// Is makes it an ErrWrongState.
func (e *StateError) Is(target error) bool { return target == ErrWrongState }

func (e *StateError) Error() string {
	switch {
	case e.State == Running:
		return fmt.Sprintf("delivery %d is being worked on right now: try again when it is finished", e.DeliveryID)
	case e.State.Ended():
		return fmt.Sprintf("delivery %d has ended (%s): nothing more can be decided about it", e.DeliveryID, e.State)
	default:
		return fmt.Sprintf("delivery %d is %s: this cannot be decided now", e.DeliveryID, e.State)
	}
}

// errCommitFailed says that COMMIT itself failed: the fate of the batch is unknown, so nothing may be carried out again.
var errCommitFailed = errors.New("commit failed")

// errLost says that the connection to the database broke, or could not be made, before COMMIT was sent: nothing was stored.
var errLost = errors.New("no connection to the database")

// IsFull says whether an error means that the database's disk is full. What was to be stored is not; the hub answers 503 until there is room.
func IsFull(err error) bool {
	if code, ok := sqliteCode(err); ok {
		return code == sqlite3.SQLITE_FULL
	}
	return postgresCode(err) == "53100" || err != nil && strings.Contains(err.Error(), "no space left on device")
}

// IsAway says whether an error means that the database cannot be reached or takes nobody in just now, which passes without anybody's doing. Only a server
// can be away. https://www.postgresql.org/docs/15/errcodes-appendix.html
func IsAway(err error) bool {
	if code := postgresCode(err); code != "" {
		// Trouble with the connection; shutting down, crashed, starting up; too many connections.
		return strings.HasPrefix(code, "08") || slices.Contains([]string{"57P01", "57P02", "57P03", "53300"}, code)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return pgconn.SafeToRetry(err) || slices.ContainsFunc([]error{errLost, driver.ErrBadConn, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed}, func(lost error) bool {
		return errors.Is(err, lost)
	})
}

// sqliteCode is the primary result code of an error of SQLite, https://sqlite.org/rescode.html
func sqliteCode(err error) (int, bool) {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff, true
	}
	return 0, false
}

// postgresCode is the SQLSTATE of an error of PostgreSQL, https://www.postgresql.org/docs/15/errcodes-appendix.html; empty for any other error.
func postgresCode(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// isDuplicate says whether an error is that something that must be unique is not.
func isDuplicate(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return postgresCode(err) == "23505"
}

// concernsOne says whether an error may come from what one command of a batch carries, so that the others can be stored without it. Trouble with the
// disk, the file or the connection concerns all.
func concernsOne(err error) bool {
	if errors.Is(err, errCommitFailed) || errors.Is(err, errLost) || IsFull(err) {
		return false
	}
	if code, ok := sqliteCode(err); ok {
		switch code {
		case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_ERROR:
			return true
		default:
			return false
		}
	}
	switch code := postgresCode(err); {
	case code == "":
		return true // not the database's: it could not be encoded
	default:
		return strings.HasPrefix(code, "22") || strings.HasPrefix(code, "23") || strings.HasPrefix(code, "54") || strings.HasPrefix(code, "42")
	}
}
