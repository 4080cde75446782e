package stripe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/form"

	"github.com/tengi/tengi/connector"
)

const (
	keyHeader = "Idempotency-Key"
	// keyLife is how long a repeat under the same key is safe: Stripe may forget keys that are 24 hours old.
	keyLife = 23 * time.Hour
	// clockSkew is how far Stripe's clock and ours may be apart in a look-up.
	clockSkew = 5 * time.Minute
	perPage   = 100 // the most Stripe gives (https://docs.stripe.com/api/pagination)
	maxPages  = 500 // bounds a list that never ends
	// metaRef is where our reference stands in the metadata of everything made here.
	metaRef = "tengi_ref"
)

// settle is when a look-up counts, after the last send: Stripe gives a request up after 80 seconds (the time-out of its own clients).
var settle = []time.Duration{2 * time.Minute}

// header fixes the version of the API, which otherwise is whatever each merchant's account was opened with. It is part of the frozen request.
func header() http.Header { return http.Header{"Stripe-Version": {stripe.APIVersion}} }

// read asks for one thing.
func read(ctx context.Context, c *connector.Client, what, path string, query url.Values, into any) error {
	resp, err := c.Read(ctx, connector.Request{Path: path, Query: query, Header: header()})
	if err == nil {
		err = resp.JSON(into)
	}
	if err != nil {
		return fmt.Errorf("stripe: read %s: %w", what, err)
	}
	return nil
}

// thing is what everything in Stripe has.
type thing struct {
	ID       string            `json:"id"`
	Deleted  bool              `json:"deleted"`
	Created  int64             `json:"created"` // Unix seconds
	Metadata map[string]string `json:"metadata"`
}

func (t thing) id() string { return t.ID }

// object is one kind of thing.
type object interface{ id() string }

// errEnough ends a list early.
var errEnough = errors.New("enough")

// list goes through a list, newest first, page by page, until each says that it has enough. Lists of Stripe's are complete at once, which its
// search is not (https://docs.stripe.com/search, "Data freshness").
func list[T object](ctx context.Context, c *connector.Client, what, path string, query url.Values, each func(T, json.RawMessage) error) error {
	query.Set("limit", strconv.Itoa(perPage))
	for range maxPages {
		var page struct {
			Data    []json.RawMessage `json:"data"`
			HasMore bool              `json:"has_more"`
		}
		if err := read(ctx, c, what, path, query, &page); err != nil {
			return err
		}
		last := ""
		for _, raw := range page.Data {
			var row T
			if err := json.Unmarshal(raw, &row); err != nil || row.id() == "" {
				return fmt.Errorf("stripe: read %s: %w", what, incomplete())
			}
			last = row.id()
			if err := each(row, raw); err != nil {
				if errors.Is(err, errEnough) {
					return nil
				}
				return err
			}
		}
		if !page.HasMore {
			return nil
		}
		if last == "" || last == query.Get("starting_after") {
			break
		}
		query.Set("starting_after", last)
	}
	return fmt.Errorf("stripe: read %s: %w", what, incomplete())
}

// incomplete says that a list was not read whole, which proves nothing.
func incomplete() error {
	return &connector.Error{Kind: connector.Temporary, Code: connector.CodeBadAnswer, Message: "Stripe's list could not be read whole"}
}

// call is a request that changes something.
type call struct {
	name, what, path string
	// compose makes the body when the journal has none yet; nil = an empty one.
	compose func(context.Context) (any, error)
	find    func(context.Context, connector.Call) (json.RawMessage, error) // what a lost request made; nil = nothing is there
	assume  string                                                         // what a dry run takes for the answer; empty = it ends here
}

// with is the body of a call that needs nothing to be asked first.
func with(body any) func(context.Context) (any, error) {
	return func(context.Context) (any, error) { return body, nil }
}

// post sends a change and reads the object it answers with.
func post[T object](ctx context.Context, c *connector.Client, k call) (T, error) {
	var made T
	read := func(resp *connector.Response) error {
		made = *new(T)
		if err := json.Unmarshal(resp.Body, &made); err != nil || made.id() == "" {
			// A cut answer: the same request under the same key gets it again.
			return &connector.Error{Kind: connector.Unknown, Code: connector.CodeAnswerLost, Message: "Stripe's answer about " + k.what + " could not be read"}
		}
		return nil
	}
	h := header()
	h.Set("Content-Type", "application/x-www-form-urlencoded")
	var assume []byte
	if k.assume != "" {
		assume = []byte(k.assume)
	}
	resp, err := c.Change(ctx, connector.Change{
		Name:    k.name,
		Request: connector.Request{Method: http.MethodPost, Path: k.path, Header: h},
		Assume:  assume,
		Accept:  read,
		Compose: func(ctx context.Context) ([]byte, error) {
			if k.compose == nil {
				return nil, nil
			}
			body, err := k.compose(ctx)
			if err != nil {
				return nil, err
			}
			return encode(body), nil
		},
		Recover: connector.Recovery{KeyHeader: keyHeader, KeyLife: keyLife, Rounds: settle, Find: func(ctx context.Context, open connector.Call) ([]byte, bool, error) {
			found, err := k.find(ctx, open)
			return found, found != nil, err
		}},
	})
	if err == nil {
		err = read(resp)
	}
	if err != nil {
		return made, fmt.Errorf("stripe: make %s: %w", k.what, err)
	}
	return made, nil
}

// encode writes a body as Stripe takes one: lines[0][amount]=100&metadata[a]=b. The same body is always the same bytes: fields stand in the order
// they are declared and metadata in that of the alphabet.
func encode(body any) []byte {
	values := &form.Values{}
	form.AppendTo(values, body)
	return []byte(values.Encode())
}

// sent is the body of an open call, as the look-ups need it: the values of the action may have changed since.
func sent(open connector.Call) (url.Values, error) {
	values, err := url.ParseQuery(string(open.Body))
	if err != nil {
		return nil, fmt.Errorf("stripe: the request that was sent cannot be read: %w", err)
	}
	return values, nil
}

// findByRef looks through a list for what an open call made, by the reference in its metadata.
func findByRef(ctx context.Context, c *connector.Client, what, path string, open connector.Call, same ...string) (json.RawMessage, error) {
	body, err := sent(open)
	if err != nil {
		return nil, err
	}
	ref := body.Get("metadata[" + metaRef + "]")
	query := url.Values{
		"created[gte]": {strconv.FormatInt(open.FirstSent.Add(-clockSkew).Unix(), 10)},
		"created[lte]": {strconv.FormatInt(open.LastSent.Add(clockSkew).Unix(), 10)},
	}
	for _, key := range same {
		query.Set(key, body.Get(key))
	}
	var found json.RawMessage
	err = list(ctx, c, what, path, query, func(row thing, raw json.RawMessage) error {
		if row.Metadata[metaRef] != ref {
			return nil
		}
		if found != nil {
			return &connector.Error{Kind: connector.Unknown, Code: connector.CodeAskPerson, Message: "Stripe has more than one of these with our reference: look there"}
		}
		found = raw
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}
