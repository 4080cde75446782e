package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
)

// prepared keeps the SQLite statements of reads: parsing one costs more than running it. There are as many as there are texts in this package.
// PostgreSQL's driver keeps its own.
type prepared struct {
	mu    sync.RWMutex
	stmts map[string]*sql.Stmt
}

func (p *prepared) get(ctx context.Context, db *sql.DB, statement string) (*sql.Stmt, error) {
	p.mu.RLock()
	stmt, ok := p.stmts[statement]
	p.mu.RUnlock()
	if ok {
		return stmt, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if stmt, ok := p.stmts[statement]; ok {
		return stmt, nil
	}
	stmt, err := db.PrepareContext(ctx, statement)
	if err != nil {
		return nil, explain(statement, err)
	}
	if p.stmts == nil {
		p.stmts = map[string]*sql.Stmt{}
	}
	p.stmts[statement] = stmt
	return stmt, nil
}

// rows reads with a SELECT and hands every row to each.
func (s *Store) rows(ctx context.Context, each func(scanner) error, statement string, args ...any) error {
	args = cleanArgs(args)
	if s.dialect.postgres {
		rows, err := s.read.QueryContext(ctx, statement, args...)
		return explain(statement, eachRow(rows, err, each))
	}
	stmt, err := s.prepared.get(ctx, s.read, statement)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	return explain(statement, eachRow(rows, err, each))
}

// one reads the one row of a SELECT; ErrNotFound when there is none.
func (s *Store) one(ctx context.Context, dest []any, statement string, args ...any) error {
	found := false
	err := s.rows(ctx, func(r scanner) error {
		found = true
		return r.Scan(dest...)
	}, statement, args...)
	if err == nil && !found {
		err = ErrNotFound
	}
	return err
}

// placeholders writes $from, $from+1, ... for n values.
func placeholders(from, n int) string {
	var list []byte
	for i := range n {
		if i > 0 {
			list = append(list, ", "...)
		}
		list = fmt.Appendf(list, "$%d", from+i)
	}
	return string(list)
}
