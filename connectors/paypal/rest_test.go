package paypal

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/sale"
)

// TestSameOnBothChannels: one payment told of twice is one event, and the same sale.
func TestSameOnBothChannels(t *testing.T) {
	b := setup(t)
	paid := must(b.fake.Pay(Order{Shipping: "19.80", Invoice: "WEB-20261"}))
	ipn, hook := b.event(paid.IPN), b.event(paid.Webhook)
	if ipn.Dedupe != hook.Dedupe || ipn.Object != hook.Object || ipn.Version != hook.Version || ipn.Type != hook.Type {
		t.Errorf("%+v\n%+v", ipn, hook)
	}
	if diff := cmp.Diff(brief(ipn.Sale), brief(hook.Sale)); diff != "" {
		t.Errorf("the sale (-ipn +webhook):\n%s", diff)
	}
	if ipn.Sale.Fingerprint() != hook.Sale.Fingerprint() {
		t.Error("the money differs")
	}
	wantSale(t, hook, "confirmed WEB-20261 241.8 ILS; Olive oil 750 ml 2 x 62 = 124; Citrus honey & pollen 1 x 98 = 98; Shipping 1 x 19.8 = 19.8; paid 241.8")
	want := sale.Customer{Name: "Anna Lind", Email: "anna@example.com", Country: "SE", Address: "Skeppargatan 12", PostCode: "11452", City: "Stockholm"}
	for _, s := range []*sale.Sale{ipn.Sale, hook.Sale} {
		if diff := cmp.Diff(want, s.Customer); diff != "" {
			t.Errorf("customer (-want +got):\n%s", diff)
		}
		if p := s.Payments[0]; !p.Fee.Equal(dec("9.42")) || !p.PaidAt.Equal(b.clock.Now()) {
			t.Errorf("payment %+v", p)
		}
	}
}

// TestRefunds: a part makes the sale smaller, all of it cancels it, whichever channel tells; and the later state has the higher version.
func TestRefunds(t *testing.T) {
	b := setup(t)
	for _, old := range []bool{false, true} {
		paid := must(b.fake.Pay(Order{Invoice: "WEB-1", Old: old}))
		if e := b.event(paid.Webhook); e.Type != typeCompleted || e.Sale.Customer.Name != "Anna Lind" || e.Sale.Customer.City != "Stockholm" {
			t.Errorf("old %t: %+v %s", old, e, brief(e.Sale))
		}
		part := must(b.fake.Refund(paid.ID, "98.00"))
		first := b.event(part.Webhook)
		if first.Type != typeRefunded || first.Sale.Status != sale.Confirmed || !first.Sale.Total.Equal(dec("124")) || !first.Sale.Paid().Equal(dec("124")) ||
			first.Object != "payment/"+paid.ID || first.Version != versionCompleted+9800 {
			t.Errorf("old %t, in part: %+v %s", old, first, brief(first.Sale))
		}
		if last := first.Sale.Lines[len(first.Sale.Lines)-1]; last.Text != "Refund" || !last.Total.Equal(dec("-98")) {
			t.Errorf("old %t: the last line is %+v", old, last)
		}
		rest := must(b.fake.Refund(paid.ID, ""))
		second := b.event(rest.Webhook)
		if second.Sale.Status != sale.Cancelled || second.Version <= first.Version || second.Object != first.Object || second.Dedupe == first.Dedupe {
			t.Errorf("old %t, the rest: %+v", old, second)
		}
		// What came late says what holds now, and nothing is made that would be credited at once.
		if late := b.event(paid.Webhook); late.Dedupe != second.Dedupe || late.Sale.Status != sale.Cancelled {
			t.Errorf("old %t, late: %+v", old, late)
		}
		if late := b.event(part.Webhook); late.Dedupe != second.Dedupe {
			t.Errorf("old %t, late: %+v", old, late)
		}
	}
}

