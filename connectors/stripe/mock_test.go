package stripe

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
)

// stripe-mock (https://github.com/stripe/stripe-mock) is Stripe's own program that holds requests against the published description of its API. Every
// request that this connector makes is made to our stand-in first and then, byte for byte, to stripe-mock.
//
// What that shows: each path exists, each parameter exists there under that name, each value has the right type and is one of those allowed, and
// the objects that Stripe describes can be read here.
//
// What it cannot show, because stripe-mock has no memory: that the parameters go together (an invoice without a customer passes), that ids exist,
// that an amount is possible in a currency (krónur with hundredths pass), that a key that was used before is replayed, that finalising makes an
// invoice final (every answer is the same draft), that a list is filtered by what was asked for, and that metadata come back. All of that is
// what our own stand-in is for. Nor does it look at the version of the API that is asked for: it knows the newest only.

// startMock starts stripe-mock, which tools.mod pins, on a free port of this machine, and gives its address.
func startMock(t *testing.T) string {
	t.Helper()
	command := os.Getenv("GO")
	if command == "" {
		command = "go"
	}
	built, err := exec.CommandContext(t.Context(), command, "tool", "-modfile=../../tools.mod", "-n", "stripe-mock").Output()
	if err != nil {
		var said []byte
		if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // Output wraps nothing
			said = exit.Stderr
		}
		t.Fatalf("build stripe-mock: %v\n%s", err, said)
	}
	// Without an address of its own for HTTPS it would listen on all networks.
	mock := exec.CommandContext(t.Context(), strings.TrimSpace(string(built)), "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0")
	out, err := mock.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	mock.Stderr = mock.Stdout
	if err := mock.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mock.Wait() }) // the test's context has ended it
	var said strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if address, ok := strings.CutPrefix(lines.Text(), "Listening for HTTP at address: "); ok {
			return "http://" + address
		}
	}
	t.Fatalf("stripe-mock does not listen:\n%s", said.String())
	return ""
}

// tap carries requests to the stand-in and keeps a copy of each.
type tap struct {
	next http.RoundTripper
	mu   sync.Mutex
	seen []tapped
}

type tapped struct {
	method, path string // with its query
	header       http.Header
	body         []byte
}

// RoundTrip carries one request.
func (p *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	p.mu.Lock()
	p.seen = append(p.seen, tapped{r.Method, r.URL.RequestURI(), r.Header.Clone(), body})
	p.mu.Unlock()
	return p.next.RoundTrip(r)
}

