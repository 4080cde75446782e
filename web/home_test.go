package web

import (
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi/internal/shop"
)

func TestHome(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	a := s.get("/w/fjordur-tours")
	s.sees(a, "Set up in four steps", "Connect an account at a service", "Start from a recipe", "Nothing. Everything goes by itself.", "No document was made today yet.")
	if a := s.get("/"); a.to() != "/w/fjordur-tours" {
		t.Errorf("the front leads to %q", a.to())
	}
	tr := newTrade(t, nil)
	tr.notice(order("A1", "24900", 1))
	tr.notice(order("A2", "100", 1))
	tr.notice(shop.Order{ID: "A3", Status: "confirmed", Total: "100", Line: "99"})
	for { // the sums follow within a moment
		a = tr.get("/w/ws")
		if page := textOf(a.doc); strings.Contains(page, "2 documents") && strings.Contains(page, "3 events") {
			break
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal("the sums do not follow")
		}
	}
	tr.sees(a, "Fjörður Tours", "ISK 25,000", "2 documents", "The sale does not add up", "1 waits", "3 events came in.", "By the hour", "Works")
	if len(all(a.doc, "rect", "", "")) != pulseHours {
		t.Errorf("the picture has %d bars", len(all(a.doc, "rect", "", "")))
	}
}
