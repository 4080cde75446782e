package wizard

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/field"
)

// secretOf is a secret as the store keeps it.
func (h *house) secretOf(id, key string) string {
	h.t.Helper()
	a, ok := h.hub.Engine.Account(id)
	if !ok {
		h.t.Fatal("no such account")
	}
	return a.Secrets[key]
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	h := home(t)
	ctx := t.Context()
	_, faults, err := h.SaveAccount(ctx, AccountForm{WorkspaceID: ws.ID, Connector: "payday", Values: map[string]any{"client_id": "", "environment": "x", "nonsense": "1"}})
	must(t, err)
	var paths []string
	for _, f := range faults {
		paths = append(paths, f.Path+" "+f.Code)
	}
	if diff := cmp.Diff([]string{"client_id required", "client_secret required", "environment option", "nonsense unknown"}, paths); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if len(h.Accounts(ws.ID, "")) != 0 {
		t.Error("a wrong account was stored")
	}
	id := h.join("payday", nil)
	a, err := h.Account(ws.ID, id)
	must(t, err)
	if a.Key != "payday" || a.Name != "Payday" || !a.Usable || a.State != tengi.AccountActive || a.Values["client_secret"] != field.Masked || a.Values["client_id"] == nil || a.HookURL != "" {
		t.Errorf("%+v", a)
	}
	secret := h.secretOf(id, "client_secret")
	// A form that comes back as it was shown changes nothing; one without the secret keeps it.
	for _, values := range []map[string]any{a.Values, {"client_id": a.Values["client_id"], "base_url": a.Values["base_url"]}} {
		if _, faults, err := h.SaveAccount(ctx, AccountForm{WorkspaceID: ws.ID, ID: id, Name: "Bookkeeping", Values: values}); err != nil || len(faults) > 0 {
			t.Fatalf("%v %v", faults, err)
		}
		if now, err := h.Account(ws.ID, id); err != nil || now.Name != "Bookkeeping" || now.Key != "payday" || h.secretOf(id, "client_secret") != secret {
			t.Errorf("%+v, %v", now, err)
		}
	}
	// A secret that is needed cannot be removed.
	_, faults, err = h.SaveAccount(ctx, AccountForm{WorkspaceID: ws.ID, ID: id, Values: map[string]any{"client_id": "x", "client_secret": ""}})
	if err != nil || len(faults) != 1 || faults[0].Path != "client_secret" {
		t.Errorf("%v, %v", faults, err)
	}
	second := h.join("payday", nil)
	if b, _ := h.Account(ws.ID, second); b.Key != "payday-2" {
		t.Errorf("the second account has the key %s", b.Key)
	}
	if list := h.Accounts(ws.ID, "payday"); len(list) != 2 || list[0].ID != id {
		t.Errorf("%+v", list)
	}
}

// What depends on another field counts only while it is shown.
func TestAccountsOfSeveralKinds(t *testing.T) {
	t.Parallel()
	h := home(t)
	id, faults, err := h.SaveAccount(t.Context(), AccountForm{WorkspaceID: ws.ID, Connector: "webhook", Name: "Наш сайт",
		Values: map[string]any{"token": "", "scheme": "hmac", "hmac_secret": "0123456789abcdef", "signature_header": "X-Signature"}})
	h.none(faults, err)
	a, err := h.Account(ws.ID, id)
	must(t, err)
	if a.Key != "webhook" || a.Values["hmac_secret"] != field.Masked || a.Values["token"] != nil {
		t.Errorf("%+v", a)
	}
	_, faults, err = h.SaveAccount(t.Context(), AccountForm{WorkspaceID: ws.ID, Connector: "webhook", Values: map[string]any{"dedupe": "{{ data.id }"}})
	must(t, err)
	found := false
	for _, f := range faults {
		found = found || f.Path == "dedupe" && f.Char == 1 && f.Fault().Path == "dedupe"
	}
	if !found {
		t.Errorf("%+v", faults)
	}
}

