package payday

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
)

func TestKennitala(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text   string
		want   kennitala
		checks bool
	}{
		{"1201743399", "1201743399", true},
		{"120174-3399", "1201743399", true},
		{" 120174 3399 ", "1201743399", true},
		{"120174–3399", "1201743399", true}, // a dash, as word processors make it
		{"4101010179", "4101010179", true},
		{"1201743389", "1201743389", false}, // taken, with a remark
		{"8123456789", "8123456789", true},  // a system number has no check digit
		{"9999999989", "9999999989", true},
		{"0000000000", "", false},
		{"9999999999", "", false},
		{"120174339", "", false},
		{"12017433990", "", false},
		{"12017x3399", "", false},
		{"１２０１７４３３９９", "", false}, // other digits than ours
		{"GB123456789", "", false},
		{"", "", false},
	}
	for _, test := range tests {
		got, ok := parseKennitala(test.text)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("%q is %q, %t", test.text, string(got), ok)
		}
		if ok && got.checks() != test.checks {
			t.Errorf("%q checks: %t", test.text, got.checks())
		}
	}
	if shown := kennitala("1201743399").String(); shown != "120174-****" {
		t.Errorf("shown as %q", shown)
	}
	if shown := kennitala("").String(); shown != "" {
		t.Errorf("none is shown as %q", shown)
	}
}

func FuzzKennitala(f *testing.F) {
	for _, seed := range []string{"120174-3399", "0000000000", "1201743389", "á", "1-2-0-1-7-4-3-3-9-9", "0100000000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		k, ok := parseKennitala(text)
		if ok != (len(k) == 10) || ok && strings.Trim(string(k), "0123456789") != "" {
			t.Fatalf("%q became %q, %t", text, string(k), ok)
		}
		if ok {
			_ = k.checks() // does not panic
			if k.String() != string(k[:6])+"-****" {
				t.Fatalf("%q is shown as %q", text, k)
			}
		}
	})
}

func TestNewCustomer(t *testing.T) {
	d := setup(t)
	d.made(map[string]any{
		"customer_name": " John   Traveller ", "customer_address": "1 High Street", "customer_post_code": "SW1", "customer_city": "London",
		"customer_country": "GB", "customer_phone": "+44 20 5555 5555", "customer_language": "fr",
	})
	got := d.payday.Customers()[0]
	want := FakeCustomer{ID: got.ID, Name: "John Traveller", Email: "john@example.com", Address: "1 High Street", ZipCode: "SW1", City: "London",
		Country: "United Kingdom", Phone: "+44 20 5555 5555", Language: "en", Created: got.Created}
	got.made, got.invoiced = time.Time{}, false
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(FakeCustomer{})); diff != "" {
		t.Errorf("customer (-want +got):\n%s", diff)
	}
}

func TestSameCustomerAgain(t *testing.T) {
	d := setup(t)
	for n, changes := range []map[string]any{nil, {"customer_name": "JOHN TRAVELLER", "customer_email": "John@Example.com"}, {"customer_phone": "555 0000"}} {
		d.next(nthRef(n))
		d.made(changes)
	}
	if n := len(d.payday.Customers()); n != 1 {
		t.Errorf("%d customers", n)
	}
}

// Who is somebody else: a similar e-mail, which the search puts first; the same e-mail with another name; the same with a kennitala.
func TestStrangersAreNotInvoiced(t *testing.T) {
	d := setup(t)
	strangers := []FakeCustomer{
		{Name: "John Traveller", Email: "littlejohn@example.com"},
		{Name: "Mary Traveller", Email: "john@example.com"},
		{Name: "John Traveller", Email: "john@example.com", SSN: "1201743399"},
		{Name: "John Traveller", Email: "john@example.community"},
		{Name: "John Traveller"},
	}
	for _, s := range strangers {
		d.payday.AddCustomer(s, true)
	}
	doc := d.made(nil)
	if all := d.payday.Customers(); len(all) != len(strangers)+1 || all[len(strangers)].ID != doc.Customer {
		t.Errorf("invoiced %s of %+v", doc.Customer, all)
	}
}

