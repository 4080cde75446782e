package engine

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/internal/pgtest"
	"github.com/tengi/tengi/internal/shop"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// awaitName waits until the engine knows the connection by a name. Nothing tells when a node has heard something, so it looks again and again.
func (b *bench) awaitName(name string) {
	b.t.Helper()
	for {
		if p, ok := b.engine.Pipe("con_1"); ok && p.Name == name {
			return
		}
		select {
		case <-b.t.Context().Done():
			b.t.Fatalf("the engine never learnt that the connection is called %s", name)
		case <-time.After(time.Millisecond):
		}
	}
}

// rename changes the configuration as a person at another node does whose announcement nobody hears.
func (b *bench) rename(name string) {
	b.t.Helper()
	must(b.t, b.store.SaveConnection(b.t.Context(), shop.Connection(func(c *tengi.Connection) { c.Name = name }), b.clock.Now()))
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
