package web

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/schedule"
	"github.com/tengi/tengi/store"
)

// pipe is a connection of the site's by its key.
func (s *site) pipe(key string) *engine.Pipe {
	s.t.Helper()
	for _, p := range s.hub.Engine.Pipes(s.hub.Engine.Workspaces()[0].ID) {
		if p.Key == key {
			return p
		}
	}
	s.t.Fatalf("there is no connection %s", key)
	return nil
}

const connectionsPath = "/w/fjordur-tours/connections"

// The list says how each connection is, and switches it; a switch is for those who may.
func TestConnections(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	s.sees(s.get(connectionsPath), "Nothing is connected yet", "New connection")
	s.setUp(newStands(t), bookings)
	page := s.get(connectionsPath)
	s.sees(page, "2 connections", "Bookings to invoices", "every 15 minutes", "Running", "Later", "every day at 08:00", "Off")
	for _, c := range []struct {
		on   string
		want bool
	}{{"false", false}, {"true", true}} {
		if a := s.post(connectionsPath+"/bookings/switch", "on", c.on); a.to() != connectionsPath {
			t.Errorf("switching answered %d to %q", a.status, a.to())
		}
		if got := s.pipe("bookings").Enabled; got != c.want {
			t.Errorf("switched to %s, it is %v", c.on, got)
		}
		s.get(connectionsPath)
	}
	s.http = s.person("viewer@fjord.example", store.Viewer)
	if a := s.post(connectionsPath+"/bookings/switch", "on", "false"); a.status != http.StatusForbidden || !s.pipe("bookings").Enabled {
		t.Errorf("a viewer switched it off: %d", a.status)
	}
	if page := s.get(connectionsPath); len(all(page.doc, "button", "role", "switch")) != 0 {
		t.Error("a viewer is shown switches")
	}
	if a := s.get("/w/elsewhere/connections"); a.status != http.StatusNotFound {
		t.Errorf("a workspace that is not theirs: %d", a.status)
	}
	if a := s.get(connectionsPath + "/nothing"); a.status != http.StatusNotFound {
		t.Errorf("a connection that is not there: %d", a.status)
	}
}

// Every kind of schedule is chosen in the form; what cannot be is refused with the reason, and nothing changes.
func TestScheduleForm(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	s.setUp(newStands(t), bookings)
	path := connectionsPath + "/bookings/schedule"
	for _, c := range []struct {
		name  string
		pairs []string
		want  schedule.Schedule
		says  string
	}{
		{"interval", []string{"kind", "every", "every", "3h"}, schedule.Schedule{Every: 3 * time.Hour}, "every 3 hours"},
		{"times", []string{"kind", "at", "at", "17:30, 08:05", "on", "tue", "on", "mon"},
			schedule.Schedule{At: []schedule.TimeOfDay{8*60 + 5, 17*60 + 30}, On: []time.Weekday{time.Monday, time.Tuesday}}, "Monday and Tuesday at 08:05 and 17:30"},
		{"after", []string{"kind", "after", "after", s.pipe("later").ID, "only", "true"}, schedule.Schedule{After: s.pipe("later").ID, Only: schedule.OK}, "after Later has run without failures"},
		{"never", []string{"kind", "never", "every", "3h"}, schedule.Schedule{}, "not by itself"},
	} {
		if a := s.post(path, c.pairs...); a.status != http.StatusSeeOther {
			t.Errorf("%s: %d %s", c.name, a.status, textOf(a.doc))
		}
		if got := s.pipe("bookings").Schedule; !got.Equal(c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		s.sees(s.get(connectionsPath+"/bookings"), c.says)
	}
	for _, c := range []struct {
		pairs []string
		says  string
	}{
		{[]string{"kind", "every", "every", "7m"}, "Choose one of the intervals"},
		{[]string{"kind", "at", "at", "25:00"}, "25:00 is no time of day"},
		{[]string{"kind", "at", "at", ""}, "Write at least one time of day"},
		{[]string{"kind", "after", "after", "con_nothing"}, "Choose the connection"},
		{[]string{"kind", "after", "after", s.pipe("bookings").ID}, "for ever"},
	} {
		a := s.post(path, c.pairs...)
		if a.status != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", c.pairs, a.status)
		}
		s.sees(a, c.says)
		if !s.pipe("bookings").Schedule.IsZero() {
			t.Fatalf("%v changed the schedule", c.pairs)
		}
	}
}

// A time of day that is nearer than five minutes begins tomorrow, and the page says so and offers to run at once.
func TestScheduleTooNear(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	s.setUp(newStands(t), bookings)
	near := s.hub.Store.Now().UTC().Add(2 * time.Minute).Format("15:04") // Reykjavík keeps UTC
	s.post(connectionsPath+"/bookings/schedule", "kind", "at", "at", near)
	s.sees(s.get(connectionsPath+"/bookings"), "less than five minutes away", "begins tomorrow", "Run once now")
}

// Run once finds what a lost notice would have told, and the page follows how far it is.
func TestRunOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	s.setUp(newStands(t), bookings)
	s.post(connectionsPath+"/bookings/schedule", "kind", "never")
	if a := s.post(connectionsPath + "/bookings/run"); !strings.HasPrefix(a.to(), connectionsPath+"/bookings") {
		t.Fatalf("running once: %d %s", a.status, textOf(a.doc))
	}
	runs, err := s.hub.Store.Runs(t.Context(), s.pipe("bookings").ID, 10)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, r := range runs {
		found = found || r.Kind == store.Once
	}
	if !found {
		t.Errorf("no run was asked for: %+v", runs)
	}
	s.sees(s.get(connectionsPath+"/bookings"), "Last runs", "Run once")
	if a := s.get(connectionsPath + "/later/runs/" + strconv.FormatInt(runs[0].ID, 10)); a.status != http.StatusNotFound {
		t.Errorf("the run of another connection: %d", a.status)
	}
	if a := s.post(connectionsPath + "/later/run"); a.to() != connectionsPath+"/later" {
		t.Errorf("a connection that is off was run: %d to %q", a.status, a.to())
	}
	s.sees(s.get(connectionsPath+"/later"), "off")
}
