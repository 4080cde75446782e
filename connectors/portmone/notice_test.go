package portmone

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

// inbound is a notice as the hub hands it over.
func inbound(t testing.TB, body string, header http.Header) *connector.Inbound {
	t.Helper()
	settings, secrets := NewFake(nil).Login()
	account := &tengi.Account{Key: "portmone", Settings: settings, Secrets: secrets}
	parsed, err := Connector().Settings(account)
	if err != nil {
		t.Fatal(err)
	}
	if header == nil {
		header = http.Header{}
	}
	return &connector.Inbound{Method: http.MethodPost, Query: url.Values{}, Header: header, Body: []byte(body), Account: account, Settings: parsed, ReceivedAt: time.Unix(1767362706, 7000)}
}

func TestReceive(t *testing.T) {
	t.Parallel()
	form := func(text string) string { return url.Values{"data": {text}}.Encode() }
	var parts bytes.Buffer
	writer := multipart.NewWriter(&parts)
	if err := writer.WriteField("data", xmlNotice); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	cyrillic, err := charmap.Windows1251.NewEncoder().String(strings.Replace(xmlNotice, "UTF-8", "windows-1251", 1))
	if err != nil {
		t.Fatal(err)
	}
	one := func(inner string) string { return "<BILLS><BILL>" + inner + "</BILL></BILLS>" }
	for _, tt := range []struct {
		name, body string
		header     http.Header
		want       string
	}{
		{"JSON", jsonNotice, nil, "[{INV-1001-1-K3F7AB 700000001}]"},
		{"a list, twice the same", "[" + jsonNotice + "," + jsonNotice + "]", nil, "[{INV-1001-1-K3F7AB 700000001}]"},
		{"snake case", `{"shop_order_number":"A","shop_bill_id":7}`, nil, "[{A 7}]"},
		{"JSON that says it is a form", jsonNotice, formHeader(), "[{INV-1001-1-K3F7AB 700000001}]"},
		{"a form", form(xmlNotice), formHeader(), "[{INV-1001 700000001} {INV-1002 700000002}]"},
		{"a form that does not say so", form(xmlNotice), nil, "[{INV-1001 700000001} {INV-1002 700000002}]"},
		{"a form of parts", parts.String(), http.Header{"Content-Type": {writer.FormDataContentType()}}, "[{INV-1001 700000001} {INV-1002 700000002}]"},
		{"bare XML", " \n" + xmlNotice, nil, "[{INV-1001 700000001} {INV-1002 700000002}]"},
		{"windows-1251", form(cyrillic), formHeader(), "[{INV-1001 700000001} {INV-1002 700000002}]"},
		{"UTF-8 that says windows-1251", form(strings.Replace(xmlNotice, "UTF-8", "windows-1251", 1)), formHeader(), "[{INV-1001 700000001} {INV-1002 700000002}]"},
		{"no shop's number", one("<BILL_NUMBER> A </BILL_NUMBER>"), nil, "[{A }]"},

		{"another shop's XML", one("<PAYEE><CODE>1</CODE></PAYEE><BILL_NUMBER>A</BILL_NUMBER>"), nil, "refused"},
		{"another shop's JSON", `{"shopOrderNumber":"A","payeeId":"1"}`, nil, "refused"},
		{"a document type", "<!DOCTYPE BILLS>" + xmlNotice, nil, "refused"},
		{"entities", `<!DOCTYPE b [<!ENTITY x "y">]>` + one("<BILL_NUMBER>&x;</BILL_NUMBER>"), nil, "refused"},
		{"an entity of nobody's", one("<BILL_NUMBER>&x;</BILL_NUMBER>"), nil, "refused"},
		{"another document", "<html/>", nil, "refused"},
		{"another encoding", strings.Replace(cyrillic, "windows-1251", "koi8-r", 1), nil, "refused"},
		{"the payer's browser", "SHOPBILLID=7&SHOPORDERNUMBER=A&RESULT=0", formHeader(), "refused"},
		{"nothing", "", nil, "refused"},
		{"too long", "{" + strings.Repeat(" ", maxNotice) + "}", nil, "refused"},
		{"too many", "[" + strings.Repeat(`{"shopOrderNumber":"A"},`, maxBills) + `{"shopOrderNumber":"B"}]`, nil, "refused"},

		{"no order", `{"shopBillId":"7"}`, nil, "kept"},
		{"null in words", one("<BILL_NUMBER>null</BILL_NUMBER>"), nil, "kept"},
		{"an order too long", `{"shopOrderNumber":"` + strings.Repeat("A", maxOrder+1) + `"}`, nil, "kept"},
		{"no bills", "<BILLS></BILLS>", nil, "kept"},
		{"an empty list", "[]", nil, "kept"},
		{"broken JSON", "{", nil, "kept"},
	} {
		var got string
		events, err := receive(inbound(t, tt.body, tt.header))
		switch {
		case connector.IsUnverified(err):
			got = "refused"
		case err != nil:
			got = "kept"
		default:
			var at []pointer
			for i, e := range events {
				var p pointer
				if err := json.Unmarshal(e.Data, &p); err != nil || !e.NeedsLoad || !strings.HasPrefix(e.Object, "notice/") || !strings.HasSuffix(e.Object, fmt.Sprint("/", i)) {
					t.Errorf("%s: %+v %v", tt.name, e, err)
				}
				at = append(at, p)
			}
			got = fmt.Sprint(at)
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s (%v)", tt.name, got, tt.want, err)
		}
	}
}

