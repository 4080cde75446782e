package imoje

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/field"
)

// vectors are notices with their signatures under the key of the stand-in, computed apart from this code.
const (
	settledBody    = `{"transaction":{"id":"aaaaaaaa-0000-4000-8000-000000000001","type":"sale","status":"settled","source":"web","created":1767225600,"modified":1767225660,"notificationUrl":"https://hub.example.com/in/imoje/abc","serviceId":"11111111-2222-4333-8444-555555555555","amount":15000,"currency":"PLN","title":"Rezerwacja RES-1001","orderId":"RES-1001","paymentMethod":"blik","paymentMethodCode":"blik"},"payment":{"id":"bbbbbbbb-0000-4000-8000-000000000001","title":"Rezerwacja RES-1001","amount":15000,"status":"settled","created":1767225500,"orderId":"RES-1001","currency":"PLN","modified":1767225660,"serviceId":"11111111-2222-4333-8444-555555555555","notificationUrl":"https://hub.example.com/in/imoje/abc"}}`
	settledSum     = "dccc6d36748e1a618a27b1d5a7e78b4e9384333cb59436d3767a7434a1ccb62e"
	expiredBody    = `{"payment":{"id":"bbbbbbbb-0000-4000-8000-000000000001","title":"Rezerwacja RES-1001","amount":15000,"status":"cancelled","created":1767225500,"orderId":"RES-1001","currency":"PLN","modified":1767229100,"serviceId":"11111111-2222-4333-8444-555555555555","notificationUrl":"https://hub.example.com/in/imoje/abc"}}`
	expiredSum     = "0c77fdd82390284ffdc953cf68ee8757a94c0de9dde03cdf00d0046fcc905e55"
	refundedBody   = `{"transaction":{"id":"aaaaaaaa-0000-4000-8000-000000000009","type":"refund","status":"settled","source":"api","created":1767312000,"modified":1767312060,"notificationUrl":"https://hub.example.com/in/imoje/abc","serviceId":"11111111-2222-4333-8444-555555555555","amount":5000,"currency":"PLN","title":"Zwrot RES-1001","orderId":"RES-1001","paymentMethod":"blik","paymentMethodCode":"blik"},"payment":{"id":"bbbbbbbb-0000-4000-8000-000000000001","title":"Rezerwacja RES-1001","amount":15000,"status":"settled","created":1767225500,"orderId":"RES-1001","currency":"PLN","modified":1767312060,"serviceId":"11111111-2222-4333-8444-555555555555","notificationUrl":"https://hub.example.com/in/imoje/abc"},"originalTransactionId":"aaaaaaaa-0000-4000-8000-000000000001"}`
	refundedSum    = "e003ff206d1a38ea002614e087874fa3c9cec416966e7b2f288904c6a987de67"
	shortBody      = `{"transaction":{"id":"t1"}}`
	shortSum       = "0fdfd75c9a804ae853db9590662769c0aabe8e46cbd8fc77b453f2eac3dce1e7"
	shortLongSum   = "a7265517fc18616d31e8501ed9091eb1f7887e95062bf65e1e86801b44411ee8745d30eb5b4cd4de3ef952ffb084e3e01917d5b56732e06d6d69a4d9088f6f27"
	shortHMAC      = "db3a52a9e6335f8dffad412e7d63f91a0de5356600563df502a4deed0935c858"
	spacedBody     = `{ "transaction": { "id": "t1", "title": "Masaż" } }`
	spacedSum      = "9adabf190f2efeaea1abeaa6a8d854c70b7296f81330e69c1e4b3a01f3be9261"
	headerOfShop   = "merchantid=" + fakeMerchant + ";serviceid=" + fakeShop + ";"
	linkOfTheNotes = "bbbbbbbb-0000-4000-8000-000000000001"
)

func header(signature string) http.Header {
	return http.Header{http.CanonicalHeaderKey(headerSignature): {signature}, "Content-Type": {"application/json"}}
}

func newFake(clock *connectortest.Clock) fake.Service { return NewFake(clock.Now) }

// cancelled counts the links that have ended unpaid.
func cancelled(svc fake.Service) int {
	n := 0
	for _, l := range svc.Holdings()["links"].([]payment) {
		if l.Status == "cancelled" {
			n++
		}
	}
	return n
}

