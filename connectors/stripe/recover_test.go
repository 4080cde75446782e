package stripe

import (
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
)

// An answer that is lost and stays lost until the key has run out: the request acted, so it is found by the reference and nothing is sent again.
func TestFoundAfterTheKeyHasRunOut(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"customer": "/v1/customers", "create": "/v1/invoices", "lines": "/add_lines", "finalise": "/finalize", "send": "/send", "pay": "/pay",
	} {
		t.Run(name, func(t *testing.T) {
			d := setup(t)
			changes := map[string]any{}
			if name == "pay" {
				changes["paid"] = "32280"
			}
			d.stripe.Faults().Add(fake.Fault{Kind: fake.DropAnswer, Method: "POST", Path: path})
			work := func() (tengi.Document, error) { return d.run("invoice.create", changes) }
			_, err := work()
			wantError(t, err, connector.Unknown, connector.CodeAnswerLost, "")
			d.journal.Save()
			d.clock.Advance(25 * time.Hour)
			// Stripe no longer knows the key: whoever sent again now would have two.
			if _, err := d.persist(work); err != nil {
				t.Fatalf("%v (%s)", err, connector.AsError(err).Detail)
			}
			mails := 1
			if name == "pay" {
				mails = 0
			}
			if c, i := len(d.rows("customers")), len(d.rows("invoices")); c != 1 || i != 1 || d.mails() != mails {
				t.Errorf("%d customers, %d invoices, %d mails", c, i, d.mails())
			}
			if call, _ := d.journal.Call(name); call.Sends != 1 {
				t.Errorf("call %s was sent %d times", name, call.Sends)
			}
		})
	}
}

// The same where nothing was done: it is sent once more, and only once.
func TestSentAgainAfterTheKeyHasRunOut(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"customer": "/v1/customers", "create": "/v1/invoices", "lines": "/add_lines", "finalise": "/finalize", "send": "/send"} {
		t.Run(name, func(t *testing.T) {
			d := setup(t)
			d.stripe.Faults().Add(fake.Fault{Kind: fake.DropRequest, Method: "POST", Path: path})
			work := func() (tengi.Document, error) { return d.run("invoice.create", nil) }
			_, err := work()
			wantError(t, err, connector.Unknown, connector.CodeAnswerLost, "")
			d.clock.Advance(25 * time.Hour)
			if _, err := d.persist(work); err != nil {
				t.Fatalf("%v (%s)", err, connector.AsError(err).Detail)
			}
			if c, i := len(d.rows("customers")), len(d.rows("invoices")); c != 1 || i != 1 || d.mails() != 1 {
				t.Errorf("%d customers, %d invoices, %d mails", c, i, d.mails())
			}
			d.stripe.Faults().Add(fake.Fault{Kind: fake.DropRequest, Method: "POST", Times: -1})
			d.next("tengi-test-0002")
			_, err = d.persist(func() (tengi.Document, error) {
				return d.run("invoice.create", map[string]any{"customer_email": "jon@example.com"})
			})
			wantError(t, err, connector.Unknown, connector.CodeAskPerson, "")
		})
	}
}

// Stripe answers a repeat with what it answered first, also when that was a 500 and the request had acted. Only the look-up gets past it.
func TestAFailureThatStripeKeeps(t *testing.T) {
	d := setup(t, func(b *Behaviour) { b.StoreFailures = 1 })
	work := func() (tengi.Document, error) {
		return d.run("invoice.create", map[string]any{"customer": d.stripe.AddCustomer("Anna", "anna@example.com")})
	}
	_, err := work()
	wantError(t, err, connector.Unknown, connector.CodeAnswerLost, "")
	_, err = work()
	wantError(t, err, connector.Unknown, connector.CodeAnswerLost, "")
	if _, err := d.persist(work); err != nil {
		t.Fatal(err)
	}
	if n := len(d.rows("invoices")); n != 1 || d.mails() != 1 {
		t.Errorf("%d invoices, %d mails", n, d.mails())
	}
}

// Within its life the key is the way: the same bytes, though the mapping gives other ones by now.
func TestTheKeyIsSentAgainWithTheSameBytes(t *testing.T) {
	d := setup(t)
	d.stripe.Faults().Add(fake.Fault{Kind: fake.DropAnswer, Method: "POST", Path: "/v1/invoices"})
	_, err := d.run("invoice.create", nil)
	wantError(t, err, connector.Unknown, connector.CodeAnswerLost, "")
	d.clock.Advance(22 * time.Hour)
	doc, err := d.run("invoice.create", map[string]any{"description": "another text"})
	if err != nil || len(d.rows("invoices")) != 1 {
		t.Fatalf("%v, %d invoices", err, len(d.rows("invoices")))
	}
	if text := d.rows("invoices")[0]["description"]; text != "FJR-71500321" || doc.Status != statusOpen {
		t.Errorf("the draft says %v", text)
	}
	if call, _ := d.journal.Call("create"); call.Sends != 2 {
		t.Errorf("sent %d times", call.Sends)
	}
}

// Another request under our key means that something may have been made under it; other bytes under a new key would be a second one.
func TestAKeyThatStripeKnowsOtherwise(t *testing.T) {
	d := setup(t)
	d.stripe.Faults().Add(fake.Fault{Kind: fake.Refuse, Status: 400, Method: "POST", Path: "/v1/customers",
		Body: `{"error":{"type":"idempotency_error","message":"Keys for idempotent requests can only be used with the same parameters they were first used with."}}`})
	_, err := d.run("customer.create", nil)
	wantError(t, err, connector.Unknown, connector.CodeAskPerson, "")
	if call, _ := d.journal.Call("customer"); call.State != connector.CallOpen {
		t.Errorf("the call is %s", call.State)
	}
}

// A cut answer is no answer: the call stays open and the same request gets it again.
func TestACutAnswer(t *testing.T) {
	d := setup(t)
	d.stripe.Faults().Add(fake.Fault{Kind: fake.Refuse, Status: 200, Body: `{"id": "cus_fa`, Method: "POST", Path: "/v1/customers"})
	_, err := d.run("customer.create", nil)
	wantError(t, err, connector.Unknown, connector.CodeAnswerLost, "")
	if doc := d.made("customer.create", nil); doc.ExternalID == "" || len(d.rows("customers")) != 1 {
		t.Errorf("%+v", doc)
	}
}

// A key without permission to list events cannot find out about a mail: the account is mended, and nobody is mailed twice.
func TestALookUpWithoutPermission(t *testing.T) {
	d := setup(t, func(b *Behaviour) { b.Lacks = []string{"rak_event_read events"} })
	d.stripe.Faults().Add(fake.Fault{Kind: fake.DropAnswer, Method: "POST", Path: "/send"})
	work := func() (tengi.Document, error) { return d.run("invoice.create", nil) }
	_, err := work()
	wantError(t, err, connector.Unknown, connector.CodeAnswerLost, "")
	d.clock.Advance(25 * time.Hour)
	_, err = work()
	if e := wantError(t, err, connector.Attention, codePermission, ""); !strings.Contains(e.Message, "rak_event_read") {
		t.Errorf("message %q", e.Message)
	}
	d.stripe.Set(func(b *Behaviour) { b.Lacks = nil })
	if _, err := d.persist(work); err != nil || d.mails() != 1 {
		t.Errorf("%v, %d mails", err, d.mails())
	}
}
