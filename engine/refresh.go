package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/store"
)

// Some services give a document its number only some time after they have made it. It is read again at these moments after it was made, then once a
// day, and no more after refreshLimit: a draft that nobody issues never gets one.
var refreshMoments = []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}

const (
	refreshDaily = 24 * time.Hour
	refreshLimit = 30 * refreshDaily
	// refreshEvery is how often it is looked whether a moment has come, and maxRefreshes at how many accounts documents are read at once.
	refreshEvery = 5 * time.Second
	maxRefreshes = 4
)

// nextRefresh is the first moment after now at which a document is read again; zero when there is none. What was missed collapses into one.
func (e *Engine) nextRefresh(made, now time.Time) time.Time {
	for _, after := range refreshMoments {
		if at := made.Add(e.hurry(after)); at.After(now) {
			return at
		}
	}
	day := e.hurry(refreshDaily)
	at := made.Add(now.Sub(made).Truncate(day) + day)
	if at.After(made.Add(e.hurry(refreshLimit))) {
		return time.Time{}
	}
	return at
}

// firstRefresh is when a document that was made now is read again; zero when it has its number, or when that never comes later.
func (e *Engine) firstRefresh(action *connector.Action, doc *tengi.Document, now time.Time) time.Time {
	if action == nil || action.Refresh == nil || doc.Number != "" || doc.ExternalID == "" {
		return time.Time{}
	}
	return e.nextRefresh(now, now)
}

// refresh has documents read again until ctx ends, and returns when what is under way has come to its end. Requests are made under work.
func (e *Engine) refresh(ctx, work context.Context) {
	t := newTurns(maxRefreshes)
	defer t.runs.Wait()
	tick := time.NewTicker(max(e.hurry(refreshEvery), 20*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		accounts, err := e.store.RefreshAccounts(ctx, e.store.Now())
		if err != nil && ctx.Err() == nil {
			e.log.Error("look for documents to read again", "error", err)
		}
		for _, id := range accounts {
			t.start(ctx, id, func() {
				if err := e.refreshAccount(ctx, work, id); err != nil {
					e.log.Error("read documents again", "account", id, "error", err)
				}
			})
		}
	}
}

// refreshAccount reads an account's due documents one after the other, as long as the account may be used and its limits allow it.
func (e *Engine) refreshAccount(ctx, work context.Context, accountID string) error {
	for ctx.Err() == nil {
		a, ok := e.Account(accountID)
		if !ok || !a.Usable() {
			return nil
		}
		r, err := e.store.NextRefresh(work, accountID, e.store.Now())
		switch {
		case errors.Is(err, store.ErrNotFound):
			return nil
		case err != nil:
			return err
		}
		begun, err := e.refreshOne(work, a, r)
		if err != nil || !begun {
			return err
		}
	}
	return nil
}

// refreshOne reads one document again. It says whether it could begin: another node may be at it, or the account's limits say later.
func (e *Engine) refreshOne(ctx context.Context, a *Account, r store.Refresh) (begun bool, err error) {
	started := e.store.Now()
	out := store.Refreshed{Until: started.Add(e.lease)}
	begun, err = e.store.BeginRefresh(ctx, r, laneOf(r.ConnectionID, a), e.nextRefresh(r.CreatedAt, started), started, out.Until)
	if err != nil || !begun {
		return begun, err
	}
	defer e.freed(a.ID)
	client, err := e.client(a, nil, nil, "")
	if err == nil {
		out.Document, err = e.read(ctx, a, client, r)
	}
	if err == nil || ctx.Err() == nil { // work that was cut while it only read was not tried
		out.Attempt = e.attempt(r.StepKey, store.Read, client, started, err)
		e.metrics.attempts.WithLabelValues(a.Account.Connector, out.Attempt.Outcome).Inc()
	}
	var trouble error
	if err != nil {
		trouble = e.unrefreshed(ctx, a, &out, connector.AsError(err))
	} else {
		out.Over = out.Document.Number != ""
	}
	return true, errors.Join(trouble, e.store.EndRefresh(context.WithoutCancel(ctx), r, out))
}

// read asks the service what has become of a document.
func (e *Engine) read(ctx context.Context, a *Account, client *connector.Client, r store.Refresh) (*tengi.Document, error) {
	action := e.reader(a, r)
	if action == nil {
		return nil, connector.Refusal("no_refresh", "", fmt.Sprintf("%s cannot be asked what has become of it", a.Connector.Title))
	}
	var doc tengi.Document
	err := e.guard(a.Connector, "refresh", func() (err error) {
		doc, err = action.Refresh(ctx, client, r.Document)
		return err
	})
	if p, ok := errors.AsType[*panicked](err); ok { // it will be mended: the document is not given up
		return nil, &connector.Error{Kind: connector.Temporary, Code: codeInternal, Message: p.Error()}
	}
	return &doc, err
}

// reader finds the action that can read a document again: that of the step which made it, or, where the step has changed since, another of the
// account's that makes such documents.
func (e *Engine) reader(a *Account, r store.Refresh) *connector.Action {
	if pipe, ok := e.Pipe(r.ConnectionID); ok {
		if s, ok := pipe.step(r.StepKey); ok && s.action != nil && s.action.Refresh != nil && s.at.Connector == a.Connector {
			return s.action
		}
	}
	for i := range a.Connector.Actions {
		if action := &a.Connector.Actions[i]; action.Refresh != nil && action.Makes == r.Kind {
			return action
		}
	}
	return nil
}

// unrefreshed does what a failed refresh asks for. The document itself is as it was.
func (e *Engine) unrefreshed(ctx context.Context, a *Account, out *store.Refreshed, failure *connector.Error) error {
	out.Document = nil
	switch {
	case failure.Kind == connector.Attention:
		return e.attention(ctx, a, failure)
	case failure.Kind == connector.Permanent:
		out.Over = true // the service has said its last word about it
	case failure.Code == connector.CodeRateLimited:
		out.Slow = &store.Slow{AccountID: a.ID, Until: e.store.Now().Add(e.hurry(max(failure.RetryAfter, time.Second)))}
	}
	return nil
}
