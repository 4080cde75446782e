package imoje

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"net/http"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// headerSignature proves a notice: merchantid=...;serviceid=...;signature=HEX;alg=sha256.
const headerSignature = "X-Imoje-Signature"

// The types of events: what has become of a payment.
const (
	typePrefix     = "payment."
	typePaid       = "payment.paid"
	typeAuthorized = "payment.authorized" // held, not taken
	typePending    = "payment.pending"
	typeFailed     = "payment.failed"    // one try; another may follow under the same link
	typeCancelled  = "payment.cancelled" // the link has ended unpaid
	typeRefunded   = "payment.refunded"
	typeChanged    = "payment.changed" // a status that the documentation does not name
)

// settled is imoje's word for money that has come in.
const settled = "settled"

// maxNotice bounds a notice, in bytes.
const maxNotice = 256 << 10

// noticeFields are what an event says.
func noticeFields() field.Set {
	return field.Set{
		{Key: "status", Type: field.Text, Label: "Status"},
		{Key: "order_id", Type: field.Text, Label: "Number of the order"},
		{Key: "amount", Type: field.Decimal, Label: "Amount", Help: "What was asked for; of a refund, what was given back."},
		{Key: "currency", Type: field.Currency, Label: "Currency"},
		{Key: "payment_id", Type: field.Text, Label: "Link"},
		{Key: "transaction_id", Type: field.Text, Label: "Transaction"},
		{Key: "original_transaction_id", Type: field.Text, Label: "Transaction that was refunded"},
		{Key: "method", Type: field.Text, Label: "Way of paying"},
		{Key: "method_code", Type: field.Text, Label: "Way of paying, in detail"},
		{Key: "reason", Type: field.Text, Label: "Reason of a failure"},
		{Key: "title", Type: field.Text, Label: "Title"},
	}
}

// verify proves that a notice is from imoje and for this shop. The signature is a plain hash of body and key, not an HMAC.
func verify(in *connector.Inbound) error {
	if len(in.Body) > maxNotice {
		return connector.Unverified("the notice is too long")
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(in.Header.Get(headerSignature), ";") {
		name, value, ok := strings.Cut(part, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := parts[name]; !ok || twice {
			return connector.Unverified("the signature's header is not well-formed")
		}
		parts[name] = strings.TrimSpace(value)
	}
	sum := algorithm(parts["alg"])
	key := in.Secret("service_key")
	if sum == nil || key == "" {
		return connector.Unverified("the signature's algorithm is not known")
	}
	sum.Write(in.Body)
	sum.Write([]byte(key))
	want := hex.EncodeToString(sum.Sum(nil))
	if subtle.ConstantTimeCompare([]byte(strings.ToLower(parts["signature"])), []byte(want)) != 1 {
		return connector.Unverified("the signature does not fit")
	}
	if parts["merchantid"] != in.Settings.Text("merchant_id") || !strings.EqualFold(parts["serviceid"], in.Settings.Text("service_id")) {
		return connector.Unverified("the notice is for another shop")
	}
	return nil
}

// algorithm is one of the hashes that imoje uses; nil for any other.
func algorithm(name string) hash.Hash {
	switch strings.ToLower(name) {
	case "sha224":
		return sha256.New224()
	case "sha256":
		return sha256.New()
	case "sha384":
		return sha512.New384()
	case "sha512":
		return sha512.New()
	}
	return nil
}

type notice struct {
	Payment     *payment     `json:"payment"`
	Transaction *transaction `json:"transaction"`
	Original    string       `json:"originalTransactionId"`
}

// said is what an event carries. No name, no address, no stored card.
type said struct {
	Status        string `json:"status"`
	OrderID       string `json:"order_id"`
	Amount        string `json:"amount"`
	Currency      string `json:"currency"`
	PaymentID     string `json:"payment_id,omitempty"`
	TransactionID string `json:"transaction_id,omitempty"`
	Original      string `json:"original_transaction_id,omitempty"`
	Method        string `json:"method,omitempty"`
	MethodCode    string `json:"method_code,omitempty"`
	Reason        string `json:"reason,omitempty"`
	Title         string `json:"title,omitempty"`
}

// receive turns a notice into an event.
func receive(in *connector.Inbound) ([]tengi.Event, error) {
	if err := verify(in); err != nil {
		return nil, err
	}
	var n notice
	if err := json.Unmarshal(in.Body, &n); err != nil {
		return nil, errors.New("the notice is not of the shape that imoje's have")
	}
	s := said{Original: n.Original}
	event := tengi.Event{ReceivedAt: in.ReceivedAt}
	switch {
	case n.Transaction != nil && n.Transaction.ID != "":
		event.Type, event.Dedupe = transactionEvent(n, &s)
	case n.Payment != nil && n.Payment.ID != "":
		event.Type, event.Dedupe = typeCancelled, "payment:"+n.Payment.ID+":"+n.Payment.Status
		if n.Payment.Status == settled {
			event.Type = typePaid
		} else if n.Payment.Status != "cancelled" && n.Payment.Status != "canceled" {
			event.Type = typeChanged
		}
		s.Status = n.Payment.Status
	default:
		return nil, errors.New("the notice names neither a payment nor a transaction")
	}
	if p := n.Payment; p != nil {
		s.PaymentID, s.OrderID, s.Title = p.ID, first(s.OrderID, p.OrderID), first(s.Title, p.Title)
		if event.Type != typeRefunded { // a surcharge may make the transaction larger than what was asked for
			s.Amount, s.Currency = p.Amount.decimal().StringFixed(2), p.Currency
		}
	}
	event.Object = "payment/" + first(s.PaymentID, s.Original, s.TransactionID)
	data, err := json.Marshal(s)
	event.Data = data
	return []tengi.Event{event}, err
}

// transactionEvent says what a notice of a transaction is about, and what repeats of it have in common.
func transactionEvent(n notice, s *said) (eventType, dedupe string) {
	t := n.Transaction
	s.Status, s.OrderID, s.Title, s.TransactionID, s.Method, s.MethodCode, s.Reason = t.Status, t.OrderID, t.Title, t.ID, t.Method, t.MethodCode, t.StatusCode
	s.Amount, s.Currency = t.Amount.decimal().StringFixed(2), t.Currency
	dedupe = strings.Join([]string{"transaction", t.ID, t.Type, t.Status}, ":")
	if t.Type == "refund" {
		if t.Status == settled {
			return typeRefunded, dedupe
		}
		return typeChanged, dedupe
	}
	switch t.Status {
	case settled:
		return typePaid, dedupe
	case "authorized":
		return typeAuthorized, dedupe
	case "new", "pending", "submitted", "submitted_for_settlement":
		return typePending, dedupe
	case "rejected", "error", "cancelled", "canceled":
		return typeFailed, dedupe
	}
	return typeChanged, dedupe
}

// acknowledge gives the only answer that imoje takes for one: status 200 with these words (documentation of notices). Anything else is repeated for days.
func acknowledge(*connector.Inbound, []tengi.Event) *connector.Reply {
	return &connector.Reply{Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"status":"ok"}`)}
}

func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
