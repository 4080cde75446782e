package webhook

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
)

// verified says whether the notice was taken for the sender's.
func verified(t *testing.T, settings map[string]any, secrets map[string]string, header http.Header) bool {
	t.Helper()
	_, err := receive(inbound(t, settings, secrets, header, body))
	if err != nil && !connector.IsUnverified(err) {
		t.Fatalf("refused with another error: %v", err)
	}
	return err == nil
}

func TestVerifyHMAC(t *testing.T) {
	t.Parallel()
	right := hexOf(hmacSecret, body)
	sum := func(newHash func() hash.Hash) string {
		mac := hmac.New(newHash, []byte(hmacSecret))
		mac.Write([]byte(body))
		return hex.EncodeToString(mac.Sum(nil))
	}
	type tried struct {
		name     string
		header   string
		settings map[string]any
		want     bool
	}
	tests := []tried{
		{"hex", right, nil, true},
		{"hex in capitals", strings.ToUpper(right), nil, true},
		{"blanks around it", "  " + right + " ", nil, true},
		{"the second of two", strings.Repeat("00", 32) + ", " + right, nil, true},
		{"sha1", sum(sha1.New), map[string]any{"algorithm": "sha1"}, true},
		{"sha512", sum(sha512.New), map[string]any{"algorithm": "sha512"}, true},
		{"prefix", "sha256=" + right, map[string]any{"prefix": "sha256="}, true},
		{"prefix in capitals", "SHA256=" + right, map[string]any{"prefix": "sha256="}, true},
		{"no header", "", nil, false},
		{"wrong", strings.Repeat("00", 32), nil, false},
		{"cut", right[:62], nil, false},
		{"too long", right + "00", nil, false},
		{"not hex", "zz" + right[2:], nil, false},
		{"another algorithm", right, map[string]any{"algorithm": "sha1"}, false},
		{"prefix missing", right, map[string]any{"prefix": "sha256="}, false},
		{"prefix too much", "sha256=" + right, nil, false},
		{"only the prefix", "sha256=", map[string]any{"prefix": "sha256="}, false},
		{"hex where base64 is said", right, map[string]any{"encoding": "base64"}, false},
		{"after too many others", strings.Repeat("00,", maxSignatures) + right, nil, false},
	}
	for name, header := range encodings(t) {
		tests = append(tests, tried{name, header, map[string]any{"encoding": "base64"}, true})
	}
	for _, tt := range tests {
		settings := map[string]any{"scheme": "hmac"}
		for key, value := range tt.settings {
			settings[key] = value
		}
		header := jsonHeader()
		if tt.header != "" {
			header.Set("X-Signature", tt.header)
		}
		if got := verified(t, settings, map[string]string{"hmac_secret": hmacSecret}, header); got != tt.want {
			t.Errorf("%s: verified %t, want %t", tt.name, got, tt.want)
		}
	}
}

