package connectortest

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
)

// checkAction tries a case in every way the world has.
func checkAction(t *testing.T, b *bench) {
	checkDefaults(t, b.action, b.test)
	t.Run("once", func(t *testing.T) { t.Parallel(); b.once(t) })
	t.Run("dry", func(t *testing.T) { t.Parallel(); b.dry(t) })
	t.Run("do", func(t *testing.T) { t.Parallel(); b.faults(t, b.start) })
	if b.action.Undo == nil {
		return
	}
	if b.test.Undone == nil {
		t.Logf("undoing %s is not tried by this case", b.action.Key)
		return
	}
	t.Run("undo", func(t *testing.T) { t.Parallel(); b.faults(t, b.startUndo) })
}

// once: nothing goes wrong, and doing it again from the journal sends nothing.
func (b *bench) once(t *testing.T) {
	s := b.start(t)
	doc := s.succeed()
	if n := s.made(); n != 1 {
		t.Fatalf("the stand-in holds %d more, want 1", n)
	}
	if doc.Kind != b.action.Makes {
		t.Errorf("it made a document of kind %q and declares %q", doc.Kind, b.action.Makes)
	}
	if doc.ExternalID == "" && doc.Kind != tengi.Message {
		t.Error("the document has no id at the service")
	}
	if b.action.Total != nil && !doc.Amount.IsZero() {
		if total, err := b.action.Total(s.values); err != nil || !total.Equal(doc.Amount) {
			t.Errorf("the total was to be %s (%v) and the document says %s", total, err, doc.Amount)
		}
	}
	s.restart()
	again, err := s.attempt()
	if err != nil {
		t.Fatalf("from the journal: %v", err)
	}
	if diff := cmp.Diff(asJSON(t, doc), asJSON(t, again)); diff != "" {
		t.Errorf("from the journal comes another document (-first +again):\n%s", diff)
	}
	if n := s.made(); n != 1 {
		t.Errorf("done again from the journal, the stand-in holds %d more, want 1", n)
	}
	if b.action.Refresh != nil {
		s.refresh(doc)
	}
}

// refresh reads a document again and changes nothing.
func (s *trial) refresh(doc tengi.Document) {
	s.Helper()
	before := asJSON(s, s.svc.Holdings())
	client := s.client(WithJournal(nil))
	fresh, err := s.bench.action.Refresh(s.Context(), client, doc)
	s.checkSecrets(client, fresh, err)
	if err != nil {
		s.Errorf("refresh: %v", err)
	} else if fresh.ExternalID != doc.ExternalID || fresh.Kind != doc.Kind {
		s.Errorf("refresh makes %s %q of %s %q", fresh.Kind, fresh.ExternalID, doc.Kind, doc.ExternalID)
	}
	if after := asJSON(s, s.svc.Holdings()); after != before {
		s.Errorf("refresh changed what the stand-in holds")
	}
}

// dry: reads go out, nothing is changed, and the first change is shown.
func (b *bench) dry(t *testing.T) {
	s := b.start(t)
	before := asJSON(t, s.svc.Holdings())
	_, err := s.attempt(Dry())
	if captured, ok := errors.AsType[*connector.Captured](err); !ok {
		t.Errorf("a dry run ends with %v and captures nothing", err)
	} else if captured.Call.Method == "" || captured.Call.URL == "" {
		t.Errorf("captured %+v", captured.Call)
	}
	if after := asJSON(t, s.svc.Holdings()); after != before {
		t.Errorf("a dry run changed what the stand-in holds")
	}
}

// faults finds the calls of a step by doing it once, and then lets every one of them go wrong in every way.
func (b *bench) faults(t *testing.T, start func(*testing.T) *trial) {
	reference := start(t)
	reference.succeed()
	if n := reference.made(); n != 1 {
		t.Fatalf("the stand-in holds %d more, want 1", n)
	}
	calls := reference.journal.Calls()
	if len(calls) == 0 {
		t.Fatal("it journals no call, so nothing is safe to repeat")
	}
	for i, call := range calls {
		for _, fault := range everyFault() {
			t.Run(fmt.Sprintf("%s %s", call.Name, fault.name), func(t *testing.T) {
				t.Parallel()
				s := start(t)
				fault.try(s, i)
			})
		}
	}
}

// fault is one way in which a call goes wrong.
type fault struct {
	name string
	try  func(s *trial, nth int)
}

