package setup

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi/internal/testutil"
)

// rich uses everything there is to write.
const rich = example + `---
workspace: {key: shop, name: 'Łódź: "Shop" #1', country: PL, currency: PLN, timezone: Europe/Warsaw, language: pl}
accounts:
  - key: shop
    connector: webhook
    name: 'yes'
    scheme: hmac
    hmac_secret: {env: OTHER}
    signature_header: X-Hub-Signature-256
    prefix: 'sha256='
    dedupe: '{{ data.id }}'
    object: order/{{ data.order.id }}
    enabled: false
  - {key: orders, connector: http, url: 'https://orders.example.com/v1?x=1&y=2', auth: bearer, secret: {env: OTHER}, check_path: /me}
connections:
  - key: orders
    source: {account: shop, trigger: received, filter: 'data.total > 0 && data.text != "it''s"'}
    steps:
      - key: send
        account: orders
        action: request
        fields:
          url: /orders
          content: fields
          fields: {"customer.name": '{{ data.name }}', 'total:number': '{{ data.total }}', reference: '{ref}'}
          headers: {X-One: 'a: b'}
          id_path: id
          recovery: find
          find_url: /orders?reference={ref}
          settle_seconds: 90
      - key: note
        account: orders
        action: request
        when: data.total > 10.50
        fields:
          url: /notes
          body: |
            {"text": "two
            lines", "n": 0.10}
          content: text
    on_cancel: ignore
    on_change: hold
    enabled: false
`

func TestExport(t *testing.T) {
	t.Parallel()
	k := setup(t)
	k.apply(rich)
	before, text := k.stored(), k.export()
	testutil.Golden(t, "export", []byte(text))

	k.env = nil // nothing but what the export says is needed
	report := k.apply(text)
	if report.Count(Unchanged) != len(report.Changes) || len(report.Changes) != 8 {
		t.Errorf("applying the export: %s", outcome(report))
	}
	if diff := cmp.Diff(before, k.stored()); diff != "" {
		t.Errorf("applying the export changed something (-before +after):\n%s", diff)
	}
	same(t, text, k.export())
}

// The export of one installation, its secrets given anew, makes another the same.
func TestExportElsewhere(t *testing.T) {
	t.Parallel()
	k, other := setup(t), setup(t)
	k.apply(rich)
	text := k.export()
	if got := other.refuse(text); strings.Count(got, "there is no stored secret to keep") != 4 || strings.Count(got, "\n") != 3 {
		t.Errorf("without secrets: %s", got)
	}
	other.apply(strings.ReplaceAll(text, "{keep: true}", "{env: OTHER}"))
	same(t, text, other.export())
}

// No secret leaves by a report, an export or a fault, in any of the forms in which one could.
func TestSecretsStayInside(t *testing.T) {
	t.Parallel()
	k := setup(t)
	var out strings.Builder
	for _, text := range []string{rich, edit(t, "{file: payday-secret}", "{env: OTHER}"), edit(t, "connector: payday,", "connector: payday, enabled: false,")} {
		report := k.apply(text)
		for i := range report.Changes {
			report.Changes[i].HookURL = "" // that one is told on purpose
		}
		encoded, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(encoded)
		out.WriteString(outcome(report) + k.export())
	}
	out.WriteString(k.refuse(edit(t, "sale.total > 0", "sale.totl"), rich))
	out.WriteString(fmt.Sprintf("%v %+v", k.stored(), k.stored()))
	for _, s := range []string{bokunSecret, paydaySecret, otherSecret, k.secrets("bokun").HookToken, k.secrets("shop").HookToken} {
		for _, form := range []string{s, base64.StdEncoding.EncodeToString([]byte(s))} {
			if strings.Contains(out.String(), form) {
				t.Errorf("a secret of %d letters came out", len(s))
			}
		}
	}
}

func TestExportOfNothing(t *testing.T) {
	t.Parallel()
	same(t, exportHead, setup(t).export())
}
