package store

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"sync"
)

// horizon is what the indexer knows of the ledger's counter on PostgreSQL, where a greater number may be committed before a smaller.
type horizon struct {
	mu      sync.Mutex
	safe    int64 // every transaction that was given a number up to it has ended
	sampled int64 // the counter's value ...
	at      int64 // ... at this moment, by the server's clock in microseconds; 0 = not sampled
}

// settled is a number of the ledger below which nothing new will be seen. SQLite has one writer, which commits in the order of its numbers.
func (s *Store) settled(ctx context.Context) (last int64, err error) {
	if !s.dialect.postgres {
		return last, s.one(ctx, []any{&last}, lastIDs)
	}
	s.horizon.mu.Lock()
	defer s.horizon.mu.Unlock()
	return s.horizon.ask(ctx, s)
}

// ask looks at the counter, and at the transactions under way: whoever was given one of its numbers had begun before, so once every transaction is
// younger than a look at the counter, all that it had given by then has been committed or never will be.
func (h *horizon) ask(ctx context.Context, s *Store) (int64, error) {
	if h.at == 0 {
		// Of a counter that has given nothing yet last_value is the number that it will give first (is_called).
		if err := s.one(ctx, []any{&h.sampled, &h.at}, `SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END, CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)
FROM ledger_id`); err != nil {
			return 0, err
		}
	}
	oldest := int64(math.MaxInt64)
	err := s.one(ctx, []any{&oldest}, `SELECT coalesce(min(CAST(extract(epoch FROM xact_start) * 1000000 AS BIGINT)), 9223372036854775807) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'tengi' AND pid <> pg_backend_pid()`)
	if err != nil {
		return 0, fmt.Errorf("see what is under way: %w", err)
	}
	if oldest > h.at {
		h.safe, h.at = h.sampled, 0
	}
	return h.safe, nil
}

// behind says whether there are events that the indexer has not looked at.
func (s *Store) behind(ctx context.Context) (bool, error) {
	at, err := s.Meta(ctx, indexed)
	if err != nil {
		return false, err
	}
	from, _ := strconv.ParseInt(at, 10, 64) // at first it is empty
	var is bool
	err = s.one(ctx, []any{&is}, "SELECT EXISTS (SELECT 1 FROM event WHERE id > $1)", from)
	return is, err
}
