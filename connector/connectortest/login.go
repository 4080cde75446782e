package connectortest

import (
	"testing"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
)

// checkLogin: the right login is recognised, a wrong one is for a person to mend, and a service that is out of order says nothing about it.
func checkLogin(t *testing.T, c *connector.Connector, newFake func(*Clock) fake.Service) {
	if c.Auth.Check == nil {
		return
	}
	check := func(svc fake.Service, opts ...Option) error {
		clock := NewClock()
		client := Client(t, c, svc, append([]Option{WithClock(clock), func(cfg *connector.ClientConfig) { cfg.Journal = nil }}, opts...)...)
		identity, err := c.Auth.Check(t.Context(), client)
		if err == nil && identity.Name == "" {
			t.Error("the login belongs to nobody: Identity has no name")
		}
		return err
	}
	clock := NewClock()
	if err := check(newFake(clock)); err != nil {
		t.Errorf("the stand-in's own login: %v", err)
	}
	svc := newFake(clock)
	if _, secrets := svc.Login(); len(secrets) > 0 {
		var wrong []Option
		for key, secret := range secrets {
			wrong = append(wrong, WithSecret(key, altered(secret)))
		}
		wantLoginError(t, "other secrets", check(svc, wrong...), connector.Attention)
	}
	for kind, want := range map[fake.FaultKind]connector.Kind{
		fake.LoginFails: connector.Attention, fake.Fail: connector.Temporary, fake.RateLimit: connector.Temporary, fake.DropAnswer: connector.Temporary,
	} {
		svc := newFake(clock)
		svc.Faults().Add(fake.Fault{Kind: kind, Times: -1, Wait: 7})
		wantLoginError(t, string(kind), check(svc), want)
	}
}

func wantLoginError(t *testing.T, what string, err error, kind connector.Kind) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: the login passes", what)
	} else if e := connector.AsError(err); e.Kind != kind {
		t.Errorf("%s: %s %s, want %s: %v", what, e.Kind, e.Code, kind, e)
	}
}

// altered is another secret of the same length and the same kind of characters.
func altered(secret string) string {
	text := []byte(secret)
	i := len(text) / 2
	switch c := text[i]; {
	case c >= '0' && c <= '9':
		text[i] = '0' + (c-'0'+1)%10
	case c == 'a' || c == 'A':
		text[i] = c + 1
	case c > 'a' && c <= 'z':
		text[i] = 'a'
	case c > 'A' && c <= 'Z':
		text[i] = 'A'
	default:
		text[i] = 'a'
	}
	return string(text)
}

// checkPoll: asking twice gives the same events under the same names, a refused login is for a person, all else will pass.
func checkPoll(t *testing.T, c *connector.Connector, trigger *connector.Trigger, newFake func(*Clock) fake.Service) {
	options, faults := trigger.Options.Parse(nil)
	if err := faults.Err(); err != nil {
		t.Fatalf("the options of trigger %s cannot be left alone: %v", trigger.Key, err)
	}
	for kind, want := range map[fake.FaultKind]connector.Kind{
		fake.LoginFails: connector.Attention, fake.Fail: connector.Temporary, fake.RateLimit: connector.Temporary, fake.DropAnswer: connector.Temporary,
	} {
		clock := NewClock()
		svc := newFake(clock)
		svc.Faults().Add(fake.Fault{Kind: kind, Times: -1, Wait: 7})
		client := Client(t, c, svc, WithClock(clock), WithOptions(options), func(cfg *connector.ClientConfig) { cfg.Journal = nil })
		_, err := trigger.Poll(t.Context(), client, "")
		wantLoginError(t, string(kind), err, want)
	}
	clock := NewClock()
	svc := newFake(clock)
	client := Client(t, c, svc, WithClock(clock), WithOptions(options), func(cfg *connector.ClientConfig) { cfg.Journal = nil })
	first, err := trigger.Poll(t.Context(), client, "")
	if err != nil {
		t.Fatalf("the first poll: %v", err)
	}
	if first.More && first.Cursor == "" {
		t.Error("there is more, and no cursor to ask for it with")
	}
	if _, err := trigger.Poll(t.Context(), client, first.Cursor); err != nil {
		t.Errorf("the next poll: %v", err)
	}
}
