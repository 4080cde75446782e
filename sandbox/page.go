package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/tengi/tengi/connector/fake"
)

// Listing is what /_sandbox/ says of one stand-in.
type Listing struct {
	Name     string            `json:"name"`
	URL      string            `json:"url"`      // the account's base_url
	Settings map[string]any    `json:"settings"` // the account's other settings
	Secrets  map[string]string `json:"secrets"`  // and its secrets, which open nothing but this stand-in
	Holds    map[string]int    `json:"holds"`    // how many of each kind
}

// List says where the stand-ins stand, how one signs in there, and how much each holds. base is the sandbox's address.
func (s *Sandbox) List(base string) []Listing {
	list := make([]Listing, len(s.services))
	for i, service := range s.services {
		settings, secrets := s.login(service)
		l := Listing{Name: service.Name(), URL: base + "/" + service.Name(), Settings: settings, Secrets: secrets, Holds: map[string]int{}}
		for kind, things := range service.Holdings() {
			if v := reflect.ValueOf(things); v.Kind() == reflect.Slice || v.Kind() == reflect.Map {
				l.Holds[kind] = v.Len()
			}
		}
		list[i] = l
	}
	return list
}

// login is how one signs in at a stand-in, and where it stands if that is a port of its own.
func (s *Sandbox) login(service fake.Service) (settings map[string]any, secrets map[string]string) {
	settings, secrets = service.Login()
	s.mu.Lock()
	defer s.mu.Unlock()
	if ports := s.ports[service.Name()]; ports != nil {
		at := maps.Clone(ports)
		for key, value := range settings {
			if _, told := at[key]; !told {
				at[key] = value
			}
		}
		settings = at
	}
	return settings, secrets
}

// page lists the stand-ins: as JSON for whoever asks for it, else as a text.
func (s *Sandbox) page(w http.ResponseWriter, r *http.Request) {
	list := s.List("http://" + r.Host)
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		fake.JSON(w, http.StatusOK, list)
		return
	}
	var b strings.Builder
	b.WriteString("Tengi sandbox: stand-ins for outside services. Nothing here is real.\n")
	for _, l := range list {
		Describe(&b, l)
	}
	b.WriteString(usage)
	if s.bookings != nil {
		b.WriteString(bookingUsage)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write([]byte(b.String()))
}

// Describe writes a stand-in for a person.
func Describe(b *strings.Builder, l Listing) {
	fmt.Fprintf(b, "\n%s\n", l.Name)
	fmt.Fprintf(b, "  %-14s %s\n", "base_url", l.URL)
	for _, key := range slices.Sorted(maps.Keys(l.Settings)) {
		fmt.Fprintf(b, "  %-14s %v\n", key, l.Settings[key])
	}
	for _, key := range slices.Sorted(maps.Keys(l.Secrets)) {
		fmt.Fprintf(b, "  %-14s %s\n", key, l.Secrets[key])
	}
	var holds []string
	for _, kind := range slices.Sorted(maps.Keys(l.Holds)) {
		holds = append(holds, fmt.Sprintf("%d %s", l.Holds[kind], kind))
	}
	if len(holds) > 0 {
		fmt.Fprintf(b, "  holds          %s\n", strings.Join(holds, ", "))
	}
}

const usage = `
What can be done with each, NAME being one of the above:
  GET    /_sandbox/NAME/holdings   everything it has made or been told, as JSON
  POST   /_sandbox/NAME/faults     have it go wrong: {"kind": "drop_answer", "method": "POST", "path": "/invoices", "times": 1}
                                   kinds: refuse, rate_limit, fail, unavailable, slow, slow_act, drop_answer, fail_acted, drop_request, login_fails
                                   and with them: status, body, delay ("2s"), wait (seconds of Retry-After); times -1 = until taken back
  DELETE /_sandbox/NAME/faults     have it behave again
`

const bookingUsage = `
What can be done at Bókun besides:
  PUT    /_sandbox/bokun/hook                   where notices go: {"url": "http://127.0.0.1:8080/hooks/...", "kind": "B", "shape": 1}
                                                kind A are an app's, signed, with ids only; kind B carry the booking (shape 1) or one of its items (shape 2)
  POST   /_sandbox/bokun/bookings               make a booking: {"sample": true}, or
                                                {"customer": {"first_name": "Anna", "last_name": "Lind", "email": "anna@example.com", "country": "SE"},
                                                 "lines": [{"title": "Adults", "quantity": 2, "unit": "19900", "vat": "24"}]}
  POST   /_sandbox/bokun/bookings/ID/cancel     cancel it; {"keep": "5000"} leaves a fee on its invoice
  POST   /_sandbox/bokun/bookings/ID/price      change the price of its first line: {"unit": "25000"}
  POST   /_sandbox/bokun/bookings/ID/fire       send its notice again; {"kind": "A"} or {"shape": 2} sends another than usual
`
