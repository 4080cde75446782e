package setup

import (
	"strings"
	"testing"

	"github.com/tengi/tengi/internal/testutil"
)

const workspaceLine = "workspace: {name: W W, country: IS, currency: ISK, timezone: UTC, language: is}\n"

// Everything wrong is said at once, each with its place, and golden for a person to read.
func TestEverythingWrong(t *testing.T) {
	t.Parallel()
	k := setup(t)
	got := k.refuse(`workspace: {name: Fjörður Tours, country: ISL, currency: kr, timezone: Reykjavik, language: da}
accounts:
  - key: bokun
    connector: bokunn
  - {key: Payday!, connector: payday, client_id: {env: NOT_SET}, client_secret: `+otherSecret+`}
  - {key: no-connector, conector: payday}
  - {connector: webhook}
  - {key: in, connector: webhook, sheme: hmac, hmac_secret: {env: OTHER}, enabled: yes}
  - {key: hmac, connector: webhook, scheme: hmac, token_header: X-Token, hmac_secret: {env: EMPTY}, name: ''}
  - {key: payday, connector: payday, client_id: {env: PAYDAY_CLIENT_ID}, client_secret: {file: missing}, environment: staging, base_url: nowhere}
  - {key: payday2, connector: payday, client_id: {keep: true}, client_secret: {env: "NOT A NAME"}}
  - {key: payday3, connector: payday, client_id: x, client_secret: {keep: true}}
  - {key: payday4, connector: payday, client_id: x, client_secret: {keep: false}}
  - {key: payday5, connector: payday}
  - just a text
connections:
  - key: a
    source: {account: nobody, triger: booking}
    steps: {key: x}
  - key: b
    on_cancel: redo
    on_change: undo
    schedule: {every: 20m, at: "12:00"}
    source: filter
`, "connexions: []\n---\n- x\n---\na: [\n")
	testutil.Golden(t, "faults", []byte(got+"\n"))
	if strings.Contains(got, otherSecret) {
		t.Error("a fault repeats a secret")
	}
}

