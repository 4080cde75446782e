package googlesheets

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
)

// sneaky is a person who sorts the sheet at the worst moment: after the row was looked up and before it is written to.
type sneaky struct {
	inner http.Handler
	svc   *Fake
}

func (s sneaky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, ":batchUpdate") {
		s.svc.Edit(func(cells [][]any) [][]any { slices.Reverse(cells[1:]); return cells })
	}
	s.inner.ServeHTTP(w, r)
}

// twoFaced adds rows and says that it cannot.
type twoFaced struct{ inner http.Handler }

func (f twoFaced) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, ":append") {
		f.inner.ServeHTTP(w, r)
		return
	}
	f.inner.ServeHTTP(httptest.NewRecorder(), r)
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(http.StatusServiceUnavailable)
}