func TestVerifyStandard(t *testing.T) {
	t.Parallel()
	now := connectortest.NewClock().Now()
	settings, secrets := map[string]any{"scheme": "standard"}, map[string]string{"standard_secret": standardSecret}
	tests := []struct {
		name   string
		sent   time.Time
		change func(http.Header)
		want   bool
	}{
		{"now", now, nil, true},
		{"five minutes ago", now.Add(-5 * time.Minute), nil, true},
		{"in five minutes", now.Add(5 * time.Minute), nil, true},
		{"too old", now.Add(-5*time.Minute - time.Second), nil, false},
		{"too new", now.Add(5*time.Minute + time.Second), nil, false},
		{"another id", now, func(h http.Header) { h.Set("webhook-id", "msg_2") }, false},
		{"another time", now, func(h http.Header) { h.Set("webhook-timestamp", "1782907201") }, false},
		{"time that is none", now, func(h http.Header) { h.Set("webhook-timestamp", "now") }, false},
		{"time beyond all", now, func(h http.Header) { h.Set("webhook-timestamp", "-9223372036854775808") }, false},
		{"no id", now, func(h http.Header) { h.Del("webhook-id") }, false},
		{"no time", now, func(h http.Header) { h.Del("webhook-timestamp") }, false},
		{"no signature", now, func(h http.Header) { h.Del("webhook-signature") }, false},
		{"another version", now, func(h http.Header) {
			h.Set("webhook-signature", strings.ReplaceAll(h.Get("webhook-signature"), "v1,", "v2,"))
		}, false},
		{"without a version", now, func(h http.Header) {
			h.Set("webhook-signature", strings.ReplaceAll(h.Get("webhook-signature"), "v1,", ""))
		}, false},
		{"two secrets", now, func(h http.Header) {
			h.Set("webhook-signature", "v1,"+strings.Repeat("A", 43)+"= "+h.Get("webhook-signature"))
		}, true},
		{"names of Svix", now, func(h http.Header) {
			for _, name := range []string{"Id", "Timestamp", "Signature"} {
				h.Set("Svix-"+name, h.Get("Webhook-"+name))
				h.Del("Webhook-" + name)
			}
		}, true},
		{"names mixed", now, func(h http.Header) { h.Set("Svix-Id", h.Get("Webhook-Id")); h.Del("Webhook-Id") }, false},
	}
	for _, tt := range tests {
		header := standardHeader(t, tt.sent)
		if tt.change != nil {
			tt.change(header)
		}
		if got := verified(t, settings, secrets, header); got != tt.want {
			t.Errorf("%s: verified %t, want %t", tt.name, got, tt.want)
		}
	}
	if !verified(t, settings, map[string]string{"standard_secret": strings.TrimPrefix(standardSecret, "whsec_")}, standardHeader(t, now)) {
		t.Error("the secret without whsec_ does not fit")
	}
}

func TestVerifyToken(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{"token": "token-of-the-shop"}
	tests := []struct {
		header, value string
		want          bool
	}{
		{"X-Webhook-Token", "token-of-the-shop", true},
		{"X-Webhook-Token", " token-of-the-shop ", true},
		{"X-Webhook-Token", "", false},
		{"X-Webhook-Token", "token-of-the-sho", false},
		{"X-Webhook-Token", "token-of-the-shopp", false},
		{"X-Webhook-Token", "Bearer token-of-the-shop", false},
		{"Authorization", "Bearer token-of-the-shop", true},
		{"Authorization", "token-of-the-shop", true},
		{"Authorization", "Basic token-of-the-shop", false},
	}
	for _, tt := range tests {
		got := verified(t, map[string]any{"token_header": tt.header}, secrets, jsonHeader(tt.header, tt.value))
		if got != tt.want {
			t.Errorf("%s: %q: verified %t, want %t", tt.header, tt.value, got, tt.want)
		}
	}
}

// FuzzSignatures: whatever stands in the headers, only the right signature passes.
func FuzzSignatures(f *testing.F) {
	f.Add("sha256="+hexOf(hmacSecret, body), "sha256=", "hex")
	f.Add("a, b,,=", "", "base64")
	f.Add("v1,AAAA v2,=", "v1,", "hex")
	f.Fuzz(func(t *testing.T, header, prefix, encoding string) {
		for _, signature := range signatures(header, prefix) {
			sum, ok := decode(signature, encoding)
			if ok && hex.EncodeToString(sum) == hexOf(hmacSecret, body) && !strings.Contains(strings.ToLower(header), strings.ToLower(prefix)) {
				t.Errorf("%q passes without the prefix %q", header, prefix)
			}
		}
		in := inbound(t, map[string]any{"scheme": "standard"}, map[string]string{"standard_secret": standardSecret}, http.Header{
			"Webhook-Id": {prefix}, "Webhook-Timestamp": {encoding}, "Webhook-Signature": {header},
		}, body)
		if _, err := receive(in); !connector.IsUnverified(err) {
			t.Errorf("a made-up signature passes: %v", err)
		}
	})
}
