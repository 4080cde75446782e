package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tengi/tengi/connectors/bokun"
	"github.com/tengi/tengi/store"
)

// through sends the form of the stage that the reader was sent to, and follows to the next.
func (s *site) through(at string, pairs ...string) string {
	s.t.Helper()
	a := s.post(at, pairs...)
	if a.status != http.StatusSeeOther {
		s.t.Fatalf("%s answered %d: %s", at, a.status, textOf(a.doc))
	}
	return a.to()
}

// on fails unless the address is of a stage.
func (s *site) on(at, stage string) {
	s.t.Helper()
	if !strings.Contains(at, "/"+stage) {
		s.t.Fatalf("sent to %s, wanted the stage %s: %s", at, stage, textOf(s.get(at).doc))
	}
}

// connect is the form of a new account at a stand-in.
func (at *stands) connect(t *testing.T, name string) []string {
	t.Helper()
	l := at.at(t, name)
	pairs := []string{"do", "connect", "account_name", "My " + name, accountPrefix + "base_url", l.URL}
	for key, value := range l.Settings {
		pairs = append(pairs, accountPrefix+key, fmt.Sprint(value))
	}
	for key, value := range l.Secrets {
		pairs = append(pairs, accountPrefix+key, value)
	}
	return pairs
}

// From an empty hub to an invoice at the stand-in, through every stage of the wizard.
func TestWizard(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	at := newStands(t)
	stand, ok := at.services["bokun"].(*bokun.Fake)
	if !ok {
		t.Fatal("there is no stand-in for Bókun")
	}
	stand.MakeBooking(bokun.Order{})
	s.sees(s.get(connectionsPath+"/new"), "Bókun", "Choose everything myself")
	stage := s.through(connectionsPath + "/new")
	s.on(stage, "source")
	s.sees(s.get(stage), "What starts it", "Stripe")
	stage = s.through(stage, "choice", "bokun booking")
	s.on(stage, "account")
	bad := at.connect(t, "bokun")
	for i := range bad {
		if bad[i] == accountPrefix+"secret_key" {
			bad[i+1] = "not the secret"
		}
	}
	back := s.through(stage, bad...)
	s.on(back, "account")
	s.sees(s.get(back), "its service refuses it")
	stage = s.through(stage, at.connect(t, "bokun")...)
	if strings.Contains(stage, "/options") {
		s.get(stage)
		stage = s.through(stage)
	}
	s.on(stage, "filter")
	if a := s.post(stage, "condition", "sale.totl > 0"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong condition was taken: %d", a.status)
	} else {
		s.sees(a, "character")
	}
	stage = s.through(stage, "condition", "sale.total > 0")
	s.on(stage, "sample")
	page := s.get(stage)
	items := all(page.doc, "input", "name", "sample")
	if len(items) == 0 {
		t.Fatalf("no samples: %s", textOf(page.doc))
	}
	stage = s.through(stage, "sample", attr(items[0], "value"))
	s.on(stage, "action")
	stage = s.through(stage, "choice", "payday invoice.create")
	s.on(stage, "destination")
	stage = s.through(stage, at.connect(t, "payday")...)
	s.on(stage, "fields")
	s.sees(s.get(stage), "Text on the invoice", "Values of the sample", "Continue")
	wrong := s.post(stage, mappingPrefix+"description", "{{ sale.nothing }}", "condition", "")
	if wrong.status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong template was taken: %d", wrong.status)
	}
	draft := strings.Split(strings.TrimPrefix(stage, "/w/fjordur-tours/drafts/"), "/")[0]
	step := stage[strings.Index(stage, "step=")+5:]
	tried := s.post("/w/fjordur-tours/drafts/"+draft+"/try/field", "step", step, "path", "description", mappingPrefix+"description", "Booking {{ sale.reference }}")
	s.sees(tried, "Booking ")
	stage = s.through(stage, mappingPrefix+"description", "Booking {{ sale.reference }}", "condition", `sale.status == "confirmed"`)
	s.on(stage, "preview")
	s.sees(s.get(stage), "Would be made", "Invoice", "Nothing was sent")
	if made := at.invoices(t); made != 0 {
		t.Fatalf("the preview made %d invoices", made)
	}
	stage = s.through(stage)
	s.on(stage, "test")
	s.sees(s.get(stage), "Sending test data really makes this", "Payday")
	result := s.through(stage, "do", "send")
	s.sees(s.get(result), "What came of it", "Done", "Invoice")
	if made := at.invoices(t); made != 1 {
		t.Errorf("the test made %d invoices", made)
	}
	stage = s.through(stage, "do", "on")
	s.on(stage, "finish")
	last := s.get(stage)
	s.sees(last, "Name of the connection", "tells of what happens at this address")
	if !strings.Contains(last.body, s.base+"/hooks/") {
		t.Error("the webhook address is not shown")
	}
	end := s.through(stage, "name", "Bookings", "kind", "every", "every", "15m", "on_cancel", "undo", "on_change", "redo", "enabled", "true")
	if end != connectionsPath+"/bookings" {
		t.Fatalf("saved, and sent to %s", end)
	}
	s.sees(s.get(end), "Bookings is saved and on")
	if p := s.pipe("bookings"); !p.Enabled || len(p.Steps) != 1 || p.Steps[0].Fields["description"] != "Booking {{ sale.reference }}" {
		t.Errorf("what was saved: %+v", p.Connection)
	}
	kept, err := s.hub.Store.Drafts(t.Context(), s.hub.Engine.Workspaces()[0].ID)
	if err != nil || len(kept) != 0 {
		t.Errorf("the draft is still there: %v %v", kept, err)
	}
	// Editing begins with what stands, and a copy with another name.
	edit := s.get(end + "/edit")
	if edit.status != http.StatusSeeOther || !strings.Contains(edit.to(), "/drafts/") {
		t.Errorf("editing: %d to %s", edit.status, edit.to())
	}
	s.sees(s.get(connectionsPath), "Begun and not saved")
	if a := s.get(end + "/export"); !strings.Contains(a.body, "invoice.create") || strings.Contains(a.body, "not the secret") {
		t.Errorf("the export: %d %s", a.status, a.body)
	}
	s.http = s.person("viewer@fjord.example", store.Viewer)
	if a := s.get(connectionsPath + "/new"); a.status != http.StatusForbidden {
		t.Errorf("a viewer begins a connection: %d", a.status)
	}
}

// invoices counts those that stand at the stand-in Payday.
func (at *stands) invoices(t *testing.T) int {
	t.Helper()
	return at.count(t, "payday", "invoices")
}
