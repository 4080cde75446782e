package paypal

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/sale"
)

// The codes of what a person must decide about a payment.
const (
	codeRefund = "refund"
	codeTaken  = "taken_back"
	codeStatus = "status_unknown"
)

// load verifies a notice and says what it means.
func load(ctx context.Context, c *connector.Client, event tengi.Event) (connector.Loaded, error) {
	if strings.HasPrefix(strings.TrimSpace(string(event.Raw.Body)), "{") {
		return loadWebhook(ctx, c, event)
	}
	m, err := parseForm(event.Raw.Body, charset(c))
	if err != nil {
		return connector.Loaded{}, connector.Refusal(connector.CodeUnreadable, "", err.Error())
	}
	if err := m.environment(c); err != nil {
		return connector.Loaded{}, err
	}
	if err := postback(ctx, c, event); err != nil {
		return connector.Loaded{}, err
	}
	if err := m.receiver(c); err != nil {
		return connector.Loaded{}, err
	}
	if strings.HasPrefix(event.Type, "dispute.") {
		return m.dispute(c)
	}
	return m.payment(ctx, c, event)
}

// charset is the encoding of a message that names none.
func charset(c *connector.Client) string {
	if name := strings.TrimSpace(c.Settings.Text("charset")); name != "" {
		return name
	}
	if c.Workspace.Country == "IL" {
		return "windows-1255"
	}
	return "windows-1252"
}

// environment refuses what the other environment sent. PayPal's own host would say INVALID of it, and a person would not know why.
func (m *message) environment(c *connector.Client) error {
	if test := m.get("test_ipn") == "1"; test && !isSandbox(c.Settings) {
		return connector.Refusal(codeEnvironment, "", "the message is from PayPal's sandbox or simulator, and the account here is a live one: it is no real payment")
	}
	return nil
}

// receiver refuses what was paid to somebody else: VERIFIED only says that PayPal sent the message to anybody. A message of a dispute may name no
// receiver; nothing is made of it.
func (m *message) receiver(c *connector.Client) error {
	id, own := m.get("receiver_id"), strings.TrimSpace(c.Settings.Text("merchant_id"))
	if id != "" {
		return otherReceiver(strings.EqualFold(id, own))
	}
	named := false
	for _, given := range []string{m.get("receiver_email"), m.get("business")} {
		named = named || given != ""
		if given == "" {
			continue
		}
		if strings.EqualFold(given, own) || listed(c.Settings.Text("emails"), given) {
			return nil
		}
	}
	return otherReceiver(!named && m.get("payment_status") == "")
}

func otherReceiver(ours bool) error {
	if ours {
		return nil
	}
	return connector.Refusal(codeReceiver, "", "this was paid to another PayPal account than the one here: compare merchant ID and e-mail addresses in the account's settings with PayPal's")
}

// listed says whether an address stands in a list written by a person.
func listed(list, address string) bool {
	for _, own := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(",; \n\t", r) }) {
		if strings.EqualFold(own, address) {
			return true
		}
	}
	return false
}

// transaction is how PayPal writes the number of one: 17 letters and digits, in a field of 19
// (https://developer.paypal.com/api/nvp-soap/ipn/IPNandPDTVariables/). It is put into an address, so nothing else passes.
var transaction = regexp.MustCompile(`\A[A-Za-z0-9]{8,19}\z`)

// states is what each status of a payment means for its sale; what is not here a person looks at
// (https://developer.paypal.com/api/nvp-soap/ipn/IPNandPDTVariables/).
var states = map[string]string{
	"Completed": typeCompleted,
	"Pending":   typePending, "Created": typePending, "In-Progress": typePending, "Processed": typePending,
	"Denied": typeFailed, "Expired": typeFailed, "Failed": typeFailed, "Voided": typeFailed,
}

// payment says what a verified message means for the payment it names.
func (m *message) payment(ctx context.Context, c *connector.Client, event tengi.Event) (connector.Loaded, error) {
	status := m.get("payment_status")
	if status == "" {
		return connector.Loaded{Nothing: "a message about something other than a payment: " + word(m.get("txn_type"))}, nil
	}
	p, err := m.read(c, event)
	if err != nil {
		return connector.Loaded{}, err
	}
	switch state, known := states[status]; {
	case m.taken():
		return connector.Loaded{}, takenBack(m.about(), p.gross.Abs().String()+" "+p.currency, m.get("reason_code"))
	case strings.EqualFold(strings.ReplaceAll(status, "-", "_"), "partially_refunded"), status == "Refunded":
		return m.refund(ctx, c, event, p)
	case !known:
		return connector.Loaded{}, connector.Refusal(codeStatus, "", fmt.Sprintf("PayPal reports a status of payment %s that Tengi does not know: %q", p.ID, word(status)))
	case !p.gross.IsPositive():
		return connector.Loaded{}, unreadable("the amount")
	default:
		p.state = state
	}
	lines, added, err := m.soldLines(wordsOf(c), p.currency)
	if err != nil {
		return connector.Loaded{}, unreadable("the amount " + err.Error())
	}
	if p.lines = lines; !added {
		p.doubt("the items do not add up to the amount paid, so one line stands for all")
	}
	return p.event(c)
}

