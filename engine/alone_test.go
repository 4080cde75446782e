package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/store"
)

// orderOf is the order that a request for an invoice is about.
func orderOf(r *http.Request) string {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	var asked shop.Invoice
	_ = json.Unmarshal(body, &asked)
	id, _, _ := strings.Cut(asked.Reference, "-")
	return id
}

// lost loses a delivery so many times.
func (b *bench) lost(event int64, times int) {
	b.t.Helper()
	for range times {
		if got := b.claim(1, nil); len(got.Deliveries) != 1 || got.Deliveries[0].EventID != event {
			b.t.Fatalf("%+v", got)
		}
		_, err := b.store.Expire(b.t.Context(), b.clock.Now(), b.node, nil)
		must(b.t, err)
	}
}

// What was lost several times among others waits until the node has lived in peace, and until nothing else is in hand; while it is worked nothing else is,
// though it is due, or comes just then.
func TestASuspectIsWorkedAlone(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 10) // orders, as they reach the bookkeeper
	answer := make(chan struct{})
	b := setupWith(t, "key", func(b *bench) {
		next := b.hosts["books.test"]
		b.hosts["books.test"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked <- orderOf(r)
			<-answer
			next.ServeHTTP(w, r)
		})
	})
	suspected := b.notice(order("S")).EventID
	b.lost(suspected, maxTogether)
	b.notice(order("A"))
	b.run()
	if got := <-asked; got != "A" {
		t.Fatalf("%s was worked first", got)
	}
	b.later(calm)
	b.engine.askAll()
	b.await("new work to wait until nothing is in hand", func() bool { return b.engine.taking.Load() == nil })
	b.notice(order("B")) // comes while the suspect waits for A
	answer <- struct{}{}
	if got := <-asked; got != "S" {
		t.Fatalf("%s was worked after A, want the suspect", got)
	}
	b.notice(order("C")) // and while it is worked
	b.engine.askAll()
	held := b.atWork()
	if len(held) != 1 || held[0].EventID != suspected {
		t.Errorf("in hand beside it: %+v", held)
	}
	close(answer)
	rest := []string{<-asked, <-asked}
	slices.Sort(rest)
	if !slices.Equal(rest, []string{"B", "C"}) {
		t.Errorf("then %v", rest)
	}
	b.await("the suspect to be done", func() bool { return b.row(suspected).State == store.Done })
}

// A suspect is not worked by a node that has not lived long, or whose connection is switched off, and keeps it from nothing.
func TestASuspectWaits(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	suspected := b.notice(order("S")).EventID
	b.lost(suspected, maxTogether)
	b.run()
	for i := range 3 {
		event := b.notice(order(fmt.Sprintf("A%d", i))).EventID
		b.await("another to be done", func() bool { return b.row(event).State == store.Done })
		b.later(calm / 4)
	}
	if d := b.row(suspected); d.State != store.Waiting || d.Losses != maxTogether {
		t.Fatalf("%+v", d)
	}
	b.later(calm)
	b.await("the suspect to be done", func() bool { return b.row(suspected).State == store.Done })
}

// atWork are the deliveries that are in a worker's hands.
func (b *bench) atWork() []store.Delivery {
	b.t.Helper()
	list, err := b.store.Deliveries(b.t.Context(), store.DeliveryFilter{States: []store.State{store.Running}})
	must(b.t, err)
	return list
}
