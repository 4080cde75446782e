//nolint:misspell // PAYED is Portmone's own word
package portmone

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/field"
)

// Rows come in two spellings, as a list or bare, with numbers as texts and as numbers.
func TestRows(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"result.json", "return.json", "close.json"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := decodeRows(text)
		if err != nil || len(rows) == 0 {
			t.Fatalf("%s: %v", name, err)
		}
		written, err := json.Marshal(rows)
		if err != nil || strings.Contains(string(written), "token") || strings.Contains(string(written), "4444") || strings.Contains(string(written), "attribute") {
			t.Errorf("%s: %s %v", name, written, err)
		}
		again, err := decodeRows(written)
		if err != nil || fmt.Sprint(again) != fmt.Sprint(rows) {
			t.Errorf("%s: %v is read again as %v: %v", name, rows, again, err)
		}
	}
	text, err := os.ReadFile("testdata/result.json")
	if err != nil {
		t.Fatal(err)
	}
	rows, _ := decodeRows(text)
	r := rows[0]
	if r.ID != "700000001" || r.Order != "INV-1001" || !r.paid("99999") || r.paid("9") || r.Amount.String() != "150" || r.Day != "2026-01-02" || r.PaidAt.UTC().Format(time.RFC3339) != "2026-01-02T12:05:06Z" {
		t.Errorf("%+v", r)
	}
	if r := rows[1]; r.Status != statusReturned || r.Amount.String() != "-9" || r.Day != "2026-01-03" || !r.PaidAt.IsZero() || r.Chargeback {
		t.Errorf("%+v", r)
	}
	for _, body := range []string{"", "null", "7", "<html>", "[7]", "[null]", `{"billAmount":"1e9"}`, `{"billAmount":"12,50"}`, `{"billAmount":{}}x`} {
		if rows, err := decodeRows([]byte(body)); err == nil {
			t.Errorf("%s: %+v", body, rows)
		}
	}
}

