package connector

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// effect is what a request can do at the service.
type effect int

const (
	reads   effect = iota
	changes        // it may have acted when its answer is lost
	keyed          // the same, under an idempotency key
)

// classifyStatus says what an unsuccessful answer means before the connector is asked.
func classifyStatus(status int, header http.Header, effect effect, now time.Time) *Error {
	e := &Error{Status: status, RetryAfter: retryAfter(header, now)}
	set := func(kind Kind, code, message string) { e.Kind, e.Code, e.Message = kind, code, message }
	switch {
	case status == http.StatusTooManyRequests:
		set(Temporary, CodeRateLimited, "the service asks to slow down")
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		set(Attention, CodeLogin, "the service refused the login")
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		set(Temporary, CodeUnavailable, "the service did not take the request")
	case effect == keyed && status == http.StatusConflict:
		// The first request with this key is still being worked on (draft-ietf-httpapi-idempotency-key-header section 2.7, Stripe).
		// Taken for a refusal, it would be answered by other bytes under a new key: the same thing twice.
		set(Unknown, CodeAnswerLost, "the service is still working on the same request")
	case effect != reads && (status == http.StatusFound || status == http.StatusSeeOther):
		set(Unknown, CodeAnswerLost, "the service may have acted and points elsewhere") // a form that was taken answers so
	case status < 400:
		set(Permanent, CodeRefused, "the service points to another address; redirects are not followed, so the address must be put right")
	case status < 500:
		set(Permanent, CodeRefused, "the service refused the request")
	case status == http.StatusServiceUnavailable && header.Get("Retry-After") != "":
		set(Temporary, CodeUnavailable, "the service is not available now")
	case effect != reads:
		set(Unknown, CodeAnswerLost, "the service failed and may have acted")
	default:
		set(Temporary, CodeUnavailable, "the service failed")
	}
	return e
}

// classifyTransport says what it means that no answer came. sent is false only when no byte can have reached the service.
func classifyTransport(err error, sent bool, effect effect) *Error {
	e := &Error{Err: withoutURL(err)}
	refused, blocked := errors.AsType[*blockedError](err)
	switch {
	case blocked:
		e.Kind, e.Code, e.Message, e.Err = Permanent, CodePrivate, refused.Error(), nil
	case !sent:
		e.Kind, e.Code, e.Message = Temporary, CodeNotSent, "the service could not be reached"
	case effect != reads:
		e.Kind, e.Code, e.Message = Unknown, CodeAnswerLost, "no answer came, the service may have acted"
	case errors.Is(err, errTooLong):
		e.Kind, e.Code, e.Message = Permanent, CodeBadAnswer, "the answer cannot be used"
	default:
		e.Kind, e.Code, e.Message = Temporary, CodeUnavailable, "no answer came"
	}
	return e
}

// neverConnected says whether the error itself proves that no connection was made. Without proof the request counts as sent.
func neverConnected(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	_, ok := errors.AsType[x509.UnknownAuthorityError](err)
	return ok
}

// withoutURL drops the address from a transport error: it may carry a token in its query.
func withoutURL(err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return context.Canceled
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return errors.New(op.Op + ": " + op.Err.Error())
	}
	if address, ok := errors.AsType[*url.Error](err); ok {
		return address.Err
	}
	return err
}

// retryAfter reads the header of that name: seconds or an HTTP date (RFC 9110 section 10.2.3), at most a day.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if text == "" {
		return 0
	}
	var wait time.Duration
	if seconds, err := strconv.Atoi(text); err == nil {
		wait = time.Duration(min(max(seconds, 0), 86_400)) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), 24*time.Hour)
}
