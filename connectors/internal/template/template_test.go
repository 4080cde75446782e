package template

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
)

const signingSecret = "signing-secret-of-the-test"

// signed is a notice as the service sends it.
func signed(body string) connectortest.Notice {
	mac := hmac.New(sha256.New, []byte(signingSecret))
	mac.Write([]byte(body))
	return connectortest.Notice{
		Header: http.Header{headerSignature: {hex.EncodeToString(mac.Sum(nil))}}, Body: body, Events: 1, Signed: true,
		Secrets: map[string]string{"token": fakeToken, "signing_secret": signingSecret},
	}
}

func TestConnector(t *testing.T) {
	t.Parallel()
	written := signed(`{"id":"7","text":"Hæ"}`)
	written.Name = "written"
	connectortest.Run(t, Connector(), func(*connectortest.Clock) fake.Service { return NewFake() },
		connectortest.Case{Action: "note.create", Values: map[string]any{"text": "Hæ"}, Made: connectortest.Held("notes"),
			Undone: func(svc fake.Service) int { return -connectortest.Held("notes")(svc) }},
		written,
	)
}

// TestNoPermission: what is special to this service is tested here, beside what the suite tests of all.
func TestNoPermission(t *testing.T) {
	t.Parallel()
	svc := NewFake()
	svc.Faults().Add(fake.Fault{Kind: fake.Refuse, Status: http.StatusForbidden})
	_, err := check(t.Context(), connectortest.Client(t, Connector(), svc))
	if e := connector.AsError(err); e.Kind != connector.Attention || e.Code != "no_permission" {
		t.Errorf("%s %s: %v", e.Kind, e.Code, err)
	}
}
