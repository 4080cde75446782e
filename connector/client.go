package connector

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/field"
)

// MaxAnswer is how much of an answer is read; a longer one is an error.
const MaxAnswer = 4 << 20

var errTooLong = fmt.Errorf("the answer is longer than %d bytes", MaxAnswer)

// Client is how a connector talks to its service for one account during one piece of work. It knows the address, the login, the clock and the
// pace, records every request and answer, and journals those that change something. Connectors never make an http.Client or read the time.
// It belongs to one goroutine.
type Client struct {
	Account   *tengi.Account
	Settings  field.Values // the account's settings, parsed; shared with its other clients, so they are only read
	Workspace tengi.Workspace
	Options   field.Values // of the source or of the trigger at work; empty in an action

	connector *Connector
	base      string
	zone      *time.Location
	session   *Session
	http      http.RoundTripper
	dial      DialFunc
	now       func() time.Time
	journal   Journal
	ref       tengi.Ref
	masks     *masks
	recorder  *Recorder
	files     fs.FS
	dry       bool
	captured  []Call // of a dry client, those whose answers were assumed
	careless  bool
	wait      func(time.Duration) time.Duration
	latest    time.Time // while a change goes its own way: when its time is over
}

// ClientConfig is what a Client is made from.
type ClientConfig struct {
	Connector *Connector
	Account   *tengi.Account // never changed: an account that changes is another value
	Workspace tengi.Workspace
	Options   field.Values
	Session   *Session // shared by all clients of the account in this process; nil = one of its own
	HTTP      http.RoundTripper
	Dial      DialFunc // for services that do not speak HTTP; nil = there is no way to them
	Now       func() time.Time
	Journal   Journal   // nil: the client may only read, or is dry
	Ref       tengi.Ref // of the step at work
	Files     fs.FS     // the folder that the operator has opened to accounts; nil = none is
	Dry       bool      // reads go out, changes are captured instead of sent (see Captured)
	// Careless resends a change whose answer was lost at once, with a new key and without looking. It exists so that the crash tests can
	// show that they would notice.
	Careless bool
	// Wait maps a settle time to the one to use; nil = as the connector says. Tests shorten it together with their stand-in's slowness.
	Wait func(time.Duration) time.Duration
}

// NewClient makes the client for one piece of work. It fails when the account's settings do not fit the connector.
func NewClient(cfg ClientConfig) (*Client, error) {
	if cfg.Session == nil {
		cfg.Session = NewSession(cfg.Connector.Limits)
	}
	opened, err := cfg.Session.open(cfg.Connector, cfg.Account)
	if err != nil {
		return nil, err
	}
	zone, err := cfg.Session.zone(cfg.Workspace.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("time zone of workspace %s: %w", cfg.Workspace.Name, err)
	}
	wait := cfg.Wait
	if wait == nil {
		wait = func(d time.Duration) time.Duration { return d }
	}
	return &Client{
		Account: cfg.Account, Settings: opened.settings, Workspace: cfg.Workspace, Options: cfg.Options,
		connector: cfg.Connector, base: opened.base, zone: zone, session: cfg.Session, http: cfg.HTTP, dial: cfg.Dial, now: cfg.Now,
		journal: cfg.Journal, ref: cfg.Ref, masks: opened.masks, recorder: &Recorder{masks: opened.masks}, files: cfg.Files, dry: cfg.Dry, careless: cfg.Careless, wait: wait,
	}, nil
}

// Secret is one of the account's secrets; empty when not set.
func (c *Client) Secret(key string) string { return c.Account.Secrets[key] }

// Now is the time by the engine's clock.
func (c *Client) Now() time.Time { return c.now() }

// Today is the date in the workspace's time zone, YYYY-MM-DD.
func (c *Client) Today() string { return c.now().In(c.zone).Format(time.DateOnly) }

// Zone is the workspace's time zone.
func (c *Client) Zone() *time.Location { return c.zone }

// Session keeps what is shared by all work of the account in this process: login tokens, the pace.
func (c *Client) Session() *Session { return c.session }

// Recorded is every request and answer so far, secrets masked and bodies capped.
func (c *Client) Recorded() []Exchange { return c.recorder.exchanges }

