package payday

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector/connectortest"
)

// caller speaks to the stand-in as any client does.
type caller struct {
	t     testing.TB
	f     *Fake
	token string
}

func call(t testing.TB, f *Fake) *caller {
	t.Helper()
	c := &caller{t: t, f: f}
	settings, secrets := f.Login()
	_, answer := c.do("POST", "/auth/token", fmt.Sprintf(`{"clientId":%q,"clientSecret":%q}`, settings["client_id"], secrets["client_secret"]))
	var login struct {
		AccessToken string `json:"accessToken"`
		CreatedAt   int64  `json:"createdAt"` // a number, which two clients rely on
	}
	if err := json.Unmarshal([]byte(answer), &login); err != nil || login.AccessToken == "" {
		t.Fatalf("login: %s, %v", answer, err)
	}
	c.token = login.AccessToken
	return c
}

func (c *caller) do(method, path, body string) (int, string) {
	c.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	w := httptest.NewRecorder()
	c.f.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func (c *caller) want(status int, part, method, path, body string) string {
	c.t.Helper()
	got, answer := c.do(method, path, body)
	if got != status || !strings.Contains(answer, part) {
		c.t.Errorf("%s %s: %d %s, want %d with %q", method, path, got, answer, status, part)
	}
	return answer
}

// invoiceJSON is a request with a line of the test's own.
func invoiceJSON(customer, extra, line string) string {
	return fmt.Sprintf(`{"customer":{"id":%q},"invoiceDate":"2026-07-01","dueDate":"2026-07-01","finalDueDate":"2026-07-01","currencyCode":"ISK"%s,"lines":[{%s}]}`,
		customer, extra, line)
}

const goodLine = `"description":"Tour","quantity":1,"unitPriceIncludingVat":124,"vatPercentage":24,"discountPercentage":0`

func TestFakeIsAsStrictAsPayday(t *testing.T) {
	t.Parallel()
	f := NewFake()
	c := call(t, f)
	who := f.AddCustomer(FakeCustomer{Name: "Anna Lind"}, true)
	line := func(text string) string { return invoiceJSON(who, "", text) }
	c.want(400, "Either unit price", "POST", "/invoices", line(`"description":"Tour","quantity":1,"vatPercentage":24,"discountPercentage":0`))
	c.want(400, "Quantity", "POST", "/invoices", line(`"description":"Tour","unitPriceIncludingVat":1,"vatPercentage":24,"discountPercentage":0`))
	c.want(400, "Quantity", "POST", "/invoices", line(`"description":"Tour","quantity":1,"unitPriceIncludingVat":1,"vatPercentage":24`))
	c.want(400, "4 decimals", "POST", "/invoices", line(`"description":"Tour","quantity":1,"unitPriceIncludingVat":1.00001,"vatPercentage":24,"discountPercentage":0`))
	c.want(400, "Vat percentage", "POST", "/invoices", line(`"description":"Tour","quantity":1,"unitPriceIncludingVat":1,"vatPercentage":25.5,"discountPercentage":0`))
	c.want(400, "description", "POST", "/invoices", line(`"description":"","quantity":1,"unitPriceIncludingVat":1,"vatPercentage":24,"discountPercentage":0`))
	c.want(400, "Customer not found", "POST", "/invoices", invoiceJSON("nobody", "", goodLine))
	c.want(400, "Currency", "POST", "/invoices", strings.Replace(line(goodLine), "ISK", "PLN", 1))
	c.want(400, "Due date", "POST", "/invoices", strings.Replace(line(goodLine), `"dueDate":"2026-07-01"`, `"dueDate":"2026-06-01"`, 1))
	c.want(400, "required", "POST", "/invoices", strings.Replace(line(goodLine), `"dueDate":"2026-07-01"`, `"dueDate":null`, 1))
	c.want(400, "line is required", "POST", "/invoices", strings.Replace(line(goodLine), "{"+goodLine+"}", "", 1))
	c.want(400, "Status", "POST", "/invoices", invoiceJSON(who, `,"status":"CANCELLED"`, goodLine))
	c.want(400, "Paid date", "POST", "/invoices", invoiceJSON(who, `,"status":"PAID"`, goodLine))
	c.want(400, "claim", "POST", "/invoices", invoiceJSON(who, `,"createClaim":true`, goodLine))
	c.want(400, "JSON", "POST", "/invoices", `{`)
	c.want(400, "Name is required", "POST", "/customers", `{"language":"is"}`)
	c.want(400, "Email", "POST", "/customers", `{"name":"x","email":"a@b, c@d","language":"is"}`)
	c.want(404, "", "GET", "/invoices/none", "")
	c.want(404, "", "GET", "/customers/number/1201743399", "")
	c.want(404, "", "GET", "/nothing", "")
	if len(f.Invoices()) != 0 || len(f.Customers()) != 1 {
		t.Error("something was made although everything was refused")
	}
}

// Both prices: the one without VAT counts. No status: it is issued. The number is not in the answer, however soon it comes.
func TestFakeHasPaydaysTraps(t *testing.T) {
	t.Parallel()
	f := NewFake()
	c := call(t, f)
	who := f.AddCustomer(FakeCustomer{Name: "Anna Lind"}, true)
	both := `"description":"Tour","quantity":1,"unitPriceIncludingVat":100,"unitPriceExcludingVat":100,"vatPercentage":24,"discountPercentage":0`
	c.want(200, `"number":null,"status":"SENT"`, "POST", "/invoices", invoiceJSON(who, "", both))
	inv := f.Invoices()[0]
	if !inv.Total.Equal(decimal.NewFromInt(124)) {
		t.Errorf("total %s", inv.Total)
	}
	c.want(200, `"number":1001`, "GET", "/invoices/"+inv.ID, "")
	c.want(200, `"amountIncludingVat":124.0`, "GET", "/invoices/"+inv.ID, "")
	c.want(400, "cannot be deleted", "DELETE", "/invoices/"+inv.ID, "")
	c.want(400, "21001", "DELETE", "/customers/"+who, "")
	c.want(200, "%PDF", "GET", "/invoices/"+inv.ID+"/pdf", "")
	for range 2 {
		c.want(200, statusCancelled, "PUT", "/invoices/"+inv.ID, `{"status":"CANCELLED","cancelledDate":"2026-07-01"}`)
	}
	if n := len(f.Credits()); n != 2 {
		t.Errorf("cancelled twice: %d credit notes, the trap is two", n)
	}
	f.AddCustomer(FakeCustomer{Name: "Somebody"}, true)
	if answer := c.want(200, `"total":2`, "GET", "/customers?ssn=1201743399", ""); !strings.Contains(answer, "Somebody") {
		t.Error("the filter by kennitala works; at Payday it does not")
	}
}

func TestFakeNumbersLater(t *testing.T) {
	t.Parallel()
	clock := connectortest.NewClock()
	f := NewFake(func(b *Behaviour) { b.Now, b.NumberAfter = clock.Now, time.Minute })
	c := call(t, f)
	who := f.AddCustomer(FakeCustomer{Name: "Anna Lind"}, true)
	c.want(200, "", "POST", "/invoices", invoiceJSON(who, "", goodLine))
	at := "/invoices/" + f.Invoices()[0].ID
	clock.Advance(59 * time.Second)
	c.want(200, `"number":null`, "GET", at, "")
	c.want(400, "status Pending", "PUT", at, `{"status":"CANCELLED"}`)
	c.want(400, "", "GET", at+"/pdf", "")
	clock.Advance(time.Second)
	c.want(200, `"number":1001`, "GET", at, "")
	c.want(200, "", "PUT", at, `{"status":"CANCELLED"}`)
}

func TestFakeListLagsAndPages(t *testing.T) {
	t.Parallel()
	clock := connectortest.NewClock()
	f := NewFake(func(b *Behaviour) { b.Now, b.ListLag = clock.Now, time.Minute })
	c := call(t, f)
	who := f.AddCustomer(FakeCustomer{Name: "Anna Lind"}, true)
	for range 5 {
		c.want(200, "", "POST", "/invoices", invoiceJSON(who, `,"reference":"R"`, goodLine))
	}
	c.want(200, `"total":0`, "GET", "/invoices", "")
	clock.Advance(time.Minute)
	if answer := c.want(200, `"page":2,"pages":3,"perPage":2`, "GET", "/invoices?page=2&perpage=2", ""); strings.Count(answer, `"reference":"R"`) != 2 {
		t.Errorf("page 2 is %s", answer)
	}
	c.want(200, `"total":0`, "GET", "/invoices?query=R", "") // the search does not look at references
	c.want(200, `"total":5`, "GET", "/invoices?query=lind", "")
	c.want(200, `"total":0`, "GET", "/invoices?dateFrom=2026-07-02", "")
	c.want(200, `"total":0`, "GET", "/invoices?excludeStatus=DRAFT,SENT", "")
	c.want(200, `"total":0`, "GET", "/invoices?customerId=other", "")
}

func TestFakeRefusesStrangers(t *testing.T) {
	t.Parallel()
	clock := connectortest.NewClock()
	f := NewFake(func(b *Behaviour) { b.Now, b.TokenLife = clock.Now, time.Hour })
	c := call(t, f)
	c.want(200, "Fjörður", "GET", "/companies/me", "")
	(&caller{t: t, f: f}).want(401, "invalid_token", "GET", "/companies/me", "")
	(&caller{t: t, f: f}).want(401, "invalid_client", "POST", "/auth/token", `{"clientId":"x","clientSecret":"y"}`)
	clock.Advance(time.Hour)
	c.want(401, "invalid_token", "GET", "/companies/me", "")
}

func TestFakeInForeignCurrency(t *testing.T) {
	t.Parallel()
	f := NewFake()
	c := call(t, f)
	who := f.AddCustomer(FakeCustomer{Name: "Anna Lind"}, true)
	answer := c.want(200, `"foreignAmountIncludingVat":124.0`, "POST", "/invoices", strings.Replace(invoiceJSON(who, "", goodLine), "ISK", "EUR", 1))
	if !strings.Contains(answer, `"amountIncludingVat":18600.0`) || !strings.Contains(answer, `"currencyRate":150.0`) {
		t.Errorf("answered %s", answer)
	}
}

func TestFakeSearchesSimilarFirst(t *testing.T) {
	t.Parallel()
	f := NewFake()
	for _, email := range []string{"anna@example.is", "johanna@example.is", "anna@example.com", "nna@example.is", "al@x.is", "karl@x.is"} {
		f.AddCustomer(FakeCustomer{Name: "N", Email: email}, true)
	}
	for query, want := range map[string]string{
		"anna@example.is": "johanna@example.is anna@example.is", "ANNA@example.is": "johanna@example.is anna@example.is", "al@x.is": "al@x.is", "none@x.is": "",
		"rl@x.is": "karl@x.is", "example.com": "anna@example.com",
	} {
		var got []string
		for _, c := range f.customers.search(query) {
			got = append(got, c.Email)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s finds %q, want %q", query, got, want)
		}
	}
}

func TestHoldingsAreJSON(t *testing.T) {
	d := setup(t)
	d.made(map[string]any{"send_email": true, "payments": []any{payment("34800", "card", "")}, "payment_types": map[string]any{"card": "Kort"}})
	text, err := json.Marshal(d.payday.Holdings())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"reference":"tengi-test-0001"`, `"status":"PAID"`, `"total":"34800"`, `"to":"john@example.com"`, `"type":"` + FakeCard + `"`, `"lines":[{`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("no %s in %s", part, text)
		}
	}
}

// Many at once, with somebody reading the books meanwhile: every invoice is there once, with a number of its own.
func TestFakeIsSafeForManyAtOnce(t *testing.T) {
	t.Parallel()
	f := NewFake()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for n := range 10 {
				c := connectortest.ClientAt(t, Connector(), server, connectortest.Account(Connector(), f), connectortest.WithRef(nthRef(worker*100+n)))
				values, _ := invoiceFields().Parse(sample(map[string]any{"customer_email": fmt.Sprintf("guest%d@example.com", worker)}))
				if _, err := create(t.Context(), c, nthRef(worker*100+n), values); err != nil {
					t.Error(err)
				}
				f.Holdings()
			}
		})
	}
	wg.Wait()
	references, numbers := map[string]bool{}, map[int]bool{}
	for _, inv := range f.Invoices() {
		references[inv.Reference], numbers[inv.Number] = true, true
	}
	if len(references) != 80 || len(numbers) != 80 || len(f.Customers()) != 8 {
		t.Errorf("%d references, %d numbers, %d customers", len(references), len(numbers), len(f.Customers()))
	}
}

func TestFakeByHandNeedsAnInvoice(t *testing.T) {
	t.Parallel()
	f := NewFake()
	if f.ByHand("none", statusPaid) == nil || f.EditByHand("none", decimal.Zero) == nil {
		t.Error("what is not there was changed by hand")
	}
}

// BenchmarkFake is what the stand-in itself costs: an invoice to a customer known, among many.
func BenchmarkFake(b *testing.B) {
	f := NewFake()
	for n := range 10_000 {
		f.AddCustomer(FakeCustomer{Name: "Guest", Email: fmt.Sprintf("guest%d@example.com", n)}, true)
	}
	c := call(b, f)
	who := f.Customers()[0].ID
	body := invoiceJSON(who, `,"reference":"R"`, goodLine)
	b.ReportAllocs()
	for b.Loop() {
		if status, _ := c.do(http.MethodGet, "/customers/search/?query=guest77@example.com", ""); status != http.StatusOK {
			b.Fatal(status)
		}
		if status, _ := c.do(http.MethodPost, "/invoices", body); status != http.StatusOK {
			b.Fatal(status)
		}
	}
}