// TestRefundByIPNWithREST: the account's REST app knows how much was paid.
func TestRefundByIPNWithREST(t *testing.T) {
	b := setup(t)
	paid := must(b.fake.Pay(Order{}))
	part := must(b.fake.Refund(paid.ID, "98.00"))
	ipn, hook := b.event(part.IPN), b.event(part.Webhook)
	if ipn.Dedupe != hook.Dedupe || brief(ipn.Sale) != brief(hook.Sale) || ipn.Sale.Status != sale.Confirmed {
		t.Errorf("%+v %s\n%+v %s", ipn, brief(ipn.Sale), hook, brief(hook.Sale))
	}
	// A payment that this app did not take is unknown to it: then the account's settings count.
	b.refused(b.recorded("refund"), connector.Permanent, codeRefund)
	b.set("refunds", refundsWhole)
	if e := b.event(b.recorded("refund")); e.Sale.Status != sale.Cancelled {
		t.Errorf("%+v", e)
	}
	// Out of order is not unknown.
	b.fake.Faults().Add(fake.Fault{Kind: fake.Unavailable, Path: "/v2/"})
	if _, err := b.load(typeNotice, b.recorded("refund")); connector.AsError(err).Kind != connector.Temporary {
		t.Errorf("while PayPal is out of order: %v", err)
	}
}

// TestRefundNotShownYet: a refund that is reported before it shows must not be taken for none.
func TestRefundNotShownYet(t *testing.T) {
	b := setup(t)
	paid := must(b.fake.Pay(Order{}))
	b.fake.Lag(true)
	back := must(b.fake.Refund(paid.ID, ""))
	event := b.receive(back.Webhook)[0]
	_, err := load(t.Context(), b.client(), event)
	if e := connector.AsError(err); e.Kind != connector.Temporary || e.Code != codeRefund || e.RetryAfter != lookAgain {
		t.Errorf("at once: %v", err)
	}
	b.clock.Advance(refundWithin)
	if _, err := load(t.Context(), b.client(), event); connector.AsError(err).Kind != connector.Permanent {
		t.Errorf("for good: %v", err)
	}
	b.fake.Lag(false)
	if e := b.one(load(t.Context(), b.client(), event)); e.Sale.Status != sale.Cancelled {
		t.Errorf("then: %+v", e)
	}
}

func TestWebhookStates(t *testing.T) {
	b := setup(t)
	waiting := must(b.fake.Pay(Order{Pending: "echeck"}))
	e := b.event(waiting.Webhook)
	if e.Type != typePending || e.Sale.Status != sale.Pending || e.Sale.Payments != nil || b.facts(e.Data).PendingReason != "echeck" {
		t.Errorf("pending: %+v %s", e, e.Data)
	}
	if e := b.event(must(b.fake.Complete(waiting.ID)).Webhook); e.Type != typeCompleted {
		t.Errorf("completed: %+v", e)
	}
	other := must(b.fake.Pay(Order{Pending: "echeck"}))
	if e := b.event(must(b.fake.Deny(other.ID)).Webhook); e.Type != typeFailed || e.Sale.Status != sale.Cancelled {
		t.Errorf("denied: %+v", e)
	}
	taken := must(b.fake.TakeBack(waiting.ID))
	b.refused(taken.Webhook, connector.Permanent, codeTaken)
	if e := b.one(b.load(typeDisputeNotice, taken.Webhook)); e.Type != typeTaken || e.Object != "dispute/"+waiting.ID || !strings.Contains(string(e.Data), `"amount":"-222.00"`) {
		t.Errorf("taken back: %+v %s", e, e.Data)
	}
	opened := must(b.fake.Dispute(waiting.ID))
	if e := b.one(b.load(typeDisputeNotice, opened.Webhook)); e.Type != typeOpened || e.Object != "dispute/"+opened.ID || e.Sale != nil || !strings.Contains(string(e.Data), "Anna Lind") {
		t.Errorf("a dispute: %+v %s", e, e.Data)
	}
}

