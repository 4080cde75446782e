package template

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"

	"github.com/tengi/tengi/connector/fake"
)

// fakeToken is the login that the stand-in accepts.
const fakeToken = "template-stand-in-token"

// Fake is a stand-in for Template. It remembers the notes, so that a test can count them. It is safe for concurrent use.
type Fake struct {
	faults  fake.Faults
	handler http.Handler

	mu    sync.Mutex
	notes []note
	last  int
}

var _ fake.Service = (*Fake)(nil)

// NewFake makes a stand-in without notes.
func NewFake() *Fake {
	f := &Fake{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /me", func(w http.ResponseWriter, _ *http.Request) {
		fake.JSON(w, http.StatusOK, map[string]string{"name": "Fjörður Tours"})
	})
	mux.HandleFunc("POST /notes", f.post)
	mux.HandleFunc("GET /notes", f.list)
	mux.HandleFunc("DELETE /notes/{id}", f.remove)
	f.handler = f.faults.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+fakeToken {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	return f
}

// Name is the connector's name.
func (f *Fake) Name() string { return "template" }

// Login is an account that the stand-in accepts.
func (f *Fake) Login() (settings map[string]any, secrets map[string]string) {
	return map[string]any{}, map[string]string{"token": fakeToken}
}

// Faults are the faults it is to commit.
func (f *Fake) Faults() *fake.Faults { return &f.faults }

// Holdings are the notes.
func (f *Fake) Holdings() map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	return map[string]any{"notes": append([]note{}, f.notes...)}
}

// ServeHTTP is the service's interface.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

func (f *Fake) post(w http.ResponseWriter, r *http.Request) {
	var made note
	if err := json.NewDecoder(r.Body).Decode(&made); err != nil || made.Text == "" {
		fake.JSON(w, http.StatusUnprocessableEntity, map[string]string{"message": "a note needs a text"})
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	made.ID = strconv.Itoa(f.last)
	made.URL = "https://template.example/notes/" + made.ID
	f.notes = append(f.notes, made)
	fake.JSON(w, http.StatusCreated, made)
}

func (f *Fake) list(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := []note{}
	for _, n := range f.notes {
		if n.Reference == r.URL.Query().Get("reference") {
			found = append(found, n)
		}
	}
	fake.JSON(w, http.StatusOK, found)
}

func (f *Fake) remove(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, n := range f.notes {
		if n.ID == r.PathValue("id") {
			f.notes = append(f.notes[:i], f.notes[i+1:]...)
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}
