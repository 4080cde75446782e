package googlesheets

import (
	_ "embed" // the stand-in's key
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/connectors/internal/rows"
)

// standInKey is the private key of the stand-in's service account. It opens nothing: only the stand-in knows its other half.
//
//go:embed standin.pem
var standInKey string

// What the stand-in's account is made of.
const (
	fakeBook   = "1tengiStandInSpreadsheet00000000000000000001"
	fakeEmail  = "tengi@stand-in.iam.gserviceaccount.com"
	fakeKeyID  = "5f1d0c3b9a7e4f62"
	fakeSecret = "script-secret-of-the-stand-in"
	fakeTab    = "Bookings 2026"
)

// Fake is a stand-in for Google Sheets: one spreadsheet that remembers what was written into it, and Google's token endpoint before it. It checks
// assertions and tokens as Google does. It is safe for concurrent use.
type Fake struct {
	faults  fake.Faults
	handler http.Handler
	now     func() time.Time

	mu       sync.Mutex
	tabs     []*fakeSheet
	tokens   map[string]time.Time // when they end
	issued   int
	readOnly bool
	denied   *refusal // what every request to the spreadsheet is answered
}

// fakeSheet is one tab.
type fakeSheet struct {
	id     int64
	title  string
	hidden bool
	cells  [][]any // nil, string, json.Number or bool
}

// refusal is an error as Google answers it.
type refusal struct {
	code            int
	status, message string
	reason          string
}

var _ fake.Service = (*Fake)(nil)

// NewFake makes a stand-in with a spreadsheet of two bookings; now is the time that its tokens go by.
func NewFake(now func() time.Time) *Fake {
	f := &Fake{now: now, tokens: map[string]time.Time{}}
	f.tabs = []*fakeSheet{
		{id: 7, title: "Notes", hidden: true},
		{id: 0, title: fakeTab, cells: [][]any{
			{"Booking number", "Name", "E-mail", "Phone", "Amount", "Currency", "Description", "Date", rows.IdentityColumn, columnRef, columnStatus, columnNumber, columnLink},
			{"B-1021", "Anna Lind", "anna@example.com", "+354 555 0123", json.Number("14900"), "ISK", "Golden circle", json.Number("46215"), "r-1"},
			{"B-1022", "Jón Jónsson", "jon@example.com", "", json.Number("29800"), "ISK", "Whale watching", json.Number("46216"), "r-2"},
		}},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v4/spreadsheets/{id}", f.get)
	mux.HandleFunc("GET /v4/spreadsheets/{id}/values/{range}", f.read)
	mux.HandleFunc("POST /v4/spreadsheets/{id}/values/{range}", f.post)
	mux.HandleFunc("POST /v4/spreadsheets/{id}/values:batchUpdate", f.update)
	f.handler = f.faults.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if r.Method == http.MethodPost && r.URL.Path == tokenPath {
			f.token(w, r)
			return
		}
		if why := f.judge(r); why != nil {
			refuse(w, why)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	return f
}

// Name is the connector's name.
func (f *Fake) Name() string { return "googlesheets" }

// Login is an account that the stand-in accepts.
func (f *Fake) Login() (settings map[string]any, secrets map[string]string) {
	key, err := json.MarshalIndent(map[string]string{"type": "service_account", "client_email": fakeEmail, "private_key": standInKey, "private_key_id": fakeKeyID, "token_uri": tokenURI}, "", "  ")
	if err != nil {
		panic("the stand-in's key cannot be written") // texts always can
	}
	return map[string]any{"spreadsheet": fakeBook}, map[string]string{"service_account": string(key), "script_secret": fakeSecret}
}

// Faults are the faults it is to commit.
func (f *Fake) Faults() *fake.Faults { return &f.faults }

// Holdings are the rows of the first visible tab, by their headers.
func (f *Fake) Holdings() map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := []map[string]any{}
	sheet := f.tabs[1]
	for _, cells := range sheet.cells[min(1, len(sheet.cells)):] {
		row := map[string]any{}
		for i, cell := range cells {
			if i < len(sheet.cells[0]) && cell != nil && cell != "" {
				row[fmt.Sprint(sheet.cells[0][i])] = cell
			}
		}
		if len(row) > 0 {
			list = append(list, row)
		}
	}
	return map[string]any{"rows": list}
}

// ServeHTTP is the service's interface.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// Edit changes the cells of the first visible tab as a person does. It may change them in place and gives back what they are now.
func (f *Fake) Edit(change func(cells [][]any) [][]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tabs[1].cells = change(f.tabs[1].cells)
}

// AddRow writes a row below the others, as a person does: texts, numbers as json.Number, and bools, in the order of the columns.
func (f *Fake) AddRow(cells ...any) {
	f.Edit(func(all [][]any) [][]any { return append(all, slices.Clone(cells)) })
}

// judge looks at the login and at what the spreadsheet allows.
func (f *Fake) judge(r *http.Request) *refusal {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if until, known := f.tokens[token]; !ok || !known || !f.now().Before(until) {
		return &refusal{code: 401, status: "UNAUTHENTICATED", message: "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential."}
	}
	if f.denied != nil {
		return f.denied
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v4/spreadsheets/"), "/")
	if id != fakeBook {
		return &refusal{code: 404, status: "NOT_FOUND", message: "Requested entity was not found."}
	}
	if f.readOnly && r.Method != http.MethodGet {
		return &refusal{code: 403, status: "PERMISSION_DENIED", message: "The caller does not have permission"}
	}
	return nil
}

// refuse answers an error as Google's interfaces do.
func refuse(w http.ResponseWriter, why *refusal) {
	body := map[string]any{"code": why.code, "message": why.message, "status": why.status}
	if why.reason != "" {
		body["details"] = []map[string]any{{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": why.reason, "domain": "googleapis.com"}}
	}
	fake.JSON(w, why.code, map[string]any{"error": body})
}
