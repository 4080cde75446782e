package web

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// documentHere is the document of the address, with what made it.
func (app *App) documentHere(v *visit) (int64, store.Maker, error) {
	id, err := v.number("document")
	if err != nil {
		return 0, store.Maker{}, err
	}
	maker, err := app.Desk.Store.Maker(v.ctx(), id)
	if err != nil {
		return 0, store.Maker{}, err
	}
	if p, ok := app.Desk.Engine.Pipe(maker.ConnectionID); !ok || p.WorkspaceID != v.workspace.ID {
		return 0, store.Maker{}, store.ErrNotFound
	}
	return id, maker, nil
}

// document shows one document among all that was made for its sale, and what undoing it would send.
func (app *App) document(v *visit) error {
	v.Area = "documents"
	id, maker, err := app.documentHere(v)
	if err != nil {
		return err
	}
	chain, err := app.Desk.Store.Chain(v.ctx(), v.workspace.ID, maker.Object)
	if err != nil {
		return err
	}
	page := view.Document1{Story: v.At("events", strconv.FormatInt(maker.EventID, 10)), Undo: v.At("documents", strconv.FormatInt(id, 10), "undo")}
	for i := range chain {
		row := v.documentRow(&chain[i].Document)
		if chain[i].Document.ID == id {
			page.Document, row.Here = row, true
		}
		page.Chain = append(page.Chain, row)
	}
	if page.Document.URL == "" {
		return store.ErrNotFound
	}
	if v.manages() && !page.Document.Undone && !page.Document.Undoes {
		preview, err := app.Desk.Engine.PreviewUndo(v.ctx(), id)
		switch why, err := v.whyNot(err); {
		case err != nil:
			return err
		case why != "":
			page.Cannot = why
		default:
			shown := v.previewStep(preview)
			page.Preview = &shown
		}
	}
	return v.show(http.StatusOK, view.DocumentPage(v.Page, page))
}

// undoDocument has a document credited or voided at its service, or writes down that a person has done so there.
func (app *App) undoDocument(v *visit) error {
	id, _, err := app.documentHere(v)
	if err != nil {
		return err
	}
	verb := "document.undo"
	if v.form("by_hand") == "true" {
		verb = "document.undone"
		err = app.Desk.Engine.Undone(v.ctx(), id, v.givenDocument())
	} else {
		err = app.Desk.Engine.Undo(v.ctx(), id)
	}
	here := v.At("documents", strconv.FormatInt(id, 10))
	if err != nil {
		return v.refuseFor(here, err)
	}
	if err := v.record(verb, strconv.FormatInt(id, 10)); err != nil {
		return err
	}
	return v.done(here, v.P.Text("documents.undo_asked"))
}

// notUndone says why a document is not undone; empty when the error says something else.
func (v *visit) notUndone(err error) string {
	switch {
	case errors.Is(err, engine.ErrUndone):
		return v.P.Text("documents.is_undone")
	case errors.Is(err, engine.ErrUndoByHand):
		return v.P.Text("documents.by_hand")
	case errors.Is(err, engine.ErrBuiltOn):
		return v.P.Text("documents.built_on")
	}
	return ""
}
