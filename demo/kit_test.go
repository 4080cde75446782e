package demo

import (
	"fmt"
	"net/http"
	"net/smtp"
	"strings"
	"testing"

	"github.com/tengi/tengi/connectors/email"
)

// stand is one of the stage's stand-ins.
func stand[T any](s *stage, name string) T {
	f, _ := s.services[name].(T)
	return f
}

// enter writes a booking into the booking tool.
func enter(t *testing.T, s *stage, id, content string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.sandbox.URL()+"/http/orders/"+id, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	_, secrets := s.services["http"].Login()
	req.Header.Set("Authorization", "Bearer "+secrets["secret"])
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v", resp.Status, err)
	}
}

// repeatLetter sends the first letter again, as a hub would that does not know what it has sent.
func repeatLetter(t *testing.T, s *stage) {
	t.Helper()
	f := stand[*email.Fake](s, "email")
	settings, stop, err := f.Listen(t.Context(), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	login, secrets := f.Login()
	host := settings["host"].(string)
	letter := f.Mail()[0]
	address := host + ":" + fmt.Sprint(settings["port"])
	if err := smtp.SendMail(address, smtp.PlainAuth("", login["username"].(string), secrets["password"], host), login["from_email"].(string), letter.EnvelopeTo, letter.Raw); err != nil {
		t.Fatal(err)
	}
}
