package main

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/sale"
	"github.com/tengi/tengi/store"
)

// listBar is how long what a page reads may take, of a hundred pages for the ninety-five quickest.
const listBar = 50 * time.Millisecond

// listsText makes the rows inside the database.
//
//go:embed lists.sql
var listsText string

// firstNames and lastNames are combined by chance; the first are frequent, as in life.
var firstNames = []string{"Anna", "Jon", "Gudrun", "Sigurdur", "Kristin", "Gunnar", "Margret", "Olafur", "Helga", "Einar", "Sigridur", "Kristjan", "Ingibjorg", "Magnus", "Johanna", "Stefan", "Maria", "Johann",
	"Katrin", "Bjorn", "Olga", "Piotr", "Agnieszka", "Tomasz", "Noa", "David", "Yael", "Emma", "Liam", "Sofia", "Lucas", "Mia"}

func lastNames() (names []string) {
	for _, head := range []string{"Lind", "Holm", "Berg", "Dal", "Strand", "Vik", "Sand", "Foss", "Heid", "Nes", "Hraun", "Fell", "Hlid", "Kvist", "Stein", "Land", "Mark", "Bakk", "Skog", "Grund"} {
		for _, tail := range []string{"", "quist", "gren", "strom", "dottir", "son", "by", "vik", "ström", "heim", "stad", "ford", "ley", "wald", "mann", "er", "ova", "ski", "enko", "as"} {
			names = append(names, head+tail)
		}
	}
	return names
}

