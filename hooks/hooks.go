// Package hooks takes notices from outside: POST /hooks/{token}. A notice is verified from its bytes, stored durably, and only then acknowledged.
package hooks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/store"
)

// MaxBody is the longest notice taken, in bytes; a longer one is answered 413.
const MaxBody = 1 << 20

// retryAfter is when a sender that got 503 may come again.
const retryAfter = 2 * time.Second

// errStalls says that the store did not answer in time.
var errStalls = errors.New("the store did not answer in time")

// Config is what a receiver is made from.
type Config struct {
	Engine  *engine.Engine
	Now     func() time.Time
	Log     *slog.Logger
	Metrics *Metrics
	Limits  Limits
}

// Limits is how much a receiver takes. Zero values mean the defaults.
type Limits struct {
	AtOnce   int           // notices under way at the same time; beyond it the answer is 503. 0 = 1024
	Bytes    int64         // that their bodies may have together; beyond it the answer is 503. 0 = 32 MiB
	Patience time.Duration // how long a notice waits for the store before the answer is 503; 0 = 10 s
}

// OrDefaults are the limits with the defaults in place of zeros.
func (l Limits) OrDefaults() Limits {
	if l.AtOnce == 0 {
		l.AtOnce = 1024
	}
	if l.Bytes == 0 {
		l.Bytes = 32 << 20
	}
	if l.Patience == 0 {
		l.Patience = 10 * time.Second // some senders give up sooner; their connections must not pile up here
	}
	return l
}

// Receiver answers POST and GET /hooks/{token}.
type Receiver struct {
	hook     func(token string) (*engine.Account, bool)
	accept   func(context.Context, *engine.Account, []tengi.Event) ([]store.Ingested, error)
	hint     func(context.Context, *engine.Account) error
	now      func() time.Time
	log      *sparing
	metrics  *Metrics
	patience time.Duration
	room     *room
	eval     *evaluator
	veils    *veils
	visitors *visitors
}

// New makes a receiver for an engine's accounts.
func New(cfg Config) *Receiver {
	limits := cfg.Limits.OrDefaults()
	return &Receiver{
		hook: cfg.Engine.Hook, accept: cfg.Engine.Accept, hint: cfg.Engine.Hint, now: cfg.Now, log: newSparing(cfg.Log, cfg.Now), metrics: cfg.Metrics,
		patience: limits.Patience, room: newRoom(limits), eval: newEvaluator(), veils: &veils{made: map[string]veiled{}}, visitors: newVisitors(cfg.Now),
	}
}

// Close refuses new notices with 503 and returns when none is under way: each is stored, or known not to be.
func (rc *Receiver) Close() { rc.room.close() }

// answer is what a sender is told. Its text is the same for every account: it says nothing about who is behind an address.
type answer struct {
	status int
	text   string
	reply  *connector.Reply // in place of the text: the connector's own
}

// The answers. Every answer but taken means that nothing was stored, or that it is not known; the sender then repeats, and a repeat is recognised.
var (
	taken      = answer{status: http.StatusOK, text: "OK"}
	unknown    = answer{status: http.StatusNotFound, text: "no such address"}
	noPage     = answer{status: http.StatusMethodNotAllowed, text: "this address takes notices, sent by POST"}
	unproved   = answer{status: http.StatusUnauthorized, text: "the notice could not be verified"}
	cutOff     = answer{status: http.StatusBadRequest, text: "the notice did not arrive whole"}
	tooSlow    = answer{status: http.StatusRequestTimeout, text: "the notice did not arrive in time"}
	tooLong    = answer{status: http.StatusRequestEntityTooLarge, text: fmt.Sprintf("a notice may have %d bytes", MaxBody)}
	broken     = answer{status: http.StatusInternalServerError, text: "not stored: this program has a fault"}
	notReady   = answer{status: http.StatusServiceUnavailable, text: "not ready, repeat shortly"}
	tooOften   = answer{status: http.StatusTooManyRequests, text: "too many, try again in a minute"}
	tooMuch    = answer{status: http.StatusServiceUnavailable, text: "too much at once, repeat shortly"}
	notStored  = answer{status: http.StatusServiceUnavailable, text: "not stored, repeat shortly"}
	fateUnsure = answer{status: http.StatusServiceUnavailable, text: "not known to be stored, repeat shortly"}
)

// ServeHTTP takes one notice, or shows an account's page.
func (rc *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	// The look-up compares hashes, so how long it takes says nothing about how much of a token is right. Nothing of the request but its token is
	// looked at before.
	account, ok := rc.hook(token)
	if !ok {
		rc.metrics.tell(w, "", unknown)
		return
	}
	if r.Method != http.MethodPost {
		rc.metrics.tell(w, account.Account.Connector, rc.open(r, account, token))
		return
	}
	rc.metrics.tell(w, account.Account.Connector, rc.take(w, r, account, token))
}