// TestWebhookVerification: every part counts, and without the means to verify nothing is taken.
func TestWebhookVerification(t *testing.T) {
	b := setup(t)
	paid := must(b.fake.Pay(Order{}))
	for name, change := range map[string]func(*Notice){
		"body":    func(n *Notice) { n.Body = []byte(strings.Replace(string(n.Body), "222", "122", 1)) },
		"blanks":  func(n *Notice) { n.Body = []byte(strings.ReplaceAll(string(n.Body), `": `, `":`)) },
		"escape":  func(n *Notice) { n.Body = []byte(strings.ReplaceAll(string(n.Body), `\u0050`, "P")) },
		"id":      func(n *Notice) { n.Header.Set(headerID, "103e3700-8b0c-11f0-8695-0") },
		"sig":     func(n *Notice) { n.Header.Set(headerSig, "AAAA") },
		"time":    func(n *Notice) { n.Header.Set(headerTime, "2020-01-01T00:00:00Z") },
		"cert":    func(n *Notice) { n.Header.Set(headerCert, "https://evil.example/cert") },
		"algo":    func(n *Notice) { n.Header.Set(headerAlgo, "none") },
		"webhook": func(*Notice) { b.set("webhook_id", "8XL90610J3647323D") },
	} {
		n := Notice{Header: paid.Webhook.Header.Clone(), Body: paid.Webhook.Body}
		change(&n)
		if _, err := b.load(typeNotice, n); connector.AsError(err).Code != codeNotGenuine {
			t.Errorf("%s: %v", name, err)
		}
		b.set("webhook_id", fakeWebhook)
	}
	if e := b.event(paid.Webhook); e.Type != typeCompleted {
		t.Errorf("as it was: %+v", e)
	}
	for _, key := range []string{"webhook_id", "client_id"} {
		kept := b.account.Settings[key]
		delete(b.account.Settings, key)
		b.refused(paid.Webhook, connector.Permanent, codeSetup)
		b.set(key, kept)
	}
	b.account.Secrets = map[string]string{}
	b.refused(paid.Webhook, connector.Permanent, codeSetup)
}

// TestWebhookFaults: nothing PayPal fails at loses a payment or stops the account without need.
func TestWebhookFaults(t *testing.T) {
	b := setup(t)
	paid := must(b.fake.Pay(Order{}))
	for _, path := range []string{tokenPath, "verify-webhook-signature", "/v2/payments/captures", "/v2/checkout/orders"} {
		for _, kind := range []fake.FaultKind{fake.Fail, fake.Unavailable, fake.DropAnswer, fake.DropRequest, fake.RateLimit} {
			b.fake.Faults().Add(fake.Fault{Kind: kind, Path: path, Times: -1, Wait: 7})
			if _, err := b.load(typeNotice, paid.Webhook); connector.AsError(err).Kind != connector.Temporary {
				t.Errorf("%s at %s: %v", kind, path, err)
			}
			b.fake.Faults().Clear()
		}
	}
	b.fake.Faults().Add(fake.Fault{Kind: fake.LoginFails, Times: -1})
	if _, err := b.load(typeNotice, paid.Webhook); connector.AsError(err).Kind != connector.Attention {
		t.Errorf("a refused login: %v", err)
	}
	b.fake.Faults().Clear()
	// A token that has ended is asked for anew, once.
	b.fake.Faults().Add(fake.Fault{Kind: fake.LoginFails, Path: "/v2/payments/captures"})
	if e := b.event(paid.Webhook); e.Type != typeCompleted {
		t.Errorf("after a new token: %+v", e)
	}
	for name, tc := range map[string]struct {
		fault fake.Fault
		kind  connector.Kind
	}{
		"somebody else's":    {fake.Fault{Kind: fake.Refuse, Status: 403, Path: "/v2/payments/captures", Body: `{"name":"NOT_AUTHORIZED"}`}, connector.Temporary},
		"another payment":    {fake.Fault{Kind: fake.Refuse, Status: 200, Path: "/v2/payments/captures", Body: `{"id":"X"}`}, connector.Temporary},
		"not JSON":           {fake.Fault{Kind: fake.Refuse, Status: 200, Path: "/v2/payments/captures", Body: `<html>`}, connector.Temporary},
		"no amount":          {fake.Fault{Kind: fake.Refuse, Status: 200, Path: "/v2/payments/captures", Body: `{"id":"` + paid.ID + `","status":"COMPLETED"}`}, connector.Permanent},
		"another's":          {fake.Fault{Kind: fake.Refuse, Status: 200, Path: "/v2/payments/captures", Body: `{"id":"` + paid.ID + `","payee":{"merchant_id":"X"}}`}, connector.Permanent},
		"a new status":       {fake.Fault{Kind: fake.Refuse, Status: 200, Path: "/v2/payments/captures", Body: `{"id":"` + paid.ID + `","status":"NEW","amount":{"value":"1.00","currency_code":"ILS"}}`}, connector.Permanent},
		"no permission":      {fake.Fault{Kind: fake.Refuse, Status: 403, Path: "verify-webhook"}, connector.Attention},
		"neither yes nor no": {fake.Fault{Kind: fake.Refuse, Status: 200, Path: "verify-webhook", Body: `{}`}, connector.Temporary},
	} {
		b.fake.Faults().Add(tc.fault)
		if _, err := b.load(typeNotice, paid.Webhook); err == nil || connector.AsError(err).Kind != tc.kind {
			t.Errorf("%s: %v", name, err)
		}
		b.fake.Faults().Clear()
	}
	// Without its order a payment is still a payment.
	b.fake.Faults().Add(fake.Fault{Kind: fake.Refuse, Status: 404, Path: "/v2/checkout/orders"})
	e := b.event(paid.Webhook)
	wantSale(t, e, "confirmed "+paid.ID+" 222 ILS; Payment by PayPal 1 x 222 = 222; paid 222")
	if !strings.Contains(b.facts(e.Data).Doubts, "order") {
		t.Errorf("facts %s", e.Data)
	}
}

