package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi/connectors/bokun"
	"github.com/tengi/tengi/store"
)

// ended waits until a connection has a run of the kind that has ended.
func (s *site) ended(key string, kind store.RunKind) store.Run {
	s.t.Helper()
	for {
		runs, err := s.hub.Store.Runs(s.t.Context(), s.pipe(key).ID, 20)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, r := range runs {
			if r.Kind == kind && r.State == store.RunEnded {
				return r
			}
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-s.t.Context().Done():
			s.t.Fatalf("no run of kind %s ends: %+v", kind, runs)
		}
	}
}

// The past is looked at before it is brought in; looking makes nothing, and what is there already is made once.
func TestBackfillPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	at := newStands(t)
	stand, ok := at.services["bokun"].(*bokun.Fake)
	if !ok {
		t.Fatal("there is no stand-in for Bókun")
	}
	stand.SetClock(func() time.Time { return time.Now().Add(-time.Hour) }) // the second that has not ended is nobody's past
	for range 2 {
		stand.MakeBooking(bokun.Order{})
	}
	stand.SetClock(time.Now)
	s.setUp(at, strings.Replace(bookings, "schedule: {every: 15m}", "", 1))
	path := connectionsPath + "/bookings"
	if a := s.post(path+"/backfill", "do", "preview", "from", "yesterday"); a.to() != path {
		t.Errorf("a day that is none: %d", a.status)
	}
	s.sees(s.get(path), "Say from which day")
	if a := s.post(path+"/backfill", "do", "preview", "from", "2020-01-01"); !strings.HasPrefix(a.to(), path) {
		t.Fatalf("the preview: %d %s", a.status, textOf(a.doc))
	}
	s.ended("bookings", store.Preview)
	s.sees(s.get(path), "Preview of a backfill", "something would be made for 2")
	if n := at.invoices(t); n != 0 {
		t.Fatalf("the preview made %d invoices", n)
	}
	s.post(path+"/backfill", "do", "run", "from", "2020-01-01")
	s.ended("bookings", store.Backfill)
	s.sees(s.get(path), "2 found", "2 new", "2 done")
	if n := at.invoices(t); n != 2 {
		t.Errorf("%d invoices", n)
	}
}

// A connection is deleted with what it has made left alone; what still waits, or needs it, is said first.
func TestDeleteConnection(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	s.setUp(newStands(t), bookings)
	s.post(connectionsPath+"/later/schedule", "kind", "after", "after", s.pipe("bookings").ID)
	s.post(connectionsPath + "/bookings/delete")
	s.sees(s.get(connectionsPath+"/bookings"), "These run after it: Later")
	if a := s.post(connectionsPath + "/later/delete"); a.to() != connectionsPath {
		t.Fatalf("deleting: %d %s", a.status, textOf(a.doc))
	}
	s.sees(s.get(connectionsPath), "Later is deleted")
	if a := s.get(connectionsPath + "/later"); a.status != http.StatusNotFound {
		t.Errorf("it is still there: %d", a.status)
	}
	if a := s.post(connectionsPath + "/bookings/delete"); a.to() != connectionsPath {
		t.Errorf("the other, which nothing needs any more: %d to %q", a.status, a.to())
	}
	s.http = s.person("viewer@fjord.example", store.Viewer)
	if a := s.post(connectionsPath + "/bookings/delete"); a.status != http.StatusForbidden {
		t.Errorf("a viewer deletes: %d", a.status)
	}
}

// How long events are kept is an owner's to say, in whole days and not less than a source may need.
func TestRetentionPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	const path = "/w/fjordur-tours/settings"
	id := s.hub.Engine.Workspaces()[0].ID
	for _, days := range []string{"7", "-1", "many", "1e3", ""} {
		if a := s.post(path+"/retention", "days", days); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%q was taken: %d", days, a.status)
		} else {
			s.sees(a, "at least 30 days")
		}
	}
	for _, days := range []int{365, 0} {
		if a := s.post(path+"/retention", "days", map[int]string{365: "365", 0: "0"}[days]); a.to() != path {
			t.Errorf("%d: %d", days, a.status)
		}
		if got, err := s.hub.Store.Retention(t.Context(), id); err != nil || got != days {
			t.Errorf("kept for %d days (%v), want %d", got, err, days)
		}
	}
	s.http = s.person("manager@fjord.example", store.Manager)
	if a := s.post(path+"/retention", "days", "365"); a.status != http.StatusForbidden {
		t.Errorf("a manager changes it: %d", a.status)
	}
}
