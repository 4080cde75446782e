package demo

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/tengi/tengi/store"
)

// Everything that may happen in the live demo comes to a good end: a document at the stand-in, or a reason why none was needed.
func TestLive(t *testing.T) {
	t.Parallel()
	l, err := OpenLive(t.Context(), LiveOptions{Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	businesses := l.Businesses()
	if len(businesses) != 6 {
		t.Fatalf("%d businesses", len(businesses))
	}
	made := map[string][2]string{ // what the first act makes: at which stand-in, of which kind
		"tours": {"payday", "invoices"}, "shop": {"caspit", "documents"}, "guide": {"stripe", "invoices"}, "travel": {"portmone", "invoices"}, "orders": {"portmone", "invoices"},
		"salon": {"imoje", "links"},
	}
	for _, b := range businesses {
		for _, key := range b.Acts {
			if err := l.Act(t.Context(), b.Key, key); err != nil {
				t.Errorf("%s: %s: %v", b.Key, key, err)
			}
			s, err := l.show(b.Key)
			if err != nil {
				t.Fatal(err)
			}
			if key == b.Acts[0] {
				want := made[b.Key]
				if err := until(t.Context(), "the first document of "+b.Key, func() (bool, error) {
					list, err := holds[any](s.stage, want[0], want[1])
					return len(list) > 0, err
				}); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.rest(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	stopped, err := l.hub.Store.Deliveries(t.Context(), store.DeliveryFilter{States: []store.State{store.Failed, store.Unknown}, Limit: many})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0 // PayPal's message does not say whether a refund was of everything: that one is a person's
	for _, d := range stopped {
		if strings.Contains(d.Reason, "PayPal's message does not say whether that is all of it") {
			asked++
			continue
		}
		t.Errorf("delivery %d of %s is %s: %s", d.ID, d.Object, d.State, d.Reason)
	}
	if asked != 1 {
		t.Errorf("%d refunds ask a person, want 1", asked)
	}
	if err := l.Act(t.Context(), "tours", "fly"); err == nil {
		t.Error("an act that there is not was done")
	}
	if err := l.Fault("tours", "payday", "explode"); err == nil {
		t.Error("a stand-in goes wrong in a way that there is not")
	}
	if err := l.Fault("nobody", "payday", "fail"); err == nil {
		t.Error("a business that there is not has a stand-in")
	}
}