// paid prepares a link that was paid, and gives its transaction to the values.
func paid(t testing.TB, svc fake.Service, values map[string]any) {
	t.Helper()
	f := svc.(*Fake)
	f.mu.Lock()
	l := &fakeLink{payment: payment{ID: f.id("b"), ServiceID: fakeShop, OrderID: "RES-1001", Amount: 15000, Currency: "PLN", Status: "new"}}
	f.links = append(f.links, l)
	f.mu.Unlock()
	id, err := f.Pay(l.ID, settled)
	if err != nil {
		t.Fatal(err)
	}
	values["transaction_id"] = id
}

func TestConnector(t *testing.T) {
	t.Parallel()
	settings, secrets := NewFake(nil).Login()
	notice := func(name, body, sum string) connectortest.Notice {
		return connectortest.Notice{Name: name, Header: header(headerOfShop + "signature=" + sum + ";alg=sha256"), Body: body, Settings: settings, Secrets: secrets, Events: 1, Signed: true}
	}
	request := map[string]any{"order_id": "RES-1001", "amount": "150", "currency": "PLN", "title": "Rezerwacja RES-1001", "customer_name": "Anna Lind", "customer_email": "anna@example.com"}
	connectortest.Run(t, Connector(), newFake,
		// A lost link is known to nobody, so what counts is for how many orders there are links.
		connectortest.Case{Action: "payment.request", Values: request, Made: connectortest.Held("orders"), Undone: cancelled},
		connectortest.Case{Action: "payment.refund", Values: map[string]any{"transaction_id": "of-the-payment", "amount": "50", "currency": "PLN", "title": "Zwrot"}, Prepare: paid, Made: connectortest.Held("refunds")},
		notice("settled", settledBody, settledSum), notice("expired", expiredBody, expiredSum), notice("refunded", refundedBody, refundedSum),
	)
}

func inbound(t testing.TB, signature, body string) *connector.Inbound {
	t.Helper()
	settings, secrets := NewFake(nil).Login()
	account := &tengi.Account{Key: "imoje", Settings: settings, Secrets: secrets}
	parsed, err := Connector().Settings(account)
	if err != nil {
		t.Fatal(err)
	}
	return &connector.Inbound{Method: http.MethodPost, Query: url.Values{}, Header: header(signature), Body: []byte(body), Account: account, Settings: parsed}
}

