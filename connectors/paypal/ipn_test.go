package paypal

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/sale"
)

// recorded is a message with invented data in the shape of real ones, which the stand-in will confirm; changes replace parts of it.
func (b *bench) recorded(name string, changes ...string) Notice {
	b.t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".ipn")
	if err != nil {
		b.t.Fatal(err)
	}
	body := string(text)
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(body, changes[i]) {
			b.t.Fatalf("the message %s does not hold %q", name, changes[i])
		}
		body = strings.ReplaceAll(body, changes[i], changes[i+1])
	}
	return b.fake.Sent(body)
}

func (b *bench) facts(e json.RawMessage) facts {
	b.t.Helper()
	var data struct{ Payment facts }
	if err := json.Unmarshal(e, &data); err != nil {
		b.t.Fatal(err)
	}
	return data.Payment
}

func TestCart(t *testing.T) {
	b := setup(t).ipnOnly()
	e := b.event(b.recorded("cart"))
	if e.Type != typeCompleted || e.Object != "payment/4RT81930KX552614H" || e.Dedupe != "payment/4RT81930KX552614H/completed" || e.Version != versionCompleted || e.NeedsLoad {
		t.Errorf("event %+v", e)
	}
	wantSale(t, e, "confirmed WEB-20261 241.8 ILS; Olive oil 750 ml 2 x 62 = 124; Citrus honey & pollen 1 x 98 = 98; Shipping 1 x 19.8 = 19.8; paid 241.8")
	want := sale.Customer{Name: "Zoé Müller", Email: "zoe.muller+shop@buyer.example", Country: "FR", Address: "12 rue Sésame", PostCode: "75011", City: "Paris"}
	if diff := cmp.Diff(want, e.Sale.Customer); diff != "" {
		t.Errorf("customer (-want +got):\n%s", diff)
	}
	p := e.Sale.Payments[0]
	if !p.Fee.Equal(dec("9.42")) || p.Reference != "4RT81930KX552614H" || !p.PaidAt.Equal(paidAt) || !e.Sale.VATIncluded || e.Sale.Lines[0].SKU != "OIL750" {
		t.Errorf("sale %+v", e.Sale)
	}
	if l := e.Sale.Lines[0]; !l.VATRate.Equal(dec("18")) || !l.VATAmount.Equal(dec("18.91")) {
		t.Errorf("VAT %s %% %s", l.VATRate, l.VATAmount)
	}
	f := b.facts(e.Data)
	if f.Date != "2026-11-22" || f.Custom != "cart-5571" || f.Via != "ipn" || f.Kind != "cart" || f.Doubts != "" || f.Gross != "241.80" || f.PayerCountry != "FR" {
		t.Errorf("facts %+v", f)
	}
}

func TestVATAbroad(t *testing.T) {
	b := setup(t).ipnOnly().set("vat_abroad", "0")
	if l := b.event(b.recorded("cart")).Sale.Lines[0]; !l.VATRate.IsZero() || !l.VATAmount.IsZero() || l.VATCode != "zero" {
		t.Errorf("a buyer in France: %+v", l)
	}
	if l := b.event(b.recorded("hebrew")).Sale.Lines[0]; !l.VATRate.Equal(dec("18")) || l.VATCode != "" {
		t.Errorf("a buyer at home: %+v", l)
	}
	if l := b.set("vat_rate", "0").event(b.recorded("hebrew")).Sale.Lines[0]; !l.VATAmount.IsZero() || l.VATCode != "exempt" {
		t.Errorf("a business without VAT: %+v", l)
	}
}

// TestHebrew: the bytes are windows-1255, and late in the evening in California is December in Israel.
func TestHebrew(t *testing.T) {
	b := setup(t).ipnOnly()
	e := b.event(b.recorded("hebrew"))
	wantSale(t, e, "confirmed 1GH52670PL883904Y 180 ILS; סדנת בישול 1 x 180 = 180; paid 180")
	want := sale.Customer{Name: "רותם אברהמי", Email: "rotem@buyer.example", Country: "IL", Address: "רחוב הגפן 7", PostCode: "3109601", City: "חיפה"}
	if diff := cmp.Diff(want, e.Sale.Customer); diff != "" {
		t.Errorf("customer (-want +got):\n%s", diff)
	}
	if at := e.Sale.Payments[0].PaidAt; !at.Equal(time.Date(2026, 12, 1, 7, 58, 12, 0, time.UTC)) {
		t.Errorf("paid at %s", at)
	}
	if f := b.facts(e.Data); f.Date != "2026-12-01" {
		t.Errorf("the day is %s", f.Date)
	}
	// The same without its encoding: an Israeli business's default.
	if e := b.event(b.recorded("hebrew", "&charset=windows-1255", "")); e.Sale.Customer.Name != "רותם אברהמי" || b.facts(e.Data).Doubts != "" {
		t.Errorf("without a charset: %+v %s", e.Sale.Customer, e.Data)
	}
	if e := b.event(b.recorded("hebrew", "charset=windows-1255", "charset=klingon-8")); !strings.Contains(b.facts(e.Data).Doubts, "encoding") || e.Sale.Customer.Name != "רותם אברהמי" {
		t.Errorf("with an unknown charset: %s", e.Data)
	}
	if e := b.set("charset", "windows-1252").event(b.recorded("hebrew", "&charset=windows-1255", "")); e.Sale.Customer.City != "çéôä" {
		t.Errorf("with another default: %+v", e.Sale.Customer)
	}
}