// Refuse answers a notice that comes while nothing can be taken. Invariant 1: until ready, and while stopping, the answer is 503.
func (m *Metrics) Refuse(w http.ResponseWriter) { m.tell(w, "", notReady) }

// tell counts an answer and gives it.
func (m *Metrics) tell(w http.ResponseWriter, connectorName string, a answer) {
	m.answers.WithLabelValues(connectorName, strconv.Itoa(a.status)).Inc()
	if a.reply != nil {
		show(w, a)
		return
	}
	switch a.status {
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", strconv.Itoa(int(visitorEvery.Seconds())))
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	}
	http.Error(w, a.text, a.status)
}

// take reads, verifies and stores a notice.
func (rc *Receiver) take(w http.ResponseWriter, r *http.Request, account *engine.Account, token string) (a answer) {
	if account.Connector != nil && account.Connector.Page != nil && !rc.visitors.admit(account.ID, r) {
		return tooOften
	}
	seat, ok := rc.room.enter()
	if !ok {
		return tooMuch
	}
	defer seat.leave()
	defer func() { // a connector's fault is one notice's and not the hub's
		if p := recover(); p != nil {
			rc.log.fault(account, p)
			a = broken
		}
	}()
	body, err := read(w, r, seat)
	if err != nil {
		return rc.unread(err)
	}
	began := rc.now()
	n := newNotice(r, body, account, rc.veils.of(account, token), began)
	events, err := rc.receive(n)
	if declined, ok := errors.AsType[*connector.Declined](err); ok {
		return given(&declined.Reply, http.StatusUnprocessableEntity)
	}
	if err != nil {
		rc.log.warn("refused", account, err)
		return unproved
	}
	if len(events) > 0 {
		// The sender's going away does not take the notice with it.
		if a = rc.store(context.WithoutCancel(r.Context()), account, events, seat); a.status != http.StatusOK {
			return a
		}
		rc.metrics.duration.Observe(rc.now().Sub(began).Seconds())
	} else if account.Problem == nil && account.Connector.Hints {
		if err := rc.hint(context.WithoutCancel(r.Context()), account); err != nil { // the next poll finds what there is
			rc.log.warn("a hint was lost", account, err)
		}
	}
	return rc.thank(n, events)
}

// unread says what is wrong with a notice that could not be read to its end.
func (rc *Receiver) unread(err error) answer {
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return tooLong
	}
	switch {
	case errors.Is(err, errNoRoom):
		return tooMuch
	case errors.Is(err, os.ErrDeadlineExceeded):
		return tooSlow
	default:
		return cutOff
	}
}

// store has a notice's events stored and says how that went. A store that stalls keeps the sender waiting only for so long: the answer is then 503,
// and what becomes of the events is as if the answer had been lost on the way.
func (rc *Receiver) store(ctx context.Context, account *engine.Account, events []tengi.Event, seat *seat) answer {
	done := make(chan answer, 1)
	seat.share()
	go func() { // its owner is the room, which Close waits to see empty
		defer seat.leave()
		done <- rc.acceptNow(ctx, account, events)
	}()
	timer := time.NewTimer(rc.patience)
	defer timer.Stop()
	select {
	case a := <-done:
		return a
	case <-timer.C:
		rc.log.warn("store stalls", account, errStalls)
		return fateUnsure
	}
}

// acceptNow stores events and translates what came of it.
func (rc *Receiver) acceptNow(ctx context.Context, account *engine.Account, events []tengi.Event) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			rc.log.fault(account, p)
			a = broken
		}
	}()
	_, err := rc.accept(ctx, account, events)
	switch {
	case err == nil:
		return taken
	case errors.Is(err, store.ErrBusy), errors.Is(err, store.ErrClosed), store.IsFull(err):
		rc.log.warn("not stored", account, err)
		return notStored
	default:
		rc.log.warn("not known to be stored", account, err)
		return fateUnsure
	}
}

// read takes in a notice's body. Room is claimed as it grows, so that only what has really arrived counts.
func read(w http.ResponseWriter, r *http.Request, seat *seat) ([]byte, error) {
	if r.ContentLength > MaxBody {
		return nil, &http.MaxBytesError{Limit: MaxBody}
	}
	from := http.MaxBytesReader(w, r.Body, MaxBody)
	size := min(max(r.ContentLength, 0)+512, 16<<10)
	for body := make([]byte, 0, size); ; {
		if !seat.claim(size) {
			return nil, errNoRoom
		}
		for len(body) < cap(body) {
			n, err := from.Read(body[len(body):cap(body)])
			body = body[:len(body)+n]
			if errors.Is(err, io.EOF) {
				return body, nil
			}
			if err != nil {
				return nil, err
			}
		}
		size = int64(cap(body))
		body = append(make([]byte, 0, 2*cap(body)), body...)
	}
}
