package http

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// do sends the request and makes a document of its answer.
func do(ctx context.Context, c *connector.Client, ref tengi.Ref, values field.Values) (tengi.Document, error) {
	req, err := build(c, ref, values)
	if err != nil {
		return tengi.Document{}, err
	}
	statuses, err := parseStatuses(values.Text("success"))
	if err != nil {
		return tengi.Document{}, refuse("success", "success", err.Error())
	}
	req.Also = statuses.beyond()
	recovery, err := recovery(c, ref, values)
	if err != nil {
		return tengi.Document{}, err
	}
	if recovery.Repeatable && req.Method == http.MethodDelete {
		req.Also = append(req.Also, http.StatusNotFound, http.StatusGone) // the first of two removals took it away
		statuses.exact = append(statuses.exact, http.StatusNotFound, http.StatusGone)
	}
	resp, err := c.Change(ctx, connector.Change{
		Name:    "request",
		Request: req,
		Recover: recovery,
		Accept:  func(resp *connector.Response) error { return accept(resp, statuses, values.Text("error_path")) },
	})
	if err != nil {
		return tengi.Document{}, err
	}
	return document(resp, ref, c.Workspace.Currency, values), nil
}

// build makes the request of the values.
func build(c *connector.Client, ref tengi.Ref, values field.Values) (connector.Request, error) {
	mark := func(text string) string { return strings.ReplaceAll(text, refMark, string(ref)) }
	path, err := below(c, mark(values.Text("url")))
	if err != nil {
		return connector.Request{}, err
	}
	req := connector.Request{Method: values.Text("method"), Path: path, Header: http.Header{}}
	switch values.Text("content") {
	case contentJSON:
		req.Body = []byte(mark(values.Text("body")))
		if at, ok := jsonAt(req.Body); !ok {
			return req, refuse("body", "body", fmt.Sprintf("the content is not JSON: it goes wrong at byte %d of %d", at, len(req.Body)))
		}
		req.Header.Set("Content-Type", "application/json")
	case contentText:
		req.Body = []byte(mark(values.Text("body")))
		req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	case contentForm:
		req.Form = url.Values{}
		for name, text := range values.Pairs("fields") {
			req.Form.Set(name, mark(text))
		}
	case contentFields:
		object, err := object(values.Pairs("fields"), mark)
		if err != nil {
			return req, err
		}
		req.JSON = object
	}
	for name, text := range values.Pairs("headers") {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		if why, refused := refusedHeaders[canonical]; refused {
			return req, refuse("headers", "headers."+name, "the header "+canonical+" "+why)
		}
		req.Header.Set(canonical, mark(text))
	}
	return req, nil
}

// jsonAt says where a text stops being JSON. An empty one is not JSON.
func jsonAt(text []byte) (int64, bool) {
	if json.Valid(text) {
		return 0, true
	}
	var into json.RawMessage
	if syntax, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(text, &into)); ok {
		return syntax.Offset, false
	}
	return 0, false
}

// below turns a path or an address into the path of a request, below the account's address where it has one. Parts that climb out of it are refused:
// they come from what was filled in.
func below(c *connector.Client, target string) (string, error) {
	if strings.ContainsAny(target, " \t\r\n") {
		return "", refuse(connector.CodeAddress, "url", "the address has a blank in it")
	}
	path, _, _ := strings.Cut(target, "?")
	for part := range strings.SplitSeq(path, "/") {
		if plain, err := url.PathUnescape(part); err != nil || plain == "." || plain == ".." {
			return "", refuse(connector.CodeAddress, "url", "the address has a part that is not a name: \"..\", or a broken escape")
		}
	}
	own := strings.TrimRight(c.Settings.Text("url"), "/")
	if rest, ok := strings.CutPrefix(target, own); ok && own != "" && (rest == "" || rest[0] == '/' || rest[0] == '?') {
		target = rest // so that a sandbox in the account's place is asked instead
	}
	path, _, _ = strings.Cut(target, "?")
	switch {
	case strings.Contains(path, "://"):
		return target, nil
	case address(c.Settings) == "":
		return "", refuse(connector.CodeAddress, "url", "the account has no address, so the action needs a whole one, beginning with https://")
	case !strings.HasPrefix(target, "/"):
		return "/" + target, nil
	}
	return target, nil
}

// recovery is what the user says of a lost answer.
func recovery(c *connector.Client, ref tengi.Ref, values field.Values) (connector.Recovery, error) {
	switch values.Text("recovery") {
	case recoverKey:
		return connector.Recovery{KeyHeader: values.Text("idempotency_header"), KeyLife: time.Duration(values.Int("key_life_hours")) * time.Hour}, nil
	case recoverRepeat:
		return connector.Recovery{Repeatable: true}, nil
	case recoverFind:
		path, err := below(c, strings.ReplaceAll(values.Text("find_url"), refMark, url.QueryEscape(string(ref))))
		if err != nil {
			return connector.Recovery{}, err
		}
		settle := time.Duration(values.Int("settle_seconds")) * time.Second
		return connector.Recovery{
			Rounds: []time.Duration{settle / 4, settle},
			Find: func(ctx context.Context, _ connector.Call) ([]byte, bool, error) {
				resp, err := c.Read(ctx, connector.Request{Path: path, Also: []int{http.StatusNotFound}})
				if err != nil || resp.Status == http.StatusNotFound {
					return nil, false, err
				}
				return find(resp, values.Text("find_list"), values.Text("find_match"), string(ref))
			},
		}, nil
	default:
		return connector.Recovery{}, nil
	}
}
