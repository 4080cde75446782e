package wizard

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/connectors/payday"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/internal/pgtest"
	"github.com/tengi/tengi/schedule"
	"github.com/tengi/tengi/setup"
	"github.com/tengi/tengi/store"
)

func TestSaveAndEdit(t *testing.T) {
	t.Parallel()
	h := home(t)
	ctx := t.Context()
	d := h.booked()
	faults := h.SetFinish(&d, Finish{Name: "Bookings", Schedule: schedule.Schedule{Every: 7 * time.Minute}, OnCancel: tengi.Undo, OnChange: "nonsense", Enabled: true})
	var paths []string
	for _, f := range faults {
		paths = append(paths, f.Path)
	}
	if diff := cmp.Diff([]string{"on_change", "schedule"}, paths); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, faults, err := h.Save(ctx, &d, false); err != nil || len(faults) != 1 || !d.New() {
		t.Errorf("%v, %v", faults, err)
	}
	h.none(h.SetFinish(&d, Finish{Name: "Bookings", Schedule: schedule.Schedule{Every: 15 * time.Minute}, OnCancel: tengi.Undo, OnChange: tengi.Redo, Enabled: true}), nil)
	c := h.save(&d)
	if c.Key != "bookings" || c.ID == "" || c.Test {
		t.Errorf("%+v", c)
	}
	// The same name gives another key.
	second := h.booked2(d)
	if c := h.save(&second); c.Key != "bookings-2" {
		t.Errorf("%+v", c)
	}
	// An edit keeps the key whatever the name becomes, and does not overwrite what somebody else did meanwhile.
	mine, err := h.Edit(ws.ID, c.ID)
	must(t, err)
	theirs, err := h.Edit(ws.ID, c.ID)
	must(t, err)
	theirs.Connection.Name = "Their name"
	if c := h.save(&theirs); c.Key != "bookings" || c.Name != "Their name" {
		t.Errorf("%+v", c)
	}
	h.again(&mine)
	mine.Connection.Name = "My name"
	if _, _, err := h.Save(ctx, &mine, false); !errors.Is(err, ErrChanged) {
		t.Errorf("%v", err)
	}
	if c, faults, err := h.Save(ctx, &mine, true); err != nil || len(faults) > 0 || c.Name != "My name" {
		t.Errorf("%+v, %v, %v", c, faults, err)
	}
	// Switching it off meanwhile is no change of what is edited.
	mine.Connection.Name = "Once more"
	off := mine.Connection
	off.Name, off.Enabled = "My name", false
	must(t, h.hub.Store.SaveConnection(ctx, off, h.hub.Store.Now()))
	must(t, h.hub.Engine.Changed(ctx))
	h.save(&mine)

	copied, err := h.Duplicate(ws.ID, c.ID, "")
	must(t, err)
	if copied.Connection.Name != "Once more (2)" || copied.Connection.Enabled || !copied.New() {
		t.Errorf("%+v", copied)
	}
	if c := h.save(&copied); c.Key != "once-more-2" || c.Enabled {
		t.Errorf("%+v", c)
	}
	if _, err := h.Edit(ws.ID, "con_nobody"); !errors.Is(err, ErrNoConnection) {
		t.Errorf("%v", err)
	}
	if _, err := h.Edit("ws_2", c.ID); !errors.Is(err, ErrNoConnection) {
		t.Errorf("%v", err)
	}
	gone := mine
	gone.Connection.ID = "con_gone"
	if _, _, err := h.Save(ctx, &gone, true); !errors.Is(err, ErrNoConnection) {
		t.Errorf("%v", err)
	}
}

// booked2 is another draft of the same.
func (h *house) booked2(d Draft) Draft {
	h.t.Helper()
	data, err := d.Encode()
	must(h.t, err)
	again, err := Decode(data)
	must(h.t, err)
	again.Connection.ID, again.Connection.Key, again.Base = "", "", ""
	return again
}