// TestNotFoundForGood: a payment that is announced before it can be read is waited for, and not for ever.
func TestNotFoundForGood(t *testing.T) {
	b := setup(t)
	event := b.receive(must(b.fake.Pay(Order{})).Webhook)[0]
	b.fake.Faults().Add(fake.Fault{Kind: fake.Refuse, Status: 404, Path: "/v2/payments", Times: -1})
	if _, err := load(t.Context(), b.client(), event); connector.AsError(err).Kind != connector.Temporary || connector.AsError(err).RetryAfter != lookAgain {
		t.Errorf("at once: %v", err)
	}
	b.clock.Advance(refundWithin)
	if _, err := load(t.Context(), b.client(), event); connector.AsError(err).Kind != connector.Permanent || connector.AsError(err).Code != "not_found" {
		t.Errorf("later: %v", err)
	}
}

func TestOldPayment(t *testing.T) {
	b := setup(t)
	p := &payment{}
	if err := p.describe(t.Context(), b.client(), &restPayment{Parent: "PAY-7F371669SL612941H"}); err != nil {
		t.Fatal(err)
	}
	if p.customer.Name != "Anna Lind" || p.customer.Country != "SE" || p.Item != "Glacier walk" {
		t.Errorf("%+v", p)
	}
}

// TestTokenGoesNowhereElse: the login is put on requests to the REST interface only, and asked for once.
func TestTokenGoesNowhereElse(t *testing.T) {
	b := setup(t)
	paid := must(b.fake.Pay(Order{}))
	logins := 0
	client := b.client(connectortest.WithHTTP(roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == tokenPath {
			logins++
		}
		if auth := r.Header.Get("Authorization"); (auth != "") == (r.URL.Path == postbackPath) {
			t.Errorf("%s has the login %q", r.URL.Path, auth)
		}
		return http.DefaultTransport.RoundTrip(r)
	})))
	for _, n := range []Notice{paid.Webhook, paid.IPN, paid.Webhook} {
		b.one(load(t.Context(), client, b.receive(n)[0]))
	}
	if logins != 1 {
		t.Errorf("%d logins", logins)
	}
	for _, exchange := range client.Recorded() {
		if text := exchange.RequestBody + exchange.ResponseBody; strings.Contains(text, fakeSecret) || strings.Contains(text, fakeToken) {
			t.Errorf("%s records a secret", exchange.URL)
		}
	}
}

