package connector

import (
	"errors"
	"fmt"
	"time"
)

// Kind says who acts next on an error from a service. The zero value is the safe one: a plain error must never mean "send again".
type Kind int

// The kinds of errors.
const (
	Unknown   Kind = iota // the request may have acted, or nobody classified it: find out, or ask a person
	Temporary             // it did not act and will pass: the clock
	Attention             // the account is refused: a person mends the account, no attempt is used
	Permanent             // this can never pass as it stands: a person mends the values
)

// String is the kind's name in the database, in metrics and in logs.
func (k Kind) String() string {
	names := [...]string{"unknown", "temporary", "attention", "permanent"}
	if k < 0 || int(k) >= len(names) {
		return names[Unknown]
	}
	return names[k]
}

// Stable codes of errors made here. Connectors add their own.
const (
	CodeAnswerLost  = "answer_lost"     // the request may have acted
	CodeAskPerson   = "outcome_unknown" // and there is no way, or no way left, to find out
	CodeSentLate    = "sent_late"       // the same; the process stood still just when it was sent
	CodeNotSent     = "not_sent"        // no byte reached the service
	CodeUnavailable = "unavailable"     // the service said it cannot now
	CodeRateLimited = "rate_limited"
	CodeLogin       = "login_refused"
	CodeRefused     = "refused"
	CodeBadAnswer   = "bad_answer" // a successful answer that could not be read
	CodeUnreadable  = "unreadable" // a notice that could not be understood
	CodeAddress     = "address"    // the request's address cannot be used
	CodeHeader      = "header"     // a header that HTTP does not allow
	CodePrivate     = "private_address"
	CodeSecret      = "secret_in_request"
)

// Error is how a connector answers that something did not work. Its text may be shown to people and logged: it holds no secret and no
// personal data. What the service itself said goes into Detail, which is shown and stored but never logged.
type Error struct {
	Kind       Kind
	Code       string        // stable, for grouping and translating
	Field      string        // path of the input at fault: "lines[2].vat"
	Message    string        // what happened and what to do, for a person, in English
	Detail     string        // the service's own words, capped
	Status     int           // HTTP status, 0 when there was no answer
	RetryAfter time.Duration // for the clock: not before this long; 0 = the engine's own back-off
	Err        error
}

func (e *Error) Error() string {
	text := e.Message
	if text == "" {
		text = e.Code
	}
	if e.Err != nil {
		text = fmt.Sprintf("%s: %v", text, e.Err)
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// AsError finds the classified error in err. An error nobody classified is Unknown.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Kind: Unknown, Code: CodeAnswerLost, Message: "not classified", Err: err}
}

// Refusal is a Permanent error about one field.
func Refusal(code, fieldPath, message string) *Error {
	return &Error{Kind: Permanent, Code: code, Field: fieldPath, Message: message}
}

// unverified marks a notice that the service did not send.
type unverified struct{ reason string }

func (u *unverified) Error() string { return "not verified: " + u.reason }

// Unverified refuses a notice: it is answered 401, counted, and not stored. The reason names no secret.
func Unverified(reason string) error { return &unverified{reason} }

// IsUnverified says whether Receive refused the notice.
func IsUnverified(err error) bool {
	_, ok := errors.AsType[*unverified](err)
	return ok
}
