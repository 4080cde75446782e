package main

import (
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// olderText makes the rows inside the database, because that is quick. Their sizes are those of the rows that the hub writes.
//
//go:embed older.sql
var olderText string

// What the connection of bench.yaml sends for an order, and what the destination answers.
const (
	olderSent = `{"number":"0000000000","reference":"order-0000000000-1-ABCDEF","customer":"Anna Lind","email":"anna.lind@example.com",` +
		`"total":149400,"currency":"ISK","date":"2026-06-11"}`
	olderAnswer = `{"id":"inv_0000000000","number":"0000000000","status":"issued"}`
)

// year is how far the older events go back.
const year = 365 * 24 * time.Hour

// olderStatements are the statements that store older events, from a number of the ledger on. ids are those of the accounts and the connection.
func olderStatements(events, first int64, now time.Time, ids map[string]string, postgres bool) []string {
	// Orders of the past have numbers that the run does not give out, so that none is taken for a repeat.
	order := "CAST(9000000000 + n AS TEXT)"
	hash, blob, end := "randomblob(16)", "CAST(", " AS BLOB)"
	if postgres {
		hash, blob, end = "decode(md5(CAST(n AS TEXT)), 'hex')", "convert_to(", ", 'UTF8')"
	}
	text := func(s string) string {
		return "'" + strings.ReplaceAll(strings.ReplaceAll(s, "'", "''"), string(blank), "' || "+order+" || '") + "'"
	}
	asJSON := func(s string) string {
		encoded, _ := json.Marshal(s) // a string always encodes
		return text(string(encoded))
	}
	body, sent, answer := text(string(orderBody())), text(olderSent), text(olderAnswer)
	fill := strings.NewReplacer(
		"{series}", fmt.Sprintf("WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < %d)", events-1),
		"{first}", fmt.Sprintf("CAST(%d AS BIGINT)", first),
		"{order}", order,
		"{ref}", "'order-' || "+order+" || '-1-ABCDEF'",
		"{refused}", "n - n / 1000 * 1000 = 999",
		"{then}", fmt.Sprintf("CAST(%d AS BIGINT) + n * CAST(%d AS BIGINT)", now.Add(-year).UnixMilli(), year.Milliseconds()/max(events, 1)),
		"{hash}", hash,
		"{last}", fmt.Sprint(first+4*events-1), "{workspace}", text(ids["bench"]),
		"{orders}", text(ids["orders"]), "{books}", text(ids["books"]), "{invoices}", text(ids["invoices"]),
		"{blob {body}}", blob+body+end, "{blob {sent}}", blob+sent+end, "{blob {answer}}", blob+answer+end,
		"{answer}", answer, "{sent in json}", asJSON(olderSent), "{answer in json}", asJSON(olderAnswer),
	)
	return strings.Split(strings.TrimSuffix(strings.TrimSpace(fill.Replace(olderText)), ";"), ";\n\n")
}

// fill stores older events in a stopped installation, and brings the database to the state it would have come to by itself in that year: statistics
// gathered, the log written back.
func (i *installation) fill(ctx context.Context, events int64) (err error) {
	first, err := i.ledger(ctx, `SELECT max(n) + 1 FROM (SELECT coalesce(max(id), 0) AS n FROM event UNION ALL SELECT coalesce(max(id), 0) FROM delivery
UNION ALL SELECT coalesce(max(id), 0) FROM attempt UNION ALL SELECT coalesce(max(id), 0) FROM document) AS ids`)
	if err != nil {
		return err
	}
	db, err := i.open()
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1) // what is set for the session must hold for all that follows
	ids, err := idsOf(ctx, db)
	if err != nil {
		return err
	}
	postgres := i.database != ""
	indexes, err := indexesOf(ctx, db, olderText, postgres)
	if err != nil {
		return err
	}
	steps := []string{"PRAGMA synchronous = OFF", "PRAGMA cache_size = -400000", "PRAGMA temp_store = MEMORY"}
	end := []string{"PRAGMA wal_checkpoint(TRUNCATE)", "ANALYZE"}
	if postgres {
		steps = []string{"SET synchronous_commit = off", "SET maintenance_work_mem = '512MB'"}
		end = []string{fmt.Sprintf("SELECT setval('ledger_id', %d)", first+4*events), "VACUUM ANALYZE", "CHECKPOINT"}
	}
	for _, index := range indexes { // making one of a million rows is quicker than keeping it while they come
		steps = append(steps, "DROP INDEX "+index.name)
	}
	steps = append(steps, olderStatements(events, first, time.Now(), ids, postgres)...)
	for _, index := range indexes {
		steps = append(steps, index.create)
	}
	for _, step := range append(steps, end...) {
		if _, err := db.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("%.60s …: %w", step, err)
		}
	}
	return nil
}

// idsOf finds the ids of what bench.yaml names.
func idsOf(ctx context.Context, db *sql.DB) (map[string]string, error) {
	ids := map[string]string{}
	for key, table := range map[string]string{"bench": "workspace", "orders": "account", "books": "account", "invoices": "connection"} {
		var id string
		if err := db.QueryRowContext(ctx, "SELECT id FROM "+table+" WHERE key = $1", key).Scan(&id); err != nil {
			return nil, fmt.Errorf("find the %s %s: %w", table, key, err)
		}
		ids[key] = id
	}
	return ids, nil
}

// index is one that can be dropped and made again.
type index struct{ name, create string }

// filled finds the tables that statements fill.
var filled = regexp.MustCompile(`INSERT INTO ([a-z]+)`)

func indexesOf(ctx context.Context, db *sql.DB, statements string, postgres bool) (list []index, err error) {
	var tables []string
	for _, match := range filled.FindAllStringSubmatch(statements, -1) {
		tables = append(tables, "'"+match[1]+"'")
	}
	query := "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN (" + strings.Join(tables, ", ") + ")"
	if postgres {
		query = `SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
WHERE t.relname IN (` + strings.Join(tables, ", ") + `) AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)`
	}
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("list the indexes: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var one index
		if err := rows.Scan(&one.name, &one.create); err != nil {
			return nil, fmt.Errorf("list the indexes: %w", err)
		}
		list = append(list, one)
	}
	return list, rows.Err()
}
