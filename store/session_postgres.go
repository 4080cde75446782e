package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// pipe is a writer's connection to PostgreSQL. Statements whose answer nobody waits for are queued and sent together with the next one that is
// waited for: a network's round trips are what a transaction there costs.
type pipe struct {
	conn  *pgx.Conn
	queue *pgx.Batch
}

var _ session = (*pipe)(nil)

// connectPostgres makes a writer's connection and makes sure that what it commits is durable: the server may have been set up differently since
// the last one.
func (s *Store) connectPostgres(ctx context.Context) (session, error) {
	conn, err := pgx.ConnectConfig(ctx, s.postgres.Copy())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errLost, err)
	}
	p := &pipe{conn: conn, queue: &pgx.Batch{}}
	if err := durablePostgres(func(setting string) (value string, err error) {
		return value, conn.QueryRow(ctx, "SELECT current_setting($1)", setting).Scan(&value)
	}); err != nil {
		p.close()
		if IsAway(err) && ctx.Err() == nil {
			err = fmt.Errorf("%w: %w", errLost, err)
		}
		return nil, err
	}
	return p, nil
}

func (p *pipe) begin(context.Context) error {
	p.queue.Queue("BEGIN")
	return nil
}

func (p *pipe) commit(ctx context.Context) error {
	tag, err := p.conn.Exec(ctx, "COMMIT")
	if err == nil && tag.String() != "COMMIT" { // a transaction in which something failed is answered with ROLLBACK and no error
		err = fmt.Errorf("the server answered %s", tag)
	}
	return err
}

func (p *pipe) rollback(ctx context.Context) error {
	p.queue = &pgx.Batch{}
	if p.conn.PgConn().TxStatus() == 'I' {
		return nil // BEGIN was never sent, or is over
	}
	_, err := p.conn.Exec(ctx, "ROLLBACK")
	return err
}

func (p *pipe) settle(ctx context.Context) error { return p.flush(ctx) }

// flush sends what is queued and waits for all of it.
func (p *pipe) flush(ctx context.Context) error {
	if p.queue.Len() == 0 {
		return nil
	}
	queue := p.queue
	p.queue = &pgx.Batch{}
	return p.conn.SendBatch(ctx, queue).Close()
}

// add queues a statement; its result goes to each, when given.
func (p *pipe) add(each func(scanner) error, statement string, args []any) {
	queued := p.queue.Queue(statement, args...)
	if each == nil {
		queued.Exec(func(pgconn.CommandTag) error { return nil })
	} else {
		queued.Query(func(rows pgx.Rows) error {
			for rows.Next() {
				if err := each(rows); err != nil {
					return err
				}
			}
			return rows.Err()
		})
	}
	fn := queued.Fn
	queued.Fn = func(br pgx.BatchResults) error { return explain(statement, fn(br)) }
}

func (p *pipe) run(_ context.Context, b *bulk, rows [][]any) error {
	if len(rows) > 0 {
		p.add(nil, b.pg, b.transpose(rows))
	}
	return nil
}

func (p *pipe) hits(ctx context.Context, b *bulk, rows [][]any) ([]bool, error) {
	hits := make([]bool, len(rows))
	if len(rows) == 0 {
		return hits, nil
	}
	place := make(map[int64]int, len(rows))
	for i, row := range rows {
		place[row[0].(int64)] = i //nolint:forcetypeassert // as hits demands
	}
	p.add(func(r scanner) error {
		var id int64
		err := r.Scan(&id)
		hits[place[id]] = true
		return err
	}, b.pg+" RETURNING "+b.table+".id", b.transpose(rows))
	return hits, p.flush(ctx)
}

func (p *pipe) find(ctx context.Context, b *bulk, rows [][]any, each func(scanner) error) error {
	if len(rows) == 0 {
		return nil
	}
	p.add(each, b.pg, b.transpose(rows))
	return p.flush(ctx)
}

func (p *pipe) exec(ctx context.Context, statement string, args ...any) (n int64, err error) {
	p.queue.Queue(statement, args...).Exec(func(tag pgconn.CommandTag) error {
		n = tag.RowsAffected()
		return nil
	})
	return n, explain(statement, p.flush(ctx))
}

func (p *pipe) query(ctx context.Context, each func(scanner) error, statement string, args ...any) error {
	p.add(each, statement, args)
	return p.flush(ctx)
}

func (p *pipe) broken() bool { return p.conn.IsClosed() }

func (p *pipe) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second) // to say goodbye in
	defer cancel()
	_ = p.conn.Close(ctx)
}