func TestSignature(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		signature, body string
		fits            bool
	}{
		"sha256":            {headerOfShop + "signature=" + shortSum + ";alg=sha256", shortBody, true},
		"sha512":            {headerOfShop + "signature=" + shortLongSum + ";alg=sha512", shortBody, true},
		"blanks, order":     {"alg=SHA256; Signature=" + strings.ToUpper(shortSum) + "; serviceid=" + fakeShop + "; merchantid=" + fakeMerchant, shortBody, true},
		"raw bytes":         {headerOfShop + "signature=" + spacedSum + ";alg=sha256", spacedBody, true},
		"HMAC":              {headerOfShop + "signature=" + shortHMAC + ";alg=sha256", shortBody, false},
		"another algorithm": {headerOfShop + "signature=" + shortSum + ";alg=md5", shortBody, false},
		"no algorithm":      {headerOfShop + "signature=" + shortSum, shortBody, false},
		"cut":               {headerOfShop + "signature=" + shortSum[:63] + ";alg=sha256", shortBody, false},
		"twice":             {headerOfShop + "signature=" + shortSum + ";signature=" + shortSum + ";alg=sha256", shortBody, false},
		"another shop":      {"merchantid=other;serviceid=" + fakeShop + ";signature=" + shortSum + ";alg=sha256", shortBody, false},
		"another body":      {headerOfShop + "signature=" + shortSum + ";alg=sha256", shortBody + " ", false},
		"nothing":           {"", shortBody, false},
	} {
		if err := verify(inbound(t, tt.signature, tt.body)); (err == nil) != tt.fits || err != nil && !connector.IsUnverified(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFormSignature(t *testing.T) {
	t.Parallel()
	fields := map[string]string{"amount": "15000", "currency": "PLN", "customerFirstName": "Jan", "customerLastName": "Kowalski", "merchantId": fakeMerchant, "orderId": "RES-1001", "serviceId": fakeShop}
	for alg, want := range map[string]string{
		"sha256": "6105f0cfd91e2876dc471ec1c00bf333717bd10d5e12635dfd01944e914684cf;sha256",
		"sha224": "501bee06f7c283d1b32ba2c057ded5cb2864660ed40efaadbccf514a;sha224",
		"sha512": "511e5efee3e4d336247bbded9b634bea7e2c25fba1c86987882e8b34f755eb20c42f3fe3611cba65dacfbfa6b87239a62fc59ae53e09e938157bcde7587188d7;sha512",
		"md5":    "",
	} {
		if got := formSignature(fields, fakeKey, alg); got != want {
			t.Errorf("%s: %s", alg, got)
		}
	}
	fields["customerFirstName"], fields["customerEmail"], fields["orderDescription"], fields["urlSuccess"] = "Łukasz", "lukasz@example.com", "Masaż 60 min & sauna", "https://hub.example.com/ok?r=1&x=2"
	if got := formSignature(fields, fakeKey, "sha256"); got != "9e410f951a02790d0eff24e53e621ff2104a1435f79c26481ecc678c7bff9904;sha256" {
		t.Errorf("values are signed as they are: %s", got)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	at := "payment/" + linkOfTheNotes
	for _, tt := range []struct{ body, eventType, object, dedupe, amount string }{
		{settledBody, typePaid, at, "transaction:aaaaaaaa-0000-4000-8000-000000000001:sale:settled", `"amount":"150.00"`},
		{strings.Replace(settledBody, `"amount":15000,"currency":"PLN","title":"Rezerwacja RES-1001","orderId":"RES-1001","paymentMethod"`, `"amount":"15150","currency":"PLN","title":"x","orderId":"RES-1001","paymentMethod"`, 1), typePaid, at, "transaction:aaaaaaaa-0000-4000-8000-000000000001:sale:settled", `"amount":"150.00"`},
		{strings.Replace(settledBody, `"status":"settled","source"`, `"status":"rejected","source"`, 1), typeFailed, at, "transaction:aaaaaaaa-0000-4000-8000-000000000001:sale:rejected", `"amount":"150.00"`},
		{strings.Replace(settledBody, `"status":"settled","source"`, `"status":"pending","source"`, 1), typePending, at, "transaction:aaaaaaaa-0000-4000-8000-000000000001:sale:pending", `"amount":"150.00"`},
		{strings.Replace(settledBody, `"status":"settled","source"`, `"status":"authorized","source"`, 1), typeAuthorized, at, "transaction:aaaaaaaa-0000-4000-8000-000000000001:sale:authorized", ""},
		{strings.Replace(settledBody, `"status":"settled","source"`, `"status":"odd","source"`, 1), typeChanged, at, "transaction:aaaaaaaa-0000-4000-8000-000000000001:sale:odd", ""},
		{expiredBody, typeCancelled, at, "payment:" + linkOfTheNotes + ":cancelled", `"amount":"150.00"`},
		{refundedBody, typeRefunded, at, "transaction:aaaaaaaa-0000-4000-8000-000000000009:refund:settled", `"amount":"50.00"`},
		{shortBody, typeChanged, "payment/t1", "transaction:t1::", ""},
	} {
		events, err := receive(inbound(t, Signed([]byte(tt.body)), tt.body))
		if err != nil || len(events) != 1 {
			t.Errorf("%s: %d events, %v", tt.eventType, len(events), err)
			continue
		}
		e := events[0]
		if e.Type != tt.eventType || e.Object != tt.object || e.Dedupe != tt.dedupe || !strings.Contains(string(e.Data), tt.amount) {
			t.Errorf("%s %s %s %s", e.Type, e.Object, e.Dedupe, e.Data)
		}
	}
	for _, body := range []string{"", "[]", "{}", `{"transaction":{"id":7}}`, `{"payment":{"id":"p","amount":"x"}}`} {
		if _, err := receive(inbound(t, Signed([]byte(body)), body)); err == nil || connector.IsUnverified(err) {
			t.Errorf("%s: %v; what is verified and makes no sense is kept", body, err)
		}
	}
}

func TestAcknowledge(t *testing.T) {
	t.Parallel()
	reply := acknowledge(nil, nil)
	if reply.Status != 0 || string(reply.Body) != `{"status":"ok"}` || reply.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%+v", reply)
	}
}

// do runs an action from a person's values.
func do(t *testing.T, client *connector.Client, key string, raw map[string]any) (tengi.Document, error) {
	t.Helper()
	action, _ := Connector().Action(key)
	values, faults := action.Input.Parse(raw)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return action.Do(t.Context(), client, "TNG-abc-1", values)
}

func TestRefused(t *testing.T) {
	t.Parallel()
	svc := NewFake(connectortest.NewClock().Now)
	values := map[string]any{}
	paid(t, svc, values)
	id := values["transaction_id"]
	request := map[string]any{"order_id": "RES-1", "amount": "10", "currency": "PLN", "customer_name": "Anna", "customer_email": "anna@example.com"}
	for _, tt := range []struct {
		name, action string
		raw          map[string]any
		code, field  string
	}{
		{"a currency that imoje does not take", "payment.request", with(request, "currency", "ISK"), "currency", "currency"},
		{"a third of a grosz", "payment.request", with(request, "amount", "10.0055"), "fraction", "amount"},
		{"a page with a port", "payment.request", with(request, "return_url", "https://hub.example.com:8443/x"), "return_url", "return_url"},
		{"this machine's page", "payment.request", with(request, "return_url", "http://localhost/x"), "return_url", "return_url"},
		{"more than was paid", "payment.refund", map[string]any{"transaction_id": id, "amount": "150.01", "currency": "PLN"}, "too_much", "amount"},
		{"another currency than was paid", "payment.refund", map[string]any{"transaction_id": id, "amount": "1", "currency": "EUR"}, "currency", "currency"},
		{"what was never paid", "payment.refund", map[string]any{"transaction_id": "nothing", "amount": "1", "currency": "PLN"}, "not_found", ""},
	} {
		client := connectortest.Client(t, Connector(), svc, connectortest.WithJournal(connectortest.NewJournal()), connectortest.WithRef("TNG-abc-1"))
		_, err := do(t, client, tt.action, tt.raw)
		if e := connector.AsError(err); e.Kind != connector.Permanent || e.Code != tt.code || e.Field != tt.field {
			t.Errorf("%s: %s %s %s: %v", tt.name, e.Kind, e.Code, e.Field, err)
		}
	}
	if n := connectortest.Held("refunds")(svc); n != 0 {
		t.Errorf("%d refunds", n)
	}
}

func with(raw map[string]any, key string, value any) map[string]any {
	changed := map[string]any{key: value}
	for k, v := range raw {
		if k != key {
			changed[k] = v
		}
	}
	return changed
}

// A link that is paid is not taken back by a computer, and one that has ended already needs nothing.
func TestCancel(t *testing.T) {
	t.Parallel()
	svc := NewFake(connectortest.NewClock().Now)
	work := func() *connector.Client {
		return connectortest.Client(t, Connector(), svc, connectortest.WithJournal(connectortest.NewJournal()), connectortest.WithRef("TNG-abc-1"))
	}
	request := map[string]any{"order_id": "RES-1", "amount": "10", "currency": "PLN", "customer_name": "Anna Lind", "customer_email": "anna@example.com"}
	doc, err := do(t, work(), "payment.request", request)
	if err != nil || doc.URL == "" || doc.Amount.String() != "10 PLN" && doc.Amount.String() != "10.00 PLN" {
		t.Fatalf("%+v %v", doc, err)
	}
	if _, err := svc.Pay(doc.ExternalID, "rejected"); err != nil {
		t.Fatal(err)
	}
	if now, err := readLink(t.Context(), work(), doc); err != nil || now.Status != "new" {
		t.Errorf("a rejected try is not the end of a link: %s %v", now.Status, err)
	}
	if _, err := svc.Pay(doc.ExternalID, settled); err != nil {
		t.Fatal(err)
	}
	if _, err := cancelLink(t.Context(), work(), "TNG-abc-1", doc); connector.AsError(err).Code != "paid" {
		t.Errorf("a paid link: %v", err)
	}
	if now, err := readLink(t.Context(), work(), doc); err != nil || now.Status != settled {
		t.Errorf("a paid link reads as %s, %v", now.Status, err)
	}
	other, err := do(t, work(), "payment.request", with(request, "order_id", "RES-2"))
	if err != nil {
		t.Fatal(err)
	}
	svc.End(other.ExternalID)
	if gone, err := cancelLink(t.Context(), work(), "TNG-abc-1", other); err != nil || gone.ExternalID != "" {
		t.Errorf("an ended link: %+v %v", gone, err)
	}
}

// A signed page is made without a request, is verified by imoje's own rule, and cannot be cancelled.
func TestSignedPage(t *testing.T) {
	t.Parallel()
	svc := NewFake(connectortest.NewClock().Now)
	svc.Faults().Add(fake.Fault{Kind: fake.Fail, Times: -1})
	client := connectortest.Client(t, Connector(), svc, connectortest.WithJournal(connectortest.NewJournal()), connectortest.WithRef("TNG-abc-1"))
	doc, err := do(t, client, "payment.request", map[string]any{"order_id": "RES-1", "amount": "99.50", "currency": "PLN", "customer_name": "Łukasz Żak", "customer_email": "l@example.com", "via": "page", "methods": "blik, card"})
	if err != nil {
		t.Fatal(err)
	}
	page, err := url.Parse(doc.URL)
	if err != nil || page.Host != "paywall.pay.ing.pl" {
		t.Fatalf("%s %v", doc.URL, err)
	}
	fields := map[string]string{}
	for name, values := range page.Query() {
		fields[name] = values[0]
	}
	if fields["amount"] != "9950" || fields["visibleMethod"] != "blik,card" || fields["signature"] != formSignature(fields, fakeKey, "sha256") || strings.Contains(doc.URL, fakeKey) {
		t.Errorf("%+v", fields)
	}
	if _, err := cancelLink(t.Context(), client, "TNG-abc-1", doc); connector.AsError(err).Code != "signed_page" {
		t.Errorf("cancelled: %v", err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	svc := NewFake(time.Now)
	who, err := check(t.Context(), connectortest.Client(t, Connector(), svc, connectortest.WithSetting("environment", "sandbox")))
	if err != nil || who.Name != fakeMerchant || len(who.Warnings) != 1 {
		t.Errorf("%+v %v", who, err)
	}
	svc.Deactivate()
	if _, err := check(t.Context(), connectortest.Client(t, Connector(), svc)); connector.AsError(err).Kind != connector.Attention {
		t.Errorf("an inactive shop: %v", err)
	}
	if _, err := check(t.Context(), connectortest.Client(t, Connector(), svc, connectortest.WithSetting("service_id", "99999999-2222-4333-8444-555555555555"))); connector.AsError(err).Code != "not_found" {
		t.Errorf("another shop: %v", err)
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	for settings, want := range map[[2]string]string{
		{"live", "new"}: "https://api.pay.ing.pl/v1", {"sandbox", "new"}: "https://api.sandbox.pay.ing.pl/v1",
		{"live", "legacy"}: "https://api.imoje.pl/v1", {"sandbox", "legacy"}: "https://sandbox.api.imoje.pl/v1",
	} {
		if got := baseURL(field.Values{"environment": settings[0], "hosts": settings[1]}); got != want {
			t.Errorf("%v: %s", settings, got)
		}
	}
}

func FuzzReceive(f *testing.F) {
	f.Add(headerOfShop+"signature="+settledSum+";alg=sha256", settledBody, false)
	f.Add("", refundedBody, true)
	f.Add("a=b;;", expiredBody, true)
	f.Fuzz(func(t *testing.T, signature, body string, sign bool) {
		if sign {
			signature = Signed([]byte(body))
		}
		events, err := receive(inbound(t, signature, body))
		if err == nil && verify(inbound(t, signature, body)) != nil {
			t.Fatal("an unverified notice became an event")
		}
		for _, e := range events {
			if e.Dedupe == "" || e.Object == "payment/" || !strings.HasPrefix(e.Type, typePrefix) {
				t.Fatalf("%+v", e)
			}
		}
	})
}
