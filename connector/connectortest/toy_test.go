package connectortest_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// toyToken is the login at the toy service.
const toyToken = "toy-token-123"

// toyService keeps notes: POST /notes, GET /notes?ref=, DELETE /notes/ID.
type toyService struct {
	faults fake.Faults

	mu    sync.Mutex
	notes map[string]map[string]any
	last  int
}

func newToyService(*connectortest.Clock) fake.Service {
	return &toyService{notes: map[string]map[string]any{}}
}

func (s *toyService) Name() string { return "toy" }
func (s *toyService) Login() (map[string]any, map[string]string) {
	return nil, map[string]string{"token": toyToken}
}
func (s *toyService) Faults() *fake.Faults { return &s.faults }
func (s *toyService) Holdings() map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]any{"notes": slices.Collect(maps.Values(s.notes))}
}

func (s *toyService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.faults.Wrap(http.HandlerFunc(s.serve)).ServeHTTP(w, r)
}

func (s *toyService) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := strings.TrimPrefix(r.URL.Path, "/notes/")
	switch {
	case r.Header.Get("Authorization") != "Bearer "+toyToken:
		w.WriteHeader(http.StatusUnauthorized)
	case r.Method == http.MethodPost:
		note := map[string]any{}
		_ = json.NewDecoder(r.Body).Decode(&note)
		s.last++
		note["id"] = fmt.Sprint(s.last)
		s.notes[fmt.Sprint(s.last)] = note
		fake.JSON(w, http.StatusCreated, note)
	case r.Method == http.MethodDelete && s.notes[id] == nil:
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodDelete:
		delete(s.notes, id)
		w.WriteHeader(http.StatusNoContent)
	default:
		found := []any{}
		for _, note := range s.notes {
			if note["ref"] == r.URL.Query().Get("ref") {
				found = append(found, note)
			}
		}
		fake.JSON(w, http.StatusOK, found)
	}
}

// toy is a connector that keeps every promise, except those that broken names.
type toy struct{ broken string }

func (y toy) connector() *connector.Connector {
	c := &connector.Connector{
		Name: "toy", Title: "Toy", Summary: "Keeps notes.",
		Auth: connector.Auth{
			Fields: field.Set{
				{Key: "token", Type: field.Text, Label: "Token", Secret: true},
				{Key: "hook_secret", Type: field.Text, Label: "Signing secret", Secret: true},
			},
			Sign: func(_ context.Context, c *connector.Client, r *http.Request) error {
				r.Header.Set("Authorization", "Bearer "+c.Secret("token"))
				return nil
			},
			Check: y.check,
		},
		Explain: y.explain,
		Receive: y.receive,
		Triggers: []connector.Trigger{{
			Key: "note", Title: "Note written", Types: []string{"note.*"}, Output: field.Set{{Key: "id", Type: field.Int, Label: "Id"}},
			Poll: y.poll,
		}},
		Actions: []connector.Action{{
			Key: "note.create", Title: "Write a note", Help: "Writes a note.", Makes: tengi.Other, Recovery: "It is looked up by our reference.",
			Input: field.Set{
				{Key: "text", Type: field.Text, Label: "Text", Default: "Sale {{ sale.reference }}", Required: true},
				{Key: "total", Type: field.Amount, Label: "Total", Default: "{{ sale.total }}"},
			},
			Total: func(v field.Values) (money.Amount, error) { return money.New(v.Decimal("total"), "ISK"), nil },
			Do:    y.do, Undo: y.undo,
		}},
	}
	c.Files = y.files(c)
	switch y.broken {
	case "label":
		c.Auth.Fields[0].Label = ""
	case "summary":
		c.Summary = "keeps notes"
	case "default":
		c.Actions[0].Input[0].Default = "{{ sale.refrence }}"
	case "secret input":
		c.Actions[0].Input[1].Secret = true
	case "anew":
		c.Triggers[0].Anew = []string{"since"}
	case "total":
		c.Actions[0].Total = func(field.Values) (money.Amount, error) { return money.New(decimal.NewFromInt(1), "ISK"), nil }
	}
	return c
}

