package portmone

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
)

func amountRow(status, amount string, more ...func(*row)) row {
	r := row{ID: "1", Order: "A", Payee: fakePayee, Status: status, Amount: decimal.RequireFromString(amount), Code: "0", Day: "2026-07-01"}
	for _, change := range more {
		change(&r)
	}
	return r
}

func TestStanding(t *testing.T) {
	t.Parallel()
	takenBack := func(r *row) { r.Chargeback = true }
	for _, tt := range []struct {
		want string
		rows []row
	}{
		{standingSent, nil},
		{standingSent, []row{amountRow(statusCreated, "150")}},
		{standingSent, []row{amountRow(statusRejected, "150")}},
		{standingAuthorized, []row{amountRow(statusHeld, "150")}},
		{standingPaid, []row{amountRow(statusRejected, "150"), amountRow(statusPaid, "150.00")}},
		{standingUnderpaid, []row{amountRow(statusPaid, "149.99")}},
		{standingOverpaid, []row{amountRow(statusPaid, "150"), amountRow(statusPaid, "150")}},
		{standingPartly, []row{amountRow(statusPaid, "150"), amountRow(statusReturned, "-9")}},
		{standingRefunded, []row{amountRow(statusPaid, "150"), amountRow(statusReturned, "-150.00")}},
		{standingPaid, []row{amountRow(statusPaid, "150"), amountRow(statusReturned, "-150.00"), amountRow(statusPaid, "150")}},
		{standingPaid, []row{amountRow(statusPaid, "150"), amountRow(statusPaid, "150"), amountRow(statusReturned, "-150.00")}},
		{standingChargeback, []row{amountRow(statusPaid, "150", takenBack)}},
		{standingSent, []row{amountRow(statusPaid, "150", func(r *row) { r.Payee = "1" })}},
		{standingSent, []row{amountRow(statusPaid, "150", func(r *row) { r.Payee = "" })}},
		{standingSent, []row{amountRow(statusPaid, "150", func(r *row) { r.Code = "" })}},
		{standingSent, []row{amountRow(statusPaid, "150", func(r *row) { r.Code = "7" })}},
		{standingSent, []row{amountRow("PAID", "150")}},
		{standingSent, []row{amountRow(statusPaid, "-150")}},
	} {
		if got := standing(sumOf(tt.rows, fakePayee), decimal.RequireFromString("150.00")); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.rows, got, tt.want)
		}
	}
}

// An invoice paid two months after it was made is found: Portmone would look back one month only.
func TestPaidLate(t *testing.T) {
	t.Parallel()
	d := newDesk(t, NewFake)
	doc := d.made()
	d.clock.Advance(10 * 24 * time.Hour)
	d.pay(doc.ExternalID, statusPaid)
	d.clock.Advance(60 * 24 * time.Hour)
	now, err := refresh(t.Context(), d.client(), doc)
	if err != nil || now.Status != standingPaid || now.ExternalID != doc.ExternalID || now.URL != doc.URL {
		t.Errorf("%+v %v", now, err)
	}
	doc.Data = nil // as a document of which only the row is left
	doc.CreatedAt = d.clock.Now().Add(-70 * 24 * time.Hour)
	if now, err = refresh(t.Context(), d.client(), doc); err != nil || now.Status != standingPaid {
		t.Errorf("%+v %v", now, err)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	closing := func(d *desk, want string, pay ...string) {
		t.Helper()
		doc := d.made()
		for _, status := range pay {
			d.pay(doc.ExternalID, status)
		}
		_, err := closeInvoice(t.Context(), d.client(), testRef, doc)
		switch e := connector.AsError(err); {
		case want == "" && err != nil, want != "" && (err == nil || e.Code != want || e.Kind != connector.Permanent):
			t.Errorf("%v: %v, want %q", pay, err, want)
		}
	}
	closing(newDesk(t, NewFake), "")
	closing(newDesk(t, NewFake), "", statusRejected)
	closing(newDesk(t, NewFake), "paid", statusRejected, statusPaid)
	closing(newDesk(t, NewFake), "authorized", statusHeld)

	d := newDesk(t, NewFake)
	doc := d.made()
	d.svc.Chargeback(d.pay(doc.ExternalID, statusPaid))
	if _, err := closeInvoice(t.Context(), d.client(), testRef, doc); connector.AsError(err).Code != "chargeback" {
		t.Errorf("a chargeback: %v", err)
	}

	d = newDesk(t, NewFake)
	doc = d.made()
	d.svc.GiveBack(d.pay(doc.ExternalID, statusPaid), decimal.NewFromInt(150))
	if _, err := closeInvoice(t.Context(), d.client(), testRef, doc); err != nil || len(d.journal.Calls()) != 0 {
		t.Errorf("what was paid and given back needs nothing: %v, %d calls", err, len(d.journal.Calls()))
	}
}

// Portmone may not know a link that nobody has opened. Then a person is told that it may still be payable.
func TestCloseRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t, NewFake)
	doc := d.made()
	doc.ExternalID = "ANOTHER-1-K3F7AB"
	_, err := closeInvoice(t.Context(), d.client(), testRef, doc)
	if e := connector.AsError(err); e.Kind != connector.Permanent || e.Code != codeRefused || !strings.Contains(e.Message, "may still be payable") || !strings.Contains(e.Detail, "не знайдено") {
		t.Errorf("%s %s %v (%s)", e.Kind, e.Code, err, e.Detail)
	}
}

