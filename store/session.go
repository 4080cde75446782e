package store

import (
	"context"
	"fmt"
)

// session is a writer's own connection to its database. A session whose transaction failed is rolled back or given up by its writer.
type session interface {
	begin(ctx context.Context) error
	// settle sends what is still waiting to be sent; commit is for a transaction that is settled.
	settle(ctx context.Context) error
	commit(ctx context.Context) error
	rollback(ctx context.Context) error
	// run applies a bulk statement to rows. Its error may come only with a later call of the same transaction: PostgreSQL gets what needs no
	// answer together with what does.
	run(ctx context.Context, b *bulk, rows [][]any) error
	// hits applies a bulk INSERT or UPDATE and says on which of the rows it had an effect. The first column is the table's id, different in every row.
	hits(ctx context.Context, b *bulk, rows [][]any) ([]bool, error)
	// find runs a bulk SELECT.
	find(ctx context.Context, b *bulk, rows [][]any, each func(scanner) error) error
	// exec runs a plain statement and says how many rows it had an effect on.
	exec(ctx context.Context, statement string, args ...any) (int64, error)
	// query runs a plain SELECT, or a statement that returns rows.
	query(ctx context.Context, each func(scanner) error, statement string, args ...any) error
	// broken says that the session is of no more use.
	broken() bool
	close()
}

// scanner is the current row of a result.
type scanner interface{ Scan(dest ...any) error }

// tx is the transaction of one batch.
type tx struct {
	session
	ctx  context.Context
	w    *writer
	told []string // what a change concerns: accounts, connections, workspaces
}

// tell notes what a change concerns, for those who watch.
func (t *tx) tell(ids ...string) { t.told = append(t.told, ids...) }

// ids takes n numbers of the ledger's counter, ascending.
func (t *tx) ids(n int) ([]int64, error) {
	ids := make([]int64, 0, n)
	if n == 0 {
		return ids, nil
	}
	if !t.w.store.dialect.postgres {
		for range n {
			t.w.lastID++
			ids = append(ids, t.w.lastID)
		}
		return ids, nil
	}
	err := t.query(t.ctx, func(r scanner) error {
		var id int64
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT nextval('ledger_id') FROM generate_series(1, $1)", n)
	if err == nil && len(ids) != n {
		err = fmt.Errorf("the ledger's counter gave %d numbers for %d", len(ids), n)
	}
	return ids, err
}