// Read sends a request that changes nothing, whatever its method. An answer of 400 and above is an *Error and comes with the response.
func (c *Client) Read(ctx context.Context, req Request) (*Response, error) {
	out, err := c.build(&req)
	if err != nil {
		return nil, err
	}
	if err := c.pace(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := c.deadline(ctx, &req)
	defer cancel()
	return c.exchange(ctx, &req, out, reads)
}

// Get reads path and decodes its JSON answer.
func (c *Client) Get(ctx context.Context, path string, query url.Values, into any) error {
	resp, err := c.Read(ctx, Request{Path: path, Query: query})
	if err != nil {
		return err
	}
	return resp.JSON(into)
}

// exchange sends once, with one renewal of the login where the connector knows how, and classifies what came of it.
func (c *Client) exchange(ctx context.Context, req *Request, out *outgoing, effect effect) (*Response, error) {
	resp, signed, err := c.send(ctx, req, out, effect)
	if err == nil && resp.Status == http.StatusUnauthorized && !isSigningIn(ctx) && c.session.refused(signed) {
		if err = c.pace(ctx); err == nil {
			resp, _, err = c.send(ctx, req, out, effect) // a refused login did nothing, so repeating it is harmless
		}
	}
	if err != nil {
		return nil, err
	}
	if resp.Status < 300 || slices.Contains(req.Also, resp.Status) {
		return resp, nil
	}
	failure := classifyStatus(resp.Status, resp.Header, effect, c.now())
	failure.Detail = c.masks.body(resp.Body, maxDetail)
	if c.connector.Explain != nil {
		c.connector.Explain(req, resp, failure)
		failure.Message, failure.Detail = c.masks.mask(failure.Message), c.masks.body([]byte(failure.Detail), maxDetail)
	}
	return resp, failure
}

// maxDetail is how much of a service's own words an error keeps.
const maxDetail = 500

// send signs and sends once, and reads the whole answer. Its errors are classified. signed is for Session.refused.
func (c *Client) send(ctx context.Context, req *Request, out *outgoing, effect effect) (resp *Response, signed int, err error) {
	var asked, connected bool
	under := &departure{}
	under.latest, _ = ctx.Deadline() // see deadline
	trace := &httptrace.ClientTrace{ // the first two are called by the goroutine that sends
		GetConn: func(string) { asked, connected = true, false },
		GotConn: func(info httptrace.GotConnInfo) {
			connected = true
			under.by(info.Conn)
		},
		GotFirstResponseByte: func() { under.answered.Store(true) },
	}
	hreq, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), out.method, out.url, nil)
	if err != nil {
		return nil, 0, &Error{Kind: Permanent, Code: CodeAddress, Message: "the request is not usable", Err: withoutURL(err)}
	}
	hreq.Header = out.header.Clone()
	SetBody(hreq, out.body)
	if c.connector.Auth.Sign != nil && !isSigningIn(ctx) {
		if err := c.connector.Auth.Sign(ctx, c, hreq); err != nil {
			return nil, 0, loginFailed(err)
		}
	}
	signed = c.session.signed()
	if effect != reads {
		sendOnce(hreq)
	}
	record := c.recorder.begin(c.now(), req, out)
	hresp, err := c.http.RoundTrip(hreq)
	if err != nil {
		record.fail(c.now(), withoutURL(err))
		sent := !neverConnected(err) && (connected || !asked) && (!under.guarded || under.begun.Load())
		failure := classifyTransport(err, sent, effect)
		if under.late.Load() && failure.Kind == Unknown {
			failure.Code, failure.Message = CodeSentLate, "the request left later than it was to, and the service may have acted"
		}
		return nil, signed, failure
	}
	defer hresp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(hresp.Body, MaxAnswer+1))
	if err == nil && len(body) > MaxAnswer {
		body, err = body[:MaxAnswer], errTooLong
	}
	record.finish(c.now(), hresp, body, err)
	if err != nil && hresp.StatusCode < 300 { // an unsuccessful status says enough without the whole body
		return nil, signed, classifyTransport(err, true, effect)
	}
	return &Response{Status: hresp.StatusCode, Header: hresp.Header, Body: body, changed: effect != reads}, signed, nil
}

// loginFailed keeps the class of an error met while signing, as far as it can be true there: nothing of the request was sent, and what the
// service refuses for ever is not the values but the login, with whatever status it says so (RFC 6749 section 5.2 takes 400).
func loginFailed(err error) error {
	e := *AsError(err)
	switch e.Kind {
	case Unknown:
		return &Error{Kind: Temporary, Code: CodeNotSent, Message: "could not sign in", RetryAfter: e.RetryAfter, Err: err}
	case Permanent:
		e.Kind = Attention
		if e.Code == CodeRefused {
			e.Code, e.Message = CodeLogin, "the service refused the login"
		}
	}
	return &e
}

// pace waits for the account's turn.
func (c *Client) pace(ctx context.Context) error {
	if err := c.session.pace(ctx); err != nil {
		return classifyTransport(err, false, reads)
	}
	return nil
}

// deadline bounds everything one request needs, from signing in to the last byte of the answer.
func (c *Client) deadline(ctx context.Context, req *Request) (context.Context, context.CancelFunc) {
	timeout := req.Timeout
	if timeout == 0 {
		timeout = c.connector.Limits.timeout()
	}
	return context.WithTimeout(ctx, timeout)
}

func (l Limits) timeout() time.Duration {
	if l.Timeout > 0 {
		return l.Timeout
	}
	return DefaultTimeout
}
