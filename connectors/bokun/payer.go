package bokun

import (
	"strings"

	"github.com/tengi/tengi/sale"
)

// payer is who is billed for a booking, and by which of Bókun's invoices.
type payer struct {
	role     string // traveller, agent, reseller, ota
	invoice  string // customer, agent, seller
	net      bool   // take the commission off the customer invoice
	customer sale.Customer
	nothing  string // why nobody is billed; empty = somebody is
}

// payerOf decides who is billed. The first rule that fits counts:
//
//  1. we only supply what another company sold: the reseller owes the net price, and the supplier sends that invoice (Bókun's help says that
//     invoices to resellers and agents are made outside Bókun);
//  2. an agent booked on account: the agent;
//  3. an online travel agency: as the option says, since it pays net and usually for a month at once;
//  4. otherwise the traveller.
func payerOf(b *booking, all *invoices, vendor id, o *options) payer {
	if channel := b.channelTitle(); named(channel, o.skipChannels) {
		return payer{nothing: "bookings from the channel " + short(channel) + " are left alone"}
	}
	switch {
	case suppliedOnly(b, all, vendor):
		return resellerPayer(b, o)
	case b.Agent != nil && onAccount(b):
		return agentPayer(b, o)
	case b.ota(o.otaChannels):
		return otaPayer(b, o)
	case !o.traveller:
		return payer{nothing: "bookings of travellers are left alone"}
	}
	return payer{role: billTraveller, invoice: "customer", customer: b.traveller()}
}

func resellerPayer(b *booking, o *options) payer {
	if o.reseller == billNobody {
		return payer{nothing: "your tours sold by resellers are left alone"}
	}
	return payer{role: "reseller", invoice: "seller", customer: b.Seller.customer()}
}

func agentPayer(b *booking, o *options) payer {
	p := payer{role: "agent", invoice: "customer", customer: sale.Customer{
		Name: string(b.Agent.Title), Company: true, Email: string(b.Agent.Email), TaxID: taxID(b.Agent.TaxID),
	}}
	switch o.agent {
	case billNobody:
		return payer{nothing: "bookings of agents are left alone"}
	case billTraveller:
		return payer{role: billTraveller, invoice: "customer", customer: b.traveller()}
	case billInvoice:
		p.invoice = "agent"
	case billNet:
		p.net = true
	}
	return p
}

func otaPayer(b *booking, o *options) payer {
	switch o.ota {
	case billTraveller:
		return payer{role: billTraveller, invoice: "customer", customer: b.traveller()}
	case billNet, billGross:
		name := b.channelTitle()
		if name == "" {
			name = string(b.ExternalEntity)
		}
		return payer{role: "ota", invoice: "customer", net: o.ota == billNet, customer: sale.Customer{Name: name, Company: true}}
	}
	return payer{nothing: "bookings of online travel agencies are left alone"}
}

// suppliedOnly says whether somebody else sold the booking and we supply it. Our own number settles it; without it the roles Bókun names do, and
// without those the invoices: a supplier of a resold booking is shown no customer invoice (https://api-docs.bokun.dev/rest-v2.yaml).
func suppliedOnly(b *booking, all *invoices, vendor id) bool {
	if b.Seller == nil {
		return false
	}
	if vendor > 0 && b.Seller.ID > 0 {
		return b.Seller.ID != vendor
	}
	items := b.items()
	supplies := false
	for i := range items {
		for _, role := range items[i].Roles {
			switch strings.ToUpper(string(role)) {
			case "SELLER":
				return false
			case "SUPPLIER":
				supplies = true
			}
		}
	}
	if supplies {
		return true
	}
	if all != nil {
		return all.Customer == nil && len(all.HistoricCustomer) == 0 && len(all.sellerBills(0)) > 0
	}
	return b.Invoice == nil && oldSellerInvoices(items, 0) != nil
}

// onAccount says whether the agent pays later. An agent's booking that was paid was paid by the traveller.
func onAccount(b *booking) bool {
	owed := func(paid text) bool { return paid == "INVOICED" || paid == "NOT_PAID" }
	if b.PaymentType != "" {
		return owed(b.PaymentType)
	}
	items := b.items()
	for i := range items {
		if owed(items[i].PaidType) {
			return true
		}
	}
	return false
}

// traveller is the customer of the booking. OTAs hide who travels for a while: then the channel and the booking's code stand in, and there is no
// address to write to.
func (b *booking) traveller() sale.Customer {
	var c sale.Customer
	language := b.Language
	if t := b.Customer; t != nil {
		c.Name = strings.TrimSpace(string(t.FirstName) + " " + string(t.LastName))
		if c.Name == "" && t.Organization != "" {
			c.Name, c.Company = string(t.Organization), true
		}
		if !t.DetailsHidden.yes {
			c.Email, c.Phone = string(t.Email), phone(t.Phone, t.PhoneCountry)
		}
		c.Country, c.Address, c.PostCode, c.City = country(t.Country), string(t.Address), string(t.PostCode), string(t.Place)
		if t.Language != "" {
			language = t.Language
		}
		// The field is open to any number of any country; an Icelandic one is told by its ten digits.
		if kt := taxID(t.PersonalID); len(kt) == 10 && strings.Trim(kt, "0123456789") == "" && (c.Country == "IS" || country(t.Nationality) == "IS") {
			c.TaxID = kt
		}
	}
	if c.Name == "" {
		c.Name = strings.TrimSpace(b.channelTitle() + " " + string(b.Code))
	}
	if code := strings.ToLower(string(language)); len(code) >= 2 && letters(code[:2]) {
		c.Language = code[:2]
	}
	return c
}

// customer is a company at Bókun as the one who is billed.
func (v *vendor) customer() sale.Customer {
	return sale.Customer{
		Name: string(v.Title), Company: true, Email: string(v.Email), Phone: string(v.Phone), Country: country(v.Country), TaxID: taxID(v.TaxID),
	}
}

// country is an ISO 3166-1 alpha-2 code, or nothing.
func country(given text) string {
	if code := strings.ToUpper(string(given)); len(code) == 2 && letters(code) {
		return code
	}
	return ""
}

// letters says whether a code is made of Latin letters only.
func letters(code string) bool {
	return strings.Trim(strings.ToLower(code), "abcdefghijklmnopqrstuvwxyz") == ""
}

// taxID drops blanks and hyphens: Bókun has kennitölur with and without (observed in practice).
func taxID(given text) string {
	return strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(string(given))
}

// phone is a number with its country code where Bókun has one; what stands before the plus is no part of it.
func phone(number, countryCode text) string {
	n, code := string(number), strings.TrimLeft(string(countryCode), "+0")
	if i := strings.IndexByte(n, '+'); i > 0 {
		n = n[i:]
	}
	if n == "" || strings.HasPrefix(n, "+") || strings.HasPrefix(n, "00") || code == "" || strings.Trim(code, "0123456789") != "" {
		return n
	}
	return "+" + code + " " + n
}