func everyFault() []fault {
	return []fault{
		{"answer dropped", func(s *trial, n int) { s.lost(n, fake.Fault{Kind: fake.DropAnswer}, true) }},
		{"acted and failed", func(s *trial, n int) { s.lost(n, fake.Fault{Kind: fake.FailActed}, true) }},
		{"request dropped", func(s *trial, n int) { s.lost(n, fake.Fault{Kind: fake.DropRequest}, false) }},
		{"failed", func(s *trial, n int) { s.lost(n, fake.Fault{Kind: fake.Fail}, false) }},
		{"rate limited", func(s *trial, n int) { s.unacted(n, fake.Fault{Kind: fake.RateLimit, Wait: 7}, connector.Temporary) }},
		{"unavailable", func(s *trial, n int) { s.unacted(n, fake.Fault{Kind: fake.Unavailable, Wait: 3}, connector.Temporary) }},
		{"refused with 422", func(s *trial, n int) { s.unacted(n, fake.Fault{Kind: fake.Refuse, Status: 422}, connector.Permanent) }},
		{"refused with 400", func(s *trial, n int) { s.unacted(n, fake.Fault{Kind: fake.Refuse, Status: 400}, connector.Permanent) }},
		{"login refused", func(s *trial, n int) { s.unacted(n, fake.Fault{Kind: fake.LoginFails, Times: -1}, connector.Attention) }},
		{"taken over", (*trial).takenOver},
		{"crash after the answer", (*trial).crashed},
	}
}

// fail makes the nth call meet a fault.
func (s *trial) fail(nth int, fault fake.Fault) error {
	s.Helper()
	met := false
	_, err := s.attempt(s.watch(func(n int, call connector.Call) error {
		if n == nth {
			s.wire.arm(call, func() { met = true; s.svc.Faults().Add(fault) })
		}
		return nil
	}))
	if !met {
		s.Fatalf("call %d was never sent: %v", nth, err)
	}
	if err == nil {
		s.Fatalf("the step succeeded although call %d met %s", nth, fault.Kind)
	}
	return err
}

// lost: the answer is lost, whether the service acted or not; in the end there is exactly one.
func (s *trial) lost(nth int, fault fake.Fault, acts bool) {
	s.Helper()
	if e := connector.AsError(s.fail(nth, fault)); e.Kind != connector.Unknown {
		s.Errorf("a lost answer is %s %s: %v", e.Kind, e.Code, e)
	}
	acted := acts && s.made() == 1
	s.exactlyOne(acted)
}

// unacted: the service says that it did not act; once it is well again, the step goes on to exactly one.
func (s *trial) unacted(nth int, fault fake.Fault, kind connector.Kind) {
	s.Helper()
	e := connector.AsError(s.fail(nth, fault))
	if e.Kind != kind {
		s.Errorf("%s is %s %s, want %s: %v", fault.Kind, e.Kind, e.Code, kind, e)
	}
	if e.Message == "" {
		s.Error("the error has no words for a person")
	}
	if asked := time.Duration(fault.Wait) * time.Second; e.RetryAfter < asked {
		s.Errorf("the service asks for %s and the error for %s", asked, e.RetryAfter)
	}
	s.svc.Faults().Clear()
	s.clock.Advance(time.Minute)
	s.succeed()
	if n := s.made(); n != 1 {
		s.Errorf("the stand-in holds %d more, want 1", n)
	}
}

// takenOver: somebody else has the work now, so the nth call is not sent; that one brings it to exactly one.
func (s *trial) takenOver(nth int) {
	s.Helper()
	taken := errors.New("taken over")
	sent := -1
	_, err := s.attempt(s.watch(func(n int, _ connector.Call) error {
		if n == nth {
			sent = s.wire.requests()
			return taken
		}
		return nil
	}))
	if !errors.Is(err, taken) {
		s.Fatalf("the work was taken over and the step says %v", err)
	}
	if now := s.wire.requests(); now != sent {
		s.Errorf("%d requests went out after the work was taken over", now-sent)
	}
	s.exactlyOne(false)
}

// crashed: the nth call was answered, and the process died before anything of that was stored.
func (s *trial) crashed(nth int) {
	s.Helper()
	client := s.client(s.watch(func(n int, _ connector.Call) error {
		if n == nth+1 {
			return errors.New("died")
		}
		return nil
	}))
	_, _ = s.work(client)
	acted := s.made() == 1
	s.restart() // nothing is saved
	s.exactlyOne(acted)
}

func asJSON(t testing.TB, value any) string {
	t.Helper()
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		t.Fatalf("cannot be written as JSON: %v", err)
	}
	return string(text)
}