// TestRefundByIPN: the message does not say whether it is all that was paid, so the account's settings decide, or a person.
func TestRefundByIPN(t *testing.T) {
	b := setup(t).ipnOnly()
	refund := b.recorded("refund")
	b.refused(refund, connector.Permanent, codeRefund)
	b.set("refunds", refundsIgnore)
	if loaded, err := b.load(typeNotice, refund); err != nil || loaded.Nothing == "" || loaded.Instead != nil {
		t.Errorf("ignored: %+v, %v", loaded, err)
	}
	b.set("refunds", refundsWhole)
	e := b.event(refund)
	if e.Type != typeRefunded || e.Object != "payment/4RT81930KX552614H" || e.Sale.Status != sale.Cancelled || e.Version <= versionCompleted {
		t.Errorf("event %+v", e)
	}
	if f := b.facts(e.Data); f.RefundID != "8JN06417DW290153M" || f.ID != "4RT81930KX552614H" || f.Refunded != "98.00" {
		t.Errorf("facts %+v", f)
	}
	b.refused(b.recorded("refund", "payment_status=Refunded", "payment_status=Partially_Refunded"), connector.Permanent, codeRefund)
	b.refused(b.recorded("refund", "&parent_txn_id=4RT81930KX552614H", ""), connector.Permanent, connector.CodeUnreadable)
}

func TestStatuses(t *testing.T) {
	b := setup(t).ipnOnly()
	for _, tc := range []struct {
		status, kind string
		version      int64
		sale         sale.Status
	}{
		{"Completed", typeCompleted, versionCompleted, sale.Confirmed},
		{"Pending", typePending, versionPending, sale.Pending},
		{"Created", typePending, versionPending, sale.Pending},
		{"In-Progress", typePending, versionPending, sale.Pending},
		{"Processed", typePending, versionPending, sale.Pending},
		{"Denied", typeFailed, versionFailed, sale.Cancelled},
		{"Failed", typeFailed, versionFailed, sale.Cancelled},
		{"Expired", typeFailed, versionFailed, sale.Cancelled},
		{"Voided", typeFailed, versionFailed, sale.Cancelled},
	} {
		e := b.event(b.recorded("cart", "payment_status=Completed", "payment_status="+tc.status))
		if e.Type != tc.kind || e.Version != tc.version || e.Sale.Status != tc.sale || (len(e.Sale.Payments) > 0) != (tc.sale == sale.Confirmed) {
			t.Errorf("%s: %+v, %s", tc.status, e, brief(e.Sale))
		}
	}
	b.refused(b.recorded("cart", "payment_status=Completed", "payment_status=Rewarded"), connector.Permanent, codeStatus)
	loaded, err := b.load(typeNotice, b.recorded("cart", "payment_status=Completed&", "", "txn_type=cart", "txn_type=brand_new"))
	if err != nil || !strings.Contains(loaded.Nothing, "brand_new") {
		t.Errorf("an unknown kind of message: %+v, %v", loaded, err)
	}
}

// TestPendingThenCompleted: both are kept, as two states of one payment, and the order in which they come does not matter.
func TestPendingThenCompleted(t *testing.T) {
	b := setup(t).ipnOnly()
	waiting := must(b.fake.Pay(Order{Pending: "echeck", Invoice: "WEB-7"}))
	paid := must(b.fake.Complete(waiting.ID))
	first, second := b.event(waiting.IPN), b.event(paid.IPN)
	if first.Object != second.Object || first.Dedupe == second.Dedupe || first.Version >= second.Version {
		t.Errorf("%+v\n%+v", first, second)
	}
	if f := b.facts(first.Data); f.PendingReason != "echeck" {
		t.Errorf("facts %+v", f)
	}
	if again := b.event(paid.IPN); again.Dedupe != second.Dedupe {
		t.Errorf("the same again is %s", again.Dedupe)
	}
}

