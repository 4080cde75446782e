package connector

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/tengi/tengi"
)

// Change is a request that changes something at the service.
type Change struct {
	Name string // stable within the action: "create", "finalise"
	Request
	Recover Recovery
	// Accept looks at a successful answer and may refuse it: a service that says "error" with status 200, an answer that cannot be read.
	// An Unknown error leaves the call open, a Permanent or Temporary one says that it did not act. Nil = every such answer counts.
	Accept func(*Response) error
	// Compose makes the Request's Body when it is first needed, for a body that costs something to make: a document that is fetched. A call that the
	// journal knows is sent as it was frozen, and Compose is not asked. Nil = the Request has its body.
	Compose func(context.Context) ([]byte, error)
	// Via sends by other means than HTTP, over a connection from Client.Dial. It is given the frozen call and what it answers is the call's answer;
	// journal, record, pace, bounds and dry mode are those of every change. The Request names the way in its own words: Method ("SMTP"), Path (a whole
	// address, "smtp://mail.example.com:587"), Header (what belongs to the sending and is no login, such as an envelope) and Body.
	// Its errors must say what they prove: Temporary, Attention and Permanent mean that it did not act; anything else is Unknown. What the service said
	// comes as a response beside the error. Nil = HTTP.
	Via func(context.Context, Call) (*Response, error)
	// Assume is an answer, invented, that a dry run goes on with, so that it shows what follows as well: for a change that only prepares the one that
	// matters, such as making the customer of an invoice. Nothing but a dry run looks at it. Nil = a dry run ends with this change.
	Assume []byte
}

// Recovery is how a lost answer of a change is resolved. The zero value asks a person. Where several means are given the first that applies is taken.
type Recovery struct {
	// Repeatable says that the same request again leads to the same state: it sets a wanted state, or its bytes hold a key by which the service knows a
	// repeat. With a KeyLife that holds only so long after the first send; 0 = for ever.
	Repeatable bool
	// KeyHeader carries an idempotency key made from the Ref; within KeyLife of the first send the same request may be sent again.
	KeyHeader string
	KeyLife   time.Duration
	// Find looks for what the lost request made, by our reference, and answers as the request would have been answered. It gets the open call: the
	// bytes that were sent then, which the action's values may no longer give. An error means that this look-up proves nothing.
	Find func(context.Context, Call) (answer []byte, found bool, err error)
	// Rounds are the times after the send at which Find looks. Found at any of them is found; absent counts only after the last, which must lie
	// beyond the service's slowest answer: the lost request may still be running on the other side.
	Rounds []time.Duration
	// Resends is how often a request found absent is sent again before a person is asked; 0 = once.
	Resends int
}

// Call is a changing request as the journal has it; see [tengi.Call].
type Call = tengi.Call

// The states of a call, under the names connectors use.
const (
	CallOpen     = tengi.CallOpen
	CallAnswered = tengi.CallAnswered
	CallUnacted  = tengi.CallUnacted
	CallRefused  = tengi.CallRefused
)

// Journal keeps the calls of one step of one delivery.
type Journal interface {
	// Call finds a call by its name.
	Call(name string) (Call, bool)
	// Intend stores a call durably, and everything noted before. It fails when the work was taken over by somebody else: then nothing may be sent.
	Intend(ctx context.Context, call Call) error
	// Note keeps what became of a call; it is stored with the next Intend or with the step's outcome.
	Note(call Call)
}

// Captured is the error that a dry client answers a change with: the first, or the first after those whose answers it could assume.
type Captured struct {
	Call   Call
	Before []Call // the changes that would have come before it
}

func (c *Captured) Error() string {
	return fmt.Sprintf("dry run: %s %s was not sent", c.Call.Method, c.Call.Name)
}

// Change sends a request that changes something, once. When the journal already has its answer, that is returned; when an earlier send is open,
// it is resolved first by the means that Recover names.
func (c *Client) Change(ctx context.Context, change Change) (*Response, error) {
	if c.dry {
		return c.capture(ctx, &change)
	}
	if c.journal == nil || c.ref == "" {
		return nil, fmt.Errorf("%s: call %q: this work may only read", c.connector.Name, change.Name)
	}
	call, known := c.journal.Call(change.Name)
	var err error
	switch {
	case !known:
		call, err = c.freeze(ctx, &change, 0)
	case call.State == CallAnswered:
		return answered(call), nil
	case call.State == CallRefused:
		refused := call
		if call, err = c.freeze(ctx, &change, refused.Version+1); err == nil {
			call.Sends = refused.Sends
		}
	case call.State == CallOpen && c.careless:
		forget(&call, change.Recover.KeyHeader)
	case call.State == CallOpen:
		var resolved bool
		if resolved, err = c.resolve(ctx, &change, &call); resolved {
			return answered(call), nil
		}
	}
	if err != nil {
		return nil, err
	}
	return c.sendCall(ctx, &change, call)
}

