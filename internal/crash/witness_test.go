package crash

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/store"
)

// verdict is what the witness says.
type verdict struct {
	acknowledged, invoices, lost, doubled int
	asked                                 int // orders about which a person is asked
	gaveUp                                int // of these, those that the hub takes for what killed it
	misrecorded                           int // orders of which the ledger says otherwise than the bookkeeper
	kills                                 int64
	examples                              []string
}

func (v verdict) String() string {
	if len(v.examples) > 5 {
		v.examples = v.examples[:5]
	}
	return fmt.Sprintf("%d kills, %d acknowledged, %d invoices, %d questions (%d given up), %d lost, %d doubled, %d misrecorded %v", v.kills, v.acknowledged, v.invoices, v.asked,
		v.gaveUp, v.lost, v.doubled, v.misrecorded, v.examples)
}

func (v verdict) mustBeClean(t *testing.T) {
	t.Helper()
	t.Log(v)
	if v.lost != 0 || v.doubled != 0 || v.misrecorded != 0 || v.gaveUp != 0 || v.acknowledged == 0 {
		t.Fatal(v)
	}
}

// doubled counts orders with more than one invoice, now.
func (r *rig) doubled() int {
	n := 0
	for _, made := range r.byOrder() {
		if len(made) > 1 {
			n++
		}
	}
	return n
}

// byOrder are the bookkeeper's invoices.
func (r *rig) byOrder() map[string][]shop.Invoice {
	made := map[string][]shop.Invoice{}
	for _, i := range r.books.Invoices() {
		id, _, _ := strings.Cut(i.Reference, "-")
		made[id] = append(made[id], i)
	}
	return made
}

// verdict compares what was acknowledged with what the bookkeeper has. A question to a person counts as neither lost nor doubled, where the service
// leaves no other way or the order is taken for what killed the hub.
func (r *rig) verdict(mayAsk bool) verdict {
	r.t.Helper()
	asked, gaveUp := r.asked(mayAsk)
	made, recorded := r.byOrder(), r.recorded()
	v := verdict{acknowledged: len(r.acked), invoices: len(r.books.Invoices()), asked: len(asked), gaveUp: gaveUp, kills: r.kills.Load()}
	for id, fate := range r.acked {
		standing := 0
		for _, i := range made[id] {
			if i.Status == "issued" {
				standing++
			}
		}
		switch {
		case len(made[id]) > 1:
			v.doubled++
			v.examples = append(v.examples, fmt.Sprintf("%s: %+v, %s", id, made[id], r.story(id)))
		case asked[id]:
		case fate == confirmed && standing != 1, fate == cancelled && standing != 0:
			v.lost++
			v.examples = append(v.examples, fmt.Sprintf("%s: %+v, but %s", id, made[id], r.tell(id)))
		case len(recorded[id]) != len(made[id]):
			v.misrecorded++
			v.examples = append(v.examples, fmt.Sprintf("%s: %+v, recorded as %q", id, made[id], recorded[id]))
		}
	}
	return v
}

// recorded are the numbers of the invoices that the ledger has, by order.
func (r *rig) recorded() map[string][]string {
	r.t.Helper()
	st := r.open()
	defer func() { must(r.t, st.Close()) }()
	recorded := map[string][]string{}
	for filter := (store.DocumentFilter{ConnectionID: "con_1", Limit: 1000}); ; {
		list, err := st.Documents(r.t.Context(), filter)
		must(r.t, err)
		if len(list) == 0 {
			return recorded
		}
		for _, d := range list {
			if d.Kind == tengi.Invoice {
				id := strings.TrimPrefix(d.Object, "order/")
				recorded[id] = append(recorded[id], d.Number)
			}
		}
		filter.Before = list[len(list)-1].ID
	}
}

// asked are the orders about which a person is asked, and how many of them were given up: they are taken for what killed the hub, which works on them no
// more before somebody has looked. Other questions count only where they may be asked.
func (r *rig) asked(mayAsk bool) (asked map[string]bool, gaveUp int) {
	asked = map[string]bool{}
	for _, d := range r.deliveries(store.Unknown, store.Held) {
		given := strings.Contains(d.Reason, "never came to an end")
		if given {
			gaveUp++
		}
		if given || mayAsk && d.State == store.Unknown {
			asked[strings.TrimPrefix(d.Object, "order/")] = true
		}
	}
	return asked, gaveUp
}

// tell is what the ledger says of an order.
func (r *rig) tell(id string) string {
	st := r.open()
	defer func() { must(r.t, st.Close()) }()
	list, err := st.Deliveries(r.t.Context(), store.DeliveryFilter{ConnectionID: "con_1", Object: "order/" + id, Limit: 10})
	must(r.t, err)
	return fmt.Sprintf("%+v", list)
}

// story is what the ledger says was tried for an order.
func (r *rig) story(id string) string {
	st := r.open()
	defer func() { must(r.t, st.Close()) }()
	list, err := st.Deliveries(r.t.Context(), store.DeliveryFilter{ConnectionID: "con_1", Object: "order/" + id, Limit: 10})
	must(r.t, err)
	var story strings.Builder
	for _, d := range list {
		attempts, err := st.Attempts(r.t.Context(), d.ID)
		must(r.t, err)
		for _, a := range attempts {
			fmt.Fprintf(&story, "\n  %s of %d by %s: %s %s, %s to %s, %s", a.Op, d.ID, a.Node, a.Outcome, a.Code, a.StartedAt.Format(clockFace), a.EndedAt.Format(clockFace), a.Exchanges)
		}
		calls, err := st.Calls(r.t.Context(), d.ID)
		must(r.t, err)
		for _, c := range calls {
			fmt.Fprintf(&story, "\n  call %s of %d: %s, %d sends, first %s, last %s", c.Name, d.ID, c.State, c.Sends, c.FirstSent.Format(clockFace), c.LastSent.Format(clockFace))
		}
	}
	return story.String()
}

// clockFace shows a moment of a test.
const clockFace = "15:04:05.000"

// calls counts the requests for a new invoice, by the node that sent them and the order.
type calls struct {
	mu sync.Mutex
	by map[[2]string]int
}

// count is a handler that counts on the way to the next.
func (c *calls) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/invoices" {
			c.add(r.Header.Get(nodeHeader), orderOf(r))
		}
		next.ServeHTTP(w, r)
	})
}

func (c *calls) add(node, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[[2]string]int{}
	}
	c.by[[2]string{node, id}]++
}

// of is how many requests a node has sent for an order.
func (c *calls) of(n *node, id string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.by[[2]string{n.name, id}]
}

// orderOf is the order that a request for a new invoice is about. The request can still be read.
func orderOf(r *http.Request) string {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // half a request is none
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var i shop.Invoice
	_ = json.Unmarshal(body, &i) // what is no invoice is the bookkeeper's to refuse
	id, _, _ := strings.Cut(i.Reference, "-")
	return id
}
