package control

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi/setup"
	"github.com/tengi/tengi/store"
)

// findings gives what the doctor says of an area, without examining the rest.
func (k *kit) findings(t *testing.T, area string) []Finding {
	t.Helper()
	config, err := k.desk.Store.Configuration(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	switch area {
	case "account":
		return k.desk.accounts(t.Context(), config)
	case "connection":
		return k.desk.connections(config)
	case "inbox":
		return k.desk.waiting(t.Context())
	case "key":
		return []Finding{k.desk.key()}
	case "webhook":
		return k.desk.webhooks(config)
	}
	all, err := k.client.Doctor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(f Finding) bool { return f.Area != area })
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	k := setUp(t)
	if _, err := k.desk.Apply(t.Context(), setup.Gather([]setup.File{{Name: "f", Text: strings.Replace(recipe, "auth: bearer", "auth: bearer, check_path: /me", 1)}}, look), false); err != nil {
		t.Fatal(err)
	}
	want := func(area string, health Health, words ...string) {
		t.Helper()
		found := k.findings(t, area)
		if len(found) == 0 {
			t.Errorf("%s: nothing was found", area)
		}
		if !slices.ContainsFunc(found, func(f Finding) bool {
			return f.Health == health && !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(f.Subject+" "+f.Text, word) })
		}) {
			t.Errorf("%s is not %s with %q: %+v", area, health, words, found)
		}
	}
	all, err := k.client.Doctor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var areas []string
	for _, f := range all {
		if f.Area == "disk" { // how good this machine's is, is not the test's affair
			f.Health = OK
		}
		areas = append(areas, f.Area+" "+string(f.Health))
	}
	if diff := cmp.Diff([]string{"store ok", "clock ok", "disk ok", "key ok", "account ok", "account ok", "webhook ok", "connection ok", "inbox ok", "queue ok"}, areas); diff != "" {
		t.Errorf("(-want +got):\n%s\n%+v", diff, all)
	}
	want("store", OK, "sqlite", "synchronous=full", fmt.Sprintf("schema %d", store.Schema()))
	want("key", OK, "mode 0600", k.desk.Secrets.KeyID())
	want("account", OK, "in", "Webhook; its login cannot be checked")
	want("account", OK, "orders", "HTTP request")
	want("webhook", OK, "in", "https://tengi.example.com/hooks/")
	want("connection", OK, "orders", "Webhook → HTTP request")
	want("inbox", OK, "nothing waits")

	k.way.status = http.StatusUnauthorized
	want("account", Wrong, "orders", "refused")
	want("connection", Warning, "waits for account orders")
	k.way.status = http.StatusOK
	want("account", OK, "orders")

	k.arrive(t, "1", store.Held)
	want("inbox", Warning, "1 wait for a person")
	if err := os.Chmod(k.desk.KeyFile, 0o640); err != nil {
		t.Fatal(err)
	}
	want("key", Wrong, "mode 0640", "chmod 600")
	if err := os.Remove(k.desk.KeyFile); err != nil {
		t.Fatal(err)
	}
	want("key", Wrong, "is gone")
	k.desk.KeyFile = ""
	want("key", OK, "from the environment")
	k.desk.PublicURL = ""
	want("webhook", Warning, "public-url is not set")
	k.desk.PublicURL = "http://tengi.example.com"
	want("webhook", Warning, "not https")
}

func TestJudgeClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		now  time.Time
		skew time.Duration
		want Health
	}{
		{now, 0, OK},
		{now, -900 * time.Millisecond, OK},
		{now, 2 * time.Second, Warning},
		{now, -2 * time.Second, Warning},
		{now, time.Minute, Wrong},
		{now, -time.Hour, Wrong},
		{time.Unix(0, 0), 0, Wrong},
	} {
		if got := judgeClock(c.now, c.skew); got.Health != c.want || got.Text == "" {
			t.Errorf("%s, %s: %+v, want %s", c.now, c.skew, got, c.want)
		}
	}
}

func TestJudgeDisk(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		took []time.Duration
		want Health
		text string
	}{
		{[]time.Duration{time.Millisecond, time.Millisecond, 4 * time.Millisecond}, OK, "500 fsyncs a second, half of them within 1ms"},
		{[]time.Duration{30 * time.Millisecond}, Warning, "33 fsyncs a second, half of them within 30ms; every webhook's answer waits"},
		{[]time.Duration{5 * time.Microsecond, 5 * time.Microsecond}, Warning, "200000 fsyncs a second, half of them within 5µs; so fast a disk hardly writes"},
		{nil, Wrong, "could not be measured"},
	} {
		if got := judgeDisk("data", c.took); got.Health != c.want || !strings.Contains(got.Text, c.text) {
			t.Errorf("%v: %+v", c.took, got)
		}
	}
	if f := disk(t.Context(), filepath.Join(t.TempDir(), "missing")); f.Health != Wrong {
		t.Errorf("a folder that is not there: %+v", f)
	}
}