// capture keeps a change instead of sending it.
func (c *Client) capture(ctx context.Context, change *Change) (*Response, error) {
	call, err := c.freeze(ctx, change, 0)
	if err != nil {
		return nil, err
	}
	if change.Assume != nil {
		c.captured = append(c.captured, call)
		return &Response{Status: http.StatusOK, Header: http.Header{}, Body: change.Assume, changed: true}, nil
	}
	return nil, &Captured{Call: call, Before: c.captured}
}

// answered is the journal's answer to a call.
func answered(call Call) *Response {
	return &Response{Status: call.Status, Header: http.Header{}, Body: call.Answer, changed: true}
}

// forget makes an open call one that was never sent, which is what must not be done.
func forget(call *Call, keyHeader string) {
	call.Version++
	call.Sends++
	call.State = CallUnacted
	call.Key = fmt.Sprintf("%s-careless-%d", call.Key, call.Version)
	if keyHeader != "" {
		call.Header = call.Header.Clone()
		call.Header.Set(keyHeader, call.Key)
	}
}

// freeze makes the call whose bytes every send will repeat. Bytes that hold a secret are refused: they would be stored.
func (c *Client) freeze(ctx context.Context, change *Change, version int) (Call, error) {
	if change.Compose != nil {
		body, err := change.Compose(ctx)
		if err != nil {
			return Call{}, err
		}
		change.Body = body
	}
	out, err := c.bytesOf(change)
	if err != nil {
		return Call{}, err
	}
	call := Call{Name: change.Name, Version: version, Method: out.method, URL: out.url, Header: out.header, Body: out.body}
	call.Key = string(c.ref) + "-" + change.Name
	if version > 0 {
		call.Key = fmt.Sprintf("%s-%d", call.Key, version+1)
	}
	if change.Recover.KeyHeader != "" {
		call.Header.Set(change.Recover.KeyHeader, call.Key)
	}
	stored := [][]byte{call.Body, []byte(call.URL)}
	for _, values := range call.Header {
		for _, value := range values {
			stored = append(stored, []byte(value))
		}
	}
	for _, text := range stored {
		if key, found := c.masks.find(text); found {
			return Call{}, Refusal(CodeSecret, "", fmt.Sprintf("the request holds the secret %q: leave it to the account, which adds it where it belongs", key))
		}
	}
	return call, nil
}

// resolve finds out what became of an open call. It says whether the call is answered now; neither that nor an error means that the same bytes
// may be sent again.
func (c *Client) resolve(ctx context.Context, change *Change, call *Call) (bool, error) {
	r, now := change.Recover, c.now()
	switch {
	case r.repeatable(now.Sub(call.FirstSent)):
		call.Sends++
		return false, nil
	case r.Find == nil || len(r.Rounds) == 0:
		return false, askPerson("the answer was lost and the service offers no way to look it up")
	}
	if due := c.due(r, call); now.Before(due) {
		return false, lookAgain(due.Sub(now), "the answer was lost; looking it up shortly")
	}
	answer, found, err := r.Find(ctx, *call)
	if err != nil {
		e := *AsError(err)
		if e.Kind != Attention {
			e.Kind = Unknown // a look-up that fails proves nothing
		}
		e.RetryAfter = max(e.RetryAfter, c.wait(r.Rounds[0]))
		return false, &e
	}
	if found {
		call.State, call.Status, call.Answer = CallAnswered, http.StatusOK, answer
		c.journal.Note(*call)
		return true, nil
	}
	for call.Looks < len(r.Rounds) && !now.Before(c.due(r, call)) { // one look serves every round whose time has come
		call.Looks++
	}
	c.journal.Note(*call)
	if call.Looks < len(r.Rounds) {
		return false, lookAgain(c.due(r, call).Sub(now), "the answer was lost and nothing is there yet; looking again")
	}
	if call.Sends > max(r.Resends, 1) {
		return false, askPerson("the answer was lost more than once and nothing can be found")
	}
	call.State = CallUnacted // proved by its absence
	call.Sends++
	return false, nil
}

