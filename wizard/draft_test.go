package wizard

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connectors/bokun"
	"github.com/tengi/tengi/recipes"
)

// booked is a draft of Bókun → Payday with everything chosen up to the fields, with one of Bókun's own samples.
func (h *house) booked() Draft {
	h.t.Helper()
	d := h.Begin(ws.ID)
	must(h.t, h.SetSource(&d, "bokun", "booking"))
	must(h.t, h.SetAccount(&d, h.join("bokun", nil)))
	h.none(h.SetOptions(&d, map[string]any{}))
	h.none(h.SetFilter(&d, "sale.total > 0"), nil)
	h.choose(&d, FromExample)
	h.join("payday", nil)
	key, err := h.AddStep(&d, "payday", "invoice.create", "")
	must(h.t, err)
	d.Visit(Place{StageDestination, key})
	h.none(h.SetFields(&d, key, map[string]any{"description": "Bókun {{ sale.reference }}"}))
	return d
}

// wrong lists what is wrong with a draft: stage, path and code.
func (h *house) wrong(d Draft) []string {
	h.t.Helper()
	list := []string{}
	for _, s := range h.Outline(d) {
		for _, f := range s.Faults {
			list = append(list, strings.TrimSpace(string(s.Stage)+" "+s.Step)+": "+f.Path+" "+f.Code)
		}
	}
	return list
}

