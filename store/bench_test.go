//go:build unix

package store_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

// senders and workers are as many as the figures of the README are measured with.
const senders, workers = 64, 64

// benchStore opens a ledger on the disk of the current folder: the temporary folder may be memory, where fsync costs nothing.
func benchStore(b *testing.B) *store.Store {
	b.Helper()
	dir, err := os.MkdirTemp(".", "bench-")
	if err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(b.Context(), store.Config{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			b.Error(err)
		}
	})
	setUp(b, s)
	return s
}

func setUp(tb testing.TB, s *store.Store) {
	tb.Helper()
	now := time.Now()
	must := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	must(s.SaveWorkspace(tb.Context(), tengi.Workspace{ID: "w1", Key: "fjord", Name: "Fjörður Tours", Country: "IS", Currency: "ISK", TimeZone: "Atlantic/Reykjavik", Language: "is"}, now))
	for _, a := range []string{"bokun", "payday"} {
		must(s.SaveAccount(tb.Context(), store.AccountRow{Account: tengi.Account{ID: a, WorkspaceID: "w1", Key: a, Name: a, Connector: a, State: tengi.AccountActive}, Sealed: []byte("x"), HookHash: []byte("y")}, now))
	}
	must(s.SaveConnection(tb.Context(), tengi.Connection{ID: "c1", WorkspaceID: "w1", Key: "c1", Name: "c1", Enabled: true}, now))
}

var benchBody = func() []byte {
	filler := make([]byte, 700)
	_, _ = rand.Read(filler)
	body, err := json.Marshal(map[string]any{"filler": fmt.Sprintf("%x", filler), "amount": "24900"})
	if err != nil {
		panic(err)
	}
	return body
}()

func benchEvent(n int64) store.Ingest {
	return store.Ingest{Events: []store.NewEvent{{
		Event: tengi.Event{AccountID: "bokun", Type: "booking.confirmed", Object: fmt.Sprintf("booking/%d", n), Version: 1, Dedupe: fmt.Sprintf("booking/%d/confirmed", n),
			Raw:  tengi.Raw{Method: "POST", Header: map[string]string{"Content-Type": "application/json", "X-Bokun-Topic": "bookings/create"}, Body: benchBody},
			Data: benchBody, ReceivedAt: time.Now()},
		Deliveries: []store.NewDelivery{{ConnectionID: "c1", AccountID: "payday", State: store.Waiting}},
	}}}
}

// cpu is the processor time this process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// report gives the rate, and the processor time for each, which other load on the machine disturbs less.
func report(b *testing.B, s *store.Store, before time.Duration, what string) {
	b.Helper()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), what+"/s")
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
	st := s.Stats()
	b.ReportMetric(float64(st.Commands)/float64(st.Commits), "commands/commit")
}

// BenchmarkIngest is a webhook's way to durability, from 64 senders at once.
func BenchmarkIngest(b *testing.B) {
	s := benchStore(b)
	var n atomic.Int64
	b.SetParallelism(senders / 2)
	before := cpu(b)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.Ingest(context.Background(), benchEvent(n.Add(1))); err != nil {
				b.Error(err)
				return
			}
		}
	})
	report(b, s, before, "events")
}

// BenchmarkCycle is a stored delivery's way from claim to outcome, by 64 workers.
func BenchmarkCycle(b *testing.B) {
	s := benchStore(b)
	ctx := context.Background()
	var fill sync.WaitGroup
	var next atomic.Int64
	for range senders {
		fill.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				if _, err := s.Ingest(ctx, benchEvent(n)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	fill.Wait()
	work := make(chan store.Claimed)
	free := make(chan struct{}, workers)
	var group sync.WaitGroup
	before := cpu(b)
	b.ResetTimer()
	for range workers {
		free <- struct{}{}
		group.Go(func() {
			for d := range work {
				if err := cycle(ctx, s, d); err != nil {
					b.Error(err)
				}
				free <- struct{}{}
			}
		})
	}
	lane := store.Lane{ConnectionID: "c1", AccountID: "payday"}
	for done, lease := 0, int64(1); done < b.N; lease++ {
		<-free
		want := 1
	more:
		for want < workers {
			select {
			case <-free:
				want++
			default:
				break more
			}
		}
		got, err := s.Claim(ctx, store.Claim{Lanes: []store.Lane{lane}, Want: want, Node: "n", Lease: lease, Now: time.Now(), Until: time.Now().Add(time.Minute)})
		if err != nil {
			b.Fatal(err)
		}
		for range want - len(got.Deliveries) {
			free <- struct{}{}
		}
		for _, d := range got.Deliveries {
			done++
			work <- d
		}
	}
	close(work)
	group.Wait()
	report(b, s, before, "cycles")
}

// cycle is what a worker does with a delivery, without the call itself.
func cycle(ctx context.Context, s *store.Store, d store.Claimed) error {
	in, err := s.Situation(ctx, d)
	if err != nil {
		return err
	}
	if n := in.Issues["do invoice"]; n != 0 {
		return fmt.Errorf("delivery %d of %s is not the first: %d", d.ID, d.Object, n)
	}
	if err := cycleIntend(ctx, s, d); err != nil {
		return err
	}
	return cycleFinish(ctx, s, d)
}

func cycleStep() (store.Step, tengi.Call) {
	now := time.Now()
	return store.Step{Key: "invoice", Op: store.Do, Issue: 1, Ref: "tg-0123456789abcdef", State: store.StepOpen, Input: benchBody[:300:300], Fingerprint: "f"},
		tengi.Call{Name: "create", Version: 1, Key: "k", Method: "POST", URL: "https://api.payday.is/invoices", Header: map[string][]string{"Content-Type": {"application/json"}},
			Body: benchBody, State: tengi.CallOpen, Sends: 1, FirstSent: now, LastSent: now}
}

func cycleIntend(ctx context.Context, s *store.Store, d store.Claimed) error {
	step, call := cycleStep()
	return s.Intend(ctx, store.Intent{Lease: store.Lease{DeliveryID: d.ID, Token: d.Lease}, Until: time.Now().Add(time.Minute), ConnectionID: d.ConnectionID, Object: d.Object,
		Step: step, Calls: []tengi.Call{call}})
}

func cycleFinish(ctx context.Context, s *store.Store, d store.Claimed) error {
	step, call := cycleStep()
	now := time.Now()
	call.State, call.Status, call.Answer = tengi.CallAnswered, 201, []byte(`{"id":"0b1c","number":1047}`)
	step.State = store.StepDone
	return s.Finish(ctx, store.Outcome{Lease: store.Lease{DeliveryID: d.ID, Token: d.Lease}, ConnectionID: d.ConnectionID, Object: d.Object, EventID: d.EventID,
		Steps: []store.Step{step}, Calls: []tengi.Call{call}, CallStep: &step,
		Document: &tengi.Document{Kind: tengi.Invoice, ExternalID: "0b1c", Number: "1047", Status: "SENT", StepKey: "invoice", Ref: step.Ref}, AccountID: "payday",
		Attempt: &store.Attempt{StepKey: "invoice", Op: store.Do, Outcome: "done", Node: "n", Exchanges: benchBody[:600:600], StartedAt: now, EndedAt: now},
		Next:    store.Next{State: store.Done, AccountID: d.AccountID}, Decided: true, Version: 1, Now: now})
}