// repeatable says whether the same bytes may go again so long after the first send.
func (r Recovery) repeatable(since time.Duration) bool {
	if r.Repeatable && r.KeyLife == 0 {
		return true
	}
	return (r.Repeatable || r.KeyHeader != "") && since < r.KeyLife
}

// due is when the next round of looking begins. After the last round that is any time.
func (c *Client) due(r Recovery, call *Call) time.Time {
	return call.LastSent.Add(c.wait(r.Rounds[min(call.Looks, len(r.Rounds)-1)]))
}

func lookAgain(after time.Duration, message string) error {
	return &Error{Kind: Unknown, Code: CodeAnswerLost, RetryAfter: max(after, time.Millisecond), Message: message}
}

func askPerson(message string) error {
	return &Error{Kind: Unknown, Code: CodeAskPerson, Message: message}
}

// sendCall stores the intent, sends, and notes what came of it. It waits for the account's turn first and bounds all that follows, so that no
// byte leaves later than the request's timeout after LastSent: the rounds of a look-up count from there.
func (c *Client) sendCall(ctx context.Context, change *Change, call Call) (*Response, error) {
	if err := c.pace(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := c.deadline(ctx, &change.Request)
	defer cancel()
	now, before := c.now(), call.State
	call.State, call.Sends, call.Looks, call.LastSent = CallOpen, max(call.Sends, 1), 0, now
	if call.FirstSent.IsZero() {
		call.FirstSent = now
	}
	// Invariant 3: the Ref and the exact request are stored before the first byte is sent; every retry sends the same Ref.
	if err := c.journal.Intend(ctx, call); err != nil {
		return nil, &Error{Kind: Temporary, Code: CodeNotSent, Message: fmt.Sprintf("the intent of call %q could not be stored, so it was not sent", call.Name), Err: err}
	}
	effect := changes
	if change.Recover.KeyHeader != "" {
		effect = keyed
	}
	out := &outgoing{method: call.Method, url: call.URL, header: call.Header, body: call.Body}
	var resp *Response
	var err error
	if change.Via != nil {
		c.latest, _ = ctx.Deadline()
		resp, err = c.convey(ctx, change, call, out)
		c.latest = time.Time{}
	} else {
		resp, err = c.exchange(ctx, &change.Request, out, effect)
	}
	if err == nil && change.Accept != nil {
		err = change.Accept(resp)
	}
	if err != nil {
		return resp, c.failed(change, call, sending{open: before == CallOpen, answered: resp != nil}, AsError(err))
	}
	call.State, call.Status, call.Answer = CallAnswered, resp.Status, resp.Body
	c.journal.Note(call)
	return answered(call), nil
}

// sending is what is known about a send that failed.
type sending struct {
	open     bool // an earlier send of the same bytes was unanswered when it began
	answered bool // the service said something
}

// failed notes what an error says about a call. Where an earlier send is open, that this one did not act says nothing about that one, so the call
// stays open; only the service's own refusal of the same request answers for both.
func (c *Client) failed(change *Change, call Call, sent sending, failure *Error) error {
	e := *failure
	e.Detail = c.masks.body([]byte(e.Detail), maxDetail) // Accept may have quoted the service
	if e.Code == CodeSentLate {
		call.LastSent = c.now() // what is looked for may have been asked for just now
		c.journal.Note(call)
	}
	switch {
	case e.Kind == Permanent && (sent.answered || !sent.open):
		call.State, call.Status = CallRefused, e.Status
		c.journal.Note(call)
	case e.Kind != Unknown && !sent.open:
		call.State, call.Status = CallUnacted, e.Status
		c.journal.Note(call)
	case e.Kind == Attention: // a person mends the account, then the call is resolved
	case e.Kind != Unknown:
		e.Kind = Unknown
	default: // Invariant 4: an outcome we do not know is never answered by sending again blindly.
		switch r := change.Recover; {
		case r.Repeatable, r.KeyHeader != "": // the engine's back-off, then the same bytes with the same key
		case r.Find == nil || len(r.Rounds) == 0:
			e.Code = CodeAskPerson
		default:
			e.RetryAfter = max(e.RetryAfter, c.wait(r.Rounds[0]))
		}
	}
	return &e
}
