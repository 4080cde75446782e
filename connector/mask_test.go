package connector

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestMask(t *testing.T) {
	t.Parallel()
	m := newMasks(map[string]string{
		"key":   `k&y "1" <x>`,
		"long":  "abcdef-and-more",
		"short": "abcdef",
		"tiny":  "abc",
		"empty": "",
	})
	tests := []struct{ in, want string }{
		{"nothing here", "nothing here"},
		{"abc stays, it is too short to be told from words", "abc stays, it is too short to be told from words"},
		{"x abcdef y", "x •••• y"},
		{"x abcdef-and-more y", "x •••• y"}, // not ••••-and-more
		{`{"k":"k\u0026y \"1\" \u003cx\u003e"}`, `{"k":"••••"}`},
		{`k&y "1" <x>`, "••••"},
		{"?a=" + url.QueryEscape(`k&y "1" <x>`), "?a=••••"},
		{"/a/" + url.PathEscape(`k&y "1" <x>`), "/a/••••"},
		{"abcdefabcdef", "••••••••"},
	}
	for _, tt := range tests {
		if got := m.mask(tt.in); got != tt.want {
			t.Errorf("mask(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
	if key, found := m.find([]byte("a=" + url.QueryEscape(`k&y "1" <x>`))); !found || key != "key" {
		t.Errorf("find in a query: %q, %t", key, found)
	}
	if _, found := m.find([]byte("abc")); found {
		t.Error("find takes a value too short to be a secret")
	}
}

// TestMaskAtTheCut: wherever the limit falls, no part of a secret stays that begins before it.
func TestMaskAtTheCut(t *testing.T) {
	t.Parallel()
	const secret = "s3cret-token-of-the-account"
	m := newMasks(map[string]string{"key": secret})
	body := []byte("begin " + secret + " middle " + secret + " end")
	for limit := range body {
		got := m.body(body, limit)
		for n := 2; n <= len(secret); n++ {
			if strings.HasSuffix(strings.TrimSuffix(got, "…"), secret[:n]) {
				t.Errorf("limit %d leaves %q", limit, got)
				break
			}
		}
		if strings.Contains(got, secret[:6]) {
			t.Errorf("limit %d leaves %q", limit, got)
		}
	}
	if got, want := m.body(body, len(body)), "begin •••• middle •••• end"; got != want {
		t.Errorf("uncut: %q, want %q", got, want)
	}
}

func TestCapText(t *testing.T) {
	t.Parallel()
	body := []byte("Fjörður — 🐟 Tours")
	for limit := range len(body) + 2 {
		text, cut := capText(body, limit)
		if !utf8.ValidString(text) || strings.ContainsRune(text, '�') || !strings.HasPrefix(string(body), text) || len(text) > limit || limit-len(text) > 3 && cut {
			t.Errorf("limit %d: %q, cut %t", limit, text, cut)
		}
		if cut != (limit < len(body)) {
			t.Errorf("limit %d: cut %t", limit, cut)
		}
	}
	if text, _ := capText([]byte{'a', 0xff, 'b'}, 10); text != "a�b" {
		t.Errorf("bytes that are no text: %q", text)
	}
}

func TestRecorder(t *testing.T) {
	t.Parallel()
	r := &Recorder{masks: newMasks(map[string]string{"key": "s3cret-token"})}
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	out := &outgoing{method: "POST", url: "https://example.com/?k=s3cret-token", body: []byte("s3cret-token"), header: http.Header{
		"Authorization": {"Bearer x"}, "Cookie": {"x"}, "X-Echo": {"a", "s3cret-token"},
	}}
	rec := r.begin(now, &Request{}, out)
	rec.finish(now.Add(time.Second), &http.Response{StatusCode: 200, Header: http.Header{"Set-Cookie": {"x"}, "X-Id": {"7"}}}, []byte("you said s3cret-token"), nil)
	want := []Exchange{{
		Method: "POST", URL: "https://example.com/?k=••••", RequestHeader: map[string]string{"X-Echo": "a, ••••"}, RequestBody: "••••",
		Status: 200, ResponseHeader: map[string]string{"X-Id": "7"}, ResponseBody: "you said ••••", StartedAt: now, Took: time.Second,
	}}
	if diff := cmp.Diff(want, r.exchanges); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}

	private := r.begin(now, &Request{Private: true}, out)
	private.finish(now, &http.Response{StatusCode: 200}, []byte("token"), nil)
	if e := r.exchanges[1]; e.RequestBody != "" || e.ResponseBody != "" || e.Status != 200 {
		t.Errorf("a private exchange kept %q and %q", e.RequestBody, e.ResponseBody)
	}

	for range maxBodies {
		r.begin(now, &Request{}, out)
	}
	if last := r.exchanges[len(r.exchanges)-1]; last.RequestBody != "" || last.URL == "" {
		t.Errorf("exchange %d kept its body", len(r.exchanges))
	}
}
