package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// digits is how long an order's number is in a notice: always the same, so that a request is written once and only its number changes.
const digits = 10

// blank is the number in a template.
var blank = []byte(strings.Repeat("0", digits))

// notice is a request ready to be sent, with the places where the order's number stands.
type notice struct {
	request []byte
	places  []int
}

// newNotice writes the request of an order, to a path of an address, with a shared token in a header where the receiver asks for one.
func newNotice(address, path, token string) notice {
	body := orderBody()
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: tengi-bench\r\nContent-Type: application/json\r\n", path, address)
	if token != "" {
		fmt.Fprintf(&b, "%s: %s\r\n", tokenHeader, token)
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(body))
	n := notice{request: append(b.Bytes(), body...)}
	for from := b.Len(); ; {
		at := bytes.Index(n.request[from:], blank)
		if at < 0 {
			return n
		}
		n.places = append(n.places, from+at)
		from += at + digits
	}
}

// tokenHeader carries the token that the account's sender and the hub share.
const tokenHeader = "X-Webhook-Token"

// copy gives a sender bytes of its own.
func (n notice) copy() notice { return notice{request: bytes.Clone(n.request), places: n.places} }

// number writes an order's number into the request.
func (n notice) number(order int64) {
	for _, at := range n.places {
		place := n.request[at : at+digits]
		for i, rest := digits-1, order; i >= 0; i, rest = i-1, rest/10 {
			place[i] = byte('0' + rest%10)
		}
	}
}

// line is one line of the sample order.
type line struct {
	SKU       string `json:"sku"`
	Title     string `json:"title"`
	Quantity  int    `json:"quantity"`
	UnitPrice string `json:"unit_price"`
	VATRate   string `json:"vat_rate"`
	Total     string `json:"total"`
}

// orderBody is what a shop's webhook says about an order: about 2 KB of JSON.
func orderBody() []byte {
	var lines []line
	for i := range 6 {
		lines = append(lines, line{SKU: fmt.Sprintf("TOUR-%03d", 101+i), Title: fmt.Sprintf("Glacier walk, group %d of 6, with guide and equipment", i+1),
			Quantity: 2, UnitPrice: "12450", VATRate: "11", Total: "24900"})
	}
	body, err := json.Marshal(map[string]any{
		"event": "order.paid", "number": string(blank), "placed_at": "2026-06-11T09:24:31Z", "currency": "ISK", "total": "149400", "status": "paid",
		"customer": map[string]any{"name": "Anna Lind", "email": "anna.lind@example.com", "phone": "+354 555 0147", "language": "is",
			"address": map[string]any{"street": "Hafnargata 12", "postcode": "230", "city": "Reykjanesbær", "country": "IS"}},
		"lines":    lines,
		"payments": []any{map[string]any{"method": "card", "amount": "149400", "reference": "pay_8f31c2a97e", "paid_at": "2026-06-11T09:24:29Z"}},
		"notes":    strings.Repeat("Meeting point at the visitor centre, twenty minutes before the walk begins. ", 9),
	})
	if err != nil {
		panic(err) // plain values always encode
	}
	return body
}

// mark stands before an order's number in every body that the destination sees.
var mark = []byte(`"number":"`)

// numberIn finds the order's number in a body.
func numberIn(body []byte) (int64, bool) {
	at := bytes.Index(body, mark)
	if at < 0 || len(body) < at+len(mark)+digits {
		return 0, false
	}
	n, err := strconv.ParseUint(string(body[at+len(mark):at+len(mark)+digits]), 10, 63)
	return int64(n), err == nil
}
