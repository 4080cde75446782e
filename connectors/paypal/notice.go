package paypal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

// The headers by which a webhook is verified (https://developer.paypal.com/api/rest/webhooks/rest/), in Go's spelling.
const (
	headerID   = "Paypal-Transmission-Id"
	headerTime = "Paypal-Transmission-Time"
	headerSig  = "Paypal-Transmission-Sig"
	headerCert = "Paypal-Cert-Url"
	headerAlgo = "Paypal-Auth-Algo"
)

// receive keeps what may be from PayPal. Neither kind of notice can be verified without asking PayPal, so nothing of it counts yet: its event has an
// object of its own, where a forged one cannot get in the way of a payment's, and is told from others by its bytes, so that a forged one cannot
// take the place of the real one. Load verifies it and stores what it means under the payment's name.
func receive(in *connector.Inbound) ([]tengi.Event, error) {
	var families []string
	var err error
	body := bytes.TrimSpace(in.Body)
	sum := sha256.New()
	switch {
	case len(body) > 0 && body[0] == '{':
		if in.Header.Get(headerSig) == "" || in.Header.Get(headerID) == "" {
			return nil, connector.Unverified("it is neither an IPN message nor a webhook signed by PayPal")
		}
		families, err = webhookFamilies(in.Body)
		sum.Write([]byte(in.Header.Get(headerID) + "\n" + in.Header.Get(headerSig) + "\n")) // sent again by hand, it has another signature
	default:
		var m *message
		if m, err = parseForm(in.Body, ""); err != nil {
			return nil, fmt.Errorf("read an IPN message: %w", err)
		}
		// Every message has it (https://developer.paypal.com/api/nvp-soap/ipn/IPNandPDTVariables/).
		if m.get("verify_sign") == "" {
			return nil, connector.Unverified("it is neither an IPN message nor a webhook signed by PayPal")
		}
		families = m.families()
	}
	if err != nil {
		return nil, err
	}
	sum.Write(in.Body)
	name := hex.EncodeToString(sum.Sum(nil))
	events := make([]tengi.Event, 0, len(families))
	for _, family := range families {
		kind, _, _ := strings.Cut(family, ".")
		events = append(events, tengi.Event{
			Type: family, Object: "notice/" + name[:16] + "/" + kind, Dedupe: "notice/" + name + "/" + kind, NeedsLoad: true, ReceivedAt: in.ReceivedAt,
		})
	}
	return events, nil
}

// silent are the kinds of messages that no money moves with, and those of money that we send ourselves
// (https://developer.paypal.com/api/nvp-soap/ipn/IPNandPDTVariables/; those of cancelled and suspended profiles observed in practice).
var silent = map[string]bool{
	"masspay": true, "mp_cancel": true, "mp_signup": true, "payout": true,
	"recurring_payment_expired": true, "recurring_payment_failed": true, "recurring_payment_profile_cancel": true, "recurring_payment_profile_created": true,
	"recurring_payment_skipped": true, "recurring_payment_suspended": true, "recurring_payment_suspended_due_to_max_failed_payment": true,
	"subscr_cancel": true, "subscr_eot": true, "subscr_failed": true, "subscr_modify": true, "subscr_signup": true,
}

// families are the kinds of events that an IPN may become. Money taken back is both: a dispute to be told of, and a payment about which a person
// must decide.
func (m *message) families() []string {
	switch {
	case silent[m.get("txn_type")]:
		return nil
	case m.get("txn_type") == "new_case", m.returned():
		return []string{typeDisputeNotice}
	case m.taken():
		return []string{typeNotice, typeDisputeNotice}
	}
	return []string{typeNotice}
}

// taken says whether PayPal took money back: a reversal, or the adjustment that settles a dispute. That one says Completed of a negative amount
// (observed in practice).
func (m *message) taken() bool {
	if status := m.get("payment_status"); status != "Completed" {
		return status == "Reversed"
	}
	return m.get("txn_type") == "adjustment" || strings.HasPrefix(m.get("mc_gross"), "-")
}

// returned says whether a dispute was won and the money came back.
func (m *message) returned() bool {
	status := m.get("payment_status")
	return status == "Canceled_Reversal" || status == "Cancelled_Reversal"
}

// envelope is a webhook as it is sent (https://developer.paypal.com/api/rest/webhooks/rest/).
type envelope struct {
	ID       string          `json:"id"`
	Type     string          `json:"event_type"`
	Created  string          `json:"create_time"`
	Resource json.RawMessage `json:"resource"`
}

func readEnvelope(body []byte) (*envelope, error) {
	if len(body) > maxBody {
		return nil, errTooLong
	}
	var e envelope
	if json.Unmarshal(body, &e) != nil || e.Type == "" || len(e.Resource) == 0 {
		return nil, errors.New("a webhook is not of the form that PayPal describes: event type or resource is missing")
	}
	return &e, nil
}

// webhookFamilies are the kinds of events that a webhook may become; none for those that no money moves with, such as CHECKOUT.ORDER.APPROVED
// (https://developer.paypal.com/api/rest/webhooks/event-names/).
func webhookFamilies(body []byte) ([]string, error) {
	e, err := readEnvelope(body)
	if err != nil {
		return nil, err
	}
	switch of, what := splitType(e.Type); {
	case of == "CUSTOMER.DISPUTE":
		return []string{typeDisputeNotice}, nil
	case of != "PAYMENT.CAPTURE" && of != "PAYMENT.SALE":
		return nil, nil
	case what == "REVERSED":
		return []string{typeNotice, typeDisputeNotice}, nil
	}
	return []string{typeNotice}, nil
}

// splitType divides PAYMENT.CAPTURE.COMPLETED before its last word.
func splitType(eventType string) (of, what string) {
	at := strings.LastIndexByte(eventType, '.')
	if at < 0 {
		return "", eventType
	}
	return eventType[:at], eventType[at+1:]
}
