package engine

import (
	"net/http"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/connectors/bokun"
)

// uninstalled is a bench with an account at Bókun that has just been told that its app was uninstalled.
func uninstalled(t *testing.T, faults ...fake.Fault) (*bench, *bokun.Fake) {
	t.Helper()
	c := bokun.Connector()
	b := setupWith(t, "key", func(b *bench) { b.more = []*connector.Connector{c} })
	service := bokun.NewFake()
	for _, f := range faults {
		service.Faults().Add(f)
	}
	a := b.serve(c, service)
	notice := service.SignedNotice(bokun.TopicUninstall, 0)
	in := &connector.Inbound{Method: http.MethodPost, Header: notice.Header, Body: notice.Body, ReceivedAt: b.clock.Now(), Account: &a.Account, Settings: a.Settings}
	events, err := c.Receive(in)
	must(t, err)
	stored, err := b.engine.Accept(t.Context(), a, events)
	must(t, err)
	if len(stored) != 1 || stored[0].EventID == 0 {
		t.Fatalf("the notice was not stored: %+v", stored)
	}
	return b, service
}

func (b *bench) accountState(id string) tengi.AccountState {
	b.t.Helper()
	a, ok := b.engine.Account(id)
	if !ok {
		b.t.Fatalf("there is no account %s", id)
	}
	return a.State
}

// A running engine checks the account as soon as such a notice is stored, and a person learns of it.
func TestAnUninstalledAppIsNoticedAtOnce(t *testing.T) {
	t.Parallel()
	b, _ := uninstalled(t, fake.Fault{Kind: fake.LoginFails, Times: -1})
	b.run()
	for b.accountState("bokun") != tengi.AccountAttention {
		<-time.After(time.Millisecond) // nothing tells when it has been checked
	}
	if a, _ := b.engine.Account("bokun"); a.Reason == "" {
		t.Error("nobody says why the account needs attention")
	}
}

// The notice alone changes nothing: the service is asked, and only its own refusal counts.
func TestANoticeProvesNothing(t *testing.T) {
	t.Parallel()
	b, _ := uninstalled(t)
	b.engine.checkDoubted(t.Context())
	if got := b.accountState("bokun"); got != active || len(b.engine.doubts.list()) != 0 {
		t.Errorf("the account is %s, in doubt %v", got, b.engine.doubts.list())
	}
	b, service := uninstalled(t, fake.Fault{Kind: fake.Unavailable, Times: -1})
	b.engine.checkDoubted(t.Context())
	if got := b.accountState("bokun"); got != active || len(b.engine.doubts.list()) != 1 {
		t.Errorf("out of order: the account is %s, in doubt %v", got, b.engine.doubts.list())
	}
	service.Faults().Clear()
	service.Faults().Add(fake.Fault{Kind: fake.LoginFails, Times: -1})
	b.engine.checkDoubted(t.Context())
	if got := b.accountState("bokun"); got != tengi.AccountAttention || len(b.engine.doubts.list()) != 0 {
		t.Errorf("asked again: the account is %s, in doubt %v", got, b.engine.doubts.list())
	}
}
