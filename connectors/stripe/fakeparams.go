package stripe

import (
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// params are the parameters of a request: lines[0][amount].
type params url.Values

func (p params) text(key string) string { return url.Values(p).Get(key) }

func (p params) has(key string) bool { return url.Values(p).Has(key) }

// number is a whole number; nil when it is not given.
func (p params) number(key string) (*int64, *refusal) {
	if !p.has(key) {
		return nil, nil
	}
	n, err := strconv.ParseInt(p.text(key), 10, 64)
	if err != nil {
		return nil, invalid("parameter_invalid_integer", key, "Invalid integer: %s", p.text(key))
	}
	return &n, nil
}

// pairs are the entries of a map.
func (p params) pairs(name string) obj {
	all := obj{}
	for key := range p {
		if inner, ok := strings.CutPrefix(key, name+"["); ok && strings.HasSuffix(inner, "]") {
			all[strings.TrimSuffix(inner, "]")] = p.text(key)
		}
	}
	return all
}

// list are the values of a list of texts.
func (p params) list(name string) []string {
	var all []string
	for i := 0; p.has(name + "[" + strconv.Itoa(i) + "]"); i++ {
		all = append(all, p.text(name+"["+strconv.Itoa(i)+"]"))
	}
	return all
}

// created says whether an object was made within the given times.
func (p params) created(o obj) bool {
	at, _ := o["created"].(int64)
	from, _ := p.number("created[gte]")
	to, _ := p.number("created[lte]")
	return (from == nil || at >= *from) && (to == nil || at <= *to)
}

var (
	place = regexp.MustCompile(`\[\d+\]`)
	entry = regexp.MustCompile(`^((?:invoice_)?metadata)\[[^\[\]]{1,40}\]$`)
	ids   = regexp.MustCompile(`(^|/)(in|ii|cus|txr|cs)_\w+`)
)

// taken are the parameters of each request that Tengi may make: those that Stripe documents there, as far as anything here uses them.
// TestMock holds the requests themselves against Stripe's own description.
var taken = map[string]string{
	"GET account":                         "",
	"GET customers":                       "email created[gte] created[lte]",
	"POST customers":                      "name email phone description address[line1] address[line2] address[city] address[postal_code] address[country] preferred_locales[] tax_id_data[][type] tax_id_data[][value] metadata",
	"GET customers/id":                    "",
	"GET invoiceitems":                    "customer invoice pending created[gte] created[lte]",
	"POST invoiceitems":                   "customer invoice amount currency description tax_rates[] metadata",
	"GET invoiceitems/id":                 "",
	"DELETE invoiceitems/id":              "",
	"GET invoices":                        "customer status created[gte] created[lte]",
	"POST invoices":                       "customer collection_method days_until_due auto_advance pending_invoice_items_behavior currency description footer metadata",
	"GET invoices/id":                     "",
	"DELETE invoices/id":                  "",
	"GET invoices/id/lines":               "",
	"POST invoices/id/add_lines":          "invoice_metadata lines[][invoice_item] lines[][amount] lines[][description] lines[][tax_rates][]",
	"POST invoices/id/finalize":           "auto_advance",
	"POST invoices/id/send":               "",
	"POST invoices/id/pay":                "paid_out_of_band",
	"POST invoices/id/void":               "",
	"GET tax_rates":                       "active inclusive",
	"GET tax_rates/id":                    "",
	"GET credit_notes":                    "invoice customer created[gte] created[lte]",
	"POST credit_notes":                   "invoice amount reason email_type metadata refund_amount credit_amount out_of_band_amount",
	"GET events":                          "type types[] created[gte] created[lte]",
	"GET checkout/sessions":               "payment_intent",
	"GET checkout/sessions/id":            "expand[]",
	"GET checkout/sessions/id/line_items": "expand[]",
}

// checkParams refuses what Stripe does not know.
func checkParams(method, path string, p params) *refusal {
	route := method + " " + ids.ReplaceAllString(path, "${1}id")
	allowed, known := taken[route]
	if !known {
		r := invalid("", "", "Unrecognized request URL (%s: /v1/%s).", method, path)
		r.status = 404
		return r
	}
	names := strings.Fields(allowed)
	if method == "GET" {
		names = append(names, "limit", "starting_after")
	}
	keys := make([]string, 0, len(p))
	for key := range p {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		name := place.ReplaceAllString(key, "[]")
		if m := entry.FindStringSubmatch(key); m != nil {
			name = m[1]
		}
		if !slices.Contains(names, name) {
			return invalid("parameter_unknown", key, "Received unknown parameter: %s", key)
		}
	}
	return nil
}
