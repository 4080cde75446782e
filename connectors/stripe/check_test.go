package stripe

import (
	"strings"
	"testing"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
)

func TestCheck(t *testing.T) {
	d := setup(t)
	who, err := check(t.Context(), d.client())
	if err != nil || who.Name != "Fjörður Tours (test mode)" || len(who.Warnings) != 1 || !strings.Contains(who.Warnings[0], "test mode") {
		t.Errorf("%+v, %v", who, err)
	}
	who, err = check(t.Context(), d.client(connectortest.WithSecret("webhook_secret", "")))
	if err != nil || len(who.Warnings) != 2 || !strings.Contains(who.Warnings[1], "signing secret") {
		t.Errorf("%+v, %v", who, err)
	}
}

func TestCheckNamesWhatTheKeyLacks(t *testing.T) {
	d := setup(t, func(b *Behaviour) { b.Lacks = []string{"rak_invoice_item_read invoiceitems", "rak_event_read events"} })
	who, err := check(t.Context(), d.client())
	all := strings.Join(who.Warnings, "\n")
	if err != nil || len(who.Warnings) != 3 || !strings.Contains(all, "“Invoice items”") || !strings.Contains(all, "“Events”") {
		t.Errorf("%+v, %v", who, err)
	}
	d.stripe.Set(func(b *Behaviour) { b.Lacks = []string{"rak_customer_read customers"} })
	_, err = check(t.Context(), d.client())
	if e := wantError(t, err, connector.Attention, codePermission, ""); !strings.Contains(e.Message, "rak_customer_read") {
		t.Errorf("message %q", e.Message)
	}
}

func TestWrongKeys(t *testing.T) {
	d := setup(t)
	for _, key := range []string{"sk_live_WrongFjordTours", "rk_test_WrongFjordTours"} {
		_, err := check(t.Context(), d.client(connectortest.WithSecret("api_key", key)))
		e := wantError(t, err, connector.Attention, codeKey, "")
		if strings.Contains(err.Error()+e.Detail, key) {
			t.Error("the key stands in the error")
		}
	}
	for _, key := range []string{"pk_live_abc", "whsec_abc", "sk_abc", "sk_live_", "Bearer sk_live_abc"} {
		d.account.Secrets["api_key"] = key
		if _, err := Connector().Settings(d.account); err == nil || strings.Contains(err.Error(), key) {
			t.Errorf("%q is taken for a key, or shown: %v", key, err)
		}
	}
}