func TestKennitalaFindsTheCustomer(t *testing.T) {
	d := setup(t)
	d.payday.AddCustomer(FakeCustomer{Name: "Somebody", Email: "john@example.com"}, true)
	want := d.payday.AddCustomer(FakeCustomer{Name: "Ferðaskrifstofa Dæmi ehf.", SSN: "4101010179", Email: "office@example.is"}, true)
	doc := d.made(map[string]any{"customer_ssn": "410101-0179"})
	if doc.Customer != want || len(d.payday.Customers()) != 2 {
		t.Errorf("invoiced %s", doc.Customer)
	}
}

// The list filtered by kennitala answers with everybody, and a look-up might answer with somebody: neither may decide.
func TestLookUpThatAnswersWithAnother(t *testing.T) {
	d := setup(t)
	wrong := d.payday.AddCustomer(FakeCustomer{Name: "Somebody", SSN: "1201743399"}, true)
	d.payday.Faults().Add(fake.Fault{Kind: fake.Refuse, Path: "/customers/number/", Status: 200, Body: `{"id":"` + wrong + `","ssn":"1201743399"}`})
	doc := d.made(map[string]any{"customer_ssn": "4101010179"})
	if doc.Customer == wrong {
		t.Error("the invoice went to somebody else")
	}
}

func TestTheListsFilterIsNeverUsed(t *testing.T) {
	d := setup(t)
	d.payday.Set(func(b *Behaviour) {
		b.Before = func(r *http.Request) {
			if r.URL.Path == "/customers" && r.Method == http.MethodGet {
				t.Error("the list of customers was read")
			}
		}
	})
	d.made(map[string]any{"customer_ssn": "4101010179"})
}

func TestOldestOfSeveral(t *testing.T) {
	d := setup(t)
	d.payday.AddCustomer(FakeCustomer{Name: "John Traveller", Email: "john@example.com", Created: "2026-03-01T00:00:00"}, true)
	oldest := d.payday.AddCustomer(FakeCustomer{Name: "John Traveller", Email: "john@example.com", Created: "2025-03-01T00:00:00"}, true)
	d.payday.AddCustomer(FakeCustomer{Name: "John Traveller", Email: "john@example.com", Created: "2026-05-01T00:00:00"}, true)
	doc := d.made(nil)
	if doc.Customer != oldest || !strings.Contains(remarksOf(doc), "more than once") {
		t.Errorf("invoiced %s, remarks %q", doc.Customer, remarksOf(doc))
	}
}

// Payday takes the register's name, and drops a kennitala that the register does not know; it says neither.
func TestRegister(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		ssn, name, kept, remark string
	}{
		"known":                     {"1201743399", "Anna Lind", "1201743399", ""},
		"unknown":                   {"1201753389", "John Traveller", "", "left the kennitala out"},
		"unknown and mistyped":      {"1201753388", "John Traveller", "", "check digit"},
		"not a kennitala":           {"GB 123456", "John Traveller", "", "is not one"},
		"what shops fill in":        {"9999999999", "John Traveller", "", "is not one"},
		"known, without a checksum": {"1201743389", "Nýr Íbúi", "1201743389", "check digit"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := setup(t)
			d.payday.Register("1201743389", "Nýr Íbúi")
			doc := d.made(map[string]any{"customer_ssn": test.ssn})
			c := d.payday.Customers()[0]
			if c.Name != test.name || c.SSN != test.kept {
				t.Errorf("customer %q with %q", c.Name, c.SSN)
			}
			if !strings.Contains(remarksOf(doc), test.remark) || test.remark == "" && remarksOf(doc) != "" {
				t.Errorf("remarks %q", remarksOf(doc))
			}
			if strings.Contains(remarksOf(doc), test.ssn) {
				t.Error("the kennitala stands in a remark")
			}
		})
	}
}

func TestKennitalaWithoutName(t *testing.T) {
	d := setup(t)
	d.made(map[string]any{"customer_ssn": "4101010179", "customer_name": nil, "customer_email": nil})
	if c := d.payday.Customers()[0]; c.Name != "Ferðaskrifstofa Dæmi ehf." {
		t.Errorf("customer %+v", c)
	}
}

func TestNobody(t *testing.T) {
	d := setup(t)
	_, err := d.create(map[string]any{"customer_name": nil})
	wantError(t, err, connector.Permanent, codeNoName, "customer_name")
}

