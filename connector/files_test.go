package connector

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi/field"
)

func TestTexts(t *testing.T) {
	t.Parallel()
	fields := field.Set{
		{Key: "kind", Type: field.Select, Label: "Kind", Help: "Which.", Options: []field.Option{{Value: "a", Label: "A"}, {Value: "b", Label: ""}}},
		{Key: "lines", Type: field.List, Label: "Lines", Children: field.Set{{Key: "text", Type: field.Text, Label: "Text"}}},
	}
	c := &Connector{
		Summary: "Does things.", Auth: Auth{Fields: fields},
		Triggers: []Trigger{{Key: "thing", Title: "Thing changed", Options: fields}},
		Actions:  []Action{{Key: "thing.make", Title: "Make a thing", Help: "Makes it.", Input: fields}},
	}
	got := c.Texts()
	want := []string{"summary", "triggers.thing.title", "actions.thing.make.title", "actions.thing.make.help"}
	for _, prefix := range []string{"account", "triggers.thing.options", "actions.thing.make.input"} {
		want = append(want, fields.Keys(prefix)...) // the two must agree
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if got["actions.thing.make.input.lines.text.label"] != "Text" || got["account.kind.options.a"] != "A" {
		t.Errorf("%v", got)
	}
}

func TestSamples(t *testing.T) {
	t.Parallel()
	c := &Connector{Name: "x", Files: fstest.MapFS{
		"samples/order-paid.json":   {Data: []byte(`{"type":"order.paid","data":{"n":2}}`)},
		"samples/order.json":        {Data: []byte(`{"type":"order.made","object":"order/7","version":3,"data":{"n":1}}`)},
		"samples/orders.json":       {Data: []byte(`{"type":"orders.x"}`)},
		"samples/broken.json":       {Data: []byte(`{`)},
		"samples/sold-wrongly.json": {Data: []byte(`{"type":"x","sale":{"lines":"none"}}`)},
	}}
	events, err := c.Samples("order")
	if err != nil || len(events) != 2 {
		t.Fatalf("%v, %v", events, err)
	}
	if e := events[0]; e.Type != "order.made" || e.Object != "order/7" || e.Version != 3 || string(e.Data) != `{"n":1}` || e.Sale != nil || e.Dedupe == "" {
		t.Errorf("%+v", e)
	}
	if events[1].Type != "order.paid" {
		t.Errorf("%+v", events[1])
	}
	if events, err := c.Samples("nothing"); err != nil || len(events) != 0 {
		t.Errorf("%v, %v", events, err)
	}
	for _, trigger := range []string{"broken", "sold"} {
		if _, err := c.Samples(trigger); err == nil || !strings.Contains(err.Error(), "samples/"+trigger) {
			t.Errorf("%s: %v", trigger, err)
		}
	}
	if events, err := (&Connector{}).Samples("x"); err != nil || events != nil {
		t.Errorf("without files: %v, %v", events, err)
	}
}
