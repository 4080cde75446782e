package wizard

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

// Draft is a connection being made or edited.
type Draft struct {
	// Connection is the connection as far as it is made. Its ID is that of the connection that is edited; empty = a new one.
	Connection tengi.Connection `json:"connection"`
	// From is the connector of the source, which is chosen before its account, and To those of the steps, by their keys.
	From string            `json:"from,omitempty"`
	To   map[string]string `json:"to,omitempty"`
	// Seen are the stages that a person has been through although there may have been nothing to choose.
	Seen   []Place `json:"seen,omitempty"`
	Sample Sample  `json:"sample,omitzero"`
	// Base says what the connection was when the edit began, so that two who edit it at once do not overwrite each other unknowingly.
	Base string `json:"base,omitempty"`
	// Recipe is what the draft began with; Wanted are the accounts that it names and that nobody has chosen yet.
	Recipe string   `json:"recipe,omitempty"`
	Wanted []Wanted `json:"wanted,omitempty"`
	// Test is the connection for test data that belongs to the draft, once there is one.
	Test string `json:"test,omitempty"`
}

// Place is a stage of the wizard; Step is the key of the step that it is about, where it is about one.
type Place struct {
	Stage Stage  `json:"stage"`
	Step  string `json:"step,omitempty"`
}

// Stage is one page of the wizard.
type Stage string

// The stages, in their order; those from Action to Fields come once for each step.
const (
	StageSource      Stage = "source"      // connector and trigger
	StageAccount     Stage = "account"     // of the source
	StageOptions     Stage = "options"     // of the source; left out where the trigger has none
	StageFilter      Stage = "filter"      // which events
	StageSample      Stage = "sample"      // the event that the rest is tried with
	StageAction      Stage = "action"      // connector and action of a step
	StageDestination Stage = "destination" // account of a step
	StageFields      Stage = "fields"      // condition and fields of a step
	StagePreview     Stage = "preview"     // what would be sent
	StageTest        Stage = "test"        // send test data
	StageFinish      Stage = "finish"      // name, schedule, switched on
)

// Decode reads a draft as it was kept.
func Decode(data []byte) (Draft, error) {
	var d Draft
	if err := json.Unmarshal(data, &d); err != nil {
		return Draft{}, fmt.Errorf("read the draft: %w", err)
	}
	return d, nil
}

// Encode writes a draft to be kept. It holds the sample, and so what a customer may have said.
func (d Draft) Encode() ([]byte, error) {
	data, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("write the draft: %w", err)
	}
	return data, nil
}

// Begin is an empty draft. What happens when a sale is cancelled or changes is what is right for most.
func (w *Wizard) Begin(workspaceID string) Draft {
	return Draft{Connection: tengi.Connection{WorkspaceID: workspaceID, Enabled: true, OnCancel: tengi.Undo, OnChange: tengi.Redo}}
}

// Edit is a draft of a connection that exists.
func (w *Wizard) Edit(workspaceID, connectionID string) (Draft, error) {
	for _, c := range w.connections(workspaceID) {
		if c.ID != connectionID {
			continue
		}
		d := w.draftOf(c)
		d.Base = fingerprint(c)
		return d, nil
	}
	return Draft{}, ErrNoConnection
}

// draftOf is a draft of a connection with everything chosen.
func (w *Wizard) draftOf(c tengi.Connection) Draft {
	c.Source.Options = maps.Clone(c.Source.Options)
	c.Steps = slices.Clone(c.Steps)
	d := Draft{Connection: c, To: map[string]string{}}
	if a, ok := w.account(c.WorkspaceID, c.Source.AccountID); ok {
		d.From = a.Account.Connector
	}
	for i, s := range c.Steps {
		c.Steps[i].Fields = maps.Clone(s.Fields)
		if a, ok := w.account(c.WorkspaceID, s.AccountID); ok {
			d.To[s.Key] = a.Account.Connector
		}
	}
	for _, at := range w.Places(d) {
		if at.Stage != StageSample && at.Stage != StagePreview && at.Stage != StageTest {
			d.Seen = append(d.Seen, at)
		}
	}
	return d
}

// fingerprint tells versions of a connection apart. Whether it is switched on does not count: that is not what is edited.
func fingerprint(c tengi.Connection) string {
	c.Enabled = false
	encoded, err := json.Marshal(c)
	if err != nil {
		return "" // what was stored as JSON can be written as JSON
	}
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:8])
}

// New says whether the draft is of a connection that does not exist yet.
func (d Draft) New() bool { return d.Connection.ID == "" }

// step finds a step by its key.
func (d *Draft) step(key string) (*tengi.Step, bool) {
	i := slices.IndexFunc(d.Connection.Steps, func(s tengi.Step) bool { return s.Key == key })
	if i < 0 {
		return nil, false
	}
	return &d.Connection.Steps[i], true
}

// see notes that a person has been at a place.
func (d *Draft) see(at Place) {
	if !slices.Contains(d.Seen, at) {
		d.Seen = append(d.Seen, at)
	}
}

// forget notes that places must be gone through again.
func (d *Draft) forget(stages ...Stage) {
	d.Seen = slices.DeleteFunc(d.Seen, func(at Place) bool { return slices.Contains(stages, at.Stage) })
}

// Visit notes that a person has been at a place and left it as it is: an empty filter, a preview that was looked at, a test that was left out.
func (d *Draft) Visit(at Place) { d.see(at) }

// trigger is the trigger of the source, once it is chosen.
func (w *Wizard) trigger(d Draft) (*connector.Connector, *connector.Trigger, bool) {
	c, ok := w.connector(d.From)
	if !ok {
		return nil, nil, false
	}
	t, ok := c.Trigger(d.Connection.Source.Trigger)
	return c, t, ok
}

// action is the action of a step, once it is chosen.
func (w *Wizard) action(d Draft, key string) (*connector.Connector, *connector.Action, bool) {
	s, ok := d.step(key)
	if !ok {
		return nil, nil, false
	}
	c, ok := w.connector(d.To[key])
	if !ok {
		return nil, nil, false
	}
	a, ok := c.Action(s.Action)
	return c, a, ok
}