func TestChecksAndRotation(t *testing.T) {
	t.Parallel()
	h := home(t)
	ctx := t.Context()
	values := h.login("payday")
	good := values["client_secret"].(string)
	values["client_secret"] = "wrong-secret-altogether"
	id, faults, err := h.SaveAccount(ctx, AccountForm{WorkspaceID: ws.ID, Connector: "payday", Values: values})
	h.none(faults, err)
	check, err := h.CheckAccount(ctx, ws.ID, id)
	must(t, err)
	if check.OK || check.Kind != connector.Attention || check.Message == "" || strings.Contains(check.Message+check.Detail, "wrong-secret") {
		t.Errorf("%+v", check)
	}
	if a, _ := h.Account(ws.ID, id); a.State != tengi.AccountAttention || a.Reason == "" || a.Usable {
		t.Errorf("%+v", a)
	}
	check, faults, err = h.Rotate(ctx, ws.ID, id, map[string]string{"client_secret": "wrong-again-altogether"})
	h.none(faults, err)
	if check.OK || h.secretOf(id, "client_secret") != "wrong-secret-altogether" {
		t.Errorf("a secret that is refused was taken: %+v", check)
	}
	check, faults, err = h.Rotate(ctx, ws.ID, id, map[string]string{"client_secret": good, "client_id": "not a secret"})
	h.none(faults, err)
	if a, _ := h.Account(ws.ID, id); !check.OK || check.Name == "" || h.secretOf(id, "client_secret") != good || a.State != tengi.AccountActive || a.Name != "Payday" {
		t.Errorf("%+v, %+v", check, a)
	}
	if _, faults, err := h.Rotate(ctx, ws.ID, id, map[string]string{"client_secret": strings.Repeat("x", 500)}); err != nil || len(faults) != 1 || faults[0].Path != "client_secret" {
		t.Errorf("%v, %v", faults, err)
	}
	h.services["payday"].Faults().Add(fake.Fault{Kind: fake.Refuse, Status: 503, Times: 10})
	check, _, err = h.Rotate(ctx, ws.ID, id, map[string]string{"client_secret": "another-secret-altogether"})
	if err != nil || check.OK || check.Kind != connector.Temporary || h.secretOf(id, "client_secret") != good {
		t.Errorf("a secret that could not be tried was taken: %+v, %v", check, err)
	}
	h.services["payday"].Faults().Clear()
	_, faults, err = h.SaveAccount(ctx, AccountForm{WorkspaceID: ws.ID, ID: id, Values: map[string]any{"client_id": values["client_id"], "base_url": values["base_url"]}, Off: true})
	h.none(faults, err)
	if a, _ := h.Account(ws.ID, id); a.State != tengi.AccountOff || a.Usable {
		t.Errorf("%+v", a)
	}
}

func TestWebhookAddresses(t *testing.T) {
	t.Parallel()
	h := home(t)
	form := h.join("form", map[string]any{"title": "Ask", "fields": []any{map[string]any{"key": "text", "label": "Text"}}})
	old := h.hook(form)
	fresh, err := h.NewHookURL(t.Context(), ws.ID, form)
	must(t, err)
	if fresh == old || fresh != h.hook(form) {
		t.Errorf("%s after %s", fresh, old)
	}
	visitor := url.Values{"text": {"a"}}
	if was, is := h.post(t.Context(), old, visitor), h.post(t.Context(), fresh, visitor); was != http.StatusNotFound || is != http.StatusOK {
		t.Errorf("the old address answers %d, the new one %d", was, is)
	}
	if _, err := h.NewHookURL(t.Context(), ws.ID, h.join("payday", nil)); err == nil {
		t.Error("an account that takes no notices has an address")
	}
}

// One business sees nothing of another.
func TestAccountsOfOthers(t *testing.T) {
	t.Parallel()
	h := home(t)
	id := h.join("payday", nil)
	other := tengi.Workspace{ID: "ws_2", Key: "other", Name: "Other", Country: "PL", Currency: "PLN", TimeZone: "Europe/Warsaw", Language: "pl"}
	must(t, h.hub.Store.SaveWorkspace(t.Context(), other, h.hub.Store.Now()))
	must(t, h.hub.Engine.Changed(t.Context()))
	if list := h.Accounts(other.ID, ""); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	_, readErr := h.Account(other.ID, id)
	_, checkErr := h.CheckAccount(t.Context(), other.ID, id)
	_, _, saveErr := h.SaveAccount(t.Context(), AccountForm{WorkspaceID: other.ID, ID: id})
	_, _, rotateErr := h.Rotate(t.Context(), other.ID, id, nil)
	_, hookErr := h.NewHookURL(t.Context(), other.ID, id)
	_, _, noneErr := h.SaveAccount(t.Context(), AccountForm{WorkspaceID: "ws_3", Connector: "payday"})
	d := h.Begin(other.ID)
	must(t, h.SetSource(&d, "form", "order"))
	key, err := h.AddStep(&d, "payday", "invoice.create", "")
	must(t, err)
	for what, err := range map[string]error{"read": readErr, "check": checkErr, "save": saveErr, "rotate": rotateErr, "hook": hookErr, "no workspace": noneErr, "step": h.SetDestination(&d, key, id)} {
		if err != ErrNoAccount { //nolint:errorlint // it is handed on as it is
			t.Errorf("%s: %v", what, err)
		}
	}
}
