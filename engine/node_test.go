package engine

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/internal/pgtest"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// await waits until something holds. Nothing tells when a node has come so far, so it looks again and again.
func (b *bench) await(what string, holds func() bool) {
	b.t.Helper()
	for !holds() {
		select {
		case <-b.gone:
			b.t.Fatalf("the engine ended before %s", what)
		case <-b.t.Context().Done():
			b.t.Fatalf("waited in vain for %s", what)
		case <-time.After(time.Millisecond):
		}
	}
}

// awaitName waits until the engine knows the connection by a name.
func (b *bench) awaitName(name string) {
	b.t.Helper()
	b.await("the connection to be called "+name, func() bool {
		p, ok := b.engine.Pipe("con_1")
		return ok && p.Name == name
	})
}

// rename changes the configuration as a person at another node does whose announcement nobody hears.
func (b *bench) rename(name string) {
	b.t.Helper()
	must(b.t, b.store.SaveConnection(b.t.Context(), shop.Connection(func(c *tengi.Connection) { c.Name = name }), b.clock.Now()))
}

// A database that fails just when the engine begins is waited for: it takes back its earlier life's leases as soon as it can, and works before no sooner.
func TestADatabaseThatFailsAtTheStartIsWaitedFor(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	b := setupWith(t, "key", func(b *bench) { b.database, b.real = url, true })
	b.engine.testing.Hurry = 100
	event := b.notice(order("A1")).EventID
	now := b.store.Now()
	got, err := b.store.Claim(t.Context(), store.Claim{Lanes: b.engine.usableLanes(), Want: 1, Node: b.node, Lease: token(), Now: now, Until: now.Add(time.Hour)})
	must(t, err)
	if len(got.Deliveries) != 1 {
		t.Fatalf("the earlier life has %d deliveries", len(got.Deliveries))
	}
	admin, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer func() { must(t, admin.Close(context.WithoutCancel(t.Context()))) }()
	_, err = admin.Exec(t.Context(), "ALTER TABLE delivery RENAME TO gone")
	must(t, err)
	b.run()
	b.await("the engine to find the database failing", func() bool { return strings.Contains(b.log.String(), "trying again") })
	_, err = admin.Exec(t.Context(), "ALTER TABLE gone RENAME TO delivery")
	must(t, err)
	b.await("the delivery to be done", func() bool { return b.delivery(event).state == "done" })
}

// What other nodes announce while this one does not listen yet, or not any more, is not lost.
func TestChangesAnnouncedToNobodyAreSeen(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	b := setupWith(t, "key", func(b *bench) { b.database, b.real = url, true })
	b.rename("before it listened")
	b.run()
	b.awaitName("before it listened")
	for _, name := range []string{"connection lost", "lost again"} {
		b.rename(name)
		admin, err := pgx.Connect(t.Context(), url)
		must(t, err)
		_, err = admin.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
		must(t, err)
		must(t, admin.Close(t.Context()))
		b.awaitName(name)
	}
}
