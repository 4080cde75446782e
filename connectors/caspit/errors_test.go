package caspit

import (
	"net/http"
	"testing"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	const post, get = http.MethodPost, http.MethodGet
	for _, c := range []struct {
		method, path string
		status       int
		body         string
		kind         connector.Kind
		code         string
	}{
		{post, "/documents/", 400, `{"Message":"Document x already exists in Caspit"}`, connector.Permanent, codeExists},
		{post, "/documents/", 400, `"המסמך כבר הודפס"`, connector.Permanent, codeExists},
		{post, "/documents/", 400, `{"Message":"TrxCodeNumber 3 is not a Receipt TrxCode"}`, connector.Permanent, connector.CodeRefused},
		{post, "/documents/", 400, `{"Message":"The license of this business has ended"}`, connector.Attention, codeLicence},
		{post, "/documents/", 400, `{"ExceptionMessage":"לעסק אין רישיון"}`, connector.Attention, codeLicence},
		{post, "/documents/", 400, `plain words about a Module`, connector.Attention, codeLicence},
		{post, "/documents/", 403, ``, connector.Attention, codeLicence},
		{post, "/documents/", 401, ``, connector.Attention, connector.CodeLogin},
		{post, "/documents/", 400, `{"Message":"The token is not valid"}`, connector.Temporary, codeToken},
		{post, "/documents/", 400, `אסימון לא תקף`, connector.Temporary, codeToken},
		{post, "/documents/", 429, `{"Message":"license"}`, connector.Temporary, connector.CodeRateLimited},
		{post, "/documents/", 500, `{"Message":"license of the token exists in Caspit"}`, connector.Unknown, connector.CodeAnswerLost}, // it may have acted
		{post, "/documents/", 404, `{"Message":"not found"}`, connector.Permanent, codeNotFound},
		{get, "/documents/x", 404, ``, connector.Permanent, codeNotFound},
		{get, "/documents/x", 500, `{"ExceptionMessage":"The document does not exist"}`, connector.Permanent, codeNotFound},
		{get, "/documents/x", 400, `המסמך לא נמצא`, connector.Permanent, codeNotFound},
		{get, "/documents/x", 500, `{"Message":"An error has occurred."}`, connector.Temporary, connector.CodeUnavailable},
		{post, tokenPath, 400, `{"Message":"wrong password"}`, connector.Attention, connector.CodeLogin},
		{post, tokenPath, 404, ``, connector.Attention, connector.CodeLogin},
		{post, tokenPath, 400, `החשבון לא פעיל`, connector.Attention, codeLicence},
	} {
		t.Run(c.path+" "+c.body, func(t *testing.T) {
			d := setup(t)
			client := d.client()
			if c.path != tokenPath {
				if _, err := check(t.Context(), client); err != nil {
					t.Fatal(err)
				}
			}
			d.caspit.Faults().Add(fake.Fault{Kind: fake.Refuse, Method: c.method, Path: c.path, Status: c.status, Body: c.body, Times: -1})
			if c.status == 401 {
				d.caspit.Faults().Add(fake.Fault{Kind: fake.Refuse, Path: tokenPath, Status: 401, Times: -1})
			}
			var err error
			switch {
			case c.path == tokenPath:
				_, err = check(t.Context(), client)
			case c.method == get:
				_, err = readDocument(t.Context(), client, "x")
			default:
				_, err = client.Change(t.Context(), connector.Change{Name: "x", Request: connector.Request{Method: post, Path: c.path, JSON: map[string]string{}}})
				if e := connector.AsError(err); e.Kind == connector.Unknown {
					e.Code = connector.CodeAnswerLost // that nobody can look here is not what this is about
				}
			}
			e := connector.AsError(err)
			if err == nil || e.Kind != c.kind || e.Code != c.code || e.Message == "" {
				t.Errorf("%s %s %q (%s), want %s %s", e.Kind, e.Code, e.Message, e.Detail, c.kind, c.code)
			}
		})
	}
}

// A read that is refused for want of a login or a licence does not say that there is nothing.
func TestNotFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  *connector.Error
		want bool
	}{
		{&connector.Error{Kind: connector.Permanent, Code: codeNotFound, Status: 500}, true},
		{&connector.Error{Kind: connector.Permanent, Code: connector.CodeRefused, Status: 400}, true},
		{&connector.Error{Kind: connector.Permanent, Code: connector.CodeRefused, Status: 404}, true},
		{&connector.Error{Kind: connector.Attention, Code: codeLicence, Status: 400}, false},
		{&connector.Error{Kind: connector.Temporary, Code: codeToken, Status: 400}, false},
		{&connector.Error{Kind: connector.Permanent, Code: connector.CodeRefused, Status: 422}, false},
	} {
		if got := notFound(c.err); got != c.want {
			t.Errorf("%s %s %d: %t", c.err.Kind, c.err.Code, c.err.Status, got)
		}
	}
}
