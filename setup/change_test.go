package setup

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/internal/testutil"
)

// edit changes the example.
func edit(t *testing.T, changes ...string) string {
	t.Helper()
	text := example
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			t.Fatalf("the example has no %q", changes[i])
		}
		text = strings.Replace(text, changes[i], changes[i+1], 1)
	}
	return text
}

func TestChanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		changes []string
		want    string // the changed things; the rest is unchanged
	}{
		{"workspace", []string{"language: is", "language: en"}, "changed workspace fjordur-tours; language: is → en\n"},
		{"setting", []string{"{env: BOKUN_ACCESS_KEY}", "abc, vendor_id: 3038"},
			"changed account bokun; access_key: de235a6a15c340b6b1e1cb5f3687d04a → abc; vendor_id: 3038\n"},
		{"secret", []string{"{file: payday-secret}", "{env: OTHER}"}, "changed account payday; client_secret: another secret\n"},
		{"secret added", []string{"secret_key:", "app_secret: {env: OTHER}, secret_key:"}, "changed account bokun; app_secret.keep: true\n"},
		{"name", []string{"connector: payday,", "connector: payday, name: Bókhald,"}, "changed account payday; name: Bókhald\n"},
		{"switched off", []string{"connector: payday,", "connector: payday, enabled: false,"}, "changed account payday; enabled: true → false\n"},
		{"filter", []string{"sale.total > 0", "sale.total > 100"}, "changed connection bookings; source.filter: sale.total > 0 → sale.total > 100\n"},
		{"policies", []string{"on_cancel: undo", "on_cancel: hold", "on_change: redo", "on_change: ignore"},
			"changed connection bookings; on_cancel: undo → hold; on_change: redo → ignore\n"},
		{"schedule", []string{"15m", "24h"}, "changed connection bookings; schedule.every: 15m → 24h\n"},
		{"no schedule", []string{"schedule: {every: 15m}", ""}, "changed connection bookings; schedule.every: removed\n"},
		{"connection off", []string{"enabled: true", "enabled: false"}, "changed connection bookings; enabled: true → false\n"},
		{"fields", []string{"{description: 'Bókun {{ sale.reference }}'}", "{due_days: 7, send_email: true}"},
			"changed connection bookings; steps.invoice.fields.due_days: 7; steps.invoice.fields.send_email: true; steps.invoice.fields.description: removed\n"},
		{"options", []string{"trigger: booking,", "trigger: booking, options: {since: 2026-07-01, bill_traveller: false},"},
			"changed connection bookings; source.options.bill_traveller: false; source.options.since: 2026-07-01\n"},
		{"a step more", []string{"    on_cancel", "      - {key: paid, account: payday, action: invoice.pay, fields: {payment_type: Kort}}\n    on_cancel"},
			"changed connection bookings; steps.paid.key: paid; steps.paid.account: payday; steps.paid.action: invoice.pay; steps.paid.fields.payment_type: Kort\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := setup(t)
			k.apply(example)
			ids := k.ids()
			text := edit(t, c.changes...)
			dry, err := Apply(t.Context(), k.target, k.gather(text), true)
			if err != nil {
				t.Fatal(err)
			}
			if k.apply(example).Count(Changed) != 0 {
				t.Error("a dry run stored something")
			}
			report := k.apply(text)
			var changed strings.Builder
			for line := range strings.Lines(outcome(report)) {
				if !strings.HasPrefix(line, "unchanged") {
					changed.WriteString(line)
				}
			}
			same(t, c.want, changed.String())
			same(t, outcome(dry), outcome(report))
			if again := k.apply(text); again.Count(Unchanged) != len(again.Changes) {
				t.Errorf("the second time: %s", outcome(again))
			}
			if diff := cmp.Diff(ids, k.ids()); diff != "" {
				t.Errorf("ids changed (-before +after):\n%s", diff)
			}
		})
	}
}

