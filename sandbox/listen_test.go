package sandbox

import (
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/textproto"
	"strings"
	"testing"

	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/connectors/email"
	connectorhttp "github.com/tengi/tengi/connectors/http"
)

// A stand-in that speaks something other than HTTP listens on a port of its own, as long as the sandbox does, and the list says where.
func TestListeners(t *testing.T) {
	t.Parallel()
	server, err := Start(t.Context(), "127.0.0.1:0", false, New([]fake.Service{email.NewFake(), connectorhttp.NewFake()}), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	list := listing(t, server.URL())
	at := net.JoinHostPort(list["email"].Settings["host"].(string), jsonText(t, list["email"].Settings["port"]))
	if list["email"].Settings["username"] != "hello@fjordur.example" || list["email"].Secrets["password"] == "" || list["http"].Settings["port"] != nil {
		t.Errorf("listed %+v", list)
	}
	conn, err := textproto.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	if _, greeting, err := conn.ReadResponse(220); err != nil || !strings.Contains(greeting, "stand-in") {
		t.Errorf("%q, %v", greeting, err)
	}
	if err := server.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if line, err := conn.ReadLine(); err == nil {
		t.Errorf("after the sandbox it still says %q", line)
	}
	_ = conn.Close()
	if conn, err := net.Dial("tcp", at); err == nil {
		t.Error("after the sandbox it still listens")
		_ = conn.Close()
	}
}

// listing is what the sandbox says of its stand-ins, by name.
func listing(t *testing.T, url string) map[string]Listing {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/_sandbox/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var list []Listing
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	byName := map[string]Listing{}
	for _, l := range list {
		byName[l.Name] = l
	}
	return byName
}

func jsonText(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
