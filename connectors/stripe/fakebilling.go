package stripe

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// work carries a request out.
func (f *Fake) work(method, path string, p params) (obj, *refusal) {
	parts := strings.Split(path, "/")
	if strings.HasPrefix(path, "checkout/sessions") {
		parts = append([]string{"checkout/sessions"}, parts[2:]...)
	}
	switch {
	case parts[0] == "account":
		return obj{"id": "acct_fake", "object": "account", "settings": obj{"dashboard": obj{"display_name": "Fjörður Tours"}}}, nil
	case len(parts) == 1 && method == http.MethodGet:
		return f.list(parts[0], p)
	case len(parts) == 1:
		return f.create(parts[0], p)
	}
	o := f.books[parts[0]].all[parts[1]]
	if o == nil {
		return nil, noSuch(f.books[parts[0]].kind, parts[1])
	}
	switch {
	case len(parts) == 2 && method == http.MethodDelete:
		return f.remove(parts[0], o)
	case len(parts) == 2:
		return f.shown(parts[0], o), nil
	case parts[2] == "lines", parts[2] == "line_items":
		lines, _ := o["_lines"].([]obj)
		return page(lines, p)
	}
	return f.changeInvoice(o, parts[2], p)
}

// shown is an object as it is answered: what begins with _ is the stand-in's own.
func (f *Fake) shown(path string, o obj) obj {
	out := clone(o)
	for key := range out {
		if strings.HasPrefix(key, "_") {
			delete(out, key)
		}
	}
	switch path {
	case "invoiceitems": // says when by another name
		out["date"] = out["created"]
		delete(out, "created")
	case "refunds":
		delete(out, "livemode")
	case "invoices":
		lines, _ := o["_lines"].([]obj)
		out["lines"] = obj{"object": "list", "data": lines[:min(10, len(lines))], "has_more": len(lines) > 10}
	}
	if intent := f.books["payments"].all[textIn(o, "payment_intent")]; path == "checkout/sessions" && intent != nil {
		out["payment_intent"] = clone(intent) // asked for with expand
	}
	return out
}

func textIn(o obj, key string) string {
	text, _ := o[key].(string)
	return text
}

func numberIn(o obj, key string) int64 {
	n, _ := o[key].(int64)
	return n
}

// list is one page of a list.
func (f *Fake) list(path string, p params) (obj, *refusal) {
	types := p.list("types")
	if one := p.text("type"); one != "" {
		types = append(types, one)
	}
	same := func(o obj, key string) bool { return !p.has(key) || textIn(o, key) == p.text(key) }
	found := f.rows(path, func(o obj) bool {
		fits := p.created(o) && same(o, "email") && same(o, "customer") && same(o, "invoice") && same(o, "status") && same(o, "payment_intent")
		for _, key := range []string{"active", "inclusive"} {
			fits = fits && (!p.has(key) || strconv.FormatBool(o[key] == true) == p.text(key))
		}
		if p.has("pending") {
			fits = fits && (textIn(o, "invoice") == "") == (p.text("pending") == "true")
		}
		if len(types) > 0 {
			within := false
			for _, name := range types {
				within = within || o["type"] == name
			}
			fits = fits && within
		}
		return fits
	})
	rows := make([]obj, len(found))
	for i, o := range found {
		rows[i] = f.shown(path, o)
	}
	return page(rows, p)
}

func (f *Fake) create(path string, p params) (obj, *refusal) {
	switch path {
	case "customers":
		return f.createCustomer(p)
	case "invoiceitems":
		return f.createItem(p)
	case "invoices":
		return f.createInvoice(p)
	default:
		return f.createCredit(p)
	}
}

