package setup

import (
	"encoding/json"
	"strings"
	"testing"
)

// chains are three connections, each to run after the one before; the first is given last.
const chains = workspaceLine + `accounts:
  - {key: sheet, connector: bokun, access_key: de235a6a15c340b6b1e1cb5f3687d04a, secret_key: {env: BOKUN_SECRET_KEY}}
  - {key: target, connector: http, url: 'https://x.example', auth: none}
connections:
  - key: third
    source: {account: sheet, trigger: booking}
    steps: [{key: send, account: target, action: request, fields: {url: '/x/{{ upstream.send.number }}'}}]
    schedule: {after: second, only: ok}
  - key: second
    source: {account: sheet, trigger: booking}
    steps: [{key: send, account: target, action: request, fields: {url: /x}}]
    schedule: {after: first}
  - key: first
    source: {account: sheet, trigger: booking}
    steps: [{key: send, account: target, action: request, fields: {url: /x}}]
    schedule: {at: ["17:30", "08:00"], on: [tue, mon]}
`

// schedules are those that are stored, by key, with keys instead of IDs.
func (k *kit) schedules() map[string]string {
	k.t.Helper()
	c := k.stored()
	keys := map[string]string{}
	for _, conn := range c.Connections {
		keys[conn.ID] = conn.Key
	}
	found := map[string]string{}
	for _, conn := range c.Connections {
		s := conn.Schedule
		s.After = keys[s.After]
		text, err := json.Marshal(s)
		if err != nil {
			k.t.Fatal(err)
		}
		found[conn.Key] = string(text)
	}
	return found
}

func TestSchedulesAreStoredAndWritten(t *testing.T) {
	t.Parallel()
	k := setup(t)
	k.apply(chains)
	want := map[string]string{"first": `{"at":["08:00","17:30"],"on":["mon","tue"]}`, "second": `{"after":"first"}`, "third": `{"after":"second","only":"ok"}`}
	for key, schedule := range k.schedules() {
		if schedule != want[key] {
			t.Errorf("%s: %s, want %s", key, schedule, want[key])
		}
	}
	again := k.export()
	for _, line := range []string{"    schedule: {after: first}\n", "    schedule:\n      after: second\n      only: ok\n", "      'on':\n        - mon\n        - tue\n"} {
		if !strings.Contains(again, line) {
			t.Errorf("the export lacks %q:\n%s", line, again)
		}
	}
	if report := k.apply(again); report.Count(Unchanged) != len(report.Changes) {
		t.Errorf("the export is not what is stored: %+v", report)
	}
	// The chain is turned round: no order of saving may be taken for a ring.
	turned := strings.NewReplacer("{after: second, only: ok}", "{every: 1h}", "{after: first}", "{after: third}", `{at: ["17:30", "08:00"], on: [tue, mon]}`, "{after: second}",
		"{{ upstream.send.number }}", "").Replace(chains)
	k.apply(turned)
	if got := k.schedules(); got["first"] != `{"after":"second"}` || got["second"] != `{"after":"third"}` || got["third"] != `{"every":"1h"}` {
		t.Errorf("turned round: %v", got)
	}
}

func TestWrongSchedules(t *testing.T) {
	t.Parallel()
	k := setup(t)
	for schedule, want := range map[string]string{
		`{every: 20m}`:              "connections.first.schedule.every: write one of 1m, 5m, 10m, 15m, 30m, 1h, 3h, 6h, 12h, 24h",
		`{at: "8:00"}`:              "connections.first.schedule.at: write a time of day as 08:05, from 00:00 to 23:59",
		`{at: [["08:00"]]}`:         "connections.first.schedule.at: is a list; give a text, or a list of texts",
		`{at: ["08:00", "08:00"]}`:  "connections.first.schedule: at: 08:00 stands twice or out of order",
		`{at: "08:00", on: [may]}`:  "connections.first.schedule.on: write mon, tue, wed, thu, fri, sat or sun",
		`{on: [mon]}`:               "connections.first.schedule: on: days of the week need a time of day",
		`{every: 15m, at: "08:00"}`: "connections.first.schedule: choose one of an interval, times of day, and after another connection",
		`{after: secnd}`:            `connections.first.schedule.after: there is no connection "secnd"; did you mean "second"?`,
		`{after: third}`:            "connections.first.schedule.after: the connections would wait for each other for ever: first after third after second after first",
		`{after: first}`:            "connections.first.schedule.after: the connections would wait for each other for ever: first after first",
		`{every: 15m, only: ok}`:    "connections.first.schedule: only: is for a schedule after another connection",
		`{evry: 15m}`:               `connections.first.schedule: there is no "evry" here; did you mean "every"?`,
	} {
		got := k.refuse(strings.Replace(chains, `{at: ["17:30", "08:00"], on: [tue, mon]}`, schedule, 1))
		if !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", schedule, got, want)
		}
	}
	got := k.refuse(strings.Replace(chains, "upstream.send.number", "upstream.nothing.number", 1))
	if !strings.Contains(got, "connections.third.steps.send.fields.url: character ") {
		t.Errorf("a step that the upstream connection does not have: %s", got)
	}
}

func TestSwitchedOffUpstreamIsTold(t *testing.T) {
	t.Parallel()
	k := setup(t)
	k.apply(chains)
	report := k.apply(chains + "    enabled: false\n")
	var told []string
	for _, c := range report.Changes {
		for _, w := range c.Warnings {
			told = append(told, c.Key+": "+w)
		}
	}
	if len(told) != 1 || told[0] != "first: it is switched off, and second runs only after it" {
		t.Errorf("%q", told)
	}
}
