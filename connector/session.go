package connector

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/field"
)

// Session is what all work of one account shares in a process: login tokens and the pace of requests. It is made anew when the account changes.
type Session struct {
	limiter *rate.Limiter

	mu       sync.Mutex
	tokens   map[string]token
	fetching map[string]*fetch
	renewals int // counts the tokens fetched
	zones    map[string]*time.Location
	last     *opened
}

// opened is what every client needs of an account and what does not change while the account is the same.
type opened struct {
	connector *Connector
	account   *tengi.Account
	settings  field.Values
	base      string // the service's address, without a slash at its end
	masks     *masks
}

type token struct {
	value   string
	expires time.Time
}

// fetch is a login under way, which everybody waits for who needs its token.
type fetch struct {
	done      chan struct{}
	value     string
	err       error
	abandoned bool // it failed because the one who began it went away: whoever still waits begins anew
}

// NewSession starts a session with the limits of the account's connector.
func NewSession(limits Limits) *Session {
	limit := rate.Inf
	if limits.Every > 0 {
		limit = rate.Every(limits.Every)
	}
	return &Session{
		limiter: rate.NewLimiter(limit, max(limits.Burst, 1)),
		tokens:  map[string]token{}, fetching: map[string]*fetch{}, zones: map[string]*time.Location{},
	}
}

// open readies an account for a client: its settings parsed, its secrets ready to be masked. It remembers the last one: all clients of a session are
// of one account, and an account that has changed is another value.
func (s *Session) open(c *Connector, account *tengi.Account) (*opened, error) {
	s.mu.Lock()
	last := s.last
	s.mu.Unlock()
	if last != nil && last.account == account && last.connector == c {
		return last, nil
	}
	settings, err := c.Settings(account)
	if err != nil {
		return nil, err
	}
	base := settings.Text("base_url")
	if base == "" && c.Auth.BaseURL != nil {
		base = c.Auth.BaseURL(settings)
	}
	fresh := &opened{connector: c, account: account, settings: settings, base: strings.TrimRight(base, "/"), masks: newMasks(account.Secrets)}
	s.mu.Lock()
	s.last = fresh
	s.mu.Unlock()
	return fresh, nil
}

// signingIn marks the context of a login: its requests are not signed themselves, and their being refused renews nothing.
type signingIn struct{}

func isSigningIn(ctx context.Context) bool { return ctx.Value(signingIn{}) != nil }

// Token returns the named login token, fetching it when there is none or it ends within five minutes. fetch gives the token and how long it
// lives by our own clock. Only one login per name runs at a time, and its outcome, good or bad, is that of all who waited for it. Requests made
// with the context that fetch is given are not signed: they are how one signs in.
func (s *Session) Token(ctx context.Context, name string, now time.Time, login func(context.Context) (string, time.Duration, error)) (string, error) {
	for {
		s.mu.Lock()
		if t, ok := s.tokens[name]; ok && now.Before(t.expires) {
			s.mu.Unlock()
			return t.value, nil
		}
		under, busy := s.fetching[name]
		if !busy {
			under = &fetch{done: make(chan struct{}), err: errors.New("the login broke off")}
			s.fetching[name] = under
		}
		s.mu.Unlock()
		if !busy {
			s.fetch(ctx, name, now, under, login)
			return under.value, under.err
		}
		select {
		case <-under.done:
		case <-ctx.Done():
			return "", fmt.Errorf("wait for a login: %w", ctx.Err())
		}
		if !under.abandoned {
			return under.value, under.err
		}
	}
}

// fetch signs in and tells those who wait, also when login panics.
func (s *Session) fetch(ctx context.Context, name string, now time.Time, under *fetch, login func(context.Context) (string, time.Duration, error)) {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.fetching, name)
		close(under.done)
	}()
	value, life, err := login(context.WithValue(ctx, signingIn{}, true))
	under.value, under.err = value, err
	if err != nil {
		under.abandoned = ctx.Err() != nil
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.renewals++
	s.tokens[name] = token{value: value, expires: now.Add(max(life-5*time.Minute, life/2))}
}

// signed counts the logins so far; a request that is refused names the count it was signed under.
func (s *Session) signed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.renewals
}

// refused is told that a request signed under a count was refused. It says whether one more try is worth it: the tokens were dropped now, or
// somebody has signed in again meanwhile. An account without tokens has nothing to renew.
func (s *Session) refused(signed int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.renewals != signed {
		return true
	}
	had := len(s.tokens) > 0
	clear(s.tokens)
	return had
}

// pace waits for the account's turn.
func (s *Session) pace(ctx context.Context) error { return s.limiter.Wait(ctx) }

// zone finds a time zone by its IANA name, reading the system's table once.
func (s *Session) zone(name string) (*time.Location, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if zone, ok := s.zones[name]; ok {
		return zone, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	s.zones[name] = zone
	return zone, nil
}