// lists measures what pages read, in a store with older events, on SQLite.
func (p *place) lists(ctx context.Context) (err error) {
	if p.postgres {
		return nil // the bar is SQLite's
	}
	dir, err := p.folder("lists")
	if err != nil {
		return err
	}
	p.say("%s: storing %s events", p.name, thousands(p.size.older))
	if err := fillLists(ctx, dir, p.size.older); err != nil {
		return fmt.Errorf("store older events: %w", err)
	}
	s, err := store.Open(ctx, store.Config{Dir: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for _, l := range looks(s, p.size.older) {
		var took spread
		found := 0
		for i := range listRounds {
			random := rand.New(rand.NewPCG(uint64(i), 7))
			began := time.Now()
			n, err := l.look(ctx, random)
			if err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			took, found = append(took, time.Since(began)), found+n
		}
		if took = merge(took); (found == 0) != l.vain {
			return fmt.Errorf("%s: %d found in %d pages", l.name, found, listRounds)
		}
		p.add(figure{name: fmt.Sprintf("%s, %s older events", l.name, thousands(p.size.older)), value: fmt.Sprintf("p50 %s, p95 %s", ms(took.p50()), ms(took.quantile(0.95))), bar: "p95 ≤ " + ms(listBar),
			verdict: atMost(int64(took.quantile(0.95)), int64(listBar))})
	}
	return p.index(ctx, s)
}

// listRounds is how often each page is looked at.
const listRounds = 100

// fillLists makes a store with older events.
func fillLists(ctx context.Context, dir string, events int64) (err error) {
	s, err := store.Open(ctx, store.Config{Dir: dir})
	if err != nil {
		return err
	}
	if err := errors.Join(settle(ctx, s), s.Close()); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "tengi.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	indexes, err := indexesOf(ctx, db, listsText, false)
	if err != nil {
		return err
	}
	steps := []string{"PRAGMA synchronous = OFF", "PRAGMA cache_size = -1000000", "PRAGMA temp_store = MEMORY", "CREATE TEMP TABLE first (i INTEGER PRIMARY KEY, name TEXT)", "CREATE TEMP TABLE last (i INTEGER PRIMARY KEY, name TEXT)"}
	for table, names := range map[string][]string{"first": firstNames, "last": lastNames()} {
		for i, name := range names {
			steps = append(steps, fmt.Sprintf("INSERT INTO %s (i, name) VALUES (%d, '%s')", table, i, name))
		}
	}
	for _, index := range indexes {
		steps = append(steps, "DROP INDEX "+index.name)
	}
	fill := strings.NewReplacer("{events}", fmt.Sprint(events), "{then}", fmt.Sprint(time.Now().Add(-year).UnixMilli()), "{step}", fmt.Sprint(year.Milliseconds()/events),
		"{firsts}", fmt.Sprint(len(firstNames)), "{lasts}", fmt.Sprint(len(lastNames())), "{notice}", "CAST('"+strings.Repeat("a notice of a booking ", 30)+"' AS BLOB)",
		"{input}", `'{"text":"`+strings.Repeat("what is sent ", 50)+`"}'`)
	steps = append(steps, strings.Split(strings.TrimSuffix(strings.TrimSpace(fill.Replace(listsText)), ";"), ";\n\n")...)
	for _, index := range indexes {
		steps = append(steps, index.create)
	}
	for _, step := range append(steps, "PRAGMA wal_checkpoint(TRUNCATE)") {
		if _, err := db.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("%.80s …: %w", step, err)
		}
	}
	return nil
}

// settle makes the two businesses.
func settle(ctx context.Context, s *store.Store) (err error) {
	now := time.Now()
	for _, id := range []string{"w1", "w2"} {
		err = errors.Join(err, s.SaveWorkspace(ctx, tengi.Workspace{ID: id, Key: id, Name: id, Country: "IS", Currency: "ISK", TimeZone: "Atlantic/Reykjavik", Language: "is"}, now))
	}
	for _, key := range []string{"0", "1", "2", "9"} {
		workspace := map[bool]string{true: "w2", false: "w1"}[key == "9"]
		err = errors.Join(err, s.SaveAccount(ctx, store.AccountRow{Account: tengi.Account{ID: "a" + key, WorkspaceID: workspace, Key: "a" + key, Connector: "bokun", State: tengi.AccountActive}}, now),
			s.SaveConnection(ctx, tengi.Connection{ID: "c" + key, WorkspaceID: workspace, Key: "c" + key, Name: key, Enabled: true, Source: tengi.Source{AccountID: "a" + key}}, now))
	}
	return err
}

// look is something that a page reads.
type look struct {
	name string
	vain bool // it finds nothing
	look func(context.Context, *rand.Rand) (found int, err error)
}

// vain is a look that finds nothing.
func vain(l look) look {
	l.vain = true
	return l
}

// looks are what is measured.
func looks(s *store.Store, events int64) []look {
	now := time.Now()
	page := func(name string, q func(*rand.Rand) store.EventQuery) look {
		return look{name: name, look: func(ctx context.Context, r *rand.Rand) (int, error) {
			query := q(r)
			query.WorkspaceID = "w1"
			p, err := s.EventPage(ctx, query)
			return len(p.Rows), err
		}}
	}
	search := func(name string, words func(*rand.Rand) string) look {
		return page("search: "+name, func(r *rand.Rand) store.EventQuery { return store.EventQuery{Search: words(r)} })
	}
	documents := func(name string, f func(*rand.Rand) store.DocumentFilter) look {
		return look{name: "documents: " + name, look: func(ctx context.Context, r *rand.Rand) (int, error) {
			filter := f(r)
			filter.WorkspaceID = "w1"
			rows, err := s.DocumentRows(ctx, filter)
			return len(rows), err
		}}
	}
	first := func(r *rand.Rand) string { return firstNames[r.IntN(len(firstNames))] }
	last := func(r *rand.Rand) string { return lastNames()[r.IntN(400)] }
	day := func(r *rand.Rand) time.Time { return now.AddDate(0, 0, -r.IntN(360)) }
	connection := func(r *rand.Rand) string { return fmt.Sprintf("c%d", r.IntN(3)) }
	number := func(r *rand.Rand) int64 { return r.Int64N(events) }
	return []look{
		page("events: newest", func(*rand.Rand) store.EventQuery { return store.EventQuery{} }),
		page("events: anywhere", func(r *rand.Rand) store.EventQuery { return store.EventQuery{After: fmt.Sprint(number(r) * 4)} }),
		page("events: of a connection", func(r *rand.Rand) store.EventQuery { return store.EventQuery{ConnectionID: connection(r)} }),
		page("events: done", func(*rand.Rand) store.EventQuery { return store.EventQuery{Standing: store.StandingDone} }),
		page("events: wait for a person", func(*rand.Rand) store.EventQuery { return store.EventQuery{Standing: store.StandingPerson} }),
		page("events: at work", func(*rand.Rand) store.EventQuery { return store.EventQuery{Standing: store.StandingWorking} }),
		page("events: of a day", func(r *rand.Rand) store.EventQuery {
			at := day(r)
			return store.EventQuery{From: at, Until: at.AddDate(0, 0, 1)}
		}),
		page("events: skipped of a connection on a day", func(r *rand.Rand) store.EventQuery {
			at := day(r)
			return store.EventQuery{From: at, Until: at.AddDate(0, 0, 1), ConnectionID: connection(r), Standing: store.StandingSkipped}
		}),
		search("a booking's number", func(r *rand.Rand) string { return fmt.Sprintf("FJO-%d", 500_000+number(r)) }),
		search("an invoice's number", func(r *rand.Rand) string { return fmt.Sprint(100_000 + number(r)) }),
		search("an address", func(r *rand.Rand) string { return strings.ToLower(first(r) + "." + last(r)) }),
		search("a frequent name", first),
		search("a name", last),
		search("two names", func(r *rand.Rand) string { return first(r) + " " + last(r) }),
		search("a sum", func(r *rand.Rand) string { return fmt.Sprintf("%d.000", 10+r.IntN(90)) }),
		search("a name and a sum", func(r *rand.Rand) string { return fmt.Sprintf("%s %d000", last(r), 10+r.IntN(90)) }),
		search("a telephone number", func(r *rand.Rand) string { return fmt.Sprintf("+354 %d", 5_500_000+r.IntN(99_999)) }),
		search("one letter", func(r *rand.Rand) string { return string(rune('a' + r.IntN(26))) }),
		search("what everything has", func(*rand.Rand) string { return "FJO" }),
		vain(search("nothing", func(*rand.Rand) string { return "zebra" })),
		vain(search("two frequent that are never together", func(*rand.Rand) string { return "gudrun sigurdur" })),
		page("search: a name that waits for a person", func(r *rand.Rand) store.EventQuery {
			return store.EventQuery{Search: first(r), Standing: store.StandingPerson}
		}),
		documents("newest", func(*rand.Rand) store.DocumentFilter { return store.DocumentFilter{} }),
		documents("credits", func(*rand.Rand) store.DocumentFilter { return store.DocumentFilter{Kind: tengi.CreditNote} }),
		documents("in euros", func(*rand.Rand) store.DocumentFilter { return store.DocumentFilter{Currency: "EUR"} }),
		documents("undone", func(*rand.Rand) store.DocumentFilter { return store.DocumentFilter{Undone: store.OnlyUndone} }),
		documents("of a day", func(r *rand.Rand) store.DocumentFilter {
			at := day(r)
			return store.DocumentFilter{From: at, Until: at.AddDate(0, 0, 1), ConnectionID: connection(r)}
		}),
		{name: "documents: of one booking", look: func(ctx context.Context, r *rand.Rand) (int, error) {
			links, err := s.Chain(ctx, "w1", fmt.Sprintf("booking/%d", 500_000+number(r)))
			return len(links), err
		}},
		{name: "documents: sums of a month by day", look: func(ctx context.Context, r *rand.Rand) (int, error) {
			at := day(r)
			totals, err := s.DayTotals(ctx, store.TotalFilter{WorkspaceID: "w1", From: at, Until: at.AddDate(0, 1, 0)}, time.UTC)
			return len(totals), err
		}},
		{name: "documents: sums of a year", look: func(ctx context.Context, _ *rand.Rand) (int, error) {
			totals, err := s.Totals(ctx, store.TotalFilter{WorkspaceID: "w1", From: now.Add(-year), Until: now})
			return len(totals), err
		}},
		{name: "home: all of it", look: func(ctx context.Context, _ *rand.Rand) (int, error) {
			counts, counted := s.StandingCounts(ctx, "w1")
			_, beaten := s.Pulse(ctx, "w1", now, 24)
			_, ran := s.Rhythms(ctx, "w1")
			_, summed := s.Totals(ctx, store.TotalFilter{WorkspaceID: "w1", From: now.Truncate(24 * time.Hour), Until: now})
			_, waits := s.Inbox(ctx, "w1")
			return counts.Person, errors.Join(counted, beaten, ran, summed, waits)
		}},
		{name: "inbox: a group", look: func(ctx context.Context, r *rand.Rand) (int, error) {
			rows, err := s.InboxPage(ctx, store.InboxQuery{WorkspaceID: "w1", ConnectionID: connection(r), State: store.Failed, Code: "refused"})
			return len(rows), err
		}},
	}
}

// indexed is how many events the indexer is measured with.
const indexed = 5000

// index measures how quickly events come into the index.
func (p *place) index(ctx context.Context, s *store.Store) error {
	random := rand.New(rand.NewPCG(1, 7))
	for i := 0; i < indexed; {
		var in store.Ingest
		for range 500 {
			name := firstNames[random.IntN(len(firstNames))] + " " + lastNames()[random.IntN(400)]
			total := decimal.NewFromInt(int64(10+random.IntN(90)) * 1000)
			in.Events = append(in.Events, store.NewEvent{Event: tengi.Event{AccountID: "a0", Type: "booking.confirmed", Object: fmt.Sprintf("booking/n%d", i), Dedupe: fmt.Sprint("n", i), ReceivedAt: time.Now(),
				Sale: &sale.Sale{Reference: fmt.Sprintf("NEW-%d", i), Customer: sale.Customer{Name: name, Email: fmt.Sprintf("%s%d@example.com", strings.ReplaceAll(strings.ToLower(name), " ", "."), i), Phone: fmt.Sprint(5_500_000 + i)},
					Currency: "ISK", Total: total, Lines: []sale.Line{}}}, Deliveries: []store.NewDelivery{{ConnectionID: "c0", AccountID: "a0", State: store.Held}}})
			i++
		}
		if _, err := s.Ingest(ctx, in); err != nil {
			return err
		}
	}
	began := time.Now()
	for more := true; more; {
		var err error
		if more, err = s.IndexOnce(ctx); err != nil {
			return err
		}
	}
	p.add(figure{name: fmt.Sprintf("into the index, %s older events", thousands(p.size.older)), value: perSecond(indexed / time.Since(began).Seconds())})
	return nil
}
