package web

import (
	"encoding/json"
	"errors"

	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// backfill brings what happened in a span of days through a connection, or says what that would come to.
func (app *App) backfill(v *visit) error {
	pipe, err := v.pipe()
	if err != nil {
		return err
	}
	here := v.At("connections", pipe.Key)
	from, until := v.day(v.form("from"), 0), v.day(v.form("until"), 1)
	if from.IsZero() {
		return v.refuse(here, v.P.Text("connections.past_from"))
	}
	verb := "connection.backfill"
	if v.form("do") == "preview" {
		verb = "connection.preview"
		_, err = app.Desk.Engine.PreviewBackfill(v.ctx(), pipe.ID, from, until)
	} else {
		_, err = app.Desk.Engine.Backfill(v.ctx(), pipe.ID, from, until)
	}
	if err != nil {
		return v.refuseFor(here, err)
	}
	if err := v.record(verb, pipe.ID); err != nil {
		return err
	}
	return v.done(here+"#runs", "")
}

// pastReport is what a preview of a backfill has found so far; nil when the run is none.
func pastReport(r *store.Run) *view.PastReport {
	var p engine.PastPreview
	if r.Kind != store.Preview || len(r.Report) == 0 || json.Unmarshal(r.Report, &p) != nil {
		return nil
	}
	shown := &view.PastReport{Found: p.Found, Known: p.Known, Invoiced: p.Invoiced, Changed: p.Changed, Make: p.Make}
	for _, g := range p.Held {
		shown.Held = append(shown.Held, view.PastGroup{Code: g.Code, Count: g.Count, Reason: g.Reason})
	}
	return shown
}

// deleteConnection deletes a connection. Its events and documents stay.
func (app *App) deleteConnection(v *visit) error {
	pipe, err := v.pipe()
	if err != nil {
		return err
	}
	here := v.At("connections", pipe.Key)
	var open *store.OpenError
	var needed *store.InUseError
	switch err := app.Desk.Store.DeleteConnection(v.ctx(), v.workspace.ID, pipe.ID, v.form("skip") == "true", v.Now); {
	case errors.As(err, &open) && open.AtWork > 0:
		return v.refuse(here, v.P.Count("connections.at_work", open.AtWork))
	case errors.As(err, &open):
		return v.refuse(here, v.P.Count("connections.still_wait", open.Skippable))
	case errors.As(err, &needed):
		var names []string
		for _, c := range needed.Connections {
			names = append(names, c.Name)
		}
		return v.refuse(here, v.P.Text("connections.needed", "connections", v.P.List(names)))
	case err != nil:
		return err
	}
	if err := app.Desk.Engine.Changed(v.ctx()); err != nil {
		return err
	}
	if err := v.record("connection.delete", pipe.ID); err != nil {
		return err
	}
	return v.done(v.At("connections"), v.P.Text("connections.deleted", "name", pipe.Name))
}
