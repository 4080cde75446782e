package connector

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestClassifyStatus is the one table of what statuses mean.
func TestClassifyStatus(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		status     int
		retryAfter string
		effect     effect
		kind       Kind
		code       string
		wait       time.Duration
	}{
		{400, "", reads, Permanent, CodeRefused, 0},
		{400, "", changes, Permanent, CodeRefused, 0},
		{401, "", reads, Attention, CodeLogin, 0},
		{401, "", changes, Attention, CodeLogin, 0},
		{402, "", changes, Permanent, CodeRefused, 0},
		{403, "", keyed, Attention, CodeLogin, 0},
		{404, "", reads, Permanent, CodeRefused, 0},
		{408, "", changes, Temporary, CodeUnavailable, 0},
		{409, "", reads, Permanent, CodeRefused, 0},
		{409, "", changes, Permanent, CodeRefused, 0},
		{409, "", keyed, Unknown, CodeAnswerLost, 0},
		{409, "3", keyed, Unknown, CodeAnswerLost, 3 * time.Second},
		{422, "", keyed, Permanent, CodeRefused, 0},
		{425, "", changes, Temporary, CodeUnavailable, 0},
		{429, "", reads, Temporary, CodeRateLimited, 0},
		{429, "17", changes, Temporary, CodeRateLimited, 17 * time.Second},
		{429, "17", keyed, Temporary, CodeRateLimited, 17 * time.Second},
		{500, "", reads, Temporary, CodeUnavailable, 0},
		{500, "", changes, Unknown, CodeAnswerLost, 0},
		{500, "5", changes, Unknown, CodeAnswerLost, 5 * time.Second},
		{502, "", changes, Unknown, CodeAnswerLost, 0},
		{503, "", reads, Temporary, CodeUnavailable, 0},
		{503, "", changes, Unknown, CodeAnswerLost, 0},
		{503, "9", changes, Temporary, CodeUnavailable, 9 * time.Second},
		{504, "", keyed, Unknown, CodeAnswerLost, 0},
		{599, "", changes, Unknown, CodeAnswerLost, 0},
		{301, "", reads, Permanent, CodeRefused, 0},
		{301, "", changes, Permanent, CodeRefused, 0},
		{302, "", reads, Permanent, CodeRefused, 0},
		{302, "", changes, Unknown, CodeAnswerLost, 0},
		{303, "", changes, Unknown, CodeAnswerLost, 0},
		{304, "", changes, Permanent, CodeRefused, 0},
		{307, "", changes, Permanent, CodeRefused, 0},
		{308, "", keyed, Permanent, CodeRefused, 0},
	}
	for _, tt := range tests {
		header := http.Header{}
		if tt.retryAfter != "" {
			header.Set("Retry-After", tt.retryAfter)
		}
		e := classifyStatus(tt.status, header, tt.effect, now)
		if e.Kind != tt.kind || e.Code != tt.code || e.RetryAfter != tt.wait || e.Status != tt.status {
			t.Errorf("%d, effect %d: %s %s, wait %s, status %d; want %s %s, wait %s", tt.status, tt.effect, e.Kind, e.Code, e.RetryAfter, e.Status, tt.kind, tt.code, tt.wait)
		}
		if e.Message == "" {
			t.Errorf("%d, effect %d: no message", tt.status, tt.effect)
		}
	}
}

func TestClassifyTransport(t *testing.T) {
	t.Parallel()
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	reset := &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")}
	tests := []struct {
		name   string
		err    error
		sent   bool
		effect effect
		kind   Kind
		code   string
	}{
		{"change, never connected", dial, false, changes, Temporary, CodeNotSent},
		{"read, never connected", dial, false, reads, Temporary, CodeNotSent},
		{"change, answer lost", reset, true, changes, Unknown, CodeAnswerLost},
		{"change with a key, answer lost", reset, true, keyed, Unknown, CodeAnswerLost},
		{"read, answer lost", reset, true, reads, Temporary, CodeUnavailable},
		{"read, timed out", context.DeadlineExceeded, true, reads, Temporary, CodeUnavailable},
		{"change, timed out", context.DeadlineExceeded, true, changes, Unknown, CodeAnswerLost},
		{"read, too long", errTooLong, true, reads, Permanent, CodeBadAnswer},
		{"change, too long", errTooLong, true, changes, Unknown, CodeAnswerLost},
		{"private address", &net.OpError{Op: "dial", Err: &blockedError{"the address 10.0.0.5 is private"}}, false, changes, Permanent, CodePrivate},
		{"private address, wrapped", fmt.Errorf("proxy: %w", &blockedError{"private"}), true, changes, Permanent, CodePrivate},
	}
	for _, tt := range tests {
		e := classifyTransport(tt.err, tt.sent, tt.effect)
		if e.Kind != tt.kind || e.Code != tt.code {
			t.Errorf("%s: %s %s, want %s %s", tt.name, e.Kind, e.Code, tt.kind, tt.code)
		}
	}
}

