package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/connectors/payday"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/store"
)

// paydays is a bench whose orders become invoices at Payday, which gives them their numbers so long after it has made them.
func paydays(t *testing.T, after time.Duration) (*bench, *payday.Fake) {
	t.Helper()
	c := payday.Connector()
	c.Limits.Every = 0 // its pace is the machine's time
	b := setupWith(t, "key", func(b *bench) { b.more = []*connector.Connector{c} })
	service := payday.NewFake(func(p *payday.Behaviour) { p.Now, p.NumberAfter = b.clock.Now, after })
	b.serve(c, service)
	b.save(shop.Connection(func(c *tengi.Connection) {
		c.Steps[0].AccountID = "payday"
		c.Steps[0].Fields = map[string]any{"customer_email": "anna@example.is"}
	}))
	return b, service
}

// issued makes an invoice and gives its delivery and its document.
func (b *bench) issued(id string) (store.Delivery, tengi.Document) {
	b.t.Helper()
	event := b.notice(order(id)).EventID
	b.settle()
	d := b.row(event)
	if d.State != store.Done {
		b.t.Fatalf("%+v", d)
	}
	return d, b.document("order/" + id)
}

// document is the first document of an object.
func (b *bench) document(object string) tengi.Document {
	b.t.Helper()
	list, err := b.store.Documents(b.t.Context(), store.DocumentFilter{ConnectionID: "con_1", Object: object})
	must(b.t, err)
	if len(list) == 0 {
		b.t.Fatalf("%s has no document", object)
	}
	return list[len(list)-1]
}

// reads has every due document of an account read again, and gives the refreshes of a delivery so far.
func (b *bench) reads(accountID string, deliveryID int64) (outcomes []string) {
	b.t.Helper()
	must(b.t, b.engine.refreshAccount(b.t.Context(), b.t.Context(), accountID))
	attempts, err := b.store.Attempts(b.t.Context(), deliveryID)
	must(b.t, err)
	for _, a := range attempts {
		if a.Op == store.Read {
			outcomes = append(outcomes, a.Outcome+" "+a.Code)
		}
	}
	return outcomes
}

func TestADocumentGetsItsNumberLater(t *testing.T) {
	t.Parallel()
	b, _ := paydays(t, 90*time.Second)
	d, made := b.issued("A1")
	if made.Number != "" {
		t.Fatalf("the stand-in numbers at once: %+v", made)
	}
	for _, step := range []struct {
		wait   time.Duration
		reads  []string
		number string
	}{
		{0, nil, ""},
		{59 * time.Second, nil, ""},
		{time.Second, []string{"done "}, ""},
		{59 * time.Second, []string{"done "}, ""},
		{time.Second, []string{"done ", "done "}, "1001"},
		{100 * time.Hour, []string{"done ", "done "}, "1001"}, // it has its number, and is let be
	} {
		b.later(step.wait)
		reads := b.reads("payday", d.ID)
		if diff := cmp.Diff(step.reads, reads); diff != "" || b.document("order/A1").Number != step.number {
			t.Fatalf("after another %s it has the number %q %s", step.wait, b.document("order/A1").Number, diff)
		}
	}
	want := made
	want.Number = "1001"
	if diff := cmp.Diff(want, b.document("order/A1")); diff != "" {
		t.Errorf("more than the number changed:\n%s", diff)
	}
}

// The loop of a running engine finds it by itself, and one of several nodes reads it.
func TestNumbersComeWhileItRuns(t *testing.T) {
	t.Parallel()
	b, service := paydays(t, time.Minute)
	d, _ := b.issued("A1")
	var asked atomic.Int64
	b.hosts["payday.test"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			asked.Add(1)
		}
		service.ServeHTTP(w, r)
	})
	other, err := b.start("other")
	must(t, err)
	for _, e := range []*Engine{b.engine, other} {
		e.testing.Hurry = 200
	}
	b.later(time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	var nodes sync.WaitGroup
	errs := make([]error, 2)
	for i, e := range []*Engine{b.engine, other} {
		nodes.Go(func() { errs[i] = e.Run(ctx) })
	}
	for b.document("order/A1").Number == "" {
		<-time.After(time.Millisecond) // nothing tells when it is there
	}
	cancel()
	nodes.Wait()
	must(t, errors.Join(errs...))
	if reads := b.reads("payday", d.ID); len(reads) != 1 || asked.Load() != 1 {
		t.Errorf("read %v, asked %d times", reads, asked.Load())
	}
}

