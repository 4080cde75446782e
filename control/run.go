package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

// RunRequest is a run that a person asks for.
type RunRequest struct {
	Connection string        `json:"connection"` // its key, or WORKSPACE/KEY where several workspaces have it
	Kind       store.RunKind `json:"kind"`       // once, backfill, preview
	From       string        `json:"from,omitempty"`
	To         string        `json:"to,omitempty"` // a date like From, the last that counts; empty = until now
}

// Progress is how far a run has come.
type Progress struct {
	Run        int64           `json:"run"`
	Workspace  string          `json:"workspace"`
	Connection string          `json:"connection"`
	Kind       store.RunKind   `json:"kind"`
	State      store.RunState  `json:"state"`
	Cancelled  bool            `json:"cancelled,omitempty"`
	Found      int             `json:"found"`
	Known      int             `json:"known"` // of what was found: it was there already
	New        int             `json:"new"`
	Done       int             `json:"done"` // of what is new
	Skipped    int             `json:"skipped"`
	Held       int             `json:"held"`
	Failed     int             `json:"failed"`
	Working    int             `json:"working"`
	Problem    string          `json:"problem,omitempty"`
	Again      time.Time       `json:"again,omitzero"` // of waiting: not before
	Report     json.RawMessage `json:"report,omitempty"`
}

// StartRun asks for a run and says how far it has come: it has hardly begun.
func (d *Desk) StartRun(ctx context.Context, in RunRequest) (Progress, error) {
	c, w, err := d.connection(ctx, in.Connection)
	if err != nil {
		return Progress{}, err
	}
	from, to, err := span(w, in.From, in.To)
	if err != nil {
		return Progress{}, err
	}
	var run store.Run
	switch in.Kind {
	case store.Once:
		run, err = d.Engine.RunOnce(ctx, c.ID)
	case store.Backfill:
		run, err = d.Engine.Backfill(ctx, c.ID, from, to)
	case store.Preview:
		run, err = d.Engine.PreviewBackfill(ctx, c.ID, from, to)
	default:
		err = fmt.Errorf("there is no run of kind %q", in.Kind)
	}
	if err != nil {
		return Progress{}, fmt.Errorf("run %s: %w", c.Key, err)
	}
	return d.progress(ctx, run)
}

// span reads two dates as people in a workspace mean them: from the beginning of the first day to the end of the last.
func span(w tengi.Workspace, first, last string) (from, to time.Time, err error) {
	zone, err := time.LoadLocation(w.TimeZone)
	if err != nil {
		return from, to, fmt.Errorf("the time zone of workspace %s: %w", w.Key, err)
	}
	if first != "" {
		if from, err = time.ParseInLocation(time.DateOnly, first, zone); err != nil {
			return from, to, fmt.Errorf("%q is not a date: write 2026-07-01", first)
		}
	}
	if last != "" {
		if to, err = time.ParseInLocation(time.DateOnly, last, zone); err != nil {
			return from, to, fmt.Errorf("%q is not a date: write 2026-07-31", last)
		}
		to = to.AddDate(0, 0, 1)
	}
	return from, to, nil
}

// RunProgress says how far a run has come.
func (d *Desk) RunProgress(ctx context.Context, runID int64) (Progress, error) {
	run, err := d.Store.Run(ctx, runID)
	if errors.Is(err, store.ErrNotFound) {
		return Progress{}, fmt.Errorf("there is no run %d", runID)
	}
	if err != nil {
		return Progress{}, err
	}
	return d.progress(ctx, run)
}

// CancelRun has a run stop.
func (d *Desk) CancelRun(ctx context.Context, runID int64) (Progress, error) {
	err := d.Engine.CancelRun(ctx, runID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Progress{}, fmt.Errorf("there is no run %d", runID)
	case errors.Is(err, store.ErrWrongState):
		return Progress{}, fmt.Errorf("run %d has read its source already: there is nothing left to stop", runID)
	case err != nil:
		return Progress{}, err
	}
	return d.RunProgress(ctx, runID)
}

// connection finds a connection by its key, or by WORKSPACE/KEY.
func (d *Desk) connection(ctx context.Context, name string) (tengi.Connection, tengi.Workspace, error) {
	stored, err := d.Store.Configuration(ctx)
	if err != nil {
		return tengi.Connection{}, tengi.Workspace{}, err
	}
	in, key, qualified := strings.Cut(name, "/")
	if !qualified {
		in, key = "", name
	}
	workspaces := map[string]tengi.Workspace{}
	for _, w := range stored.Workspaces {
		workspaces[w.ID] = w
	}
	var found []tengi.Connection
	var there []string
	for _, c := range stored.Connections {
		there = append(there, c.Key)
		if c.Key == key && (in == "" || workspaces[c.WorkspaceID].Key == in) {
			found = append(found, c)
		}
	}
	switch {
	case len(found) == 0 && len(there) == 0:
		return tengi.Connection{}, tengi.Workspace{}, fmt.Errorf("there is no connection %s; there is none at all", name)
	case len(found) == 0:
		return tengi.Connection{}, tengi.Workspace{}, fmt.Errorf("there is no connection %s; there are %s", name, strings.Join(there, ", "))
	case len(found) > 1:
		return tengi.Connection{}, tengi.Workspace{}, fmt.Errorf("several workspaces have a connection %s: say WORKSPACE/%s", key, key)
	}
	return found[0], workspaces[found[0].WorkspaceID], nil
}

// progress puts a run into words for people.
func (d *Desk) progress(ctx context.Context, r store.Run) (Progress, error) {
	stored, err := d.Store.Configuration(ctx)
	if err != nil {
		return Progress{}, err
	}
	p := Progress{Run: r.ID, Kind: r.Kind, State: r.State, Cancelled: r.Cancelled, Found: r.Found, Known: r.Known(), New: r.Fresh, Done: r.Done, Skipped: r.Skipped, Held: r.Held,
		Failed: r.Failed, Working: r.Working, Problem: r.Problem, Again: r.DueAt, Report: r.Report}
	for _, c := range stored.Connections {
		if c.ID != r.ConnectionID {
			continue
		}
		p.Connection = c.Key
		for _, w := range stored.Workspaces {
			if w.ID == c.WorkspaceID {
				p.Workspace = w.Key
			}
		}
	}
	return p, nil
}