// ids are the ids and webhook tokens, which no change may touch.
func (k *kit) ids() map[string]string {
	k.t.Helper()
	ids := map[string]string{}
	c := k.stored()
	for _, w := range c.Workspaces {
		ids[w.Key] = w.ID
	}
	for _, a := range c.Accounts {
		ids[a.Key] = a.ID + k.secrets(a.Key).HookToken
	}
	for _, conn := range c.Connections {
		ids[conn.Key] = conn.ID
	}
	return ids
}

// An account that its service refused is tried again when its login was changed, and only then.
func TestAttention(t *testing.T) {
	t.Parallel()
	k := setup(t)
	k.apply(example)
	id := k.stored().Accounts[1].ID
	refused := func() {
		t.Helper()
		if _, err := k.target.Store.SetAccountState(t.Context(), id, tengi.AccountActive, tengi.AccountAttention, "the service refused the login", k.target.Store.Now()); err != nil {
			t.Fatal(err)
		}
	}
	state := func() tengi.AccountState { return k.stored().Accounts[1].State }

	refused()
	if report := k.apply(example); report.Count(Unchanged) != 4 || state() != tengi.AccountAttention {
		t.Errorf("applying the same: %s, state %s", outcome(report), state())
	}
	if k.apply(edit(t, "connector: payday,", "connector: payday, name: Bókhald,")); state() != tengi.AccountAttention {
		t.Errorf("a new name makes it %s", state())
	}
	report := k.apply(edit(t, "{file: payday-secret}", "{env: OTHER}"))
	if state() != tengi.AccountActive || !strings.Contains(outcome(report), "it needed attention and is tried again") || k.stored().Accounts[1].Reason != "" {
		t.Errorf("a new secret: %s, state %s", outcome(report), state())
	}
	refused()
	k.apply(edit(t, "{file: payday-secret}", "{env: OTHER}, environment: test"))
	if state() != tengi.AccountActive {
		t.Errorf("a new setting: %s", state())
	}
	refused()
	if k.apply(edit(t, "connector: payday,", "connector: payday, enabled: false,")); state() != tengi.AccountOff {
		t.Errorf("switched off: %s", state())
	}
	if k.apply(example); state() != tengi.AccountActive {
		t.Errorf("switched on: %s", state())
	}
}

