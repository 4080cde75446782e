package wizard

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/mapping"
)

// SetSource chooses what starts the connection. Options that the trigger does not have go; the account stays when it is of the same connector. The filter
// and the fields of the steps stay as they are: where they no longer fit, their stage says so.
func (w *Wizard) SetSource(d *Draft, name, trigger string) error {
	c, ok := w.connector(name)
	if !ok {
		return ErrNoConnector
	}
	t, ok := c.Trigger(trigger)
	if !ok {
		return ErrNoConnector
	}
	source := &d.Connection.Source
	d.see(Place{Stage: StageSource})
	if d.From == name && source.Trigger == trigger {
		return nil
	}
	d.From, source.Trigger, d.Sample = name, trigger, Sample{}
	if !w.holds(d.Connection.WorkspaceID, source.AccountID, name) {
		source.AccountID = ""
	}
	maps.DeleteFunc(source.Options, func(key string, _ any) bool { _, known := t.Options.Lookup(key); return !known })
	d.forget(StageOptions, StageFilter, StageSample, StageFields, StagePreview, StageTest)
	return nil
}

// SetAccount chooses the account of the source. A sample of another account goes.
func (w *Wizard) SetAccount(d *Draft, accountID string) error {
	if !w.holds(d.Connection.WorkspaceID, accountID, d.From) {
		return ErrNoAccount
	}
	if d.Connection.Source.AccountID != accountID && d.Sample.From != FromExample {
		d.Sample = Sample{}
		d.forget(StageSample, StagePreview, StageTest)
	}
	d.Connection.Source.AccountID = accountID
	d.see(Place{Stage: StageAccount})
	return nil
}

// SetOptions sets the options of the source, as a form gives them. They are kept also when something is wrong with them, so that nothing a person wrote is
// lost, and the draft cannot be saved then.
func (w *Wizard) SetOptions(d *Draft, raw map[string]any) ([]Fault, error) {
	_, t, ok := w.trigger(*d)
	if !ok {
		return nil, ErrNoConnector
	}
	options := map[string]any{}
	for key, value := range raw {
		if _, known := t.Options.Lookup(key); known && t.Options.Shown(key, raw) {
			options[key] = value
		}
	}
	d.Connection.Source.Options = options
	d.see(Place{Stage: StageOptions})
	d.forget(StagePreview)
	return w.faultsAt(*d, Place{Stage: StageOptions}), nil
}

// SetFilter sets the condition by which events go through the connection; empty = all of them.
func (w *Wizard) SetFilter(d *Draft, condition string) []Fault {
	d.Connection.Source.Filter = strings.TrimSpace(condition)
	d.see(Place{Stage: StageFilter})
	d.forget(StagePreview)
	return w.faultsAt(*d, Place{Stage: StageFilter})
}

// faultsAt is what is wrong at one stage.
func (w *Wizard) faultsAt(d Draft, at Place) []Fault {
	return slices.DeleteFunc(w.faults(d), func(f Fault) bool { return w.placeOf(d, f.Path) != at })
}

// AddStep adds a step behind another, or at the end when after is empty, and gives its key. A single account of the connector is taken at once.
func (w *Wizard) AddStep(d *Draft, name, action, after string) (key string, err error) {
	c, ok := w.connector(name)
	if !ok {
		return "", ErrNoConnector
	}
	if _, ok := c.Action(action); !ok {
		return "", ErrNoConnector
	}
	at := len(d.Connection.Steps)
	if after != "" {
		i := slices.IndexFunc(d.Connection.Steps, func(s tengi.Step) bool { return s.Key == after })
		if i < 0 {
			return "", ErrNoStep
		}
		at = i + 1
	}
	key = d.freeKey(action)
	step := tengi.Step{Key: key, Action: action, AccountID: w.only(d.Connection.WorkspaceID, name)}
	d.Connection.Steps = slices.Insert(d.Connection.Steps, at, step)
	if d.To == nil {
		d.To = map[string]string{}
	}
	d.To[key] = name
	d.see(Place{StageAction, key})
	d.forget(StagePreview, StageTest)
	return key, nil
}

// only is the one account of a connector that can be used; empty when there is none, or more than one.
func (w *Wizard) only(workspaceID, name string) string {
	var ids []string
	for _, a := range w.engine.Accounts(workspaceID) {
		if a.Account.Connector == name && a.Usable() {
			ids = append(ids, a.ID)
		}
	}
	if len(ids) == 1 {
		return ids[0]
	}
	return ""
}

