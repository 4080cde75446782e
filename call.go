package tengi

import (
	"net/http"
	"time"
)

// CallState is how far the journal has come with a call.
type CallState string

// The states of a call.
const (
	CallOpen     CallState = "open"     // intended, perhaps sent; the answer is not known
	CallAnswered CallState = "answered" // it acted, here is the answer
	CallUnacted  CallState = "unacted"  // it did not act; the same bytes go again
	CallRefused  CallState = "refused"  // it did not act and as it stands never will; other bytes may go
)

// Call is a changing request as the journal has it: the exact bytes, without the login, and what became of them.
type Call struct {
	Name      string
	Version   int    // counts the times the bytes were replaced after a refusal
	Key       string // idempotency key: the same with every send of these bytes
	Method    string
	URL       string
	Header    http.Header
	Body      []byte
	State     CallState
	Sends     int // sends that may have acted; one that is known not to have acted is not counted
	Looks     int // rounds of look-ups since the last send that found nothing
	Resent    int // sends after a look-up had proved the earlier one absent
	FirstSent time.Time
	LastSent  time.Time
	Status    int
	Answer    []byte
}