// What no file names stays: apply deletes nothing.
func TestNothingIsDeleted(t *testing.T) {
	t.Parallel()
	k := setup(t)
	k.apply(example)
	before := k.stored()
	report := k.apply("accounts: [{key: orders, connector: http, url: https://orders.example.com, auth: bearer, secret: {env: OTHER}}]\n")
	same(t, "created account orders\n", outcome(report))
	after := k.stored()
	after.Accounts = slices.Delete(after.Accounts, 1, 2)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// Accounts of one file, connections of another, in any order; and a connection to accounts that are stored already.
func TestSeveralFiles(t *testing.T) {
	t.Parallel()
	head, rest, _ := strings.Cut(example, "accounts:")
	accounts, connections, _ := strings.Cut(rest, "connections:")
	accounts, connections = "accounts:"+accounts, "connections:"+connections

	k := setup(t)
	if got := k.apply(connections, accounts, head); got.Count(Created) != 4 {
		t.Errorf("%s", outcome(got))
	}
	k = setup(t)
	k.apply(head + "---\n" + accounts)
	same(t, "created connection bookings\n", outcome(k.apply(connections)))
}

func TestWorkspaces(t *testing.T) {
	t.Parallel()
	k := setup(t)
	const webhookAccount = "accounts: [{key: in, connector: webhook}]\n"
	const rest = ", country: PL, currency: PLN, timezone: Europe/Warsaw, language: pl}\n"
	k.apply("workspace: {name: Salon Lind"+rest+webhookAccount+"---\nworkspace: {key: shop, name: Łódź Shop"+rest+webhookAccount, "workspace: {key: shop}\n---\naccounts: [{key: second, connector: webhook}]\n")
	var got []string
	c := k.stored()
	for _, a := range c.Accounts {
		i := slices.IndexFunc(c.Workspaces, func(w tengi.Workspace) bool { return w.ID == a.WorkspaceID })
		got = append(got, c.Workspaces[i].Key+"/"+a.Key)
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"salon-lind/in", "shop/in", "shop/second"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if k.secrets("in").HookToken == k.secrets("second").HookToken {
		t.Error("two accounts have one address")
	}
	if report := k.apply("workspace: {key: shop, name: Shop}\n"); outcome(report) != "changed workspace shop; name: Łódź Shop → Shop\n" {
		t.Errorf("renamed by key: %s", outcome(report))
	}
	if report := k.apply("workspace: {name: Salon Lind}\n"); report.Count(Unchanged) != 1 {
		t.Errorf("found by name: %s", outcome(report))
	}
	for text, want := range map[string]string{
		webhookAccount:                        "0.yaml:1:12: accounts.in: say which workspace this belongs to: put workspace: {key: ...} at the beginning of the document",
		"workspace: {name: Salon Anna" + rest: "0.yaml:1:12: workspace: there is no workspace of this name: give key: salon-lind to rename that one, or a new key to add another",
	} {
		same(t, want, k.refuse(text))
	}
}

// keep keeps what is stored; other settings may change around it.
func TestKeep(t *testing.T) {
	t.Parallel()
	k := setup(t)
	k.apply(example)
	kept := edit(t, "{env: BOKUN_SECRET_KEY}", "{keep: true}", "{file: payday-secret}", "{keep: true}", "{env: BOKUN_ACCESS_KEY}", "changed")
	k.env = nil
	k.env = map[string]string{"PAYDAY_CLIENT_ID": "c0ffee00-1111-4222-8333-444455556666"}
	before := []map[string]string{k.secrets("bokun").Values, k.secrets("payday").Values}
	if got := k.apply(kept); got.Count(Changed) != 1 {
		t.Errorf("%s", outcome(got))
	}
	if after := []map[string]string{k.secrets("bokun").Values, k.secrets("payday").Values}; !maps.Equal(before[0], after[0]) || !maps.Equal(before[1], after[1]) {
		t.Error("the secrets are others than before")
	}
}

// When the key that sealed an account is gone, giving its secrets again mends it; its webhook address cannot be kept.
func TestSecretsThatDoNotOpen(t *testing.T) {
	t.Parallel()
	k := setup(t)
	k.apply(example)
	for _, a := range k.stored().Accounts {
		a.Sealed = []byte("this was never sealed")
		a.HookHash = append([]byte{}, a.HookHash...)
		if err := k.target.Store.SaveAccount(t.Context(), a, k.target.Store.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if got := k.refuse(edit(t, "{env: BOKUN_SECRET_KEY}", "{keep: true}")); !strings.Contains(got, "there is no stored secret to keep") {
		t.Error(got)
	}
	report := k.apply(example)
	want := "changed account bokun; its stored secrets could not be read and are replaced; secret_key.keep: true; a new webhook address\n"
	if !strings.Contains(outcome(report), want) {
		t.Errorf("got %s, want %s", outcome(report), want)
	}
	if k.secrets("bokun").Values["secret_key"] != bokunSecret {
		t.Error("the secret was not stored")
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	report := Report{Dry: true, Changes: []Change{
		{Kind: kindWorkspace, Key: "fjordur-tours", Action: Unchanged},
		{Kind: kindAccount, Key: "bokun", Action: Created, HookURL: "https://tengi.example.com/hooks/TOKEN"},
		{Kind: kindAccount, Key: "webshop", Action: Unchanged, HookURL: "https://tengi.example.com/hooks/NOT-SHOWN-AGAIN"},
		{Kind: kindConnection, Key: "bookings", Action: Changed, Details: []string{"source.filter: sale.total > 0 → sale.total > 100", "on_cancel: undo → hold"}},
	}}
	var b bytes.Buffer
	if err := report.Write(&b); err != nil {
		t.Fatal(err)
	}
	testutil.Golden(t, "report", b.Bytes())
}