func TestAcknowledge(t *testing.T) {
	t.Parallel()
	reply := acknowledge(inbound(t, jsonNotice, nil), nil)
	if string(reply.Body) != `{"errorCode":"0","reason":"OK","responseId":"1767362706000007"}` || reply.Header.Get("Content-Type") != "application/json" || reply.Status != 0 {
		t.Errorf("%s %+v", reply.Body, reply)
	}
	reply = acknowledge(inbound(t, url.Values{"data": {xmlNotice}}.Encode(), formHeader()), nil)
	var told struct {
		XMLName xml.Name `xml:"RESULT"`
		Code    string   `xml:"ERROR_CODE"`
		Reason  string   `xml:"REASON"`
	}
	if err := xml.Unmarshal(reply.Body, &told); err != nil || told.Code != "0" || told.Reason != "OK" || !strings.HasPrefix(reply.Header.Get("Content-Type"), "text/xml") || reply.Status != 0 {
		t.Errorf("%s %v", reply.Body, err)
	}
}

// The stand-in's own notices are those of a shop.
func TestStandInNotices(t *testing.T) {
	t.Parallel()
	d := newDesk(t, NewFake)
	issued(d.svc, "A", "10.00")
	issued(d.svc, "B", "20.00")
	events, err := receive(inbound(t, url.Values{"data": {d.svc.NoticeXML(d.pay("A", statusPaid), d.pay("B", statusPaid))}}.Encode(), formHeader()))
	if err != nil || len(events) != 2 {
		t.Fatalf("%d %v", len(events), err)
	}
	for _, e := range events {
		if got, err := load(t.Context(), d.client(), e); err != nil || len(got.Instead) != 1 || got.Instead[0].Type != typePaid {
			t.Errorf("%+v %v", got, err)
		}
	}
}

func FuzzReceive(f *testing.F) {
	f.Add(jsonNotice, "application/json")
	f.Add(xmlNotice, "text/xml")
	f.Add(url.Values{"data": {xmlNotice}}.Encode(), "application/x-www-form-urlencoded")
	f.Add("--x\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n<BILLS/>\r\n--x--", "multipart/form-data; boundary=x")
	account := inbound(f, "", nil)
	f.Fuzz(func(t *testing.T, body, contentType string) {
		in := &connector.Inbound{Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body), Account: account.Account, Settings: account.Settings}
		events, err := receive(in)
		if err != nil && len(events) > 0 {
			t.Fatal("refused, and events all the same")
		}
		for _, e := range events {
			var at pointer
			if err := json.Unmarshal(e.Data, &at); err != nil || at.Order == "" || !e.NeedsLoad || e.Sale != nil || !strings.HasPrefix(e.Dedupe, "notice/") {
				t.Fatalf("%+v %v", e, err)
			}
		}
		if reply := acknowledge(in, events); len(reply.Body) == 0 {
			t.Fatal("no answer")
		}
	})
}

func FuzzRows(f *testing.F) {
	f.Add([]byte(jsonNotice))
	f.Add([]byte(`[{"shop_bill_id":7,"bill_amount":"-9","status":"RETURN","pay_date":"02.01.2026","error_code":0,"payee_id":"99999"}]`))
	f.Add([]byte(`{"result":{"linkInvoice":"https://www.portmone.com.ua/x"},"error":{"code":1,"message":"x"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if link, err := linkIn(&connector.Response{Body: body}); err == nil && !strings.HasPrefix(link, "https://") {
			t.Fatalf("%q is no link", link)
		}
		rows, err := decodeRows(body)
		if err != nil {
			return
		}
		for _, h := range happenings(rows, fakePayee) {
			if h.dedupe == "" || !strings.HasPrefix(h.eventType, typePrefix) {
				t.Fatalf("%+v", h)
			}
		}
		resp := &connector.Response{Body: body}
		if _, err := acceptRows(resp); err != nil {
			return
		}
		again, err := decodeRows(resp.Body)
		if err != nil || sumOf(again, fakePayee).mark() != sumOf(rows, fakePayee).mark() {
			t.Fatalf("%s is kept as %s: %v", body, resp.Body, err)
		}
	})
}
