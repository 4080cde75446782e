package connector

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Request is one request to the service. Of Body, JSON and Form at most one is given.
type Request struct {
	Method string // default GET
	Path   string // begins with "/", below the service's address; or an absolute address where the connector lets a person choose it
	Query  url.Values
	Header http.Header
	Body   []byte
	JSON   any
	Form   url.Values
	// Also names statuses that are as good as 2xx here: 404 to a look-up or to a removal, 409 to "make sure it exists".
	Also []int
	// Private keeps bodies out of the record: a login, a document's bytes.
	Private bool
	Timeout time.Duration // of the whole exchange, signing in included; 0 = the connector's
}

// Response is an answer, whole. The answer to a change comes without headers, because it may be one from the journal, which keeps none.
type Response struct {
	Status  int
	Header  http.Header
	Body    []byte
	changed bool // it answers a change
}

// JSON decodes the answer. A body that is not JSON of that shape is an error that does not repeat what stands in the body: of code bad_answer
// and Temporary for a read. For a change it asks a person, because the service has acted and the same answer will come again; a connector that
// can look the outcome up decodes in Change.Accept instead.
func (r *Response) JSON(into any) error {
	err := json.Unmarshal(r.Body, into)
	if err == nil {
		return nil
	}
	e := &Error{Kind: Temporary, Code: CodeBadAnswer, Status: r.Status, Message: "the service's answer could not be read", Err: shapeFault(err)}
	if r.changed {
		e.Kind, e.Code, e.Message = Unknown, CodeAskPerson, "the service acted, but its answer could not be read"
	}
	return e
}

// shapeFault says where JSON differs from what was expected and drops the value, which may be a customer's.
func shapeFault(err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("not JSON at byte %d", syntax.Offset)
	}
	if shape, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		got, _, _ := strings.Cut(shape.Value, " ") // "number 1234" quotes the number
		return fmt.Errorf("%q is a %s, expected %s", shape.Field, got, shape.Type)
	}
	return errors.New("a value is not of the expected kind")
}

// outgoing is a request ready to be sent any number of times, without the login.
type outgoing struct {
	method, url string
	header      http.Header
	body        []byte
}

// build turns a request into bytes. What cannot be sent is refused here, before anything is journaled.
func (c *Client) build(req *Request) (*outgoing, error) {
	out := &outgoing{method: req.Method, header: http.Header{"Accept": {"application/json"}}, body: req.Body, url: req.Path}
	if out.method == "" {
		out.method = http.MethodGet
	}
	switch {
	case req.JSON != nil:
		body, err := json.Marshal(req.JSON)
		if err != nil {
			return nil, &Error{Kind: Permanent, Code: "encode", Message: "the request cannot be written as JSON", Err: err}
		}
		out.body = body
		out.header.Set("Content-Type", "application/json")
	case req.Form != nil:
		out.body = []byte(req.Form.Encode())
		out.header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, values := range req.Header {
		if err := checkHeader(name, values); err != nil {
			return nil, err
		}
		out.header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	if strings.HasPrefix(req.Path, "/") {
		out.url = c.base + req.Path
	}
	if len(req.Query) > 0 {
		separator := "?"
		if strings.Contains(out.url, "?") {
			separator = "&"
		}
		out.url += separator + req.Query.Encode()
	}
	return out, checkAddress(out.url)
}

// checkAddress refuses what the transport would refuse later, when it could no longer be told from a request that was sent.
func checkAddress(address string) error {
	refuse := func(reason string) error {
		return &Error{Kind: Permanent, Code: CodeAddress, Message: "the address of the request is not usable: " + reason}
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return refuse(withoutURL(err).Error())
	case u.Scheme != "https" && u.Scheme != "http":
		return refuse("it does not begin with https:// or http://")
	case u.Hostname() == "":
		return refuse("it names no host")
	case u.User != nil:
		return refuse("it holds a login; put that where the account asks for it")
	}
	return nil
}

// checkHeader refuses a header that HTTP does not allow (RFC 9110 section 5); a line break in a value would begin another header.
func checkHeader(name string, values []string) error {
	refuse := func(reason string) error {
		return &Error{Kind: Permanent, Code: CodeHeader, Message: fmt.Sprintf("the header %q %s", name, reason)}
	}
	if name == "" || strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	}) {
		return refuse("has a name that cannot be sent")
	}
	for _, value := range values {
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return refuse("has a line break or another control character in its value")
		}
	}
	return nil
}

// SetBody replaces the body of a request while it is signed, for services that take their login inside it.
func SetBody(req *http.Request, body []byte) {
	req.ContentLength = int64(len(body))
	if len(body) == 0 {
		req.Body, req.GetBody = http.NoBody, func() (io.ReadCloser, error) { return http.NoBody, nil }
		return
	}
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.Body = io.NopCloser(bytes.NewReader(body))
}

// sendOnce keeps net/http from sending a change again by itself. It repeats what it believes harmless on a connection that broke: GET and the
// like, and everything with an Idempotency-Key (see net/http.Transport). A request that changes something is repeated by the journal or not at
// all. What stays is the repeat after an idle connection was found closed before one byte of the request was written.
func sendOnce(req *http.Request) {
	replayable := req.Header.Get("Idempotency-Key") != "" || req.Header.Get("X-Idempotency-Key") != ""
	switch req.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		replayable = true
	}
	if !replayable {
		return
	}
	req.GetBody = nil
	if req.Body == nil || req.Body == http.NoBody {
		req.Body = io.NopCloser(new(bytes.Reader)) // a body that is there but empty is not repeated
	}
}