// Whatever goes wrong, the document is as it was, the delivery stays done, and it is recorded.
func TestAFailedRefreshHarmsNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fault fake.Fault
		first string
		state tengi.AccountState
		again bool // it gets its number later
	}{
		{"out of order", fake.Fault{Kind: fake.Fail}, "temporary unavailable", active, true},
		{"answer lost", fake.Fault{Kind: fake.DropAnswer}, "temporary unavailable", active, true},
		{"slow down", fake.Fault{Kind: fake.RateLimit}, "temporary rate_limited", active, true},
		{"login refused", fake.Fault{Kind: fake.LoginFails}, "attention invalid_client", tengi.AccountAttention, true},
		{"gone", fake.Fault{Kind: fake.Refuse, Status: http.StatusNotFound}, "permanent invoice_gone", active, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, service := paydays(t, time.Minute)
			d, made := b.issued("A1")
			c.fault.Method, c.fault.Path, c.fault.Times = http.MethodGet, "/invoices", 1
			if c.fault.Kind == fake.LoginFails {
				c.fault.Times = 2 // it signs in anew and tries again
			}
			service.Faults().Add(c.fault)
			b.later(time.Minute)
			if reads := b.reads("payday", d.ID); len(reads) != 1 || reads[0] != c.first {
				t.Fatalf("%q, want %q", reads, c.first)
			}
			if diff := cmp.Diff(made, b.document("order/A1")); diff != "" || b.row(d.EventID).State != store.Done {
				t.Errorf("%+v %s", b.row(d.EventID), diff)
			}
			if a, _ := b.engine.Account("payday"); a.State != c.state {
				t.Errorf("the account is %s", a.State)
			}
			b.later(time.Hour)
			if c.state == tengi.AccountAttention {
				if reads := b.reads("payday", d.ID); len(reads) != 1 {
					t.Errorf("%v: asked with a login that is refused", reads)
				}
				_, err := b.engine.Check(t.Context(), "payday")
				must(t, err)
			}
			b.reads("payday", d.ID)
			if got := b.document("order/A1").Number != ""; got != c.again {
				t.Errorf("it has a number: %t", got)
			}
		})
	}
}

// One that never gets a number, a draft say, is asked for less and less, and then no more.
func TestRefreshesComeToAnEnd(t *testing.T) {
	t.Parallel()
	b, _ := paydays(t, 1000*time.Hour*24)
	d, made := b.issued("A1")
	var at []time.Duration
	for before, step := 0, time.Minute; b.clock.Now().Sub(made.CreatedAt) < 40*24*time.Hour; b.later(step) {
		if b.clock.Now().Sub(made.CreatedAt) >= 2*time.Hour {
			step = time.Hour
		}
		if due, err := b.store.RefreshAccounts(t.Context(), b.clock.Now()); err != nil || len(due) == 0 {
			must(t, err)
			continue
		}
		if reads := len(b.reads("payday", d.ID)); reads > before {
			before = reads
			at = append(at, b.clock.Now().Sub(made.CreatedAt))
		}
	}
	want := []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}
	for day := range 30 {
		want = append(want, time.Duration(day+1)*24*time.Hour)
	}
	if diff := cmp.Diff(want, at); diff != "" {
		t.Error(diff)
	}
}

// What was missed while nobody ran is made up for by one look, and a connection that is paused, or was changed, keeps nobody from looking.
func TestRefreshAfterALongTime(t *testing.T) {
	t.Parallel()
	b, _ := paydays(t, time.Minute)
	d, _ := b.issued("A1")
	b.save(shop.Connection(func(c *tengi.Connection) { c.Enabled, c.Steps[0].AccountID = false, "acc_books" }))
	b.later(100 * time.Hour)
	if reads := b.reads("payday", d.ID); len(reads) != 1 || b.document("order/A1").Number == "" {
		t.Errorf("%v, %+v", reads, b.document("order/A1"))
	}
}

// A connector that cannot read documents again, or panics when it does.
func TestRefreshOfAConnectorThatCannot(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func(context.Context, *connector.Client, tengi.Document) (tengi.Document, error){
		"not any more": nil,
		"panics":       func(context.Context, *connector.Client, tengi.Document) (tengi.Document, error) { panic(personal) },
	} {
		b := setupWith(t, "key", func(b *bench) {
			create := b.target.Actions[0].Do
			b.target.Actions[0].Refresh = func(_ context.Context, _ *connector.Client, d tengi.Document) (tengi.Document, error) { return d, nil }
			b.target.Actions[0].Do = func(ctx context.Context, c *connector.Client, ref tengi.Ref, v field.Values) (tengi.Document, error) {
				doc, err := create(ctx, c, ref, v)
				doc.Number = ""
				return doc, err
			}
		})
		d, made := b.issued("A1")
		b.target.Actions[0].Refresh = read
		b.later(time.Minute)
		reads := b.reads("acc_books", d.ID)
		b.later(time.Hour)
		more := len(b.reads("acc_books", d.ID)) - len(reads)
		want := map[string]string{"not any more": "[permanent no_refresh] 0", "panics": "[temporary internal] 1"}[name]
		if got := fmt.Sprint(reads, more); got != want || b.document("order/A1").Number != made.Number {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		b.unlogged()
	}
}
