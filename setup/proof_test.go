package setup

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connectors/bokun"
	"github.com/tengi/tengi/connectors/payday"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/schedule"
)

// provable is a connection with nothing wrong, and what it is checked against.
func provable() (tengi.Connection, Proof) {
	c := tengi.Connection{ID: "con_1", WorkspaceID: "ws", Key: "bookings", Name: "Bókun → Payday", Source: tengi.Source{AccountID: "b", Trigger: "booking"},
		Steps: []tengi.Step{{Key: "invoice", AccountID: "p", Action: "invoice.create"}}}
	return c, Proof{Workspace: tengi.Workspace{ID: "ws"}, Account: func(id string) *engine.Account {
		switch id {
		case "b":
			return &engine.Account{Connector: bokun.Connector()}
		case "p":
			return &engine.Account{Connector: payday.Connector()}
		}
		return nil
	}, Others: []tengi.Connection{{ID: "con_2", Key: "others", Steps: []tengi.Step{{Key: "made"}}}, {ID: "con_3", Key: "later", Schedule: schedule.Schedule{After: "con_1"}}}}
}

func TestCheckConnection(t *testing.T) {
	t.Parallel()
	c, proof := provable()
	stored, problems := CheckConnection(c, proof)
	if len(problems) > 0 || stored.OnCancel != tengi.Undo || stored.OnChange != tengi.Redo || stored.Key != "bookings" || stored.ID != "con_1" {
		t.Errorf("%+v, %v", stored, problems)
	}
	for _, test := range []struct {
		change func(*tengi.Connection)
		want   []string
	}{
		{func(c *tengi.Connection) { c.Name, c.Key = " x", "Ünfit" }, []string{"key key", "name name"}},
		{func(c *tengi.Connection) { c.Key = "others" }, []string{"key taken"}},
		{func(c *tengi.Connection) { c.OnCancel, c.OnChange = tengi.Redo, "x" }, []string{"on_cancel option", "on_change option"}},
		{func(c *tengi.Connection) { c.Steps = append(c.Steps, c.Steps[0]) }, []string{"steps.invoice taken"}},
		{func(c *tengi.Connection) { c.Steps[0].Key = "No" }, []string{"steps[0].key key"}},
		{func(c *tengi.Connection) { c.Steps = nil }, []string{"steps invalid"}},
		{func(c *tengi.Connection) { c.Steps[0].AccountID = "x" }, []string{"steps.invoice invalid"}},
		{func(c *tengi.Connection) { c.Steps[0].Action = "x" }, []string{"steps.invoice.action invalid"}},
		{func(c *tengi.Connection) { c.Source.Options = map[string]any{"nonsense": 1} }, []string{"source.options.nonsense unknown"}},
		{func(c *tengi.Connection) { c.Schedule.Every = 7 * time.Minute }, []string{"schedule option"}},
		{func(c *tengi.Connection) { c.Schedule.After = "con_9" }, []string{"schedule option"}},
		{func(c *tengi.Connection) { c.Schedule.After = "con_3" }, []string{"schedule ring"}},
		{func(c *tengi.Connection) { c.Schedule.After = "con_2"; c.Steps[0].When = `upstream.made.number != ""` }, nil},
		{func(c *tengi.Connection) { c.Steps[0].When = `upstream.made.number != ""` }, []string{"steps.invoice.when unknown_name"}},
		{func(c *tengi.Connection) {
			c.Steps[0].Fields = map[string]any{"lines": map[string]any{"description": "{{ line. }}"}, "due_days": "x"}
		}, []string{"steps.invoice.fields.due_days type", "steps.invoice.fields.lines.description syntax"}},
		{func(c *tengi.Connection) { c.Steps[0].Fields = map[string]any{"description": func() {}} }, []string{" invalid"}},
	} {
		c, proof := provable()
		test.change(&c)
		var got []string
		_, problems := CheckConnection(c, proof)
		for _, p := range problems {
			got = append(got, p.Path+" "+p.Code)
			if p.Message == "" || p.Path != "" && !strings.HasPrefix(p.String(), p.Path+": ") {
				t.Errorf("%q", p)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestReadOutline(t *testing.T) {
	t.Parallel()
	o, err := ReadOutline(File{Name: "x", Text: `accounts:
  - {key: x, connector: form, title: Order, secret: {env: FORM_SECRET}}
connections:
  - {key: a, source: {account: x, trigger: y}, steps: [{key: s, account: z, action: q, fields: {n: 5}}], schedule: {at: ["17:30", "08:00"]}, on_change: hold, enabled: false}
  - {key: b, source: {account: x, trigger: y}, steps: [{key: s, account: z, action: q}], schedule: {after: a}}
`})
	if err != nil || len(o.Connections) != 2 {
		t.Fatalf("%+v, %v", o, err)
	}
	if diff := cmp.Diff([]OutlineAccount{{Key: "x", Connector: "form", Values: map[string]any{"title": "Order"}, Asked: []string{"secret"}}}, o.Accounts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	a, b := o.Connections[0], o.Connections[1]
	if len(a.Schedule.At) != 2 || a.Schedule.At[0] != 480 || a.OnChange != tengi.Hold || a.OnCancel != tengi.Undo || a.Enabled || !b.Enabled || !b.Schedule.IsZero() || a.Steps[0].AccountID != "z" {
		t.Errorf("%+v\n%+v", a, b)
	}
	for _, wrong := range []string{"connections: [{key: a}]", "x: 1", "connections:\n  - {key: a, source: {account: x, trigger: y}, steps: [{key: s, account: z, action: q}], schedule: {every: 7m}}"} {
		if _, err := ReadOutline(File{Name: "x.yaml", Text: wrong}); err == nil || !strings.Contains(err.Error(), "x.yaml") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}