func TestHappenings(t *testing.T) {
	t.Parallel()
	id := func(n string, day string) func(*row) { return func(r *row) { r.ID, r.Day = n, day } }
	back := func(r *row) { r.Chargeback = true }
	for _, tt := range []struct {
		name string
		rows []row
		want string
	}{
		{"begun", []row{amountRow(statusCreated, "150", id("1", ""))}, "payment.pending bill/1/CREATED"},
		{"failed", []row{amountRow(statusRejected, "150", id("1", "2026-07-01"), func(r *row) { r.Code = "5" })}, "payment.failed bill/1/REJECTED"},
		{"held", []row{amountRow(statusHeld, "150")}, "payment.authorized bill/1/PREAUTH"},
		{"paid at the second try", []row{amountRow(statusRejected, "150", id("1", "2026-07-01")), amountRow(statusPaid, "150", id("2", "2026-07-01"))}, "payment.paid bill/2/PAYED"},
		{"paid twice", []row{amountRow(statusPaid, "150", id("10", "2026-07-01")), amountRow(statusPaid, "150", id("9", "2026-07-01"))}, "payment.paid bill/9/PAYED, payment.overpaid bill/10/PAYED"},
		{"refunded", []row{amountRow(statusReturned, "-50", id("3", "2026-07-01")), amountRow(statusPaid, "150", id("2", "2026-07-01"))}, "payment.paid bill/2/PAYED, payment.refunded bill/3/RETURN"},
		{"paid again after a refund", []row{amountRow(statusPaid, "150", id("1", "2026-07-01")), amountRow(statusReturned, "-150", id("2", "2026-07-02")), amountRow(statusPaid, "150", id("3", "2026-07-03"))},
			"payment.paid bill/1/PAYED, payment.refunded bill/2/RETURN, payment.paid bill/3/PAYED"},
		{"taken back by the bank", []row{amountRow(statusPaid, "150", back)}, "payment.chargeback bill/1/chargeback"},
		{"with an error", []row{amountRow(statusPaid, "150", func(r *row) { r.Code = "9" })}, "payment.changed bill/1/not-proved"},
		{"without a shop", []row{amountRow(statusPaid, "150", func(r *row) { r.Payee = "" })}, "payment.changed bill/1/not-proved"},
		{"of nothing", []row{amountRow(statusPaid, "0")}, "payment.changed bill/1/not-proved"},
		{"a status nobody knows", []row{amountRow("SOME THING", "150")}, "payment.changed bill/1/SOME-THING"},
		{"a refund that failed", []row{amountRow(statusReturned, "-150", func(r *row) { r.Code = "4" })}, "payment.changed bill/1/RETURN"},
	} {
		var told []string
		for _, h := range happenings(tt.rows, fakePayee) {
			told = append(told, h.eventType+" "+h.dedupe)
			if h.object != "payment/A" || h.facts.Currency != "UAH" {
				t.Errorf("%s: %+v", tt.name, h)
			}
		}
		if got := strings.Join(told, ", "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// notified is the event of a notice that came now.
func (d *desk) notified(bill string) tengi.Event {
	d.Helper()
	body, err := d.svc.Notice(bill)
	if err != nil {
		d.Fatal(err)
	}
	events, err := receive(inbound(d, string(body), nil))
	if err != nil || len(events) != 1 {
		d.Fatalf("%d events, %v", len(events), err)
	}
	events[0].ReceivedAt = d.clock.Now()
	return events[0]
}

// sourced is a client for a source.
func (d *desk) sourced(raw map[string]any) *connector.Client {
	d.Helper()
	options, faults := sourceFields().Parse(raw)
	if err := faults.Err(); err != nil {
		d.Fatal(err)
	}
	return d.client(connectortest.WithOptions(options))
}

// A notice stands for what Portmone lists; the same payment found by the list is the same event.
func TestNoticeAndList(t *testing.T) {
	t.Parallel()
	d := newDesk(t, NewFake)
	doc := d.made()
	d.pay(doc.ExternalID, statusRejected)
	bill := d.pay(doc.ExternalID, statusPaid)
	got, err := load(t.Context(), d.client(), d.notified(bill))
	if err != nil || len(got.Instead) != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	paid := got.Instead[0]
	var told facts
	if err := json.Unmarshal(paid.Data, &told); err != nil || paid.Type != typePaid || paid.NeedsLoad || paid.Object != "payment/"+doc.ExternalID || told.Amount != "150.00" || told.OrderID != doc.ExternalID ||
		told.Reference != "INV-1001" || told.ID != bill || told.Status != statusPaid || told.PaidOn != "2026-07-01" || told.Paid != "150.00" || told.Refunded != "0.00" {
		t.Errorf("%+v %s %v", paid, paid.Data, err)
	}
	if _, faults := eventFields().Parse(fieldValues(t, paid.Data)); len(faults) > 0 {
		t.Error(faults)
	}
	page, err := poll(t.Context(), d.sourced(nil), "")
	if err != nil || page.More || len(page.Events) != 2 || page.Events[1].Dedupe != paid.Dedupe || page.Events[1].Object != paid.Object || !page.Events[1].NeedsLoad {
		t.Fatalf("%+v %v", page, err)
	}
	loaded, err := load(t.Context(), d.client(), page.Events[1])
	if text, _ := json.Marshal(loaded.Data); err != nil || loaded.Type != typePaid || string(text) != string(paid.Data) {
		t.Errorf("%+v %v", loaded, err)
	}
	// The first try failed, and the customer has paid: nobody is told of it any more.
	if stale, err := load(t.Context(), d.client(), page.Events[0]); err != nil || len(stale.Instead) != 1 || stale.Instead[0].Dedupe != paid.Dedupe {
		t.Errorf("%+v %v", stale, err)
	}
	d.svc.Chargeback(bill)
	if later, err := load(t.Context(), d.client(), page.Events[1]); err != nil || len(later.Instead) != 1 || later.Instead[0].Type != typeChargeback {
		t.Errorf("%+v %v", later, err)
	}
}

func fieldValues(t *testing.T, data []byte) map[string]any {
	t.Helper()
	values, err := field.ReadJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// A forged notice tells nothing, and a true one that is early is asked for again.
func TestForgedAndEarly(t *testing.T) {
	t.Parallel()
	d := newDesk(t, NewFake)
	doc := d.made()
	forged := tengi.Event{Object: "notice/x/0", Data: json.RawMessage(`{"order_id":"` + doc.ExternalID + `"}`), NeedsLoad: true, ReceivedAt: d.clock.Now()}
	_, err := load(t.Context(), d.client(), forged)
	if e := connector.AsError(err); e.Kind != connector.Temporary || e.RetryAfter != lookAgain {
		t.Errorf("early: %v", err)
	}
	d.clock.Advance(appearsWithin)
	if got, err := load(t.Context(), d.client(), forged); err != nil || got.Nothing == "" {
		t.Errorf("forged: %+v %v", got, err)
	}
	d.pay(doc.ExternalID, statusCreated)
	if got, err := load(t.Context(), d.client(), forged); err != nil || len(got.Instead) != 1 || got.Instead[0].Type != typePending {
		t.Errorf("begun: %+v %v", got, err)
	}
	for _, data := range []string{"", "[]", "{}"} {
		if _, err := load(t.Context(), d.client(), tengi.Event{Data: json.RawMessage(data)}); connector.AsError(err).Kind != connector.Permanent {
			t.Errorf("%q: %v", data, err)
		}
	}
}

func TestPoll(t *testing.T) {
	t.Parallel()
	d := newDesk(t, NewFake)
	issued(d.svc, "OLD", "10.00")
	d.pay("OLD", statusPaid)
	d.clock.Advance(3 * 24 * time.Hour)
	client := d.sourced(nil)
	page, err := poll(t.Context(), client, "")
	if err != nil || page.More || len(page.Events) != 0 {
		t.Fatalf("the shop's history is not reported: %+v %v", page, err)
	}
	d.clock.Advance(20 * 24 * time.Hour)
	doc := d.made()
	d.pay(doc.ExternalID, statusCreated)
	bill := d.pay(doc.ExternalID, statusPaid)
	d.clock.Advance(9 * 24 * time.Hour)
	seen, slices := map[string]int{}, 0
	for {
		if page, err = poll(t.Context(), client, page.Cursor); err != nil {
			t.Fatal(err)
		}
		slices++
		for _, e := range page.Events {
			seen[e.Dedupe]++
		}
		if !page.More {
			break
		}
	}
	if slices != 5 || len(seen) != 1 || seen["bill/"+bill+"/PAYED"] != 1 {
		t.Errorf("%d slices: %v", slices, seen)
	}
	for _, cursor := range []connector.Cursor{"{", `{"since":"x"}`, `{"since":"2026-07-01","from":"y"}`} {
		if _, err := poll(t.Context(), client, cursor); connector.AsError(err).Kind != connector.Permanent {
			t.Errorf("%s: %v", cursor, err)
		}
	}
	from := d.sourced(map[string]any{"since": "2026-07-01"})
	if page, err = poll(t.Context(), from, ""); err != nil || !page.More || len(page.Events) != 1 || page.Events[0].Object != "payment/OLD" {
		t.Errorf("from a day of one's own: %+v %v", page, err)
	}
}

// A week whose list is too long is asked for in parts.
func TestPollTooMuch(t *testing.T) {
	t.Parallel()
	d := newDesk(t, NewFake)
	client := d.sourced(map[string]any{"since": "2026-06-20"})
	d.svc.Faults().Add(fake.Fault{Kind: fake.Refuse, Status: 200, Body: "[" + strings.Repeat(" ", connector.MaxAnswer) + "]"})
	page, err := poll(t.Context(), client, "")
	if want := `{"since":"2026-06-20","from":"2026-06-20","days":3}`; err != nil || !page.More || string(page.Cursor) != want {
		t.Fatalf("%+v %v", page, err)
	}
	page, err = poll(t.Context(), client, page.Cursor)
	if want := `{"since":"2026-06-20","from":"2026-06-23","days":3}`; err != nil || string(page.Cursor) != want {
		t.Errorf("%+v %v", page, err)
	}
	d.svc.Faults().Add(fake.Fault{Kind: fake.Refuse, Status: 200, Body: "[" + strings.Repeat(" ", connector.MaxAnswer) + "]"})
	if _, err := poll(t.Context(), client, `{"since":"2026-06-20","from":"2026-06-20","days":1}`); connector.AsError(err).Code != connector.CodeBadAnswer {
		t.Errorf("a day is the least: %v", err)
	}
}
