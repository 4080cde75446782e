package crash

import (
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/tengi/tengi/internal/cut"
	"github.com/tengi/tengi/internal/pgtest"
	"github.com/tengi/tengi/internal/shop"
)

// through puts a proxy between the hubs and their PostgreSQL. The test itself goes around it.
func through(r *rig) *cut.Proxy {
	r.t.Helper()
	address, err := url.Parse(r.database)
	must(r.t, err)
	query := address.Query()
	proxy := cut.Listen(r.t, "unix", filepath.Join(query.Get("host"), ".s.PGSQL.5432"))
	query.Del("host")
	query.Set("sslmode", "disable")
	address.Host, address.RawQuery = proxy.Addr(), query.Encode()
	r.base.Database = address.String()
	return proxy
}

// TestCrashDatabaseCutOff cuts the hub off from PostgreSQL at random, from before its start on: connections that are reset in the middle of whatever they
// do, a server that refuses, a network that is silent. The hub must come through without being started again.
func TestCrashDatabaseCutOff(t *testing.T) {
	t.Parallel()
	for _, means := range []string{"key", "find"} {
		t.Run(means, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "postgres", means)
			r.books.UseKeys = means == "key"
			r.base.Lease, r.base.Timeout = 1500*time.Millisecond, time.Second // what could not be recorded waits for the lease to end
			proxy := through(r)
			r.sell(16)
			proxy.Refuse(true)
			r.hub.start()
			<-time.After(between(0, 300*time.Millisecond))
			proxy.Refuse(false)
			cuts := 0
			for i := range kills(t, 8) {
				if i%2 == 1 { // else it may still be at its start, or not yet back from the last cut
					r.hub.waitReady()
				}
				<-time.After(between(20*time.Millisecond, 300*time.Millisecond))
				switch rand.IntN(3) {
				case 0:
					proxy.Refuse(true)
				case 1:
					proxy.Hold(true)
				}
				if rand.IntN(2) == 0 {
					cuts += proxy.Cut()
				}
				<-time.After(between(0, 300*time.Millisecond))
				cuts += proxy.Cut()
				proxy.Refuse(false)
				proxy.Hold(false)
				r.kills.Add(1)
			}
			r.finish()
			t.Logf("%d connections were cut", cuts)
			if cuts == 0 {
				t.Error("no connection was cut: nothing was tried")
			}
			r.verdict(false).mustBeClean(t)
			if r.outage.rude > 0 {
				t.Error(r.outage.check(true))
			}
		})
	}
}

// TestCrashDatabaseRestarts stops PostgreSQL in both ways under load, until senders have been told to come again, and starts it.
func TestCrashDatabaseRestarts(t *testing.T) {
	t.Parallel()
	for name, down := range map[string]func(*pgtest.Server, testing.TB){"fast": (*pgtest.Server).Stop, "immediate": (*pgtest.Server).Crash} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := pgtest.New(t)
			r := newRig(t, "", "find", func(r *rig, _ *shop.Setup) { r.onPostgres(server.Database(t)) })
			r.sell(16)
			r.hub.start()
			for range kills(t, 1) {
				r.hub.waitReady()
				<-time.After(between(100*time.Millisecond, 600*time.Millisecond))
				down(server, t)
				r.outage.begin()
				before := r.outage.count(503)
				r.wait("senders to be told to come again", func() bool { return r.outage.count(503) > before })
				r.outage.end()
				server.Start(t)
				r.kills.Add(1)
			}
			r.hub.waitReady()
			r.finish()
			r.verdict(false).mustBeClean(t)
			if wrong := r.outage.check(false); wrong != "" {
				t.Error(wrong)
			}
			t.Logf("%d notices were answered 503 while the server was down", r.outage.count(503))
		})
	}
}

// TestCrashAnswersLost has the network lose every few answers of the bookkeeper, and kills the hub as well.
func TestCrashAnswersLost(t *testing.T) {
	t.Parallel()
	for _, means := range []string{"key", "find"} {
		t.Run(means, func(t *testing.T) {
			t.Parallel()
			var proxy *cut.Proxy
			r := newRig(t, "sqlite", means, func(r *rig, s *shop.Setup) {
				books, err := url.Parse(s.BooksURL)
				must(t, err)
				proxy = cut.Listen(t, "tcp", books.Host)
				books.Host = proxy.Addr()
				s.BooksURL = books.String()
			})
			r.books.UseKeys = means == "key"
			proxy.LoseAnswers(7)
			r.sell(16)
			for range kills(t, 3) {
				r.hub.start()
				r.hub.killAfter(between(300*time.Millisecond, time.Second))
			}
			r.finish()
			t.Logf("%d answers were lost", proxy.Lost())
			if proxy.Lost() == 0 {
				t.Error("no answer was lost: nothing was tried")
			}
			r.verdict(false).mustBeClean(t)
		})
	}
}
