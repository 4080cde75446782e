package bokun

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// What the options of a source may say about who is billed and how.
const (
	billNobody    = "skip"
	billTraveller = "traveller"
	billNet       = "net"     // the agent or OTA, less the commission
	billGross     = "gross"   // the agent or OTA, the traveller's price
	billInvoice   = "invoice" // the agent, by Bókun's agent invoice
	billReseller  = "bill"
	keptHold      = "hold"
	keptBill      = "bill"
	keptCredit    = "credit"
)

const (
	defaultRates = "24, 11, 0" // Iceland (https://www.skatturinn.is/english/companies/value-added-tax/)
	defaultOTAs  = "Viator, GetYourGuide, Airbnb, Expedia, Klook, Booking.com, Tripadvisor, Civitatis, Musement, Headout, Tiqets, KKday"
)

// sourceFields are the options of a source: who is billed for which bookings.
func sourceFields() field.Set {
	return field.Set{
		{Key: "since", Type: field.Date, Label: "Only bookings made from", Example: "2026-07-01",
			Help: "Bookings made before this day are left alone, whatever happens to them. The first search goes back to this day, and so does the next when you change it."},
		{Key: "bill_traveller", Type: field.Bool, Label: "Bill travellers", Default: "true",
			Help: "Bookings that travellers make with you directly."},
		{Key: "agent", Type: field.Select, Label: "Bookings of agents, on account", Default: billNet,
			Help: "An agent books for a traveller and pays you later. An agent's booking that the traveller paid is billed to the traveller.",
			Options: []field.Option{
				{Value: billNet, Label: "Bill the agent, less the commission"},
				{Value: billInvoice, Label: "Bill the agent what Bókun's agent invoice says"},
				{Value: billGross, Label: "Bill the agent the traveller's price"},
				{Value: billTraveller, Label: "Bill the traveller"},
				{Value: billNobody, Label: "Leave alone"},
			}},
		{Key: "reseller", Type: field.Select, Label: "Your tours sold by resellers", Default: billReseller,
			Help: "Another company sells your tour in Bókun's marketplace. Bókun does not send these invoices for you.",
			Options: []field.Option{
				{Value: billReseller, Label: "Bill the reseller, less the commission"},
				{Value: billNobody, Label: "Leave alone"},
			}},
		{Key: "ota", Type: field.Select, Label: "Bookings of online travel agencies", Default: billNobody,
			Help: "They collect the price and pay you later, often for a whole month at once.",
			Options: []field.Option{
				{Value: billNobody, Label: "Leave alone"},
				{Value: billNet, Label: "Bill the agency for each booking, less the commission if Bókun states one"},
				{Value: billGross, Label: "Bill the agency for each booking, the traveller's price"},
				{Value: billTraveller, Label: "Bill the traveller"},
			}},
		{Key: "ota_channels", Type: field.LongText, Label: "Channels that are online travel agencies", Default: defaultOTAs, Advanced: true,
			Help: "Names, or parts of names, divided by commas. Channels that Bókun itself marks as OTA count in any case."},
		{Key: "skip_channels", Type: field.LongText, Label: "Channels to leave alone",
			Help: "Names, or parts of names, of booking channels, divided by commas.", Example: "Front desk, Test"},
		{Key: "kept_amount", Type: field.Select, Label: "Cancelled, but an amount remains on the invoice", Default: keptHold,
			Help: "A cancelled booking whose invoice in Bókun still shows an amount, such as a cancellation fee.",
			Options: []field.Option{
				{Value: keptHold, Label: "Ask"},
				{Value: keptBill, Label: "Bill what remains"},
				{Value: keptCredit, Label: "Credit everything"},
			}},
		{Key: "vat_rates", Type: field.Text, Label: "VAT rates", Default: defaultRates, Advanced: true, Max: "100",
			Pattern: `\s*\d{1,2}([.]\d{1,3})?(\s*[,;]\s*\d{1,2}([.]\d{1,3})?)*\s*`,
			Help:    "The rates that your bookings may have, in per cent. A booking whose VAT fits none of them waits for you."},
	}
}

// options are a source's options, read.
type options struct {
	since                     string
	traveller                 bool
	agent, reseller, ota      string
	otaChannels, skipChannels []string
	kept                      string
	rates                     []decimal.Decimal
}

// readOptions gives each option its default where the source does not say.
func readOptions(values field.Values) (*options, error) {
	// A source made by hand or through the API may come with some options only.
	or := func(key, otherwise string) string {
		if value := values.Text(key); value != "" {
			return value
		}
		return otherwise
	}
	o := &options{
		since: values.Text("since"), traveller: !values.Has("bill_traveller") || values.Bool("bill_traveller"),
		agent: or("agent", billNet), reseller: or("reseller", billReseller), ota: or("ota", billNobody),
		otaChannels: names(or("ota_channels", defaultOTAs)), skipChannels: names(values.Text("skip_channels")), kept: or("kept_amount", keptHold),
	}
	for _, text := range names(or("vat_rates", defaultRates)) {
		rate, err := decimal.NewFromString(text)
		if err != nil || money.Bounded(rate) != nil || rate.IsNegative() || rate.GreaterThan(decimal.NewFromInt(100)) {
			return nil, connector.Refusal("vat_rates", "vat_rates", fmt.Sprintf("%q is not a VAT rate: write per cent, divided by commas, such as %s", short(text), defaultRates))
		}
		o.rates = append(o.rates, rate)
	}
	return o, nil
}

// names divides a list written by a person, at commas, semicolons and line ends; blanks within belong to the name.
func names(list string) []string {
	var out []string
	for _, name := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if name = strings.TrimSpace(name); name != "" {
			out = append(out, name)
		}
	}
	return out
}
