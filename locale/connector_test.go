package locale

import (
	"maps"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/sale"
)

// noted is a connector that has words of its own in Icelandic, not for everything.
func noted() *connector.Connector {
	return &connector.Connector{
		Name: "noted", Title: "Notes", Summary: "Keeps notes.",
		Auth: connector.Auth{Fields: field.Set{{Key: "token", Type: field.Text, Label: "Token", Help: "Find it there."}}},
		Triggers: []connector.Trigger{{Key: "note", Title: "Note written", Options: field.Set{{Key: "box", Type: field.Text, Label: "Box"}},
			Output: field.Set{{Key: "text", Type: field.Text, Label: "Text"}}}},
		Actions: []connector.Action{{Key: "note.create", Title: "Write a note", Help: "Writes it.", Input: field.Set{
			{Key: "kind", Type: field.Select, Label: "Kind", Options: []field.Option{{Value: "short", Label: "Short"}, {Value: "long", Label: "Long"}}},
			{Key: "lines", Type: field.List, Label: "Lines", Children: field.Set{{Key: "text", Type: field.Text, Label: "Text"}}},
		}}},
		Files: fstest.MapFS{
			"locale/en.json": {Data: []byte(`{"errors.torn.title": "Torn", "errors.torn": "The note is torn. Write it anew."}`)},
			"locale/is.json": {Data: []byte(`{"title": "Minnismiðar", "summary": "Geymir minnismiða.", "account.token.label": "Lykill", "triggers.note.title": "Minnismiði skrifaður",
				"triggers.note.options.box.label": "Kassi", "triggers.note.output.text.label": "Texti", "actions.note.create.title": "Skrifa minnismiða",
				"actions.note.create.help": "Skrifar hann.", "actions.note.create.input.kind.options.short": "Stuttur", "actions.note.create.input.lines.text.label": "Texti",
				"errors.torn.title": "Rifinn", "errors.torn": "Miðinn er rifinn. Skrifaðu hann aftur."}`)},
		},
	}
}

func TestConnector(t *testing.T) {
	t.Parallel()
	c := noted()
	is, en := New("is", nil).Connector(c), New("en", nil).Connector(c)
	input := field.Set{
		{Key: "kind", Type: field.Select, Label: "Kind", Options: []field.Option{{Value: "short", Label: "Stuttur"}, {Value: "long", Label: "Long"}}},
		{Key: "lines", Type: field.List, Label: "Lines", Children: field.Set{{Key: "text", Type: field.Text, Label: "Texti"}}},
	}
	for _, x := range []struct {
		what      string
		got, want any
	}{
		{"title", is.Title(), "Minnismiðar"},
		{"title in English", en.Title(), "Notes"},
		{"summary", is.Summary(), "Geymir minnismiða."},
		{"account", is.AccountFields()[0], field.Field{Key: "token", Type: field.Text, Label: "Lykill", Help: "Find it there."}},
		{"address", is.AccountFields()[1].Label, "Vefslóð þjónustunnar"},
		{"trigger", is.TriggerTitle("note"), "Minnismiði skrifaður"},
		{"options", is.TriggerOptions("note")[0].Label, "Kassi"},
		{"output", is.TriggerOutput("note")[0].Label, "Texti"},
		{"action", is.ActionTitle("note.create"), "Skrifa minnismiða"},
		{"help", is.ActionHelp("note.create"), "Skrifar hann."},
		{"input", is.ActionInput("note.create"), input},
		{"cause of its own", is.Cause("torn", "torn!"), Cause{Title: "Rifinn", What: "Miðinn er rifinn. Skrifaðu hann aftur."}},
		{"cause in a language it does not have", New("pl", nil).Connector(c).Cause("torn", "torn!"), Cause{Title: "Torn", What: "The note is torn. Write it anew."}},
		{"cause of Tengi's", is.Cause("totals_differ", "24 is not 25").Title, "Upphæðir stemma ekki"},
		{"cause nobody knows", en.Cause("burnt", "it burnt"), Cause{"Needs a look", "it burnt", "Read what the service said, put it right, then try again."}},
		{"no such trigger", is.TriggerTitle("x"), "x"},
		{"no such action", is.ActionTitle("x") + is.ActionHelp("x"), "x"},
		{"no such fields", len(is.TriggerOptions("x")) + len(is.TriggerOutput("x")) + len(is.ActionInput("x")), 0},
	} {
		if diff := cmp.Diff(x.want, x.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", x.what, diff)
		}
	}
	if c.Actions[0].Input[0].Options[0].Label != "Short" || c.Auth.Fields[0].Label != "Token" {
		t.Error("translating has changed the connector")
	}
}

// What translating changes is texts and nothing else.
func TestFieldsStayTheSame(t *testing.T) {
	t.Parallel()
	for _, c := range connectors.All() {
		for _, l := range Languages() {
			own := New(l.Code, nil).Connector(c)
			for _, trigger := range c.Triggers {
				same(t, trigger.Options, own.TriggerOptions(trigger.Key))
				same(t, trigger.Output, own.TriggerOutput(trigger.Key))
			}
			for _, action := range c.Actions {
				same(t, action.Input, own.ActionInput(action.Key))
			}
			same(t, c.AccountFields(), own.AccountFields())
		}
	}
}

func same(t *testing.T, want, got field.Set) {
	t.Helper()
	mute := func(string, string) string { return "" }
	if diff := cmp.Diff(translate(want, "", mute), translate(got, "", mute)); diff != "" {
		t.Errorf("translating changed more than texts:\n%s", diff)
	}
}

func TestSaleFields(t *testing.T) {
	t.Parallel()
	have := area(t, "texts/en/sale.json")
	keys := sale.Fields.Keys("sale")
	if got := slices.Sorted(maps.Keys(have)); !slices.Equal(got, slices.Sorted(slices.Values(keys))) {
		t.Errorf("the texts of a sale are not those of its fields:\n%s", cmp.Diff(slices.Sorted(slices.Values(keys)), got))
	}
	if diff := cmp.Diff(sale.Fields, New("en", nil).SaleFields()); diff != "" {
		t.Errorf("the English texts are not those of the fields (-want +got):\n%s", diff)
	}
	if got := New("he", nil).SaleFields()[5].Children[0].Label; got != "שם" {
		t.Errorf("the customer's name is %q", got)
	}
}

func TestCauses(t *testing.T) {
	t.Parallel()
	have := area(t, "texts/en/cause.json")
	for _, l := range Languages() {
		for _, code := range causes {
			c := New(l.Code, nil).Cause(code, "")
			if c.Title == "" || c.What == "" || c.Todo == "" || c.Title == "cause."+code+".title" {
				t.Errorf("%s: %s is %+v", l.Code, code, c)
			}
		}
	}
	if want := 3*len(causes) + 2; len(have) != want { // and two for what nobody knows
		t.Errorf("there are %d texts of causes, want %d", len(have), want)
	}
}
