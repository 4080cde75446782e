package web

import (
	"io/fs"
	"strings"

	"github.com/tengi/tengi/store"
)

// icon is the sign of a service, from its connector's folder.
func (app *App) icon(v *visit) error {
	name, ok := strings.CutSuffix(v.r.PathValue("file"), ".svg")
	for _, c := range app.Desk.Connectors {
		if !ok || c.Name != name || c.Files == nil {
			continue
		}
		picture, err := fs.ReadFile(c.Files, "icon.svg")
		if err != nil {
			break
		}
		h := v.w.Header()
		h.Set("Content-Type", "image/svg+xml")
		h.Set("Cache-Control", "public, max-age=86400")
		_, _ = v.w.Write(picture)
		return nil
	}
	return store.ErrNotFound
}