// A wrong expression is refused with the place of the value, the path of the field and the character.
func TestWrongExpressions(t *testing.T) {
	t.Parallel()
	k := setup(t)
	k.apply(example)
	for _, c := range []struct {
		name    string
		changes []string
		want    string
	}{
		{"filter", []string{"sale.total > 0", "sale.totl > 0"},
			`0.yaml:8:56: connections.bookings.source.filter: character 6: `},
		{"condition", []string{`when: 'sale.status == "confirmed"'`, `when: 'sale.status'`},
			`0.yaml:10:71: connections.bookings.steps.invoice.when: character 1: `},
		{"template", []string{"{{ sale.reference }}", "{{ sale.referense }}"},
			`0.yaml:10:123: connections.bookings.steps.invoice.fields.description: character 15: `},
		{"unknown field", []string{"{description: ", "{descriptn: "},
			`0.yaml:10:121: connections.bookings.steps.invoice.fields.descriptn: `},
		{"a row", []string{"{description: 'Bókun {{ sale.reference }}'}", "{lines: [{description: x, total: 1, vat_rate: 24}, {description: '{{ nope }}', total: 1, vat_rate: 24}]}"},
			`0.yaml:10:174: connections.bookings.steps.invoice.fields.lines[1].description: character 4: `},
		{"trigger", []string{"trigger: booking", "trigger: bookings"},
			`0.yaml:8:39: connections.bookings.source.trigger: Bókun has no trigger "bookings"; did you mean "booking"?`},
		{"action", []string{"action: invoice.create", "action: receipt"},
			`0.yaml:10:49: connections.bookings.steps.invoice.action: Payday has no action "receipt"; there are invoice.create, invoice.pay`},
		{"account", []string{"account: payday", "account: paydey"},
			`0.yaml:10:33: connections.bookings.steps.invoice.account: there is no account "paydey"; did you mean "payday"?`},
		{"option", []string{"trigger: booking,", "trigger: booking, options: {agents: net},"},
			`0.yaml:8:66: connections.bookings.source.options.agents: is not a field here; do you mean agent?`},
		{"option's value", []string{"trigger: booking,", "trigger: booking, options: {agent: nett},"},
			`0.yaml:8:65: connections.bookings.source.options.agent: `},
		{"step key", []string{"key: invoice,", "key: the-invoice,"},
			`0.yaml:10:15: connections.bookings.steps[0].key: is not the key of a step`},
		{"no step", []string{"    steps:\n      - {key: invoice, account: payday, action: invoice.create, when: 'sale.status == \"confirmed\"', fields: {description: 'Bókun {{ sale.reference }}'}}\n", "    steps: []\n"},
			`0.yaml:9:12: connections.bookings.steps: a connection needs at least one`},
		{"two steps of a key", []string{"    on_cancel", "      - {key: invoice, account: payday, action: invoice.create}\n    on_cancel"},
			`0.yaml:11:15: connections.bookings.steps.invoice: there are two steps of this key`},
		{"interval", []string{"15m", "20m"}, `0.yaml:13:23: connections.bookings.schedule.every: write one of 1m, 5m, 10m, 15m, 30m, 1h, 3h, 6h, 12h, 24h`},
		{"twice", []string{"    enabled: true\n", "    enabled: true\n  - {key: bookings, source: {account: bokun, trigger: booking}, steps: [{key: a, account: payday, action: invoice.create}]}\n"},
			`0.yaml:15:5: connections.bookings: stands twice; first in `},
		{"account twice", []string{"connections:", "  - {key: bokun, connector: webhook}\nconnections:"}, `0.yaml:5:5: accounts.bokun: stands twice; first in `},
		{"moved", []string{"{key: payday, connector: payday, client_id: {env: PAYDAY_CLIENT_ID},  client_secret: {file: payday-secret}}", "{key: payday, connector: webhook}"},
			`0.yaml:4:30: accounts.payday.connector: the account is at payday and cannot move: make another under a new key`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := k.refuse(edit(t, c.changes...))
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Of wrong accounts, what is wrong with each value.
func TestWrongValues(t *testing.T) {
	t.Parallel()
	k := setup(t)
	for name, c := range map[string]struct{ text, want string }{
		"secret written down":     {"{key: a, connector: http, url: https://x.example, auth: bearer, secret: " + otherSecret + "}", "0.yaml:2:85: accounts.a.secret: is a secret and does not belong into a file: give {env: NAME} or {file: PATH}"},
		"secret as a number":      {"{key: a, connector: http, url: https://x.example, auth: bearer, secret: 123456}", "is a secret and does not belong into a file"},
		"secret as a list":        {"{key: a, connector: http, url: https://x.example, auth: bearer, secret: [" + otherSecret + "]}", "is a secret and does not belong into a file"},
		"two ways at once":        {"{key: a, connector: http, url: https://x.example, auth: bearer, secret: {env: OTHER, file: x}}", "is a secret and does not belong into a file"},
		"secret missing":          {"{key: a, connector: http, url: https://x.example, auth: bearer}", "0.yaml:2:13: accounts.a.secret: must not be empty: give {env: NAME} or {file: PATH}"},
		"secret null":             {"{key: a, connector: http, url: https://x.example, auth: bearer, secret: }", "accounts.a.secret: must not be empty: give {env: NAME}"},
		"secret too short":        {"{key: a, connector: webhook, token: {env: SHORT}}", "0.yaml:2:42: accounts.a.token: "},
		"not used":                {"{key: a, connector: webhook, prefix: x}", "accounts.a.prefix: is not used unless scheme is hmac: remove it"},
		"unknown with a near one": {"{key: a, connector: webhook, tokn_header: x}", "0.yaml:2:42: accounts.a.tokn_header: is not a field here; do you mean token_header?"},
		"keep of no secret":       {"{key: a, connector: webhook, token_header: {keep: true}}", "only a secret can be kept: write the value"},
		"enabled":                 {"{key: a, connector: webhook, enabled: 1}", "accounts.a.enabled: write true or false"},
		"a text that is a list":   {"{key: [a], connector: webhook}", "accounts[0].key: is a list; give a text"},
		"a wrong template":        {"{key: a, connector: webhook, dedupe: 'x{{ dat.id }}'}", "0.yaml:2:42: accounts.a.dedupe: character 5: "},
		"a template cut off":      {"{key: a, connector: webhook, type: 'order/{{ data.kind'}", "0.yaml:2:42: accounts.a.type: character 7: "},
		"a template over sales":   {"{key: a, connector: webhook, object: '{{ sale.reference }}'}", "0.yaml:2:42: accounts.a.object: character 4: "},
		"a key with blanks":       {"{key: a b, connector: webhook}", "accounts[0].key: is not a key: small letters"},
		"a key too long":          {"{key: " + strings.Repeat("a", 41) + ", connector: webhook}", "accounts[0].key: is not a key"},
		"no field of that name":   {"{key: a, connector: webhook, 'token[0]': x}", "is not a field here"},
		"a name with a break":     {`{key: a, connector: webhook, name: "a\nb"}`, "accounts.a.name: is not a name"},
	} {
		k.env["SHORT"] = "hunter2"
		got := k.refuse(workspaceLine + "accounts: [ " + c.text + " ]\n")
		if !strings.Contains(got, c.want) || strings.Count(got, "\n") > 0 {
			t.Errorf("%s: got %s, want %s alone", name, got, c.want)
		}
		if strings.Contains(got, otherSecret) || strings.Contains(got, "hunter2") || strings.Contains(got, "123456") {
			t.Errorf("%s: a fault repeats a secret: %s", name, got)
		}
	}
}

func TestWorkspaceFaults(t *testing.T) {
	t.Parallel()
	k := setup(t)
	for text, want := range map[string]string{
		"workspace: {}\n": "0.yaml:1:12: workspace: give a name, or the key of a workspace that exists",
		"workspace: {key: w, name: W}\n": "0.yaml:1:12: workspace: country is missing\n0.yaml:1:12: workspace: currency is missing\n0.yaml:1:12: workspace: timezone is missing\n" +
			"0.yaml:1:12: workspace: language is missing",
		strings.Replace(workspaceLine, "UTC", "Local", 1):                         "0.yaml:1:62: workspace.timezone: is not a time zone: write it like Atlantic/Reykjavik",
		strings.Replace(workspaceLine, "IS,", "UK,", 1):                           "0.yaml:1:33: workspace.country: is not a country: two capital letters of ISO 3166, such as IS",
		strings.Replace(workspaceLine, "IS,", "EU,", 1):                           "0.yaml:1:33: workspace.country: is not a country: two capital letters of ISO 3166, such as IS",
		strings.Replace(workspaceLine, "W W", "Київ", 1):                          "0.yaml:1:19: workspace: no key can be made of this name: give one, such as key: tours",
		workspaceLine + "---\n" + strings.Replace(workspaceLine, "ISK", "EUR", 1): "0.yaml:3:12: workspace: the workspace w-w stands here a second time and says otherwise; first in 0.yaml:1:12",
		"workspace: fjordur\n":                                                    "0.yaml:1:12: workspace: is a text; give names with values\n0.yaml:1:12: workspace: give a name, or the key of a workspace that exists",
		"accounts: [{key: a, connector: webhook}]\nconnections: []\n":             "0.yaml:1:12: accounts.a: say which workspace this belongs to: put workspace: {key: ...} at the beginning of the document",
	} {
		same(t, want, k.refuse(text))
	}
}