// exercise makes every kind of request there is.
func exercise(t *testing.T, p *tap) {
	t.Helper()
	d := &desk{t: t, clock: connectortest.NewClock(), journal: connectortest.NewJournal(), ref: connectortest.Ref}
	d.stripe = NewFake(func(b *Behaviour) { b.Now = d.clock.Now })
	d.serve()
	via := connectortest.WithHTTP(p)
	do := func(ref tengi.Ref, action string, changes map[string]any) tengi.Document {
		d.next(ref)
		doc, err := d.run(action, changes, via)
		if err != nil {
			t.Fatalf("%s: %v", ref, err)
		}
		return doc
	}
	who := do("tengi-mock-1", "customer.create", map[string]any{
		"tax_id": "IS123456", "tax_id_type": "is_vat", "description": "note", "metadata": map[string]any{"k": "v"}, "address": "Laugavegur 1", "post_code": "101",
	}).ExternalID
	item := do("tengi-mock-2", "invoiceitem.create", map[string]any{"customer": who, "tax_rate": "txr_fake00000001", "metadata": map[string]any{"k": "v"}})
	mailed := do("tengi-mock-3", "invoice.create", map[string]any{"reminders": true, "footer": "Takk", "items": []any{map[string]any{"id": item.ExternalID, "amount": "29800"}}})
	paid := do("tengi-mock-4", "invoice.create", map[string]any{"paid": "32280", "customer": who})
	draft := do("tengi-mock-5", "invoice.create", map[string]any{"finish": finishDraft, "prices_include_vat": false, "currency": "EUR"})
	do("tengi-mock-6", "invoiceitem.create", map[string]any{"customer": who, "invoice": draft.ExternalID, "currency": "EUR"})
	lone := do("tengi-mock-7", "invoiceitem.create", map[string]any{"customer": who})
	do("tengi-mock-8", "invoice.create", map[string]any{"lines": nil, "pending": pendingAll, "customer": who})
	unwanted := do("tengi-mock-10", "invoice.create", map[string]any{"finish": finishDraft})
	waiting := do("tengi-mock-9", "invoiceitem.create", map[string]any{"customer": who})
	undone := []struct {
		action string
		doc    tengi.Document
		opts   []connectortest.Option
	}{
		{"invoice.create", mailed, nil}, {"invoice.create", paid, nil}, {"invoiceitem.create", item, nil}, {"invoiceitem.create", waiting, nil},
		{"invoice.create", unwanted, nil},
	}
	for _, choice := range []string{paidRefund, paidBalance} {
		doc := do(tengi.Ref("tengi-mock-"+choice), "invoice.create", nil)
		if err := d.stripe.Pay(doc.ExternalID); err != nil {
			t.Fatal(err)
		}
		undone = append(undone, undone[0])
		last := &undone[len(undone)-1]
		last.doc, last.opts = doc, []connectortest.Option{connectortest.WithSetting("cancel_paid", choice)}
	}
	for i, undo := range undone {
		d.ref = tengi.Ref("tengi-mock-undo-" + string(rune('a'+i)))
		if _, err := d.undo(undo.action, undo.doc, append(undo.opts, via)...); err != nil {
			t.Fatalf("undo %s: %v", undo.doc.ExternalID, err)
		}
	}
	if _, err := refresh(t.Context(), d.client(via), lone); err == nil {
		t.Error("an item is no invoice")
	}
	lookUps(t, d, via)
	d.next("tengi-mock-reads")
	if _, err := check(t.Context(), d.client(via)); err != nil {
		t.Fatal(err)
	}
	if err := d.stripe.Refund(d.stripe.Sell(sold()), 3080000); err != nil {
		t.Fatal(err)
	}
	for _, trigger := range Connector().Triggers {
		d.ask(trigger.Key, "", via)
		if _, err := trigger.Sample(t.Context(), d.client(via)); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range d.arrivals("charge.refunded") {
		if _, _, err := prepare(t.Context(), d.client(via), e); err != nil {
			t.Fatal(err)
		}
	}
}

// lookUps makes the requests that look lost calls up.
func lookUps(t *testing.T, d *desk, via connectortest.Option) {
	t.Helper()
	for i, path := range []string{"/v1/customers", "/v1/invoiceitems", "/v1/invoices", "/add_lines", "/finalize", "/send", "/pay"} {
		d.next(tengi.Ref("tengi-mock-lost-" + string(rune('a'+i))))
		d.stripe.Faults().Add(fake.Fault{Kind: fake.DropRequest, Method: http.MethodPost, Path: path})
		action, changes := "invoice.create", map[string]any{"customer_find": never}
		switch path {
		case "/v1/invoiceitems":
			action, changes = "invoiceitem.create", map[string]any{"customer": d.stripe.AddCustomer("Jon", "jon@example.com")}
		case "/pay":
			changes["paid"] = "32280"
		}
		work := func() (tengi.Document, error) { return d.run(action, changes, via) }
		if _, err := work(); connector.AsError(err).Kind != connector.Unknown {
			t.Fatalf("%s: %v", path, err)
		}
		d.clock.Advance(25 * time.Hour)
		if _, err := d.persist(work); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	for _, path := range []string{"/void", "/v1/credit_notes"} {
		d.next(tengi.Ref("tengi-mock-" + path[4:]))
		doc := d.made("invoice.create", nil)
		d.stripe.Faults().Add(fake.Fault{Kind: fake.DropRequest, Method: http.MethodPost, Path: path})
		choice := connectortest.WithSetting("cancel_open", map[string]string{"/void": cancelVoid}[path])
		if path != "/void" {
			choice = connectortest.WithSetting("cancel_open", cancelCredit)
		}
		d.next(d.ref + "-undo")
		work := func() (tengi.Document, error) { return undoInvoice(t.Context(), d.client(via, choice), d.ref, doc) }
		if _, err := work(); connector.AsError(err).Kind != connector.Unknown {
			t.Fatalf("%s: %v", path, err)
		}
		d.clock.Advance(25 * time.Hour)
		if _, err := d.persist(work); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
}

// readable says whether a described answer can be read as what this connector takes it for.
func readable(path string, body []byte) bool {
	is := func(pattern string) bool { return regexp.MustCompile(`^/v1/` + pattern + `($|\?)`).MatchString(path) }
	switch {
	case is(`invoices/\w+/lines`):
		return listOf[soldLine](body)
	case is(`checkout/sessions/\w+/line_items`):
		return listOf[soldItem](body)
	case is(`events`):
		return listOf[event](body)
	case is(`invoiceitems`):
		return listOf[item](body) || one[item](body)
	case is(`tax_rates`):
		return listOf[taxRate](body)
	case is(`tax_rates/\w+`):
		return one[taxRate](body)
	case is(`credit_notes`):
		return listOf[creditNote](body) || one[creditNote](body)
	case is(`invoices/\w+(/\w+)?`):
		var inv soldInvoice
		err := json.Unmarshal(body, &inv)
		return err == nil && inv.ID != "" && (inv.Deleted || inv.Status != "" && inv.Currency != "")
	case is(`checkout/sessions/\w+`):
		var s checkout
		err := json.Unmarshal(body, &s)
		return err == nil && s.ID != "" && s.Mode != "" && s.Status != "" && s.Payment.ID != ""
	}
	return listOf[thing](body) || one[thing](body)
}

func listOf[T object](body []byte) bool {
	var list struct {
		Object string `json:"object"`
		Data   []T    `json:"data"`
	}
	if err := json.Unmarshal(body, &list); err != nil || list.Object != "list" {
		return false
	}
	return !slices.ContainsFunc(list.Data, func(row T) bool { return row.id() == "" })
}

func one[T object](body []byte) bool {
	var made T
	return json.Unmarshal(body, &made) == nil && made.id() != ""
}

func TestMock(t *testing.T) {
	t.Parallel()
	address := startMock(t)
	p := &tap{next: &http.Transport{}}
	exercise(t, p)
	send := func(r tapped) (int, []byte) {
		req, err := http.NewRequestWithContext(t.Context(), r.method, address+r.path, bytes.NewReader(r.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = r.header
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, body
	}
	routeIDs := regexp.MustCompile(`(/)[a-z]+_fake\d+`)
	kinds := map[string]bool{}
	for _, r := range p.seen {
		route, _, _ := strings.Cut(r.path, "?")
		kinds[r.method+" "+routeIDs.ReplaceAllString(route, "${1}id")] = true
		status, body := send(r)
		if status != http.StatusOK {
			t.Errorf("%s %s %s: %d %s", r.method, r.path, r.body, status, body)
		} else if !readable(r.path, body) {
			t.Errorf("%s %s: what Stripe describes cannot be read: %s", r.method, r.path, body)
		}
	}
	var missing []string
	for route := range taken {
		kind, path, _ := strings.Cut(route, " ")
		full := kind + " /v1/" + path
		if !kinds[full] {
			missing = append(missing, route)
		}
	}
	slices.Sort(missing)
	if want := []string{"GET customers/id"}; !slices.Equal(missing, want) { // only for people who look at the stand-in
		t.Errorf("never tried: %v", missing)
	}
	// The control: stripe-mock does look.
	for name, wrong := range map[string]func(*tapped){
		"an unknown parameter": func(r *tapped) { r.body = append(r.body, "&days_till_due=14"...) },
		"a wrong type": func(r *tapped) {
			r.body = bytes.Replace(r.body, []byte("days_until_due=14"), []byte("days_until_due=soon"), 1)
		},
		"a wrong value":     func(r *tapped) { r.body = bytes.Replace(r.body, []byte("send_invoice"), []byte("send_it"), 1) },
		"an unknown path":   func(r *tapped) { r.path += "s" },
		"a publishable key": func(r *tapped) { r.header = http.Header{"Authorization": {"Bearer pk_test_123"}} },
	} {
		i := slices.IndexFunc(p.seen, func(r tapped) bool { return r.method == http.MethodPost && r.path == "/v1/invoices" })
		r := p.seen[i]
		r.header, r.body = r.header.Clone(), bytes.Clone(r.body)
		wrong(&r)
		if status, body := send(r); status < 400 {
			t.Errorf("%s passes: %d %s", name, status, body)
		}
	}
}
