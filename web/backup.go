package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// backup says how a copy of everything is kept.
func (app *App) backup(v *visit) error {
	v.Area = areaSettings
	return v.show(http.StatusOK, view.BackupPage(v.Page, view.Backup{SQLite: app.Desk.Store.Dialect() == "sqlite", KeyFile: app.Desk.KeyFile}))
}

// downloadBackup sends a copy of the ledger. All businesses of the hub are in it, so the reader must own each.
func (app *App) downloadBackup(v *visit) error {
	owned, err := app.owned(v)
	if err != nil {
		return err
	}
	for _, w := range app.Desk.Engine.Workspaces() {
		if !owned[w.ID] {
			return errForbidden
		}
	}
	shot, err := app.Desk.Store.Snapshot(v.ctx())
	if errors.Is(err, store.ErrOwnTools) {
		return store.ErrNotFound
	} else if err != nil {
		return err
	}
	if err := v.record("backup.download", ""); err != nil {
		return errors.Join(err, shot.Close())
	}
	h := v.w.Header()
	h.Set("Content-Type", "application/vnd.sqlite3")
	h.Set("Content-Length", strconv.FormatInt(shot.Size, 10))
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="tengi-%s.db"`, v.Now.UTC().Format("2006-01-02-1504")))
	h.Set("Cache-Control", "private, no-store")
	_, _ = io.Copy(v.w, shot) // whoever breaks off does not want the rest
	return shot.Close()
}