func TestExport(t *testing.T) {
	t.Parallel()
	h := home(t)
	ctx := t.Context()
	d := h.booked()
	h.join("stripe", nil) // not of the connection
	h.none(h.SetFinish(&d, Finish{OnCancel: tengi.Undo, OnChange: tengi.Hold, Enabled: true}), nil)
	h.sent(&d) // nor is what it was tried with
	c := h.save(&d)
	text, err := h.Export(ctx, ws.ID, c.ID)
	must(t, err)
	for _, want := range []string{"key: bokun-payday\n", "key: tours\n", "connector: payday", "on_change: hold", "client_secret: {keep: true}"} {
		if !strings.Contains(text, want) {
			t.Errorf("the export lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "stripe") || strings.Contains(text, "test-") || strings.Contains(text, h.login("payday")["client_secret"].(string)) {
		t.Errorf("the export holds too much:\n%s", text)
	}
	report, err := setup.Apply(ctx, h.target, setup.Input{Files: []setup.File{{Name: "x.yaml", Text: text}}}, false)
	if err != nil || report.Count(setup.Unchanged) != len(report.Changes) || len(report.Changes) != 4 {
		t.Errorf("%+v, %v", report, err)
	}
	all, err := setup.Export(ctx, h.target)
	if err != nil || strings.Contains(all, d.Test) || strings.Contains(all, "test-") || !strings.Contains(all, "stripe") {
		t.Errorf("%v\n%s", err, all)
	}
	for _, id := range []string{d.Test, "con_nobody"} {
		if _, err := h.Export(ctx, ws.ID, id); !errors.Is(err, ErrNoConnection) {
			t.Errorf("%v", err)
		}
		if _, err := setup.ExportConnection(ctx, h.target, id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%v", err)
		}
	}
}

// What keeps a draft from being tried is said, and nothing is sent or stored.
func TestUnfinished(t *testing.T) {
	t.Parallel()
	h := home(t)
	ctx := t.Context()
	d := h.booked()
	if _, err := h.SetField(&d, "invoice", "currency", ""); err != nil {
		t.Fatal(err)
	}
	_, previewed, err := h.Preview(ctx, &d)
	must(t, err)
	_, tested, err := h.SendTest(ctx, &d, enough)
	must(t, err)
	_, saved, err := h.Save(ctx, &d, false)
	must(t, err)
	for what, faults := range map[string][]Fault{"preview": previewed, "test": tested, "save": saved} {
		if len(faults) != 1 || faults[0].Path != "steps.invoice.fields.currency" || faults[0].Code != "required" {
			t.Errorf("%s: %+v", what, faults)
		}
	}
	if d.Test != "" || len(holds[payday.FakeInvoice](h, "payday", "invoices")) != 0 {
		t.Error("something was done all the same")
	}
	if _, err := h.Story(ctx, d, 1); !errors.Is(err, ErrNoTest) {
		t.Errorf("%v", err)
	}
}

// Tests of a draft: what does not come to an end is said, the next one tidies up behind it, and what may have acted stays.
func TestTestsThatDoNotWork(t *testing.T) {
	t.Parallel()
	h := home(t)
	ctx := t.Context()
	d := h.booked()
	// The service cannot now.
	h.services["payday"].Faults().Add(failing(1000))
	first, faults, err := h.SendTest(ctx, &d, 300*time.Millisecond)
	h.none(faults, err)
	if first.Settled || first.Delivery.State == store.Done || len(first.Documents) != 0 {
		t.Fatalf("%+v", first.Delivery)
	}
	// The next one is another, and with it the first is over.
	second, faults, err := h.SendTest(ctx, &d, time.Millisecond)
	h.none(faults, err)
	h.services["payday"].Faults().Clear()
	if second, err = h.await(ctx, d, second.Delivery.ID, enough); err != nil || second.Delivery.ID == first.Delivery.ID || len(second.Documents) != 1 {
		t.Errorf("%+v, %v", second, err)
	}
	if now, err := h.Story(ctx, d, first.Delivery.ID); err != nil || now.Delivery.State != store.Skipped || now.Delivery.Code != "by_person" {
		t.Errorf("%+v, %v", now.Delivery, err)
	}
	// The service refuses: a person's, at once.
	h.services["payday"].Faults().Add(fake.Fault{Kind: fake.Refuse, Method: "POST", Path: "/invoices", Status: 422, Times: 1})
	third, faults, err := h.SendTest(ctx, &d, enough)
	h.none(faults, err)
	if !third.Settled || third.Delivery.State != store.Failed || len(third.Attempts) != 1 || third.CanUndo {
		t.Errorf("%+v", third)
	}
	if got := len(holds[payday.FakeInvoice](h, "payday", "invoices")); got != 1 {
		t.Errorf("%d invoices", got)
	}
	// A filter that lets nothing through makes nothing, and says so.
	h.none(h.SetFilter(&d, "sale.total > 99999999"), nil)
	fourth, faults, err := h.SendTest(ctx, &d, enough)
	h.none(faults, err)
	if fourth.Delivery.State != store.Skipped || !strings.Contains(fourth.Delivery.Reason, "sale.total > 99999999") {
		t.Errorf("%+v", fourth.Delivery)
	}
	if p := h.preview(&d); p.Outcome != engine.WouldSkip || p.Reason != fourth.Delivery.Reason {
		t.Errorf("the preview says %s: %s", p.Outcome, p.Reason)
	}
}

// A test of a connection that is edited touches neither that nor its events.
func TestTestOfAnEdit(t *testing.T) {
	t.Parallel()
	h := home(t)
	ctx := t.Context()
	d := h.booked()
	h.none(h.SetFinish(&d, Finish{OnCancel: tengi.Undo, OnChange: tengi.Redo, Enabled: true}), nil)
	c := h.save(&d)
	edit, err := h.Edit(ws.ID, c.ID)
	must(t, err)
	h.choose(&edit, FromExample)
	h.none(h.SetField(&edit, "invoice", "description", "Edited"))
	sent := h.sent(&edit)
	if sent.Delivery.ConnectionID == c.ID || edit.Test == "" {
		t.Errorf("%+v", sent.Delivery)
	}
	if pipe, ok := h.hub.Engine.Pipe(c.ID); !ok || pipe.Steps[0].Fields["description"] != "Bókun {{ sale.reference }}" {
		t.Error("the stored connection has changed")
	}
	if made := holds[payday.FakeInvoice](h, "payday", "invoices"); len(made) != 1 || made[0].Description != "TEST Edited" {
		t.Errorf("%+v", made)
	}
	// Its lists do not show the one for test data.
	for _, p := range h.hub.Engine.Pipes(ws.ID) {
		if p.Test {
			t.Error("a connection for test data is listed")
		}
	}
	undone, err := h.UndoTest(ctx, edit, sent.Delivery.ID, 300*time.Millisecond)
	must(t, err)
	if undone.Event.Sale.Status != "cancelled" || undone.Delivery.Object != sent.Delivery.Object {
		t.Errorf("%+v", undone)
	}
	h.again(&edit)
	if c := h.save(&edit); c.ID != d.Connection.ID || c.Test || !c.Enabled {
		t.Errorf("%+v", c)
	}
}

// What would be different for the last events is seen before it is saved.
func TestCompareAnEdit(t *testing.T) {
	t.Parallel()
	h := home(t)
	d := h.Begin(ws.ID)
	must(t, h.SetSource(&d, "form", "order"))
	form := h.join("form", map[string]any{"title": "Order", "currency": "ISK", "fields": []any{
		map[string]any{"key": "name", "label": "Name", "meaning": "name"}, map[string]any{"key": "amount", "label": "Amount", "kind": "amount", "meaning": "amount", "required": "true"}}})
	must(t, h.SetAccount(&d, form))
	h.join("payday", nil)
	if _, err := h.AddStep(&d, "payday", "invoice.create", ""); err != nil {
		t.Fatal(err)
	}
	h.choose(&d, FromExample)
	h.none(h.SetFinish(&d, Finish{OnCancel: tengi.Undo, OnChange: tengi.Redo, Enabled: true}), nil)
	c := h.save(&d)
	for _, amount := range []string{"500", "1500"} {
		h.post(t.Context(), h.hook(form), map[string][]string{"name": {"Anna"}, "amount": {amount}})
	}
	h.done(c.ID, 2)
	edit, err := h.Edit(ws.ID, c.ID)
	must(t, err)
	h.none(h.SetFilter(&edit, "sale.total > 1000"), nil)
	h.none(h.SetField(&edit, "invoice", "description", "Order of {{ sale.customer.name }}"))
	changes, faults, err := h.Compare(t.Context(), edit, 20)
	h.none(faults, err)
	if len(changes) != 2 || changes[0].New.Outcome != engine.WouldMake || changes[1].New.Outcome != engine.WouldSkip || len(changes[0].Changes) != 1 || changes[0].Changes[0].New != "Order of Anna" {
		t.Errorf("%+v", changes)
	}
	if made := holds[payday.FakeInvoice](h, "payday", "invoices"); len(made) != 2 {
		t.Errorf("%d invoices", len(made))
	}
}

// The whole way once on PostgreSQL.
func TestOnPostgres(t *testing.T) {
	t.Parallel()
	h := homeOn(t, pgtest.Start(t))
	d := h.booked()
	h.preview(&d)
	h.sent(&d)
	h.none(h.SetFinish(&d, h.Suggest(d)), nil)
	c := h.save(&d)
	if edit, err := h.Edit(ws.ID, c.ID); err != nil || edit.Base != d.Base {
		t.Errorf("%v", err)
	}
	if text, err := h.Export(t.Context(), ws.ID, c.ID); err != nil || !strings.Contains(text, "bokun-payday") {
		t.Errorf("%s, %v", text, err)
	}
}

// A test is not sent where it could make nothing, and what was sent is ended with the draft.
func TestTestsEndWithTheDraft(t *testing.T) {
	t.Parallel()
	h := home(t)
	ctx := t.Context()
	d := h.booked()
	payday := d.Connection.Steps[0].AccountID
	off := func(on bool) {
		a, err := h.Account(ws.ID, payday)
		must(t, err)
		_, faults, err := h.SaveAccount(ctx, AccountForm{WorkspaceID: ws.ID, ID: payday, Values: a.Values, Off: !on})
		h.none(faults, err)
	}
	off(false)
	if _, faults, err := h.SendTest(ctx, &d, enough); err != nil || len(faults) != 1 || faults[0].Path != "steps.invoice.account" || faults[0].Code != CodeUnusable || d.Test != "" {
		t.Errorf("%+v, %v", faults, err)
	}
	off(true)
	h.services["payday"].Faults().Add(failing(1000))
	waiting, faults, err := h.SendTest(ctx, &d, time.Millisecond)
	h.none(faults, err)
	enabled := func() bool {
		pipe, ok := h.hub.Engine.Pipe(d.Test)
		return ok && pipe.Enabled
	}
	if !enabled() {
		t.Error("the connection for test data is off")
	}
	must(t, h.Discard(ctx, d))
	if now, err := h.Story(ctx, d, waiting.Delivery.ID); err != nil || now.Delivery.State != store.Skipped || enabled() {
		t.Errorf("%+v, %v", now.Delivery, err)
	}
	h.services["payday"].Faults().Clear()
	sent := h.sent(&d) // it goes on all the same
	h.none(h.SetFinish(&d, Finish{OnCancel: tengi.Undo, OnChange: tengi.Redo, Enabled: true}), nil)
	h.save(&d)
	if enabled() {
		t.Error("the connection for test data is on after the draft was saved")
	}
	if undone, err := h.UndoTest(ctx, d, sent.Delivery.ID, 100*time.Millisecond); err != nil || undone.Event.Sale.Status != "cancelled" {
		t.Errorf("%+v, %v", undone, err)
	}
	must(t, h.Discard(ctx, Draft{}))
}

// A connection that runs after another may name what that one makes, and is tried together with it.
func TestAfterAnother(t *testing.T) {
	t.Parallel()
	h := home(t)
	ctx := t.Context()
	first := h.booked()
	h.none(h.SetFinish(&first, Finish{OnCancel: tengi.Undo, OnChange: tengi.Redo, Enabled: true}), nil)
	c := h.save(&first)
	d := h.Begin(ws.ID)
	must(t, h.SetSource(&d, "bokun", "booking"))
	must(t, h.SetAccount(&d, first.Connection.Source.AccountID))
	h.choose(&d, FromExample)
	h.join("email", nil)
	mail, err := h.AddStep(&d, "email", "mail.customer", "")
	must(t, err)
	faults, err := h.SetField(&d, mail, "number", "{{ upstream.invoice.number }}")
	if err != nil || len(faults) != 1 {
		t.Errorf("%+v, %v", faults, err)
	}
	h.none(h.SetFinish(&d, Finish{Schedule: schedule.Schedule{After: c.ID}, OnCancel: tengi.Undo, OnChange: tengi.Redo, Enabled: true}), nil)
	h.again(&d)
	s, fields := h.fields(d, mail)
	found := false
	for _, p := range s.Paths {
		found = found || p.Path == "upstream.invoice.number"
	}
	if f := fields["number"]; !found || f.Fault != nil || f.Text != engine.Placeholder+"invoice" {
		t.Errorf("%+v", f)
	}
	if p := h.preview(&d); p.Outcome != engine.WouldMake || !p.Steps[0].Assumed {
		t.Errorf("%+v", p)
	}
	if _, faults, err := h.SendTest(ctx, &d, enough); err != nil || len(faults) != 1 || faults[0].Code != CodeUpstream {
		t.Errorf("%+v, %v", faults, err)
	}
	second := h.save(&d)
	edit, err := h.Edit(ws.ID, c.ID)
	must(t, err)
	if faults := h.SetFinish(&edit, Finish{Name: "x", Schedule: schedule.Schedule{After: second.ID}, OnCancel: tengi.Undo, OnChange: tengi.Redo}); len(faults) != 1 || faults[0].Code != "ring" {
		t.Errorf("%+v", faults)
	}
}