// before does something before each request with a text in it is carried.
type before struct {
	text string
	do   func()
}

func (b before) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if bytes.Contains(body, []byte(b.text)) {
		b.do()
	}
	return http.DefaultTransport.RoundTrip(r)
}

// A payment in the last moment is not taken for a closed invoice, whether Portmone closes it all the same or not.
func TestPaidWhileClosing(t *testing.T) {
	t.Parallel()
	for _, refuses := range []bool{true, false} {
		d := newDesk(t, NewFake)
		doc := d.made()
		late := before{text: "closeInvoice", do: func() {
			id := d.pay(doc.ExternalID, statusPaid)
			if !refuses { // the stand-in closes what it does not see, and lists it afterwards
				d.svc.Faults().Add(fake.Fault{Kind: fake.Refuse, Status: http.StatusOK, Body: `{"shop_bill_id":"` + id + `","status":"CLOSED","error_code":"0"}`})
			}
		}}
		_, err := closeInvoice(t.Context(), d.client(connectortest.WithHTTP(late)), testRef, doc)
		want := map[bool]string{true: codeRefused, false: "paid"}[refuses]
		if e := connector.AsError(err); e.Code != want || e.Kind != connector.Permanent {
			t.Errorf("%v: %s %v", refuses, e.Code, err)
		}
		if _, err = closeInvoice(t.Context(), d.client(), testRef, doc); connector.AsError(err).Code != "paid" {
			t.Errorf("run again: %v", err)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	d := newDesk(t, NewFake)
	if who, err := check(t.Context(), d.client()); err != nil || who.Name != fakePayee || len(who.Warnings) != 0 {
		t.Errorf("%+v %v", who, err)
	}
	if _, err := check(t.Context(), d.client(connectortest.WithSetting("payee_id", "88888"))); connector.AsError(err).Kind != connector.Attention {
		t.Errorf("another shop: %v", err)
	}
	d.svc.AnswerHTML(1)
	if _, err := check(t.Context(), d.client()); connector.AsError(err).Kind != connector.Temporary {
		t.Errorf("a page: %v", err)
	}
	d.svc.Faults().Add(fake.Fault{Kind: fake.Refuse, Status: 200, Body: `{"errorCode":"12","error":"Метод не підключено"}`})
	_, err := check(t.Context(), d.client())
	if e := connector.AsError(err); e.Kind != connector.Attention || !strings.Contains(e.Detail, "Метод не підключено") {
		t.Errorf("a method that is not switched on: %v (%s)", err, e.Detail)
	}
	d.svc.Faults().Add(fake.Fault{Kind: fake.Refuse, Status: 200, Body: `[]`})
	if who, err := check(t.Context(), d.client(connectortest.WithSetting("payee_id", demoPayee))); err != nil || len(who.Warnings) != 1 {
		t.Errorf("the demonstration shop: %+v %v", who, err)
	}
}