// TestTakenBack: a reversal and the adjustment of a dispute are told and left to a person, though the latter says Completed.
func TestTakenBack(t *testing.T) {
	b := setup(t).ipnOnly().set("refunds", refundsWhole)
	for name, n := range map[string]Notice{
		"reversal":   b.recorded("refund", "payment_status=Refunded", "payment_status=Reversed", "reason_code=refund", "reason_code=chargeback"),
		"adjustment": b.recorded("refund", "payment_status=Refunded", "payment_status=Completed&txn_type=adjustment"),
		"negative":   b.recorded("cart", "mc_gross=241.80", "mc_gross=-241.80"),
	} {
		b.refused(n, connector.Permanent, codeTaken)
		e := b.one(b.load(typeDisputeNotice, n))
		if e.Type != typeTaken || e.Sale != nil || e.Object != "dispute/4RT81930KX552614H" || !strings.Contains(string(e.Data), `"amount":"-`) {
			t.Errorf("%s: %+v %s", name, e, e.Data)
		}
	}
	won := b.recorded("refund", "payment_status=Refunded", "payment_status=Canceled_Reversal", "mc_gross=-98", "mc_gross=98")
	if events := b.receive(won); len(events) != 1 {
		t.Errorf("a dispute won makes %d events", len(events))
	}
	if e := b.one(b.load(typeDisputeNotice, won)); e.Type != typeReturned {
		t.Errorf("a dispute won: %+v", e)
	}
	paid := must(b.fake.Pay(Order{}))
	opened := must(b.fake.Dispute(paid.ID))
	if e := b.one(b.load(typeDisputeNotice, opened.IPN)); e.Type != typeOpened || e.Object != "dispute/"+opened.ID || !strings.Contains(string(e.Data), paid.ID) {
		t.Errorf("a dispute opened: %+v %s", e, e.Data)
	}
}

// TestVerification: only VERIFIED counts, INVALID is asked about again and then shown, and anything else is no answer.
func TestVerification(t *testing.T) {
	b := setup(t).ipnOnly()
	genuine := b.recorded("cart")
	for name, tc := range map[string]struct {
		fault fake.Fault
		code  string
	}{
		"500":     {fake.Fault{Kind: fake.Fail}, connector.CodeUnavailable},
		"401":     {fake.Fault{Kind: fake.LoginFails}, connector.CodeUnavailable},
		"403":     {fake.Fault{Kind: fake.Refuse, Status: 403, Body: "<html>Access Denied</html>"}, connector.CodeUnavailable},
		"302":     {fake.Fault{Kind: fake.Refuse, Status: 302}, connector.CodeUnavailable},
		"page":    {fake.Fault{Kind: fake.Refuse, Status: 200, Body: "<html>VERIFIED</html>"}, connector.CodeBadAnswer},
		"nothing": {fake.Fault{Kind: fake.Refuse, Status: 200}, connector.CodeBadAnswer},
		"silence": {fake.Fault{Kind: fake.DropAnswer, Times: -1}, connector.CodeUnavailable},
		"hurry":   {fake.Fault{Kind: fake.RateLimit}, connector.CodeUnavailable},
	} {
		b.fake.Faults().Add(tc.fault)
		if _, err := b.load(typeNotice, genuine); connector.AsError(err).Kind != connector.Temporary || connector.AsError(err).Code != tc.code {
			t.Errorf("%s: %v", name, err)
		}
		b.fake.Faults().Clear()
		if e := b.event(genuine); e.Type != typeCompleted {
			t.Errorf("after %s: %+v", name, e)
		}
	}
	forged := Notice{Header: genuine.Header, Body: []byte(strings.ReplaceAll(string(genuine.Body), "mc_gross=241.80", "mc_gross=1.80"))}
	b.refused(forged, connector.Temporary, codeNotGenuine)
	event := b.receive(forged)[0]
	b.clock.Advance(doubtFor)
	if _, err := load(t.Context(), b.client(), event); connector.AsError(err).Kind != connector.Permanent || connector.AsError(err).Code != codeNotGenuine {
		t.Errorf("a forged message, later: %v", err)
	}
}

// roundTrip is a transport of a test's own.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestHostComesFromSettings: a message that calls itself a test is refused by a live account before anybody is asked, and nothing in it chooses who is
// asked.
func TestHostComesFromSettings(t *testing.T) {
	b := setup(t).ipnOnly()
	test := b.recorded("cart", "notify_version=3.9", "notify_version=3.9&test_ipn=1")
	b.refused(test, connector.Permanent, codeEnvironment)
	for environment, host := range map[string]string{"live": "ipnpb.paypal.com", "sandbox": "ipnpb.sandbox.paypal.com"} {
		b.set("environment", environment)
		var asked []string
		client := b.client(connectortest.WithSetting("base_url", nil), connectortest.WithHTTP(roundTrip(func(r *http.Request) (*http.Response, error) {
			asked = append(asked, r.URL.String()+" "+r.Header.Get("Authorization"))
			w := &recorder{header: http.Header{}}
			b.fake.ServeHTTP(w, r)
			return w.response(), nil
		})))
		n := b.recorded("cart")
		if environment == "sandbox" {
			n = test
		}
		if _, err := load(t.Context(), client, b.receive(n)[0]); err != nil {
			t.Errorf("%s: %v", environment, err)
		}
		if diff := cmp.Diff([]string{"https://" + host + postbackPath + " "}, asked); diff != "" {
			t.Errorf("%s asked %s", environment, diff)
		}
	}
}