func TestCheck(t *testing.T) {
	b := setup(t)
	who, err := check(t.Context(), b.client())
	if err != nil || who.Name != fakeMerchant || len(who.Warnings) != 0 {
		t.Errorf("%+v, %v", who, err)
	}
	b.account.HookToken = "another-token"
	b.fake.SetWebhook("https://tengi.example/hooks/x", "PAYMENT.CAPTURE.COMPLETED")
	if who, err = check(t.Context(), b.client()); err != nil || len(who.Warnings) != 2 || !strings.Contains(who.Warnings[1], "PAYMENT.CAPTURE.REFUNDED") ||
		strings.Contains(strings.Join(who.Warnings, ""), "another-token") {
		t.Errorf("%+v, %v", who, err)
	}
	wantAttention := func(what, code string) {
		t.Helper()
		if _, err := check(t.Context(), b.client()); connector.AsError(err).Kind != connector.Attention || connector.AsError(err).Code != code {
			t.Errorf("%s: %v", what, err)
		}
	}
	b.set("webhook_id", "8XL90610J3647323D")
	wantAttention("another webhook", "webhook_missing")
	b.set("client_id", "AnotherClient")
	wantAttention("another client", connector.CodeLogin)
	delete(b.account.Settings, "client_id")
	wantAttention("a part of the login", "incomplete")
	b.ipnOnly()
	if who, err = check(t.Context(), b.client()); err != nil || len(who.Warnings) != 0 {
		t.Errorf("IPN alone: %+v, %v", who, err)
	}
	b.account.Settings["webhook_id"] = fakeWebhook
	wantAttention("a webhook without a login", "incomplete")
	b.ipnOnly().set("environment", "sandbox")
	if who, err = check(t.Context(), b.client()); err != nil || who.Name != fakeMerchant+" (sandbox)" {
		t.Errorf("sandbox: %+v, %v", who, err)
	}
}

// FuzzWebhook: no resource makes reading a webhook panic, and what is taken from it is a number of a transaction or refused.
func FuzzWebhook(f *testing.F) {
	svc := NewFake()
	paid := must(svc.Pay(Order{Invoice: "WEB-1"}))
	for _, n := range []Notice{paid.Webhook, must(svc.Refund(paid.ID, "5")).Webhook, must(svc.TakeBack(paid.ID)).Webhook, must(svc.Dispute(paid.ID)).Webhook} {
		f.Add(n.Body)
	}
	f.Add([]byte(`{"event_type":"CUSTOMER.DISPUTE.","resource":{"disputed_transactions":[null,{}],"dispute_id":"\u0000"}}`))
	f.Add([]byte(`{"event_type":"PAYMENT.SALE.REVERSED","resource":{"links":[{"rel":"up","href":"/captures/%zz"}],"amount":{"value":5}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := readEnvelope(body)
		if err != nil {
			return
		}
		c := &connector.Client{Settings: field.Values{"merchant_id": fakeMerchant, "vat_rate": dec("18")}}
		if loaded, err := loadDispute(c, e); err == nil && (len(loaded.Instead) != 1 || !strings.HasPrefix(loaded.Instead[0].Object, "dispute/") || loaded.Instead[0].Sale != nil) {
			t.Errorf("a dispute: %+v", loaded)
		}
		var r restPayment
		if json.Unmarshal(e.Resource, &r) == nil {
			if p, err := r.read(tengi.Event{}, source{}); err == nil && !p.gross.IsPositive() {
				t.Errorf("a payment of %s", p.gross)
			}
		}
		var o unit
		if json.Unmarshal(e.Resource, &o) == nil {
			gross, err := o.Amount.in(o.Amount.currency())
			if lines := o.lines(gross, o.Amount.currency(), words{payment: "Payment"}); err == nil && lines != nil && !adds(lines, gross) {
				t.Errorf("lines %+v do not come to %s", lines, gross)
			}
		}
	})
}