func (y toy) files(c *connector.Connector) fs.FS {
	files := fstest.MapFS{
		"setup.md":          {Data: []byte("# Toy\n## What you need\n## Connect the account\n{{ webhook_url }}\n## Check that it works\n## When something goes wrong\n")},
		"icon.svg":          {Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1"/></svg>`)},
		"samples/note.json": {Data: []byte(`{"type":"note.written","object":"note/7","data":{"id":7}}`)},
	}
	texts, err := json.Marshal(c.Texts()) // a toy may speak English in any language
	if err != nil {
		panic(err)
	}
	for _, language := range []string{"is", "uk", "he", "pl"} {
		files["locale/"+language+".json"] = &fstest.MapFile{Data: texts}
	}
	switch y.broken {
	case "heading":
		files["setup.md"].Data = []byte("# Toy\n## What you need\n")
	case "icon":
		files["icon.svg"].Data = []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><script>alert(1)</script></svg>`)
	case "sample":
		delete(files, "samples/note.json")
	case "sample type":
		files["samples/note.json"].Data = []byte(`{"type":"letter.written","data":{"id":7}}`)
	case "sample data":
		files["samples/note.json"].Data = []byte(`{"type":"note.written","data":{"id":"seven"}}`)
	case "locale":
		files["locale/is.json"] = &fstest.MapFile{Data: []byte(`{"summary":"Geymir minnismiða."}`)}
	case "language":
		delete(files, "locale/he.json")
	case "explained":
		files["locale/en.json"] = &fstest.MapFile{Data: []byte(`{"errors.torn.title": "Torn", "errors.torn": "The note is torn."}`)}
	case "guide":
		files["setup.is.md"] = &fstest.MapFile{Data: []byte("# Toy\n")}
	}
	return files
}

func (y toy) check(ctx context.Context, c *connector.Client) (connector.Identity, error) {
	if y.broken == "check" {
		return connector.Identity{Name: "Anna"}, nil
	}
	_, err := c.Read(ctx, connector.Request{Path: "/notes"})
	return connector.Identity{Name: "Anna"}, err
}

func (y toy) explain(_ *connector.Request, resp *connector.Response, e *connector.Error) {
	switch {
	case y.broken == "rate limit" && resp.Status == http.StatusTooManyRequests:
		e.Kind = connector.Permanent
	case y.broken == "failure" && resp.Status == http.StatusInternalServerError:
		e.Kind = connector.Temporary
	case y.broken == "login" && resp.Status == http.StatusUnauthorized:
		e.Kind = connector.Permanent
	}
}

func (y toy) poll(ctx context.Context, c *connector.Client, _ connector.Cursor) (connector.Polled, error) {
	if _, err := c.Read(ctx, connector.Request{Path: "/notes"}); err != nil && y.broken != "poll" {
		return connector.Polled{}, err
	}
	return connector.Polled{Cursor: "1"}, nil
}

func (y toy) receive(in *connector.Inbound) ([]tengi.Event, error) {
	mac := hmac.New(sha256.New, []byte(in.Secret("hook_secret")))
	mac.Write(in.Body)
	if in.Header.Get("X-Signature") != hex.EncodeToString(mac.Sum(nil)) && y.broken != "signature" {
		return nil, connector.Unverified("signature")
	}
	event := tengi.Event{Type: "note.written", Dedupe: string(in.Body), Data: slices.Clone(in.Body), ReceivedAt: in.ReceivedAt}
	switch y.broken {
	case "dedupe":
		event.Dedupe = fmt.Sprint(time.Now().UnixNano())
	case "body":
		event.Data = in.Body
	case "type":
		event.Type = "letter.written"
	}
	return []tengi.Event{event}, nil
}

func (y toy) do(ctx context.Context, c *connector.Client, ref tengi.Ref, values field.Values) (tengi.Document, error) {
	req := connector.Request{Method: http.MethodPost, Path: "/notes", JSON: map[string]any{"ref": ref, "text": values.Text("text")}}
	recovery := connector.Recovery{Rounds: []time.Duration{10 * time.Second, time.Minute}, Find: y.find(c, ref)}
	change := connector.Change{Name: "create", Request: req, Recover: recovery}
	switch y.broken {
	case "unjournaled":
		resp, err := c.Read(ctx, req)
		return y.document(resp, values), err
	case "key": // the service knows no keys
		change.Recover = connector.Recovery{KeyHeader: "Idempotency-Key", KeyLife: time.Hour}
	case "repeatable":
		change.Recover = connector.Recovery{Repeatable: true}
	case "asks":
		change.Recover = connector.Recovery{}
	case "leak":
		change.Header = http.Header{"X-Debug": {c.Secret("token")}}
	case "error leak":
		change.Accept = func(*connector.Response) error { return &connector.Error{Message: "token " + c.Secret("token")} }
	case "twice":
		change.Name = "first"
		if _, err := c.Change(ctx, change); err != nil {
			return tengi.Document{}, err
		}
		change.Name = "create"
	}
	resp, err := c.Change(ctx, change)
	if err != nil {
		if y.broken == "plain error" {
			return tengi.Document{}, fmt.Errorf("it did not work")
		}
		return tengi.Document{}, err
	}
	return y.document(resp, values), nil
}

func (y toy) find(c *connector.Client, ref tengi.Ref) func(context.Context, connector.Call) ([]byte, bool, error) {
	return func(ctx context.Context, _ connector.Call) ([]byte, bool, error) {
		var notes []json.RawMessage
		if y.broken == "find" {
			return nil, false, nil
		}
		err := c.Get(ctx, "/notes", map[string][]string{"ref": {string(ref)}}, &notes)
		if err != nil || len(notes) == 0 {
			return nil, false, err
		}
		return notes[0], true, nil
	}
}

func (y toy) document(resp *connector.Response, values field.Values) tengi.Document {
	doc := tengi.Document{Kind: tengi.Other, Amount: money.New(values.Decimal("total"), "ISK")}
	if resp != nil {
		var note struct{ ID string }
		_ = resp.JSON(&note)
		doc.ExternalID = note.ID
	}
	if y.broken == "kind" {
		doc.Kind = tengi.Invoice
	}
	return doc
}

func (y toy) undo(ctx context.Context, c *connector.Client, _ tengi.Ref, doc tengi.Document) (tengi.Document, error) {
	req := connector.Request{Method: http.MethodDelete, Path: "/notes/" + doc.ExternalID, Also: []int{http.StatusNotFound}}
	if y.broken == "undo" {
		req.Also = nil
	}
	_, err := c.Change(ctx, connector.Change{Name: "delete", Request: req, Recover: connector.Recovery{Repeatable: true}})
	return tengi.Document{}, err
}

// brokenVariable is how TestControl says what is broken, in processes of its own.
const brokenVariable = "CONNECTORTEST_BROKEN"

// TestToy runs the suite over the toy.
func TestToy(t *testing.T) {
	t.Parallel()
	notes := connectortest.Held("notes")
	body := `{"id":7}`
	secret := "hook-secret-of-the-toy"
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	connectortest.Run(t, toy{os.Getenv(brokenVariable)}.connector(), newToyService,
		connectortest.Case{Action: "note.create", Values: map[string]any{"text": "Hæ", "total": "5"}, Made: notes, Undone: func(svc fake.Service) int { return -notes(svc) }},
		connectortest.Notice{Name: "written", Header: http.Header{"x-signature": {hex.EncodeToString(mac.Sum(nil))}}, Body: body, Events: 1, Signed: true,
			Secrets: map[string]string{"hook_secret": secret}},
	)
}
