package wizard

import (
	"context"
	"slices"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/schedule"
	"github.com/tengi/tengi/setup"
)

// Finish is what the last stage asks.
type Finish struct {
	Name               string // empty = the two ends
	Schedule           schedule.Schedule
	OnCancel, OnChange tengi.Policy
	Enabled            bool
}

// SetFinish sets name, schedule, what happens to the documents of a sale that changes, and whether the connection is switched on. A schedule that is none
// leaves the one that was there.
func (w *Wizard) SetFinish(d *Draft, f Finish) []Fault {
	c := &d.Connection
	if c.Name = strings.TrimSpace(f.Name); c.Name == "" {
		c.Name = w.arrow(*d)
	}
	c.OnCancel, c.OnChange, c.Enabled = f.OnCancel, f.OnChange, f.Enabled
	d.see(Place{Stage: StageFinish})
	if err := f.Schedule.Check(); err != nil { // it cannot be written down
		return append(w.faultsAt(*d, Place{Stage: StageFinish}), Fault{Path: "schedule", Code: "option", Message: err.Error()})
	}
	c.Schedule = f.Schedule
	return w.faultsAt(*d, Place{Stage: StageFinish})
}

// Suggest is what the last stage begins with: the two ends as a name, and for a source that is asked every quarter of an hour.
func (w *Wizard) Suggest(d Draft) Finish {
	f := Finish{Name: d.Connection.Name, Schedule: d.Connection.Schedule, OnCancel: d.Connection.OnCancel, OnChange: d.Connection.OnChange, Enabled: d.Connection.Enabled}
	if f.Name == "" {
		f.Name = w.arrow(d)
	}
	if _, t, ok := w.trigger(d); ok && t.Poll != nil && d.New() && f.Schedule.IsZero() {
		f.Schedule = schedule.Schedule{Every: schedule.Intervals[3]}
	}
	return f
}

// Save stores the connection, after the same checks as for a file, and has every engine read it. A new one gets a key made of its name; one that is edited keeps
// its own. Tests of the draft that still wait are ended. ErrChanged says that somebody else has changed it since the edit began, unless force says that this does not matter.
func (w *Wizard) Save(ctx context.Context, d *Draft, force bool) (tengi.Connection, []Fault, error) {
	c, faults, err := w.save(ctx, d, force)
	if err != nil || len(faults) > 0 {
		return c, faults, err
	}
	return c, nil, w.Discard(ctx, *d)
}

func (w *Wizard) save(ctx context.Context, d *Draft, force bool) (tengi.Connection, []Fault, error) {
	w.saving.Lock()
	defer w.saving.Unlock()
	if faults := w.Unfinished(*d); len(faults) > 0 {
		return tengi.Connection{}, faults, nil
	}
	c := d.Connection
	c.Test = false
	if strings.TrimSpace(c.Name) == "" {
		c.Name = w.arrow(*d)
	}
	read, err := w.target.Store.Configuration(ctx) // what the engine has may be older
	if err != nil {
		return tengi.Connection{}, nil, err
	}
	var others []tengi.Connection
	var was *tengi.Connection
	var taken []string
	for i, o := range read.Connections {
		if o.WorkspaceID != c.WorkspaceID {
			continue
		}
		taken = append(taken, o.Key)
		switch {
		case o.ID == c.ID && !o.Test:
			was = &read.Connections[i]
		case !o.Test:
			others = append(others, o)
		}
	}
	switch {
	case d.New():
		c.ID = setup.NewID("con")
		if c.Key == "" || slices.Contains(taken, c.Key) {
			c.Key = setup.KeyOf(c.Name, w.otherKey(*d), taken...)
		}
	case was == nil:
		return tengi.Connection{}, nil, ErrNoConnection
	case fingerprint(*was) != d.Base && !force:
		return tengi.Connection{}, nil, ErrChanged
	default:
		c.Key = was.Key
	}
	workspace, _ := w.workspace(c.WorkspaceID)
	_, account := w.whole(*d)
	stored, faults, err := w.target.SaveConnection(ctx, c, setup.Proof{Workspace: workspace, Account: account, Others: others})
	if err != nil || len(faults) > 0 {
		return tengi.Connection{}, faults, err
	}
	if err := w.engine.Changed(ctx); err != nil {
		return stored, nil, err
	}
	d.Connection = stored
	for _, x := range w.connections(c.WorkspaceID) {
		if x.ID == c.ID { // as the store gives it back
			d.Base = fingerprint(x)
		}
	}
	return stored, nil, nil
}

// otherKey is a key for a name in which there are no Latin letters: the two ends.
func (w *Wizard) otherKey(d Draft) string {
	ends := []string{d.From}
	if to := w.destinations(d); len(to) > 0 {
		ends = append(ends, to[0])
	}
	return strings.Join(ends, "-")
}

// Duplicate is a draft of a new connection that does the same as another, switched off.
func (w *Wizard) Duplicate(workspaceID, connectionID, name string) (Draft, error) {
	d, err := w.Edit(workspaceID, connectionID)
	if err != nil {
		return d, err
	}
	d.Base = ""
	c := &d.Connection
	if c.ID, c.Key, c.Enabled = "", "", false; name == "" {
		name = c.Name + " (2)"
	}
	c.Name = name
	return d, nil
}

// Export writes one connection of a workspace as YAML, with the accounts it works at.
func (w *Wizard) Export(ctx context.Context, workspaceID, connectionID string) (string, error) {
	if !slices.ContainsFunc(w.connections(workspaceID), func(c tengi.Connection) bool { return c.ID == connectionID }) {
		return "", ErrNoConnection
	}
	return setup.ExportConnection(ctx, w.target, connectionID)
}
