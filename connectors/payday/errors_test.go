package payday

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
)

// The four shapes, plain, quoted and empty ones beside them, with error codes as numbers and as texts.
func TestReadError(t *testing.T) {
	t.Parallel()
	tests := map[string]said{
		"Either unit price is required":                                          {"", "Either unit price is required"},
		`"Either unit price is required"`:                                        {"", "Either unit price is required"},
		`{"message":"Closed"}`:                                                   {"", "Closed"},
		`{"errorCode":21018,"errorMessage":"Not electronic"}`:                    {"21018", "Not electronic"},
		`{"errorCode":"21018","errorMessage":"Not electronic"}`:                  {"21018", "Not electronic"},
		`{"errorCode":21001}`:                                                    {"21001", `{"errorCode":21001}`},
		`{"error":"invalid_client","error_description":"Authentication failed"}`: {"invalid_client", "Authentication failed"},
		`{"error":"invalid_client"}`:                                             {"invalid_client", "invalid_client"},
		`{"other":1}`:                                                            {"", `{"other":1}`},
		"":                                                                       {"", ""},
		"  text\n":                                                               {"", "text"},
	}
	for body, want := range tests {
		if got := readError(body); got != want {
			t.Errorf("%s: %+v, want %+v", body, got, want)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method, path string
		status       int
		header       string
		body         string
		kind         connector.Kind
		code, field  string
		wait         time.Duration
		detail       string
	}{
		"plain sentence":       {status: 400, body: "Either unit price", kind: connector.Permanent, code: connector.CodeRefused, detail: "Either unit price"},
		"message":              {status: 400, body: `{"message":"Closed"}`, kind: connector.Permanent, code: connector.CodeRefused, detail: "Closed"},
		"electronic":           {status: 400, body: `{"errorCode":21018,"errorMessage":"x"}`, kind: connector.Permanent, code: codeElectronic, field: "electronic_invoice", detail: "x"},
		"electronic, as text":  {status: 400, body: `{"errorCode":"21018"}`, kind: connector.Permanent, code: codeElectronic, field: "electronic_invoice", detail: `{"errorCode":"21018"}`},
		"customer in use":      {method: "DELETE", status: 400, body: `{"errorCode":21001,"errorMessage":"x"}`, kind: connector.Permanent, code: codeInvoiced, detail: "x"},
		"pending":              {method: "PUT", status: 400, body: "Invoice with status Pending cannot be updated", kind: connector.Temporary, code: codePending, wait: 15 * time.Second, detail: "Invoice with status Pending cannot be updated"},
		"pending, but created": {status: 400, body: "Pending", kind: connector.Permanent, code: connector.CodeRefused, detail: "Pending"},
		"409":                  {status: 409, kind: connector.Permanent, code: connector.CodeRefused},
		"422":                  {status: 422, kind: connector.Permanent, code: connector.CodeRefused},
		"404":                  {status: 404, kind: connector.Permanent, code: codeNotFound},
		"401":                  {status: 401, body: `{"error":"invalid_token","error_description":"x"}`, kind: connector.Attention, code: codeKeys, detail: "x"},
		"401, set-up":          {status: 401, body: "Complete the Required system setup first", kind: connector.Attention, code: codeSetUp, detail: "Complete the Required system setup first"},
		"403":                  {status: 403, kind: connector.Attention, code: codePermission},
		"429":                  {status: 429, header: "20", kind: connector.Temporary, code: connector.CodeRateLimited, wait: 20 * time.Second},
		"500":                  {status: 500, body: "oops", kind: connector.Unknown, code: connector.CodeAnswerLost, detail: "oops"},
		"500 to a read":        {method: "GET", status: 500, kind: connector.Temporary, code: connector.CodeUnavailable},
		"503 with a time":      {status: 503, header: "7", kind: connector.Temporary, code: connector.CodeUnavailable, wait: 7 * time.Second},
		"login refused":        {path: tokenPath, status: 401, body: `{"error":"invalid_client"}`, kind: connector.Attention, code: codeKeys, detail: "invalid_client"},
		"login malformed":      {path: tokenPath, status: 400, kind: connector.Attention, code: codeKeys},
		"no Payday there":      {path: tokenPath, status: 404, body: "nginx", kind: connector.Attention, code: connector.CodeLogin, detail: "nginx"},
		"login too often":      {path: tokenPath, status: 429, kind: connector.Temporary, code: connector.CodeRateLimited},
		"login down":           {path: tokenPath, status: 500, kind: connector.Temporary, code: connector.CodeUnavailable},
		"a kennitala inside":   {status: 400, body: "Customer 120174-3399 and 4101010179", kind: connector.Permanent, code: connector.CodeRefused, detail: "Customer 120174-**** and 410101-****"},
		"other numbers stay":   {status: 400, body: "Invoice 12345678901 of 2026-06-01", kind: connector.Permanent, code: connector.CodeRefused, detail: "Invoice 12345678901 of 2026-06-01"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == tokenPath && test.path != tokenPath {
					_, _ = w.Write([]byte(`{"accessToken":"token-of-the-test","expiresIn":"86400.0","createdAt":"2026"}`))
					return
				}
				if test.header != "" {
					w.Header().Set("Retry-After", test.header)
				}
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			}))
			t.Cleanup(server.Close)
			c := connectortest.ClientAt(t, Connector(), server, connectortest.Account(Connector(), NewFake()))
			method := test.method
			if method == "" {
				method = http.MethodPost
			}
			req := connector.Request{Method: method, Path: "/invoices"}
			var err error
			if method == http.MethodGet || test.path == tokenPath {
				_, err = c.Read(t.Context(), req)
			} else {
				_, err = c.Change(t.Context(), connector.Change{Name: "x", Request: req})
			}
			e := connector.AsError(err)
			code := test.code
			if test.kind == connector.Unknown {
				code = connector.CodeAskPerson // this call has no means of its own
			}
			if e.Kind != test.kind || e.Code != code || e.Field != test.field || e.RetryAfter != test.wait || e.Detail != test.detail {
				t.Errorf("%s %s on %q, wait %s, detail %q", e.Kind, e.Code, e.Field, e.RetryAfter, e.Detail)
			}
			if e.Message == "" || test.body != "" && strings.Contains(err.Error(), test.body) {
				t.Errorf("the error says %q", err)
			}
		})
	}
}

// A login that is answered with something else is no login, and passes.
func TestLoginAnswers(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `null`, `{}`, `{"accessToken":""}`, `{"accessToken":null}`, `<html>`, `[]`} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		c := connectortest.ClientAt(t, Connector(), server, connectortest.Account(Connector(), NewFake()))
		_, err := check(t.Context(), c)
		wantError(t, err, connector.Temporary, connector.CodeBadAnswer, "")
		server.Close()
	}
}