func (f *Fake) createCustomer(p params) (obj, *refusal) {
	email := p.text("email")
	if email != "" && !strings.Contains(email, "@") {
		return nil, invalid("email_invalid", "email", "Invalid email address: %s", email)
	}
	return f.add("customers", obj{"email": orNull(email), "name": orNull(p.text("name")), "metadata": p.pairs("metadata"), "preferred_locales": p.list("preferred_locales")}), nil
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// customerOf finds the customer a request names.
func (f *Fake) customerOf(p params) (obj, *refusal) {
	o := f.books["customers"].all[p.text("customer")]
	if o == nil {
		return nil, invalid("resource_missing", "customer", "No such customer: '%s'", p.text("customer"))
	}
	return o, nil
}

// amount reads an amount; of krónur only whole ones are taken.
func (p params) amount(key, currency string) (int64, *refusal) {
	n, err := p.number(key)
	switch {
	case err != nil:
		return 0, err
	case n == nil:
		return 0, invalid("parameter_missing", key, "Missing required param: %s.", key)
	case currency == "isk" && *n%100 != 0:
		return 0, invalid("", key, "invalid_charge_amount_no_decimal_compatible: amounts in isk must be divisible by 100")
	}
	return *n, nil
}

func (f *Fake) createItem(p params) (obj, *refusal) {
	if _, err := f.customerOf(p); err != nil {
		return nil, err
	}
	currency := p.text("currency")
	amount, err := p.amount("amount", currency)
	if err != nil {
		return nil, err
	}
	if currency == "" || currency != strings.ToLower(currency) {
		return nil, invalid("parameter_missing", "currency", "Missing required param: currency.")
	}
	o := obj{"customer": p.text("customer"), "amount": amount, "currency": currency, "description": p.text("description"), "metadata": p.pairs("metadata"),
		"invoice": nil, "_rates": p.list("tax_rates")}
	id := p.text("invoice")
	if id == "" {
		return f.shown("invoiceitems", f.add("invoiceitems", o)), nil
	}
	inv := f.books["invoices"].all[id]
	switch {
	case inv == nil:
		return nil, invalid("resource_missing", "invoice", "No such invoice: '%s'", id)
	case inv["status"] != statusDraft:
		return nil, invalid("invoice_not_editable", "invoice", "The invoice is not a draft")
	case inv["currency"] != currency || inv["customer"] != o["customer"]:
		return nil, invalid("", "currency", "The item is in another currency, or of another customer, than the invoice")
	}
	o["invoice"] = id
	made := f.shown("invoiceitems", f.add("invoiceitems", o))
	return made, f.addLine(inv, amount, textIn(o, "description"), p.list("tax_rates"), textIn(made, "id"))
}

func (f *Fake) createInvoice(p params) (obj, *refusal) {
	who, err := f.customerOf(p)
	switch {
	case err != nil:
		return nil, err
	case p.text("collection_method") == "send_invoice" && textIn(who, "email") == "":
		return nil, invalid("", "customer", "Missing email. In order to create invoices that are sent to the customer, the customer must have a valid email.")
	case p.text("collection_method") == "send_invoice" && !p.has("days_until_due"):
		return nil, invalid("parameter_missing", "days_until_due", "If invoices are sent, days_until_due or due_date must be set")
	}
	o := f.add("invoices", obj{
		"customer": who["id"], "customer_email": who["email"], "customer_name": who["name"], "status": statusDraft, "currency": p.text("currency"), "number": nil,
		"description": orNull(p.text("description")), "metadata": p.pairs("metadata"), "total": int64(0), "amount_paid": int64(0), "amount_remaining": int64(0),
		"pre_payment_credit_notes_amount": int64(0), "post_payment_credit_notes_amount": int64(0), "hosted_invoice_url": nil, "invoice_pdf": nil,
		"status_transitions": obj{"paid_at": nil}, "shipping_cost": nil, "customer_address": nil, "customer_tax_ids": []obj{}, "_lines": []obj{},
	})
	return f.shown("invoices", o), nil
}

// addLine adds a line and adds the invoice up. VAT is rounded on each line.
func (f *Fake) addLine(inv obj, amount int64, text string, rates []string, item string) *refusal {
	off := amount * int64(f.discounts[textIn(inv, "customer")]) / 100
	total, taxes := amount-off, []obj{}
	for _, id := range rates {
		rate := f.books["tax_rates"].all[id]
		if rate == nil {
			return invalid("resource_missing", "tax_rates", "No such tax rate: '%s'", id)
		}
		percentage, _ := rate["percentage"].(float64)
		percent, base, behavior := decimal.NewFromFloat(percentage), decimal.NewFromInt(100), "exclusive"
		if rate["inclusive"] == true {
			base, behavior = base.Add(percent), "inclusive"
		}
		tax := decimal.NewFromInt(amount-off).Mul(percent).DivRound(base, 0).IntPart()
		if behavior == "exclusive" {
			total += tax
		}
		taxes = append(taxes, obj{"amount": tax, "tax_behavior": behavior, "taxable_amount": amount - off, "type": "tax_rate_details", "tax_rate_details": obj{"tax_rate": id}})
	}
	line := f.add("lines", obj{"amount": amount, "currency": inv["currency"], "description": text, "quantity": int64(1), "taxes": taxes, "invoice": inv["id"],
		"discount_amounts": []obj{{"amount": off}}, "parent": obj{"invoice_item_details": obj{"invoice_item": orNull(item)}}})
	lines, _ := inv["_lines"].([]obj)
	inv["_lines"] = append(lines, line)
	inv["total"] = numberIn(inv, "total") + total
	inv["amount_remaining"] = inv["total"]
	return nil
}

// addLines adds all lines or none.
func (f *Fake) addLines(inv obj, p params) *refusal {
	have, _ := inv["_lines"].([]obj)
	total, remaining := inv["total"], inv["amount_remaining"]
	undo := func(err *refusal) *refusal {
		inv["_lines"], inv["total"], inv["amount_remaining"] = have, total, remaining
		return err
	}
	var used []obj
	n := 0
	for ; ; n++ {
		at := fmt.Sprintf("lines[%d]", n)
		id := p.text(at + "[invoice_item]")
		if id == "" && !p.has(at+"[amount]") {
			break
		}
		if id == "" {
			amount, err := p.amount(at+"[amount]", textIn(inv, "currency"))
			if err == nil {
				err = f.addLine(inv, amount, p.text(at+"[description]"), p.list(at+"[tax_rates]"), "")
			}
			if err != nil {
				return undo(err)
			}
			continue
		}
		item := f.books["invoiceitems"].all[id]
		switch {
		case item == nil:
			return undo(invalid("resource_missing", at+"[invoice_item]", "No such invoiceitem: '%s'", id))
		case item["invoice"] != nil, item["customer"] != inv["customer"], item["currency"] != inv["currency"]:
			return undo(invalid("", at+"[invoice_item]", "The invoice item is not an unassigned one of this customer and currency"))
		}
		rates, _ := item["_rates"].([]string)
		if err := f.addLine(inv, numberIn(item, "amount"), textIn(item, "description"), rates, id); err != nil {
			return undo(err)
		}
		used = append(used, item)
	}
	if n == 0 {
		return invalid("parameter_missing", "lines", "Missing required param: lines.")
	}
	if len(have)+n > maxLines {
		return undo(invalid("", "lines", "An invoice can have at most %d lines", maxLines))
	}
	for _, item := range used {
		item["invoice"] = inv["id"]
	}
	meta, _ := inv["metadata"].(obj)
	for key, value := range p.pairs("invoice_metadata") {
		meta[key] = value
	}
	return nil
}