// Without e-mail two people of the same name are one only when they have the same phone.
func TestCustomersWithoutEmail(t *testing.T) {
	d := setup(t)
	for n, phone := range []string{"555 1234", "5551234", "555 9999", ""} {
		d.next(nthRef(n))
		d.made(map[string]any{"customer_email": nil, "customer_phone": phone})
	}
	if n := len(d.payday.Customers()); n != 3 {
		t.Errorf("%d customers, want 3", n)
	}
}

func TestSharedCustomer(t *testing.T) {
	d := setup(t)
	shared := d.payday.AddCustomer(FakeCustomer{Name: "Ferðamenn", Email: "walkin@example.is"}, true)
	doc := d.made(map[string]any{"shared_customer": shared, "send_email": true})
	if doc.Customer != shared || len(d.payday.Customers()) != 1 || len(d.payday.Mails()) != 0 || !strings.Contains(remarksOf(doc), "to the shared customer") {
		t.Errorf("document %+v, mails %v", doc, d.payday.Mails())
	}
	d.next("tengi-test-0002")
	if doc = d.made(map[string]any{"shared_customer": shared, "customer_name": nil}); doc.Customer != shared {
		t.Errorf("a traveller without name went to %s", doc.Customer)
	}
	for n, changes := range []map[string]any{{"customer_ssn": "1201743399"}, {"customer_company": true}} {
		d.next(nthRef(n))
		changes["shared_customer"] = shared
		if doc := d.made(changes); doc.Customer == shared {
			t.Errorf("%v went to the shared customer", changes)
		}
	}
}

func TestSharedCustomerThatIsNotThere(t *testing.T) {
	d := setup(t)
	_, err := d.create(map[string]any{"shared_customer": "0b7c0000-0000-4000-8000-000000000077"})
	wantError(t, err, connector.Permanent, codeNoCustomer, "shared_customer")
}

// The answer to making a customer is lost. Acted or not, there is one customer in the end.
func TestCustomerAnswerLost(t *testing.T) {
	t.Parallel()
	for kind, sends := range map[fake.FaultKind]int{fake.DropAnswer: 1, fake.FailActed: 1, fake.DropRequest: 2, fake.Fail: 2} {
		for _, ssn := range []any{nil, "4101010179", "1201753389"} {
			t.Run(string(kind), func(t *testing.T) {
				d := setup(t)
				d.payday.Faults().Add(fake.Fault{Kind: kind, Method: "POST", Path: "/customers"})
				doc, err := d.persist(func() (tengi.Document, error) { d.restart(); return d.create(map[string]any{"customer_ssn": ssn}) })
				if err != nil || len(d.payday.Customers()) != 1 || d.payday.Customers()[0].ID != doc.Customer || d.sends("customer") != sends {
					t.Errorf("%v, %d customers, sent %d times", err, len(d.payday.Customers()), d.sends("customer"))
				}
			})
		}
	}
}

// A customer made without an answer to read, and listed only later: it was made, so it is waited for and not made again.
func TestCustomerWithoutBody(t *testing.T) {
	t.Parallel()
	for _, ssn := range []any{nil, "4101010179", "1201753389"} {
		t.Run("", func(t *testing.T) {
			d := setup(t, func(b *Behaviour) { b.EmptyAnswers, b.ListLag = true, 20*time.Second })
			_, err := d.create(map[string]any{"customer_ssn": ssn})
			wantError(t, err, connector.Temporary, codeUnlisted, "")
			doc, err := d.persist(func() (tengi.Document, error) { return d.create(map[string]any{"customer_ssn": ssn}) })
			if err != nil || len(d.payday.Customers()) != 1 || d.only().Customer != doc.Customer {
				t.Errorf("%v, %d customers", err, len(d.payday.Customers()))
			}
		})
	}
}

func TestCountries(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"IS": "Ísland", "is": "Ísland", "PL": "Poland", "US": "United States", "Þýskaland": "Þýskaland", "": "", "ZZ": "Unknown Region", "!!": "!!"} {
		if got := countryName(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"is": "is", "IS": "is", "is-IS": "is", "is_IS": "is", "isl": "en", "en": "en", "": "en", "pl": "en"} {
		if got := languageOf(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}
