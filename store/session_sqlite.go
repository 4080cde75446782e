package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// lite is the one connection that writes to a SQLite file. Statements are prepared once; a bulk statement runs row by row, which costs little as
// there is no way to go.
type lite struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	bulks map[*bulk]driver.StmtExecContext
	args  []any
	named []driver.NamedValue
}

var _ session = (*lite)(nil)

func (s *Store) connectSQLite(ctx context.Context) (session, error) {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	return &lite{conn: conn, stmts: map[string]*sql.Stmt{}, bulks: map[*bulk]driver.StmtExecContext{}}, nil
}

func (l *lite) prepare(ctx context.Context, statement string) (*sql.Stmt, error) {
	if stmt, ok := l.stmts[statement]; ok {
		return stmt, nil
	}
	stmt, err := l.conn.PrepareContext(ctx, statement)
	if err != nil {
		return nil, explain(statement, err)
	}
	l.stmts[statement] = stmt
	return stmt, nil
}

func (l *lite) begin(ctx context.Context) error    { return l.plain(ctx, "BEGIN IMMEDIATE") }
func (l *lite) commit(ctx context.Context) error   { return l.plain(ctx, "COMMIT") }
func (l *lite) settle(context.Context) error       { return nil }
func (l *lite) rollback(ctx context.Context) error { return l.plain(ctx, "ROLLBACK") }

func (l *lite) plain(ctx context.Context, statement string) error {
	_, err := l.exec(ctx, statement)
	return err
}

// values puts a row's values in the order in which the statement uses them. What it returns holds until the next call.
func (l *lite) values(b *bulk, row []any) []any {
	l.args = l.args[:0]
	for _, i := range b.uses {
		l.args = append(l.args, row[i])
	}
	return l.args
}

func (l *lite) run(ctx context.Context, b *bulk, rows [][]any) error {
	return l.apply(ctx, b, rows, nil)
}

func (l *lite) hits(ctx context.Context, b *bulk, rows [][]any) ([]bool, error) {
	hits := make([]bool, len(rows))
	return hits, l.apply(ctx, b, rows, hits)
}

// apply runs a bulk statement for each row. Whether a row had an effect is read from the count of changes: RETURNING would cost SQLite a
// temporary table for every row. It asks the driver itself: these are most of all statements, their values are of the driver's own kinds, and what
// database/sql does around each is a fifteenth of all garbage.
func (l *lite) apply(ctx context.Context, b *bulk, rows [][]any, hits []bool) error {
	if len(rows) == 0 {
		return nil
	}
	err := l.conn.Raw(func(conn any) error {
		stmt, err := l.bulk(ctx, conn, b)
		if err != nil {
			return err
		}
		for i, row := range rows {
			l.named = l.named[:0]
			for at, use := range b.uses {
				l.named = append(l.named, driver.NamedValue{Ordinal: at + 1, Value: row[use]})
			}
			result, err := stmt.ExecContext(ctx, l.named)
			if err != nil {
				return err
			}
			if hits == nil {
				continue
			}
			n, err := result.RowsAffected()
			if err != nil {
				return err
			}
			hits[i] = n > 0
		}
		return nil
	})
	return explain(b.sqlite, err)
}

// bulk prepares a bulk statement with the driver, once. The connection is this session's until it is given up, so the statement is as well.
func (l *lite) bulk(ctx context.Context, conn any, b *bulk) (driver.StmtExecContext, error) {
	if stmt, ok := l.bulks[b]; ok {
		return stmt, nil
	}
	prepared, err := conn.(driver.ConnPrepareContext).PrepareContext(ctx, b.sqlite) //nolint:forcetypeassert // the driver is the one that is linked
	if err != nil {
		return nil, err
	}
	stmt := prepared.(driver.StmtExecContext) //nolint:forcetypeassert // as above
	l.bulks[b] = stmt
	return stmt, nil
}

func (l *lite) find(ctx context.Context, b *bulk, rows [][]any, each func(scanner) error) error {
	for _, row := range rows {
		if err := l.query(ctx, each, b.sqlite, l.values(b, row)...); err != nil {
			return err
		}
	}
	return nil
}

func (l *lite) exec(ctx context.Context, statement string, args ...any) (int64, error) {
	stmt, err := l.prepare(ctx, statement)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, explain(statement, err)
	}
	return result.RowsAffected()
}

func (l *lite) query(ctx context.Context, each func(scanner) error, statement string, args ...any) error {
	stmt, err := l.prepare(ctx, statement)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	return explain(statement, eachRow(rows, err, each))
}

// broken is never known of SQLite: its writer gives the connection up when it cannot even roll back.
func (l *lite) broken() bool { return false }

// close gives the connection up for good: what state it is in is not known.
func (l *lite) close() {
	for _, stmt := range l.stmts {
		_ = stmt.Close()
	}
	_ = l.conn.Raw(func(any) error {
		for _, stmt := range l.bulks {
			_ = stmt.(driver.Stmt).Close() //nolint:forcetypeassert // it was prepared as one
		}
		return driver.ErrBadConn // keeps the connection from going back to the pool
	})
	_ = l.conn.Close()
}

// eachRow hands every row of a result to a function and closes the result.
func eachRow(rows *sql.Rows, err error, each func(scanner) error) error {
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := each(rows); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}
