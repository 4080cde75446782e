package hooks

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connectors/webhook"
	"github.com/tengi/tengi/engine"
)

// BenchmarkReceive is everything between a notice's last byte and the store: 4 KB of JSON, a dozen headers, two templates.
func BenchmarkReceive(b *testing.B) {
	body := []byte(`{"id":7,"text":"` + strings.Repeat("x", 4000) + `"}`)
	c := webhook.Connector()
	account := &engine.Account{Connector: c, Account: tengi.Account{ID: "a", Connector: c.Name, HookToken: token("hook"), Secrets: map[string]string{"token": shared},
		Settings: map[string]any{"token_header": "X-Proof", "dedupe": "{{ data.id }}", "object": "order/{{ data.id }}"}}}
	var err error
	if account.Settings, err = c.Settings(&account.Account); err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/hooks/x?source=shop", http.NoBody)
	for _, name := range []string{"Accept", "Accept-Encoding", "Traceparent", "User-Agent", "Via", "X-Event", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip", "X-Request-Id"} {
		r.Header.Set(name, "a value of some length/1.0")
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Proof", shared)
	rc := &Receiver{eval: newEvaluator(), log: newSparing(slog.New(slog.DiscardHandler), time.Now), veils: &veils{made: map[string]veiled{}}}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rc.receive(newNotice(r, body, account, rc.veils.of(account, token("hook")), time.Unix(0, 0))); err != nil {
			b.Fatal(err)
		}
	}
}