// Going back keeps what still fits, and says of the rest where it no longer does.
func TestGoingBack(t *testing.T) {
	t.Parallel()
	h := home(t)
	d := h.booked()
	if got := h.wrong(d); len(got) > 0 {
		t.Fatalf("%v", got)
	}
	// Another trigger of another connector: the account and the sample go, the mapping stays.
	must(t, h.SetSource(&d, "form", "message"))
	if d.Connection.Source.AccountID != "" || d.Sample.From != "" || d.Connection.Source.Filter != "sale.total > 0" || d.Connection.Steps[0].Fields["description"] != "Bókun {{ sale.reference }}" {
		t.Errorf("%+v", d)
	}
	if diff := cmp.Diff([]string{"fields invoice: steps.invoice.fields.currency required", "fields invoice: steps.invoice.fields.description unknown_name",
		"fields invoice: steps.invoice.fields.lines required", "filter: source.filter unknown_name"}, sorted(h.wrong(d))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// And back again: nothing was lost but what belonged to the other.
	must(t, h.SetSource(&d, "bokun", "booking"))
	must(t, h.SetAccount(&d, h.Accounts(ws.ID, "bokun")[0].ID))
	if got := h.wrong(d); len(got) > 0 {
		t.Errorf("%v", got)
	}
	h.at(&d, Place{Stage: StageOptions})
	h.choose(&d, FromExample)

	// Another action keeps the fields that it has too, and the account.
	account := d.Connection.Steps[0].AccountID
	h.none(h.SetField(&d, "invoice", "due_days", "30"))
	must(t, h.SetAction(&d, "invoice", "payday", "invoice.pay"))
	if s := d.Connection.Steps[0]; s.AccountID != account || len(s.Fields) != 0 {
		t.Errorf("%+v", s)
	}
	must(t, h.SetAction(&d, "invoice", "stripe", "invoice.create"))
	if s := d.Connection.Steps[0]; s.AccountID != "" || s.Key != "invoice" {
		t.Errorf("%+v", s)
	}
	if err := h.SetDestination(&d, "invoice", account); err == nil {
		t.Error("a step at Stripe took an account at Payday")
	}
	must(t, h.SetAction(&d, "invoice", "payday", "invoice.create"))
	if s := d.Connection.Steps[0]; s.AccountID != account {
		t.Errorf("the only account was not taken: %+v", s)
	}
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

func TestOptionsAreKept(t *testing.T) {
	t.Parallel()
	h := home(t)
	d := h.Begin(ws.ID)
	must(t, h.SetSource(&d, "googlesheets", "row_new"))
	faults, err := h.SetOptions(&d, map[string]any{"settle": "soon", "tab": "Bookings", "nonsense": "1", "most_rows": "5"})
	must(t, err)
	if len(faults) != 1 || faults[0].Path != "source.options.settle" || faults[0].Code != "type" || d.Connection.Source.Options["settle"] != "soon" {
		t.Errorf("%+v, %+v", faults, d.Connection.Source.Options)
	}
	h.again(&d)
	if got := h.wrong(d); !slices.Equal(got, []string{"options: source.options.settle type"}) {
		t.Errorf("%v", got)
	}
	// The other trigger has the same options and one more.
	must(t, h.SetSource(&d, "googlesheets", "row_changed"))
	if diff := cmp.Diff(map[string]any{"settle": "soon", "tab": "Bookings", "most_rows": "5"}, d.Connection.Source.Options); diff != "" {
		t.Error(diff)
	}
	if _, err := h.SetOptions(&d, map[string]any{"new_rows": "false", "settle": "5"}); err != nil {
		t.Fatal(err)
	}
	must(t, h.SetSource(&d, "googlesheets", "row_new"))
	if diff := cmp.Diff(map[string]any{"settle": "5"}, d.Connection.Source.Options); diff != "" {
		t.Error(diff)
	}
}

// Steps are added, moved and removed; what names a step that is no longer before is said to be wrong there.
func TestSteps(t *testing.T) {
	t.Parallel()
	h := home(t)
	d := h.booked()
	h.join("email", nil)
	mail, err := h.AddStep(&d, "email", "mail.customer", "")
	must(t, err)
	again, err := h.AddStep(&d, "email", "mail.merchant", "invoice")
	must(t, err)
	var keys []string
	for _, s := range d.Connection.Steps {
		keys = append(keys, s.Key)
	}
	if diff := cmp.Diff([]string{"invoice", "mail_2", "mail"}, keys); diff != "" || mail != "mail" || again != "mail_2" {
		t.Errorf("%s", diff)
	}
	h.none(h.SetFields(&d, mail, map[string]any{"number": "{{ steps.invoice.number }}", "link": "{{ steps.mail_2.url }}"}))
	h.none(h.SetWhen(&d, mail, `steps.invoice.number != ""`))
	must(t, h.MoveStep(&d, mail, 0))
	want := []string{"fields mail: steps.mail.fields.link unknown_name", "fields mail: steps.mail.fields.number unknown_name", "fields mail: steps.mail.when unknown_name"}
	if diff := cmp.Diff(want, sorted(h.wrong(d))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	must(t, h.MoveStep(&d, mail, 99))
	must(t, h.RemoveStep(&d, "mail_2"))
	if diff := cmp.Diff([]string{"fields mail: steps.mail.fields.link unknown_name"}, h.wrong(d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for what, err := range map[string]error{
		"move": h.MoveStep(&d, "mail_2", 0), "remove": h.RemoveStep(&d, "mail_2"), "account": h.SetDestination(&d, "mail_2", "x"), "action": h.SetAction(&d, "mail_2", "email", "mail.customer"),
	} {
		if err != ErrNoStep { //nolint:errorlint // it is handed on as it is
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := h.AddStep(&d, "payday", "nonsense", ""); err != ErrNoConnector { //nolint:errorlint // likewise
		t.Errorf("%v", err)
	}
	if err := h.SetSource(&d, "nobody", "x"); err != ErrNoConnector { //nolint:errorlint // likewise
		t.Errorf("%v", err)
	}
}

// An empty draft has nothing wrong, and says what is missing, stage by stage.
func TestOutlineOfNothing(t *testing.T) {
	t.Parallel()
	h := home(t)
	d := h.Begin(ws.ID)
	var lines []string
	for _, s := range h.Outline(d) {
		lines = append(lines, string(s.Stage)+" "+string(s.Missing))
		if s.Done || len(s.Faults) > 0 || s.Ready != (s.Stage == StageSource) {
			t.Errorf("%+v", s)
		}
	}
	if diff := cmp.Diff([]string{"source trigger", "account account", "options look", "filter look", "sample sample", "action step", "preview look", "test look", "finish name"}, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var paths []string
	for _, f := range h.Unfinished(d) {
		paths = append(paths, f.Path+" "+f.Code)
	}
	if diff := cmp.Diff([]string{"source.trigger missing", "source.account missing", "steps missing"}, paths); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if h.Before(d, Place{Stage: StageSource}).Stage != StageSource || h.After(d, Place{Stage: StageSource}).Stage != StageAccount || h.After(d, Place{Stage: StageFinish}).Stage != StageFinish ||
		h.Before(d, Place{Stage: StageFilter}).Stage != StageOptions || h.After(d, Place{StageFields, "gone"}).Stage != StageSource {
		t.Error("the order of the stages")
	}
	// A trigger without options has no such stage.
	must(t, h.SetSource(&d, "form", "order"))
	if slices.ContainsFunc(h.Places(d), func(at Place) bool { return at.Stage == StageOptions }) {
		t.Error("a stage with nothing in it")
	}
}

// Every recipe is a draft in which nothing is wrong, whatever accounts there are.
func TestRecipes(t *testing.T) {
	t.Parallel()
	h := home(t)
	for _, r := range recipes.All() {
		drafts, err := h.FromRecipe(ws.ID, r.Key, "en")
		must(t, err)
		for _, d := range drafts {
			if got := h.wrong(d); len(got) > 0 {
				t.Errorf("%s: %v", r.Key, got)
			}
			if names := d.Wanted; len(names) > len(r.Connectors) || names[0].Connector == "" {
				t.Errorf("%s wants %+v", r.Key, names)
			}
			if len(h.Lacking(d)) == 0 || h.Next(d).Stage != StageAccount {
				t.Errorf("%s lacks %+v, and is at %+v", r.Key, h.Lacking(d), h.Next(d))
			}
			asked := 0
			for _, x := range d.Wanted {
				asked += len(x.Asked)
			}
			if asked == 0 || len(d.Seen) == 0 {
				t.Errorf("%s asks for nothing", r.Key)
			}
			h.again(&d)
		}
	}
	if drafts, err := h.FromRecipe(ws.ID, "booking-imoje", "pl"); err != nil || len(drafts) != 2 || drafts[0].Connection.Name == drafts[1].Connection.Name {
		t.Errorf("%+v, %v", drafts, err)
	}
	// Of two accounts nobody can know which one is meant.
	h.join("bokun", nil)
	first := h.join("payday", nil)
	h.join("payday", nil)
	drafts, err := h.FromRecipe(ws.ID, "bokun-payday", "en")
	must(t, err)
	if lacking := h.Lacking(drafts[0]); len(lacking) != 1 || lacking[0].Connector != "payday" || drafts[0].Connection.Source.AccountID == "" {
		t.Errorf("%+v", lacking)
	}
	must(t, h.Supply(&drafts[0], first))
	if len(h.Lacking(drafts[0])) != 0 {
		t.Error("the account was not taken")
	}
	if _, err := h.FromRecipe(ws.ID, "nonsense", "en"); err != ErrNoRecipe { //nolint:errorlint // it is handed on as it is
		t.Errorf("%v", err)
	}
}

func TestSamples(t *testing.T) {
	t.Parallel()
	h := home(t)
	ctx := t.Context()
	stand := h.services["bokun"].(*bokun.Fake)
	d := h.Begin(ws.ID)
	must(t, h.SetSource(&d, "bokun", "booking"))
	offer, err := h.Samples(ctx, d)
	must(t, err)
	if offer.Problem != nil || len(offer.Items) != 3 || offer.Items[0].From != FromExample {
		t.Fatalf("without an account: %+v", offer)
	}
	// A connection that is switched off stores its source's events; their meaning has not been asked for.
	account := h.join("bokun", nil)
	booking := stand.MakeBooking(bokun.Order{Guest: bokun.Guest{FirstName: "Jón", LastName: "Jónsson"}})
	notice, err := stand.BookingNotice(booking.ID, bokun.ActionConfirmed)
	must(t, err)
	must(t, stand.Fire(ctx, h.hook(account), notice))
	must(t, h.SetAccount(&d, account))
	offer, err = h.Samples(ctx, d)
	must(t, err)
	from := map[From]int{}
	var event Item
	for _, i := range offer.Items {
		if from[i.From]++; i.From == FromEvent {
			event = i
		}
	}
	if from[FromService] == 0 || from[FromEvent] != 1 || from[FromExample] != 3 || !event.Unloaded {
		t.Fatalf("%+v", offer)
	}
	must(t, h.Choose(ctx, &d, event.ID))
	h.again(&d)
	e, err := h.Event(ctx, d)
	must(t, err)
	if e.Sale == nil || e.Sale.Customer.Name != "Jón Jónsson" || e.NeedsLoad || len(e.Data) == 0 {
		t.Errorf("%+v", e)
	}
	for _, id := range []string{"event/999", "event/x", "service/0000", "example/99", "example/x", "nonsense", ""} {
		if err := h.Choose(ctx, &d, id); err == nil {
			t.Errorf("%q was chosen", id)
		}
	}
	// The service does not answer: what is known without it is offered all the same.
	h.services["bokun"].Faults().Add(failing(50))
	offer, err = h.Samples(ctx, d)
	must(t, err)
	if offer.Problem == nil || offer.Problem.Code != "unavailable" || len(offer.Items) != 4 {
		t.Errorf("%+v", offer)
	}
	// An event of another account is nobody's sample.
	h.services["bokun"].Faults().Clear()
	other := h.join("bokun", nil)
	must(t, h.SetAccount(&d, other))
	if d.Sample.From != "" {
		t.Error("the sample of another account stayed")
	}
	if err := h.Choose(ctx, &d, event.ID); err != ErrNoSample { //nolint:errorlint // it is handed on as it is
		t.Errorf("%v", err)
	}
}

// What is no sale is recognised by what it says.
func TestSamplesWithoutASale(t *testing.T) {
	t.Parallel()
	i := item("x", FromEvent, tengi.Event{Type: "form.message", Object: "form/1", Data: json.RawMessage(`{"_row": 3, "name": "Anna", "list": [1], "ok": true, "text": "` + strings.Repeat("long ", 100) + `", "n": 5}`)})
	if i.Reference != "1" || !strings.HasPrefix(i.Text, "Anna · ") || len([]rune(i.Text)) > 120 {
		t.Errorf("%+v", i)
	}
}
