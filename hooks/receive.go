package hooks

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
)

// typeUnreadable is the type of an event whose notice its connector could not understand.
const typeUnreadable = "unreadable"

// maxReason bounds why a notice is unreadable, in bytes; a connector's error may quote the notice.
const maxReason = 500

// notice is one request with what is known about it before its connector has seen it.
type notice struct {
	header  http.Header // without logins and secrets, as templates see it
	query   url.Values
	raw     tengi.Raw // as it will be stored
	in      connector.Inbound
	account *engine.Account
	veil    *veil
}

func newNotice(r *http.Request, body []byte, account *engine.Account, v *veil, at time.Time) *notice {
	n := &notice{account: account, veil: v, header: v.header(r.Header), query: v.query(r.URL.Query())}
	n.raw = v.raw(r.Method, n.header, n.query, body)
	// The connector works on copies of what is stored, so that it may do with them what it likes.
	n.in = connector.Inbound{Method: r.Method, Query: r.URL.Query(), Header: r.Header.Clone(), Body: bytes.Clone(body), ReceivedAt: at, Account: &account.Account, Settings: account.Settings}
	return n
}

// receive has the connector verify and understand a notice, and readies its events for the store. The only errors are that it is not verified, and
// that a person's input is sent back.
func (rc *Receiver) receive(n *notice) ([]tengi.Event, error) {
	events, err := rc.understand(n)
	_, declined := errors.AsType[*connector.Declined](err)
	switch {
	case declined, connector.IsUnverified(err):
		return nil, err
	case err != nil:
		events = []tengi.Event{{Type: typeUnreadable, Dedupe: typeUnreadable + ":" + n.fingerprint(), Unreadable: cutReason(err.Error())}}
	}
	for i := range events {
		e := &events[i]
		e.Raw, e.ReceivedAt = n.raw, n.in.ReceivedAt
		if e.Dedupe == "" { // without an identity the account's second event would be taken for a repeat of its first, and lost
			e.Dedupe = fmt.Sprintf("notice:%s:%d", n.fingerprint(), i)
		}
		n.veil.event(e)
	}
	return events, nil
}

// understand calls the connector. Invariant 6: of an account that cannot be opened the notice is kept all the same.
func (rc *Receiver) understand(n *notice) ([]tengi.Event, error) {
	if n.account.Problem != nil {
		return nil, fmt.Errorf("the account cannot be used: %w", n.account.Problem)
	}
	if n.account.Connector.Receive == nil {
		return nil, fmt.Errorf("%s sends no notices", n.account.Connector.Title)
	}
	n.in.Eval = rc.eval.over(n)
	return n.account.Connector.Receive(&n.in)
}

// fingerprint recognises the very same request sent again. Whatever could make it another happening counts, so that no two are taken for one;
// a repeat that differs in a signature or a time is kept twice, which a person can see, rather than a new notice dropped, which nobody can.
func (n *notice) fingerprint() string {
	same := tengi.Raw{Method: n.raw.Method, Query: n.raw.Query, Header: make(map[string]string, len(n.raw.Header))}
	for name, value := range n.raw.Header {
		if !ofTheWay(name) {
			same.Header[name] = value
		}
	}
	text, _ := json.Marshal(same) // texts always encode
	sum := sha256.New()
	sum.Write(text)
	sum.Write(n.raw.Body)
	return hex.EncodeToString(sum.Sum(nil))
}

// ofTheWay says whether a header tells how a request travelled and not what it says: clients and proxies make these anew for each sending.
func ofTheWay(name string) bool {
	switch name {
	case "Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Connection", "Content-Length", "Date", "Forwarded", "Keep-Alive", "Pragma", "Te", "Traceparent",
		"Tracestate", "User-Agent", "Via", "X-Amzn-Trace-Id", "X-Cloud-Trace-Context", "X-Real-Ip", "X-Request-Id", "X-Request-Start":
		return true
	}
	for _, prefix := range []string{"Cdn-", "Cf-", "X-B3-", "X-Envoy-", "X-Forwarded-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// cutReason shortens a reason to whole characters.
func cutReason(text string) string {
	if len(text) <= maxReason {
		return text
	}
	return strings.ToValidUTF8(text[:maxReason], "") + "…"
}
