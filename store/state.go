package store

// State is where a delivery stands. docs/states.md draws who moves it from one to the next.
type State string

// The states of a delivery.
const (
	// Waiting: nobody has worked on it yet, or its next operation is due. It leaves by being claimed.
	Waiting State = "waiting"
	// Running: a worker holds it under a lease. It leaves with the worker's outcome, or when the lease ends.
	Running State = "running"
	// Retrying: the last attempt failed in a way that passes; due_at says when the next one is.
	Retrying State = "retrying"
	// Unknown: a request may have acted. With due_at the clock will look it up; without, a person decides.
	Unknown State = "unknown"
	// Held: Tengi itself refuses to send before a person has looked: totals differ, a value is missing, a policy says hold.
	Held State = "held"
	// Failed: the service refused for good, or every attempt was used up. A person changes something and replays, or skips.
	Failed State = "failed"
	// Done: every step made its document, or found it made.
	Done State = "done"
	// Skipped: there was nothing to do, and Reason says why.
	Skipped State = "skipped"
)

// Ended says whether nothing more will happen by itself or by a person.
func (s State) Ended() bool { return s == Done || s == Skipped }

// blocks says whether later deliveries of the object wait for one in this state. It is asked only of those that wait for a person: what the clock
// or a worker has in hand always comes first, and what has ended never does.
func (s State) blocks(asked bool) bool {
	switch s {
	case Waiting, Running, Retrying, Unknown:
		return true
	case Held, Failed:
		return asked
	default:
		return false
	}
}