// TestNeverConnected: only what proves that no connection stood counts; a reset may come after the service acted.
func TestNeverConnected(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  error
		want bool
	}{
		{&net.OpError{Op: "dial", Err: errors.New("x")}, true},
		{&net.OpError{Op: "read", Err: errors.New("x")}, false},
		{&net.OpError{Op: "write", Err: errors.New("x")}, false},
		{&net.DNSError{Err: "no such host"}, true},
		{&tls.CertificateVerificationError{Err: errors.New("x")}, true},
		{x509.UnknownAuthorityError{}, true},
		{errors.New("EOF"), false},
		{context.DeadlineExceeded, false},
		{context.Canceled, false},
	}
	for _, tt := range tests {
		if got := neverConnected(fmt.Errorf("wrapped: %w", tt.err)); got != tt.want {
			t.Errorf("%T %v: %t, want %t", tt.err, tt.err, got, tt.want)
		}
	}
}

func TestWithoutURL(t *testing.T) {
	t.Parallel()
	const hidden = "token=abc123"
	for _, err := range []error{
		&url.Error{Op: "Get", URL: "https://example.com/?" + hidden, Err: errors.New("broken pipe")},
		&url.Error{Op: "Get", URL: "https://example.com/?" + hidden, Err: context.DeadlineExceeded},
		fmt.Errorf("get https://example.com/?%s: %w", hidden, &net.OpError{Op: "read", Err: errors.New("reset")}),
	} {
		if got := withoutURL(err).Error(); strings.Contains(got, hidden) || got == "" {
			t.Errorf("%v became %q", err, got)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		header string
		want   time.Duration
	}{
		{"", 0},
		{"0", 0},
		{"120", 2 * time.Minute},
		{" 7 ", 7 * time.Second},
		{"-5", 0},
		{"999999999", 24 * time.Hour},
		{"99999999999999999999999", 0},
		{"1.5", 0},
		{"soon", 0},
		{"Wed, 01 Jul 2026 12:00:30 GMT", 30 * time.Second},
		{"Wed, 01 Jul 2026 11:00:00 GMT", 0},
		{"Fri, 01 Jan 2100 00:00:00 GMT", 24 * time.Hour},
	}
	for _, tt := range tests {
		if got := retryAfter(http.Header{"Retry-After": {tt.header}}, now); got != tt.want {
			t.Errorf("Retry-After %q: %s, want %s", tt.header, got, tt.want)
		}
	}
}

// TestUnclassified: an error that nobody classified must never read as "send again".
func TestUnclassified(t *testing.T) {
	t.Parallel()
	plain := errors.New("something")
	if e := AsError(plain); e.Kind != Unknown || !errors.Is(e, plain) {
		t.Errorf("a plain error became %s, %v", e.Kind, e)
	}
	wrapped := fmt.Errorf("payday: %w", &Error{Kind: Temporary, Code: "x"})
	if e := AsError(wrapped); e.Kind != Temporary {
		t.Errorf("a wrapped Temporary error became %s", e.Kind)
	}
	if (&Error{}).Kind != Unknown {
		t.Error("the zero kind is not Unknown")
	}
	for kind, want := range map[Kind]string{Unknown: "unknown", Temporary: "temporary", Attention: "attention", Permanent: "permanent", 9: "unknown", -1: "unknown"} {
		if kind.String() != want {
			t.Errorf("kind %d is %q, want %q", int(kind), kind, want)
		}
	}
}

func TestUnverified(t *testing.T) {
	t.Parallel()
	if err := fmt.Errorf("hook: %w", Unverified("signature")); !IsUnverified(err) {
		t.Error("a wrapped Unverified is not recognised")
	}
	if IsUnverified(errors.New("not verified: x")) {
		t.Error("another error passes for Unverified")
	}
}
