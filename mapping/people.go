package mapping

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// peopleFunctions bring names and phone numbers into the forms that services ask for.
var peopleFunctions = []function{
	{
		Function: Function{
			// Parsing costs some ten microseconds, far more than anything else here.
			Name: "phone", Group: groupPeople, Signature: "phone(x, country = workspace.country)",
			Help: "A phone number in the international form (E.164). Country is the one a number without +354 and the like is from. " +
				"What cannot be read as a phone number comes back as its digits.",
			Example: `phone("555 1234", "IS")`, Result: "+3545551234",
		},
		params: []param{textParam("x"), optional(textParam("country"))}, result: text, cost: 500,
		call: func(r *run, a []any) (any, error) {
			// Customers live anywhere, but a number without a country is nearly always the seller's.
			country := optionalText(a)
			if country == "" {
				country = r.env.Workspace.Country
			}
			x := a[0].(string)
			if err := r.grow(len(x)); err != nil {
				return nil, err
			}
			return internationalPhone(x, strings.ToUpper(country)), nil
		},
	},
	{
		Function: Function{
			Name: "first_name", Group: groupPeople, Signature: "first_name(x)",
			Help:    "The first word of a name, or what stands behind the comma in Lind, Anna.",
			Example: `first_name(sale.customer.name)`, Result: "Anna",
		},
		params: []param{textParam("x")}, result: text,
		call: func(r *run, a []any) (any, error) {
			first, _, err := r.splitName(a[0].(string))
			return first, err
		},
	},
	{
		Function: Function{
			// Of names with three words nobody can say which belong together, so none is left out and the first stays alone.
			Name: "last_name", Group: groupPeople, Signature: "last_name(x)",
			Help:    "Everything but the first name, so that both together are the whole name.",
			Example: `last_name("Jan van der Berg")`, Result: "van der Berg",
		},
		params: []param{textParam("x")}, result: text,
		call: func(r *run, a []any) (any, error) {
			_, last, err := r.splitName(a[0].(string))
			return last, err
		},
	},
}

// maxPhone is longer than any phone number with its blanks, brackets and extension.
const maxPhone = 60

// internationalPhone warns of nothing: a number nobody can dial is for the service it is sent to to refuse.
func internationalPhone(x, country string) string {
	if len(x) <= maxPhone {
		if n, err := phonenumbers.Parse(x, country); err == nil {
			return phonenumbers.Format(n, phonenumbers.E164)
		}
	}
	return digitsOf(x)
}

// splitName splits a name in two without losing a word: "Lind, Anna" by its comma, any other before its second word.
func (r *run) splitName(name string) (first, last string, err error) {
	if err := r.grow(2 * len(name)); err != nil {
		return "", "", err
	}
	// Sheets and registers write the family name first, with a comma; people write it last.
	if before, behind, ok := strings.Cut(name, ","); ok {
		return oneLine(behind), oneLine(before), nil
	}
	first, last, _ = strings.Cut(oneLine(name), " ")
	return first, last, nil
}

// oneLine has one blank between words and none around them.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