func TestReceiver(t *testing.T) {
	b := setup(t).ipnOnly().set("emails", "shop@carmel-oil.example, Pay@Carmel-Oil.example")
	id := "receiver_id=R6PZK3M8WQ2VC&"
	b.refused(b.recorded("cart", id, "receiver_id=R6PZK3M8WQ2VD&"), connector.Permanent, codeReceiver)
	if e := b.event(b.recorded("cart", id, "")); e.Type != typeCompleted {
		t.Errorf("by e-mail: %+v", e)
	}
	if e := b.event(b.recorded("cart", id, "", "receiver_email=pay%40carmel-oil.example", "receiver_email=")); e.Type != typeCompleted {
		t.Errorf("by the button's receiver: %+v", e)
	}
	b.refused(b.recorded("cart", id, "", "pay%40carmel-oil", "ay%40carmel-oil"), connector.Permanent, codeReceiver)
	b.refused(b.recorded("cart", id, "", "receiver_email=pay%40carmel-oil.example", "", "business=pay%40carmel-oil.example", ""), connector.Permanent, codeReceiver)
	b.set("merchant_id", " r6pzk3m8wq2vc ")
	if e := b.event(b.recorded("cart")); e.Type != typeCompleted {
		t.Errorf("in small letters: %+v", e)
	}
}

// TestFlawed: what PayPal sends in odd forms is read as far as it can be, and money that cannot be read is refused.
func TestFlawed(t *testing.T) {
	b := setup(t).ipnOnly()
	e := b.event(b.recorded("cart", "payment_date=02%3A14%3A37+Nov+22%2C+2026+PST", "payment_date=N%2FA", "12+rue+S%E9same", "12+rue%u010D;%0D%0ACour+B"))
	if f := b.facts(e.Data); !strings.Contains(f.Doubts, "date") || !e.Sale.CreatedAt.Equal(b.clock.Now()) || e.Sale.Customer.Address != "12 rue%u010D;, Cour B" {
		t.Errorf("%s %+v", e.Data, e.Sale.Customer)
	}
	for _, amount := range []string{"", "1e9", "241,80", "0.00", "NaN", "1.2.3", "--1"} {
		b.refused(b.recorded("cart", "mc_gross=241.80", "mc_gross="+amount), connector.Permanent, connector.CodeUnreadable)
	}
	b.refused(b.recorded("cart", "mc_gross_1=143.80", "mc_gross_1=x"), connector.Permanent, connector.CodeUnreadable)
	b.refused(b.recorded("cart", "mc_fee=9.42", "mc_fee=x"), connector.Permanent, connector.CodeUnreadable)
	b.refused(b.recorded("cart", "mc_currency=ILS", "mc_currency=XYZ"), connector.Permanent, codeAmounts)
	b.refused(b.recorded("cart", "txn_id=4RT81930KX552614H", "txn_id=..%2F..%2Fx"), connector.Permanent, connector.CodeUnreadable)
	e = b.event(b.recorded("cart", "mc_gross_1=143.80", "mc_gross_1=143.79"))
	wantSale(t, e, "confirmed WEB-20261 241.8 ILS; Olive oil 750 ml, Citrus honey & pollen 1 x 241.8 = 241.8; paid 241.8")
	if f := b.facts(e.Data); !strings.Contains(f.Doubts, "do not add up") {
		t.Errorf("facts %+v", f)
	}
}

// TestErrorsKeepToThemselves: what a person reads names neither the buyer nor a secret.
func TestErrorsKeepToThemselves(t *testing.T) {
	b := setup(t).ipnOnly()
	for _, n := range []Notice{
		b.recorded("refund"), b.recorded("refund", "payment_status=Refunded", "payment_status=Reversed"), b.recorded("cart", "receiver_id=R6PZK3M8WQ2VC", "receiver_id=R6PZK3M8WQ2VD"),
		b.recorded("cart", "mc_gross=241.80", "mc_gross=Zo%E9"), b.recorded("cart", "payment_status=Completed", "payment_status=Zo%E9+M%FCller+zoe.muller%40x"),
	} {
		_, err := b.load(typeNotice, n)
		if err == nil || strings.Contains(err.Error(), "Zo") || strings.Contains(err.Error(), "zoe@") || strings.Contains(err.Error(), "ller@") {
			t.Errorf("the error: %v", err)
		}
	}
}