// freeKey makes the key of a step of its action: invoice.create becomes invoice, and invoice_2 when there is one.
func (d *Draft) freeKey(action string) string {
	base, _, _ := strings.Cut(action, ".")
	base = strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(base)), "_0123456789")
	if base == "" {
		base = "step"
	}
	key := base
	for n := 2; ; n++ {
		if _, taken := d.step(key); !taken {
			return key
		}
		key = base + "_" + strconv.Itoa(n)
	}
}

// SetAction changes what a step does. Fields that the action has as well stay, and so does the account when it is of the same connector.
func (w *Wizard) SetAction(d *Draft, key, name, action string) error {
	s, ok := d.step(key)
	if !ok {
		return ErrNoStep
	}
	c, ok := w.connector(name)
	if !ok {
		return ErrNoConnector
	}
	a, ok := c.Action(action)
	if !ok {
		return ErrNoConnector
	}
	d.see(Place{StageAction, key})
	if d.To[key] == name && s.Action == action {
		return nil
	}
	if d.To == nil {
		d.To = map[string]string{}
	}
	d.To[key], s.Action = name, action
	if !w.holds(d.Connection.WorkspaceID, s.AccountID, name) {
		s.AccountID = w.only(d.Connection.WorkspaceID, name)
	}
	maps.DeleteFunc(s.Fields, func(key string, _ any) bool { _, known := a.Input.Lookup(key); return !known })
	d.forget(StagePreview, StageTest)
	d.Seen = slices.DeleteFunc(d.Seen, func(at Place) bool { return at.Step == key && at.Stage != StageAction })
	return nil
}

// SetDestination chooses the account where a step works.
func (w *Wizard) SetDestination(d *Draft, key, accountID string) error {
	s, ok := d.step(key)
	if !ok {
		return ErrNoStep
	}
	if !w.holds(d.Connection.WorkspaceID, accountID, d.To[key]) {
		return ErrNoAccount
	}
	if s.AccountID != accountID {
		d.forget(StagePreview, StageTest)
	}
	s.AccountID = accountID
	d.see(Place{StageDestination, key})
	return nil
}

// SetWhen sets the condition of a step; empty = always.
func (w *Wizard) SetWhen(d *Draft, key, condition string) ([]Fault, error) {
	s, ok := d.step(key)
	if !ok {
		return nil, ErrNoStep
	}
	s.When = strings.TrimSpace(condition)
	d.forget(StagePreview)
	return w.faultsAt(*d, Place{StageFields, key}), nil
}

// SetFields sets what the fields of a step are filled from, by the keys of the action's input: a template, a bool or a number for a plain field, and for lists,
// groups and pairs what package mapping says. A field that is not there takes the action's default; one that is nil or empty stays empty. All are kept, also
// the wrong ones.
func (w *Wizard) SetFields(d *Draft, key string, fields map[string]any) ([]Fault, error) {
	s, ok := d.step(key)
	if !ok {
		return nil, ErrNoStep
	}
	s.Fields = fields
	d.see(Place{StageFields, key})
	d.forget(StagePreview)
	return w.faultsAt(*d, Place{StageFields, key}), nil
}

// MoveStep brings a step to another place, counted from 0. What it takes from earlier steps may no longer be there; its stage then says so.
func (w *Wizard) MoveStep(d *Draft, key string, to int) error {
	i := slices.IndexFunc(d.Connection.Steps, func(s tengi.Step) bool { return s.Key == key })
	if i < 0 {
		return ErrNoStep
	}
	s := d.Connection.Steps[i]
	d.Connection.Steps = slices.Delete(d.Connection.Steps, i, i+1)
	d.Connection.Steps = slices.Insert(d.Connection.Steps, min(max(to, 0), len(d.Connection.Steps)), s)
	d.forget(StagePreview, StageTest)
	return nil
}

// RemoveStep takes a step out.
func (w *Wizard) RemoveStep(d *Draft, key string) error {
	if _, ok := d.step(key); !ok {
		return ErrNoStep
	}
	d.Connection.Steps = slices.DeleteFunc(d.Connection.Steps, func(s tengi.Step) bool { return s.Key == key })
	delete(d.To, key)
	d.Seen = slices.DeleteFunc(d.Seen, func(at Place) bool { return at.Step == key })
	d.forget(StagePreview, StageTest)
	return nil
}

// Templates are the parts of a template for an editor, with its faults.
func Templates(text string) ([]mapping.Part, *Fault) {
	parts, fault := mapping.Parts(text)
	if fault == nil {
		return parts, nil
	}
	return parts, &Fault{Char: fault.Char, Code: fault.Code, Message: fault.Message}
}
