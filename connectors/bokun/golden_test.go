package bokun

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/internal/testutil"
	"github.com/tengi/tengi/sale"
)

// outcome is what a person reads of a golden.
type outcome struct {
	Type    string     `json:"type,omitempty"`
	Nothing string     `json:"nothing,omitempty"`
	Held    string     `json:"held,omitempty"`
	Faults  string     `json:"faults,omitempty"` // of the sale's own check
	Sale    *sale.Sale `json:"sale,omitempty"`
	Data    any        `json:"data,omitempty"`
}

// TestGoldens turns recorded shapes of Bókun's answers into sales. A folder of testdata is a case: booking.json is v1's answer; invoices.json
// and payments.json are v2's, which answers 403 without them; options.json are the source's options.
func TestGoldens(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/*/booking.json")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range cases {
		name := filepath.Base(filepath.Dir(path))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			raw := map[string]any{}
			if text := fixture(t, name, "options"); text != nil {
				if err := json.Unmarshal(text, &raw); err != nil {
					t.Fatal(err)
				}
			}
			c := b.client(raw, connectortest.WithHTTP(fixtures(t, name)))
			event := bookingEvent(c, Booking{ID: 71500321})
			event.ReceivedAt = event.ReceivedAt.Add(-2 * appearsWithin)
			loaded, err := load(t.Context(), c, event)
			got := outcome{Type: loaded.Type, Nothing: loaded.Nothing, Sale: loaded.Sale, Data: loaded.Data}
			if err != nil {
				e := connector.AsError(err)
				got.Held = e.Kind.String() + " " + e.Code + " " + e.Field + ": " + err.Error()
			}
			if got.Sale != nil {
				if err := got.Sale.Check().Err(); err != nil {
					got.Faults = err.Error()
				}
			}
			var text bytes.Buffer
			encoder := json.NewEncoder(&text)
			encoder.SetEscapeHTML(false)
			encoder.SetIndent("", "  ")
			if err := encoder.Encode(got); err != nil {
				t.Fatal(err)
			}
			testutil.Golden(t, name+"/outcome", text.Bytes())
		})
	}
}

// fixture reads a file of a case; nil when it has none.
func fixture(t *testing.T, name, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name, file+".json"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return text
}

// fixtures answers with the files of a case.
func fixtures(t *testing.T, name string) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		file := "booking"
		for _, other := range []string{"invoices", "payments"} {
			if strings.HasSuffix(r.URL.Path, "/"+other) {
				file = other
			}
		}
		text, status := fixture(t, name, file), http.StatusOK
		if text == nil {
			text, status = []byte(`{"error":"no permission"}`), http.StatusForbidden
		}
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(text))}, nil
	})
}