// about is the transaction that a message is about: of a refund or a reversal the payment that it takes from.
func (m *message) about() string {
	if parent := m.get("parent_txn_id"); parent != "" {
		return parent
	}
	return m.get("txn_id")
}

// read takes over what a message says of a payment, but for its state and its lines.
func (m *message) read(c *connector.Client, event tengi.Event) (*payment, error) {
	p := &payment{currency: strings.ToUpper(m.get("mc_currency")), customer: m.customer()}
	p.facts = facts{
		ID: m.get("txn_id"), Status: m.get("payment_status"), Kind: m.get("txn_type"), Invoice: m.get("invoice"), Custom: m.get("custom"), Item: m.title(wordsOf(c)),
		Note: m.get("memo"), PendingReason: strings.ToLower(m.get("pending_reason")), PayerID: m.get("payer_id"), PayerStatus: m.get("payer_status"),
		AddressStatus: m.get("address_status"), PayerCountry: m.get("residence_country"), Via: "ipn",
	}
	p.doubt(m.notes...)
	if !transaction.MatchString(p.ID) || !transaction.MatchString(m.about()) {
		return nil, unreadable("the transaction number")
	}
	var err error
	if p.gross, err = amount(m.get("mc_gross")); err != nil || m.get("mc_gross") == "" {
		return nil, unreadable("the amount")
	}
	if p.fee, err = amount(m.get("mc_fee")); err != nil {
		return nil, unreadable("the fee")
	}
	at, ok := parseDate(m.get("payment_date"))
	if !ok {
		at = event.ReceivedAt
		p.doubt("the date of the payment could not be read, so the message's arrival counts")
	}
	p.at = at
	return p, nil
}

// customer is the buyer. The address is missing for goods that are not shipped.
func (m *message) customer() sale.Customer {
	buyer := sale.Customer{
		Name: strings.TrimSpace(m.get("first_name") + " " + m.get("last_name")), Email: m.get("payer_email"), Phone: m.get("contact_phone"),
		Country: strings.ToUpper(m.first("address_country_code", "residence_country")), Address: m.get("address_street"), PostCode: m.get("address_zip"), City: m.get("address_city"),
	}
	if company := m.get("payer_business_name"); company != "" {
		buyer.Name, buyer.Company = company, true
	}
	if buyer.Name == "" {
		buyer.Name = m.get("address_name")
	}
	if state := m.get("address_state"); state != "" && buyer.City != "" {
		buyer.City += ", " + state
	}
	return buyer
}

// refund says what became of the payment that was refunded. The message alone tells how much went back now, and neither what was paid nor what was
// given back before.
func (m *message) refund(ctx context.Context, c *connector.Client, event tengi.Event, p *payment) (connector.Loaded, error) {
	parent, back := m.get("parent_txn_id"), p.gross.Abs()
	if parent == "" || !back.IsPositive() {
		return connector.Loaded{}, unreadable("what was refunded")
	}
	if hasREST(c) {
		loaded, err := loadPayment(ctx, c, event, source{kind: "capture", id: parent, refund: p.ID})
		if !missing(err) {
			return loaded, err
		}
	}
	whole := m.get("payment_status") == "Refunded" && c.Settings.Text("refunds") == refundsWhole
	switch {
	case c.Settings.Text("refunds") == refundsIgnore:
		return connector.Loaded{Nothing: "a refund, which the account's settings say to leave alone"}, nil
	case !whole:
		return connector.Loaded{}, connector.Refusal(codeRefund, "", fmt.Sprintf(
			"%s %s of payment %s was refunded, and PayPal's message does not say whether that is all of it: credit it by hand, or choose in the account's settings what refunds mean and try again",
			back, p.currency, parent))
	}
	title := m.title(wordsOf(c))
	p.facts.RefundID, p.facts.ID = p.ID, parent
	p.state, p.gross, p.refunded, p.fee = typeRefunded, back, back, decimal.Decimal{}
	p.lines = only(title, back)
	return p.event(c)
}

// takenBack asks a person: a dispute is open until it is closed, and whether the document is credited now, later or not at all is nobody else's
// decision.
func takenBack(id, much, reason string) error {
	return connector.Refusal(codeTaken, "", fmt.Sprintf(
		"PayPal took back %s of payment %s (%s). Nothing was credited: answer the dispute in PayPal, and credit the document by hand if the money is lost", much, id, word(reason)))
}
