package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// small are the indexes of what is open, running or waits for a person, and of what people set up: they may be read whole. Everything else grows with
// the ledger.
var small = []string{"delivery_due", "delivery_open", "delivery_person", "delivery_running", "delivery_stopped", "document_refresh", "revisit_pkey", "workspace_pkey"}

// asked matches the statements that have a plan.
var asked = regexp.MustCompile(`^(SELECT|UPDATE|INSERT|DELETE)\b`)

// CheckPlans fails the test for every statement a SQLite ledger was asked that reads a whole table, or a whole index that grows with the ledger.
// SQLite plans without looking at the data, as nobody analyses it, so an empty ledger shows what a large one does.
func CheckPlans(t *testing.T, s *Store) {
	t.Helper()
	for _, statement := range Statements(t, s) {
		if !asked.MatchString(statement) {
			continue
		}
		rows, err := s.read.QueryContext(context.WithoutCancel(t.Context()), "EXPLAIN QUERY PLAN "+statement, make([]any, highest(statement))...)
		err = eachRow(rows, err, func(r scanner) error {
			var id, parent, unused int
			var detail string
			err := r.Scan(&id, &parent, &unused, &detail)
			if scan, ok := strings.CutPrefix(detail, "SCAN "); ok && readsAll(scan) {
				t.Errorf("%s: %s", detail, statement)
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// placeholder is where a value goes in a statement.
var placeholder = regexp.MustCompile(`\$([0-9]+)|\?`)

// highest is how many values a statement needs.
func highest(statement string) (n int) {
	for i, m := range placeholder.FindAllStringSubmatch(statement, -1) {
		number, err := strconv.Atoi(m[1])
		if err != nil {
			number = i + 1
		}
		n = max(n, number)
	}
	return n
}

// readsAll says whether a scan, as SQLite describes it, is of something that grows.
func readsAll(scan string) bool {
	table, _, _ := strings.Cut(scan, " ")
	if slices.Contains([]string{"a", "account", "account_limit", "c", "connection", "few", "one_time_code", "person", "revisit", "CONSTANT", "schedule", "workspace"}, table) {
		return false
	}
	return !slices.ContainsFunc(small, func(index string) bool { return strings.HasSuffix(scan, "INDEX "+index) })
}

// CheckPostgresPlans does the same with the statements that PostgreSQL was asked. It plans by what it knows of the data, so they are looked at in an
// empty ledger, whose plans a connection may keep for long, and in a large one. They are the plans for any arguments, the least informed that the
// server ever uses.
func CheckPostgresPlans(t *testing.T, url string, statements []string) {
	t.Helper()
	statements = slices.DeleteFunc(statements, func(s string) bool {
		return !asked.MatchString(s) || strings.Contains(s, "pg_") || strings.Contains(s, "goose")
	})
	if len(statements) < 50 {
		t.Errorf("only %d statements are known", len(statements))
	}
	seeded(t, openPg(t, url))
	explainAll(t, url, "a young ledger", statements)
	fill(t, url)
	explainAll(t, url, "a large ledger", statements)
}

func explainAll(t *testing.T, url, ledger string, statements []string) {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	settings := map[string]string{"plan_cache_mode": "force_generic_plan"}
	maps.Copy(settings, planning)
	for parameter, value := range settings {
		if _, err := conn.Exec(ctx, "SET "+parameter+" = "+value); err != nil {
			t.Fatal(err)
		}
	}
	for i, statement := range statements {
		p, err := explainOne(ctx, conn, fmt.Sprintf("s%d", i), statement)
		if err != nil {
			t.Errorf("%s: %v", statement, err)
		} else if why := p.readsAll(); why != "" {
			t.Errorf("%s: %s: %s", ledger, why, statement)
		}
	}
}

func explainOne(ctx context.Context, conn *pgx.Conn, name, statement string) (plan, error) {
	description, err := conn.Prepare(ctx, name, statement)
	if err != nil {
		return plan{}, err
	}
	execute := "EXPLAIN (FORMAT JSON) EXECUTE " + name
	if n := len(description.ParamOIDs); n > 0 {
		execute += "(" + strings.TrimSuffix(strings.Repeat("NULL, ", n), ", ") + ")"
	}
	var encoded []byte
	if err := conn.QueryRow(ctx, execute).Scan(&encoded); err != nil {
		return plan{}, err
	}
	var plans []struct{ Plan plan }
	if err := json.Unmarshal(encoded, &plans); err != nil || len(plans) != 1 {
		return plan{}, fmt.Errorf("%d plans: %w", len(plans), err)
	}
	return plans[0].Plan, nil
}

// plan is a node of a plan as PostgreSQL explains it.
type plan struct {
	Type     string `json:"Node Type"`
	Relation string `json:"Relation Name"`
	Index    string `json:"Index Name"`
	Cond     string `json:"Index Cond"`
	Plans    []plan `json:"Plans"`
}

// readsAll names the node of a plan that reads a whole table or index that grows.
func (p plan) readsAll() string {
	big := slices.Contains([]string{"attempt", "audit", "call", "delivery", "document", "event", "object", "event_words", "step", "tally", "term", "web_session"}, p.Relation)
	switch {
	case p.Type == "Seq Scan" && big:
		return "reads all of " + p.Relation
	case strings.HasPrefix(p.Type, "Index") && big && p.Cond == "" && !slices.Contains(small, p.Index):
		return "reads all of " + p.Index
	case p.Type == "Bitmap Index Scan" && p.Cond == "" && !slices.Contains(small, p.Index):
		return "reads all of " + p.Index
	}
	for _, child := range p.Plans {
		if why := child.readsAll(); why != "" {
			return why
		}
	}
	return ""
}

// fill puts a large ledger into a database: nearly all of it has ended, as in life.
func fill(t *testing.T, url string) {
	t.Helper()
	const n = "30000"
	admin(t, url,
		`INSERT INTO connection (id, workspace_id, key, name, enabled, spec, created_at, updated_at) SELECT 'c' || i, 'w1', 'c' || i, '', 1, '{}', 0, 0 FROM generate_series(2, 50) i`,
		`INSERT INTO schedule (connection_id, next_at) SELECT id, 0 FROM connection ON CONFLICT DO NOTHING`,
		`INSERT INTO event (id, account_id, type, object, version, dedupe, dedupe_hash, raw, body, loaded, received_at)
SELECT i, 'shop' || i % 50, 'booking', 'booking/' || i / 2, 0, i::text, decode(md5(i::text), 'hex'), '{}', '', 1, i FROM generate_series(1, `+n+`) i`,
		`INSERT INTO delivery (id, event_id, connection_id, account_id, object, state, open, due_at, code, updated_at)
SELECT 1000000 + i, i, 'c' || i % 50, 'books', 'booking/' || i / 2, CASE i % 1000 WHEN 1 THEN 'failed' WHEN 2 THEN 'held' WHEN 3 THEN 'unknown' WHEN 4 THEN 'retrying' WHEN 5 THEN 'waiting' ELSE
CASE WHEN i % 7 = 0 THEN 'skipped' ELSE 'done' END END,
CASE WHEN i % 1000 BETWEEN 3 AND 5 THEN 1 ELSE 0 END, CASE WHEN i % 1000 IN (4, 5) THEN i END, 'code', i FROM generate_series(1, `+n+`) i`,
		`INSERT INTO object (connection_id, name, version, event_id) SELECT 'c' || i % 50, 'booking/' || i, 0, i FROM generate_series(1, `+n+`) i`,
		`INSERT INTO step (delivery_id, key, op, connection_id, object, issue, ref, state, input, fingerprint) SELECT 1000000 + i, 'a', 'do', 'c' || i % 50, 'booking/' || i, 1, '', 'done', '{}', ''
FROM generate_series(1, `+n+`) i`,
		`INSERT INTO call (delivery_id, step_key, op, name, version, key, method, url, header, body, state, sends, looks, resent, first_sent, last_sent, answer)
SELECT 1000000 + i, 'a', 'do', 'create', 1, '', '', '', '', '', 'answered', 1, 0, 0, 0, 0, '' FROM generate_series(1, `+n+`) i`,
		`INSERT INTO attempt (id, delivery_id, step_key, op, outcome, code, message, detail, exchanges, node, started_at, ended_at)
SELECT 2000000 + i, 1000000 + i, 'a', 'do', 'done', '', '', '', '', '', 0, 0 FROM generate_series(1, `+n+`) i`,
		`INSERT INTO document (id, connection_id, object, step_key, delivery_id, account_id, kind, external_id, number, url, status, amount, currency, customer, data, ref, fingerprint, created_at)
SELECT 3000000 + i, 'c' || i % 50, 'booking/' || i / 2, 'a', 1000000 + i, 'books', 'invoice', '', CASE WHEN i % 1000 = 0 THEN '' ELSE '7' END, '', '', 1, 'ISK', '', '', '', '', i
FROM generate_series(1, `+n+`) i`,
		"ANALYZE")
}
