package portmone

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

// The limits of a notice. Real ones have some 2 KB and one bill (observed in practice).
const (
	maxNotice = 256 << 10
	maxBills  = 200
	maxOrder  = 120 // characters
)

// pointer is what a notice is good for: it says where to look.
type pointer struct {
	Order string `json:"order_id"`
	Bill  string `json:"transaction_id"`
}

// receive keeps where a notice points. Portmone signs nothing, so nothing of it counts: its events have objects of their own, where a forged one cannot get
// in the way of a payment's, and load asks Portmone what has happened.
func receive(in *connector.Inbound) ([]tengi.Event, error) {
	if len(in.Body) > maxNotice {
		return nil, connector.Unverified("the notice is too long")
	}
	var found []pointer
	var err error
	if text, ok := xmlIn(in); ok {
		found, err = readXML(text, in.Settings.Text("payee_id"))
	} else {
		found, err = readJSON(in.Body, in.Settings.Text("payee_id"))
	}
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(in.Body)
	name := hex.EncodeToString(sum[:16])
	var events []tengi.Event
	seen := map[pointer]bool{}
	for _, at := range found {
		if seen[at] {
			continue
		}
		seen[at] = true
		if at.Order == "" || utf8.RuneCountInString(at.Order) > maxOrder || len(at.Bill) > maxOrder {
			return nil, errors.New("the notice names no order that could be looked up")
		}
		data, err := json.Marshal(at)
		if err != nil {
			return nil, fmt.Errorf("keep where the notice points: %w", err)
		}
		object := fmt.Sprintf("notice/%s/%d", name, len(events))
		events = append(events, tengi.Event{Type: typeChanged, Object: object, Dedupe: object, Data: data, NeedsLoad: true, ReceivedAt: in.ReceivedAt})
	}
	return events, nil
}

// xmlIn is the XML of a notice: in the form's field "data", or bare.
func xmlIn(in *connector.Inbound) ([]byte, bool) {
	body := bytes.TrimSpace(in.Body)
	if bytes.HasPrefix(body, []byte("<")) {
		return body, true
	}
	if bytes.HasPrefix(body, []byte("{")) || bytes.HasPrefix(body, []byte("[")) {
		return nil, false
	}
	form := &http.Request{Method: http.MethodPost, Header: in.Header, Body: io.NopCloser(bytes.NewReader(in.Body)), URL: &url.URL{}}
	data := form.PostFormValue("data") // reads either kind of form
	if data == "" {
		if values, err := url.ParseQuery(string(in.Body)); err == nil { // a form that does not say that it is one
			data = values.Get("data")
		}
	}
	return []byte(data), data != ""
}

// bills is the XML of a notice (documentation of the gateway, section 8.3). BILL_NUMBER is our number of the order; CONTRACT_NUMBER, whatever its name says,
// is the purpose of the payment.
type bills struct {
	XMLName xml.Name `xml:"BILLS"`
	Bills   []struct {
		Payee  string `xml:"PAYEE>CODE"`
		ID     string `xml:"BILL_ID"`
		Number string `xml:"BILL_NUMBER"`
	} `xml:"BILL"`
}

// readXML reads the bills of a notice. It takes no document type and no entities of the sender's own.
func readXML(text []byte, payee string) ([]pointer, error) {
	decoder := xml.NewDecoder(bytes.NewReader(text))
	decoder.CharsetReader = charset
	var b bills
	if bytes.Contains(text, []byte("<!")) || decoder.Decode(&b) != nil {
		return nil, connector.Unverified("it is no notice of Portmone: its XML is not of the shape that Portmone's has")
	}
	if len(b.Bills) > maxBills {
		return nil, connector.Unverified("the notice names too many bills")
	}
	var found []pointer
	for _, bill := range b.Bills {
		if code := strings.TrimSpace(bill.Payee); code != "" && code != payee {
			return nil, connector.Unverified("the notice is for another shop")
		}
		found = append(found, pointer{Order: said(bill.Number), Bill: said(bill.ID)})
	}
	if len(found) == 0 {
		return nil, errors.New("the notice names no bill")
	}
	return found, nil
}

// said is a value without blanks; Portmone may fill an empty one with the word null (observed in practice).
func said(text string) string {
	if text = strings.TrimSpace(text); text == "null" {
		return ""
	}
	return text
}

// charset decodes what declares another encoding than UTF-8. What is UTF-8 all the same, because a form carried it, stays as it is.
func charset(label string, in io.Reader) (io.Reader, error) {
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	switch {
	case utf8.Valid(text):
		return bytes.NewReader(text), nil
	case strings.EqualFold(label, "windows-1251"), strings.EqualFold(label, "cp1251"):
		return charmap.Windows1251.NewDecoder().Reader(bytes.NewReader(text)), nil
	}
	return nil, errors.New("an encoding that Portmone does not use")
}

// readJSON reads a notice in JSON: one row, or several.
func readJSON(body []byte, payee string) ([]pointer, error) {
	if body = bytes.TrimSpace(body); len(body) == 0 || body[0] != '{' && body[0] != '[' {
		return nil, connector.Unverified("it is no notice of Portmone")
	}
	rows, err := decodeRows(body)
	if err != nil {
		return nil, fmt.Errorf("read the notice: %w", err)
	}
	if len(rows) > maxBills {
		return nil, connector.Unverified("the notice names too many bills")
	}
	var found []pointer
	for _, r := range rows {
		if r.Payee != "" && r.Payee != payee {
			return nil, connector.Unverified("the notice is for another shop")
		}
		found = append(found, pointer{Order: r.Order, Bill: r.ID})
	}
	if len(found) == 0 {
		return nil, errors.New("the notice names no order")
	}
	return found, nil
}

// acknowledge answers in the format of the notice, as Portmone demands (documentation of the gateway, section 8.3). Code 0 ends its repeats; what could not be
// stored never comes here.
func acknowledge(in *connector.Inbound, _ []tengi.Event) *connector.Reply {
	if _, ok := xmlIn(in); ok {
		return &connector.Reply{Header: http.Header{"Content-Type": {"text/xml; charset=UTF-8"}},
			Body: []byte(`<?xml version="1.0" encoding="UTF-8"?><RESULT><ERROR_CODE>0</ERROR_CODE><REASON>OK</REASON></RESULT>`)}
	}
	// Any text that is not the same twice.
	body := `{"errorCode":"0","reason":"OK","responseId":"` + strconv.FormatInt(in.ReceivedAt.UnixMicro(), 10) + `"}`
	return &connector.Reply{Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
}
