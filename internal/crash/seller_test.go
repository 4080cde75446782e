package crash

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/tengi/tengi/internal/shop"
)

// maxBehind is how many orders the sellers may be ahead of the bookkeeper.
const maxBehind = 300

// sell has several sellers confirm orders, one after the other, and cancel every fourth; each notice is repeated until it is acknowledged, and
// every third once more after that. The sellers are spread over the nodes; one whose node does not acknowledge goes to the next.
func (r *rig) sell(sellers int) {
	for seller := range sellers {
		r.selling.Go(func() {
			for n := 0; r.goOn(); n++ {
				r.order(seller, fmt.Sprintf("O%dx%d", seller, n), n%4 == 3, n%3 == 0)
			}
		})
	}
}

// goOn lets a seller go on, once the hub is not too far behind: what is acknowledged must also be worked off in the end. While nothing can be stored it
// falls no further behind, and somebody must be there to be told so. false when the selling stops.
func (r *rig) goOn() bool {
	for {
		r.mu.Lock()
		behind := r.behind
		r.mu.Unlock()
		wait := time.Duration(0)
		if r.outage.now()%2 == 0 && behind-r.made() > maxBehind+workers*int(r.kills.Load()) { // a kill may leave a question for every worker
			wait = 20 * time.Millisecond
		}
		select {
		case <-r.stop:
			return false
		case <-time.After(wait):
		}
		if wait == 0 {
			return true
		}
	}
}

func (r *rig) order(seller int, id string, cancel, twice bool) {
	first := shop.Order{ID: id, Status: "confirmed", Total: "100", Version: 1, Notice: id + "-1"}
	if !r.send(seller, first) {
		return
	}
	r.mark(id, confirmed)
	if twice {
		r.send(seller, first)
	}
	if !cancel {
		return
	}
	r.mark(id, cancelling)
	if r.send(seller, shop.Order{ID: id, Status: "cancelled", Total: "0", Version: 2, Notice: id + "-2"}) {
		r.mark(id, cancelled)
	}
}

func (r *rig) mark(id string, f fate) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if before, ok := r.acked[id]; ok && before == confirmed {
		r.behind--
	}
	if f == confirmed {
		r.behind++
	}
	r.acked[id] = f
}

// acknowledged are the orders whose confirmation is acknowledged by now.
func (r *rig) acknowledged() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := make([]string, 0, len(r.acked))
	for id := range r.acked {
		ids = append(ids, id)
	}
	return ids
}

// send posts a notice until it is acknowledged; false when the selling stopped before.
func (r *rig) send(seller int, o shop.Order) bool {
	body, _ := json.Marshal(o)
	for try := seller; ; try++ {
		if r.post(r.nodes[try%len(r.nodes)], body) {
			return true
		}
		select {
		case <-r.stop:
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// post sends a notice once, and says whether it was acknowledged.
func (r *rig) post(to *node, body []byte) bool {
	before := r.outage.now()
	resp, err := r.client.Post("http://"+to.address+"/hooks/"+shop.HookToken, "application/json", bytes.NewReader(body))
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	r.outage.answered(before, resp)
	return resp.StatusCode == http.StatusOK
}

// outage is a time in which nothing can be stored. What was asked and answered within it is counted.
type outage struct {
	mu      sync.Mutex
	number  int // odd during an outage
	answers map[int]int
	rude    int // answers of 503 without Retry-After, at any time
	row     int // answers of 503 since the last other one, at any time
}

// begin begins an outage: no notice that is sent from here on can be stored.
func (o *outage) begin() { o.turn(1) }

// end is called before anything can be stored again.
func (o *outage) end() { o.turn(0) }

func (o *outage) turn(to int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.number%2 != to {
		o.number++
	}
}

func (o *outage) now() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.number
}

func (o *outage) answered(asked int, resp *http.Response) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") == "" {
		o.rude++
	}
	if o.row++; resp.StatusCode != http.StatusServiceUnavailable {
		o.row = 0
	}
	if asked == o.number && asked%2 == 1 {
		if o.answers == nil {
			o.answers = map[int]int{}
		}
		o.answers[resp.StatusCode]++
	}
}

// count is how often a status was answered within outages.
func (o *outage) count(status int) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.answers[status]
}

// inRow is how many answers of 503 have come since the last other one.
func (o *outage) inRow() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.row
}

// check says what was answered wrongly within outages; empty = nothing. Where the database can still be read, the repeat of a notice that is stored may
// be acknowledged; whether it was is seen in the end.
func (o *outage) check(repeats bool) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.rude > 0 {
		return fmt.Sprintf("%d answers of 503 do not say when to come again", o.rude)
	}
	for status := range o.answers {
		if status != http.StatusServiceUnavailable && !(repeats && status == http.StatusOK) {
			return fmt.Sprintf("notices that could not be stored were answered %v", o.answers)
		}
	}
	if o.answers[http.StatusServiceUnavailable] == 0 {
		return "no notice was sent while nothing could be stored: nothing was tried"
	}
	return ""
}
