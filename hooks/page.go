package hooks

import (
	"maps"
	"net/http"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
)

// open answers whoever looks at an account's address in a browser.
func (rc *Receiver) open(r *http.Request, account *engine.Account, token string) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			rc.log.fault(account, p)
			a = broken
		}
	}()
	switch {
	case account.Problem != nil:
		return notReady
	case account.Connector.Page == nil:
		return noPage
	}
	reply := account.Connector.Page(&newNotice(r, nil, account, rc.veils.of(account, token), rc.now()).in)
	if reply == nil {
		return noPage
	}
	return given(reply, http.StatusOK)
}

// thank is the answer to a notice whose events are stored. A connector that fails at finding words takes nothing back.
func (rc *Receiver) thank(n *notice, events []tengi.Event) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			rc.log.fault(n.account, p)
			a = taken
		}
	}()
	if n.account.Problem != nil || n.account.Connector.Answer == nil {
		return taken
	}
	reply := n.account.Connector.Answer(&n.in, events)
	if reply == nil {
		return taken
	}
	return given(reply, http.StatusOK)
}

// given is a connector's reply as an answer.
func given(reply *connector.Reply, status int) answer {
	if reply.Status != 0 {
		status = reply.Status
	}
	return answer{status: status, reply: reply}
}

// show writes a connector's reply. What it does not say itself is set so that a page can load nothing and run nothing.
func show(w http.ResponseWriter, a answer) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	maps.Copy(h, a.reply.Header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.reply.Body)
}
