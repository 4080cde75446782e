package stripe

import (
	"testing"

	"github.com/tengi/tengi/connector"
)

func TestCustomersAreFoundByEmail(t *testing.T) {
	d := setup(t)
	byHand := d.stripe.AddCustomer("Anna", "Anna@Example.com")
	for _, test := range []struct {
		name, email, find string
		want              string // "" = a new one
	}{
		{"as it is written in Stripe", "Anna@Example.com", byEmail, byHand},
		{"written otherwise", "anna@example.com", byEmail, ""}, // Stripe compares with regard to case
		{"in capitals", "ANNA@EXAMPLE.COM", byEmail, "the one before"},
		{"new all the same", "anna@example.com", never, ""},
		{"nobody", "jon@example.com", byEmail, ""},
	} {
		before := d.rows("customers")
		d.next("tengi-test-" + d.ref)
		doc := d.made("customer.create", map[string]any{"email": test.email, "find": test.find})
		after := d.rows("customers")
		switch {
		case test.want == "" && (len(after) != len(before)+1 || doc.Data["found"] != false):
			t.Errorf("%s: %s was found", test.name, doc.ExternalID)
		case test.want == "the one before" && (len(after) != len(before) || doc.ExternalID != before[0]["id"]):
			t.Errorf("%s: %s, want %s", test.name, doc.ExternalID, before[0]["id"])
		case test.want == byHand && (doc.ExternalID != byHand || doc.Data["found"] != true):
			t.Errorf("%s: %s, want %s", test.name, doc.ExternalID, byHand)
		}
	}
	if email := d.rows("customers")[0]["email"]; email != "jon@example.com" {
		t.Errorf("sent as %v", email)
	}
}

func TestOfSeveralCustomersOneIsTakenEveryTime(t *testing.T) {
	d := setup(t)
	oldest := d.stripe.AddCustomer("Anna", "anna@example.com")
	d.stripe.AddCustomer("Anna again", "anna@example.com")
	if doc := d.made("customer.create", nil); doc.ExternalID != oldest {
		t.Errorf("%s, want the oldest %s", doc.ExternalID, oldest)
	}
	d.next("tengi-test-ours")
	ours := d.made("customer.create", map[string]any{"find": never})
	for range perPage + 20 { // more than one page of them
		d.stripe.AddCustomer("Anna once more", "anna@example.com")
	}
	d.next("tengi-test-third")
	if doc := d.made("customer.create", nil); doc.ExternalID != ours.ExternalID {
		t.Errorf("%s, want the one that Tengi made, %s", doc.ExternalID, ours.ExternalID)
	}
}

func TestWhatIsSentOfACustomer(t *testing.T) {
	d := setup(t)
	d.made("customer.create", map[string]any{
		"email": " Anna@Example.com ", "tax_id": "IS123456", "tax_id_type": "is_vat", "description": "note", "metadata": map[string]any{"k": "v"}, "language": "Icelandic",
	})
	body := d.sent("customer")
	for key, want := range map[string]string{
		"name": "Anna Lind", "email": "anna@example.com", "address[country]": "IS", "address[city]": "Reykjavík", "tax_id_data[0][type]": "is_vat",
		"tax_id_data[0][value]": "IS123456", "description": "note", "metadata[k]": "v", "metadata[tengi_ref]": string(d.ref), "preferred_locales[0]": "",
	} {
		if body.Get(key) != want {
			t.Errorf("%s is %q, want %q", key, body.Get(key), want)
		}
	}
	_, err := d.run("customer.create", map[string]any{"metadata": map[string]any{"a very long name that has more than forty characters": "x"}})
	wantError(t, err, connector.Permanent, codeMetadata, "metadata")
}
