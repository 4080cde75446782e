package setup

import (
	"fmt"

	"github.com/tengi/tengi"
)

// Outline is what a file says of accounts and connections, for whoever offers it as a beginning. Nothing of it is checked against an installation, and no
// reference is looked up.
type Outline struct {
	Accounts    []OutlineAccount
	Connections []tengi.Connection // with the keys of accounts, as the file has them, in place of their IDs
}

// OutlineAccount is an account that a file names.
type OutlineAccount struct {
	Key       string
	Name      string // empty = not said
	Connector string
	Values    map[string]any // what is written out
	Asked     []string       // fields that the file takes from elsewhere: what a person has to give
}

// ReadOutline reads a file. Schedules that name another connection are left out.
func ReadOutline(file File) (Outline, error) {
	g, faults := read([]File{file})
	if len(faults) > 0 {
		return Outline{}, fmt.Errorf("read %s: %w", file.Name, faults)
	}
	var o Outline
	for _, spec := range g.accounts {
		a := OutlineAccount{Key: value(spec.key), Name: value(spec.name), Connector: value(spec.connector), Values: map[string]any{}}
		for _, e := range spec.fields {
			if _, isRef, _ := asReference(e.value); isRef {
				a.Asked = append(a.Asked, e.key)
			} else {
				a.Values[e.key] = convert(e.value)
			}
		}
		o.Accounts = append(o.Accounts, a)
	}
	for _, spec := range g.connections {
		c := tengi.Connection{Key: value(spec.key), Name: value(spec.name), Enabled: spec.enabled == nil || spec.enabled.truth,
			OnCancel: or(tengi.Policy(value(spec.onCancel)), tengi.Undo), OnChange: or(tengi.Policy(value(spec.onChange)), tengi.Redo)}
		c.Source = tengi.Source{AccountID: value(spec.account), Trigger: value(spec.trigger), Filter: value(spec.filter)}
		if spec.options != nil {
			c.Source.Options, _ = convert(spec.options).(map[string]any)
		}
		if spec.schedule != nil && spec.schedule.after == nil {
			r := &reader{}
			if c.Schedule = r.times(spec.schedule).Sorted(); len(r.faults) > 0 {
				return Outline{}, fmt.Errorf("read %s: %w", file.Name, r.faults)
			}
		}
		for _, s := range spec.steps {
			step := tengi.Step{Key: value(s.key), AccountID: value(s.account), Action: value(s.action), When: value(s.when)}
			if s.fields != nil {
				step.Fields, _ = convert(s.fields).(map[string]any)
			}
			c.Steps = append(c.Steps, step)
		}
		o.Connections = append(o.Connections, c)
	}
	return o, nil
}
