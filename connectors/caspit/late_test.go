package caspit

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
)

// late keeps the first request that makes a document and drops its caller; act lets the service act on it, when the caller is long gone.
type late struct {
	next http.Handler
	kept *http.Request
	body []byte
}

func (l *late) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if l.kept == nil && r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/documents") {
		l.body, _ = io.ReadAll(r.Body)
		l.kept = r.Clone(context.WithoutCancel(r.Context()))
		panic(http.ErrAbortHandler)
	}
	l.next.ServeHTTP(w, r)
}

func (l *late) act() int {
	l.kept.Body = io.NopCloser(bytes.NewReader(l.body))
	answer := httptest.NewRecorder()
	l.next.ServeHTTP(answer, l.kept)
	return answer.Code
}

// The service takes its time with a request whose answer was lost. Whenever it acts, between the looks, after the same request was sent once more, or
// when the document is closed, there is one document.
func TestServiceActsLate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after  time.Duration // from the send to the acting; 0 = after everything is done
		sends  int
		answer int
	}{
		"between the looks": {rounds[1], 1, http.StatusCreated},
		"after the end":     {0, 2, http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			d := setup(t)
			l := &late{next: d.caspit}
			d.server.Config.Handler = l
			start, acted := d.clock.Now(), 0
			_, err := d.persist(func() (tengi.Document, error) {
				if c.after > 0 && acted == 0 && d.clock.Now().Sub(start) > c.after {
					acted = l.act()
				}
				return d.do("invoice.create", map[string]any{"document_date": "2026-07-01"})
			})
			if err != nil {
				t.Fatal(err)
			}
			if acted == 0 {
				acted = l.act()
			}
			call, _ := d.journal.Call("create")
			if one := d.one(); one.Status != statusClosed || acted != c.answer || call.Sends != c.sends || len(d.caspit.Mails()) != 1 {
				t.Errorf("status %d, the late request was answered %d, %d sends, %d mails", one.Status, acted, call.Sends, len(d.caspit.Mails()))
			}
		})
	}
}

// The look-up that comes before the request finds nothing, and the one after it does.
func TestFoundByTheLookAfterwards(t *testing.T) {
	d := setup(t)
	d.caspit.Faults().Add(fake.Fault{Kind: fake.DropAnswer, Method: http.MethodPost, Path: "/documents"})
	_, err := d.do("invoice.create", nil)
	e := wantError(t, err, connector.Unknown, connector.CodeAnswerLost, "")
	d.clock.Advance(e.RetryAfter)
	d.caspit.Faults().Add(fake.Fault{Kind: fake.Refuse, Method: http.MethodGet, Path: "/documents/", Status: 404})
	doc := d.made("invoice.create", nil)
	if call, _ := d.journal.Call("create"); call.Sends != 1 || doc.Number != d.one().Number {
		t.Errorf("%d sends, %+v", call.Sends, doc)
	}
}

// Answers that are no answers: they are asked for again, and a document that cannot be read is looked for.
func TestAnswersThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for path, body := range map[string]string{tokenPath: "<html>maintenance</html>", "/VatRate": `{"Results":[{"VatRatePercent":"x"}]}`, "/PaymentTypes": "soon", "/documents/": `{"DocumentId":"another"}`} {
		t.Run(path, func(t *testing.T) {
			d := setup(t)
			d.caspit.Faults().Add(fake.Fault{Kind: fake.Refuse, Path: path, Status: 200, Body: body})
			_, err := d.do("invoice.create", nil)
			wantError(t, err, connector.Temporary, connector.CodeBadAnswer, "")
			if len(d.caspit.Documents()) != 0 {
				t.Error("a document was made")
			}
		})
	}
	t.Run("made", func(t *testing.T) {
		d := setup(t)
		d.caspit.Faults().Add(fake.Fault{Kind: fake.Refuse, Method: http.MethodPost, Path: "/documents/", Status: 201, Body: "OK"})
		_, err := d.do("invoice.create", nil)
		wantError(t, err, connector.Unknown, connector.CodeBadAnswer, "")
		if _, err := d.persist(func() (tengi.Document, error) {
			return d.do("invoice.create", map[string]any{"document_date": "2026-07-01"})
		}); err != nil {
			t.Fatal(err)
		}
		d.one()
	})
}

// The stand-in refuses what the service refuses.
func TestStandInIsStrict(t *testing.T) {
	d := setup(t)
	token, err := d.session.Token(t.Context(), "access", d.clock.Now(), func(ctx context.Context) (string, time.Duration, error) { return login(ctx, d.client()) })
	if err != nil {
		t.Fatal(err)
	}
	post := func(token, body string) (int, string) {
		r := httptest.NewRequest(http.MethodPost, "/documents/", strings.NewReader(body))
		r.Header.Set(tokenHeader, token)
		w := httptest.NewRecorder()
		d.caspit.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	const head, line = `"Date":"2026-07-01","CustomerBusinessName":"Anna Lind",`, `"DocumentLines":[{"Number":1,"ProductName":"x","UnitPrice":1.5,"Qty":1,"Rate":1,"ChargeVAT":true}]`
	const paid = `"Payment":1,"ReceiptLines":[{"PaymentTypeId":1,"Payment":1,"Rate":1}]`
	for body, want := range map[string]int{
		`{"DocumentId":"a","TrxTypeId":1,"TrxCodeNumber":3,` + head + line + `}`:                                                   201,
		`{"DocumentId":"b","TrxTypeId":2,"TrxCodeNumber":2,` + head + paid + `}`:                                                   201,
		`{"DocumentId":"c","TrxTypeId":2,"TrxCodeNumber":3,` + head + paid + `}`:                                                   400, // the classification of sales
		`{"DocumentId":"d","TrxTypeId":2,"TrxCodeNumber":2,` + head + line + `}`:                                                   400, // a receipt has no lines
		`{"DocumentId":"e","TrxTypeId":7,"TrxCodeNumber":3,` + head + line + `}`:                                                   400, // paid by nothing
		`{"DocumentId":"f","TrxTypeId":4,"TrxCodeNumber":3,` + head + line + `}`:                                                   400, // no such kind
		`{"DocumentId":"` + strings.Repeat("g", 51) + `","TrxTypeId":1,"TrxCodeNumber":3,` + head + line + `}`:                     400,
		`{"DocumentId":"h","TrxTypeId":1,"TrxCodeNumber":3,"CustomerId":"nobody",` + head + line + `}`:                             400,
		`{"DocumentId":"i","TrxTypeId":1,"TrxCodeNumber":3,"Date":"1.7.2026","CustomerBusinessName":"Anna Lind",` + line + `}`:     400,
		`{"DocumentId":"j","TrxTypeId":1,"TrxCodeNumber":3,` + head + strings.Replace(line, "1.5", "1.00001", 1) + `}`:             400, // five decimals
		`{"DocumentId":"k","TrxTypeId":2,"TrxCodeNumber":2,` + head + strings.Replace(paid, `"Payment":1`, `"Payment":2`, 1) + `}`: 400,
		`not JSON`: 400,
	} {
		if status, answer := post(token, body); status != want {
			t.Errorf("%s is answered %d %s", body, status, answer)
		}
		if status, _ := post("0123456789ABCDEF", body); status != http.StatusUnauthorized {
			t.Errorf("without a login it is answered %d", status)
		}
	}
	d.clock.Advance(tokenLife + time.Second)
	if status, _ := post(token, `{}`); status != http.StatusUnauthorized {
		t.Errorf("after ten idle minutes it is answered %d", status)
	}
}
