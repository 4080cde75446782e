package connectortest

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"github.com/tengi/tengi/connector"
)

// Journal is a [connector.Journal] in memory that can crash. What was intended is stored at once, what was only noted is stored with the next
// intent, exactly as the engine does it; [Journal.Lose] forgets the difference. The zero value is not usable: see [NewJournal].
type Journal struct {
	mu     sync.Mutex
	stored map[string]connector.Call // durable
	noted  map[string]connector.Call // what the process knows
	order  []string                  // names in the order they were first intended
	fail   error
}

var _ connector.Journal = (*Journal)(nil)

// NewJournal returns an empty journal.
func NewJournal() *Journal {
	return &Journal{stored: map[string]connector.Call{}, noted: map[string]connector.Call{}}
}

// Call finds a call by its name.
func (j *Journal) Call(name string) (connector.Call, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	call, ok := j.noted[name]
	return copyCall(call), ok
}

// Intend stores a call and everything noted before, unless FailIntend said otherwise.
func (j *Journal) Intend(_ context.Context, call connector.Call) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.fail != nil {
		return j.fail
	}
	if _, known := j.noted[call.Name]; !known {
		j.order = append(j.order, call.Name)
	}
	j.noted[call.Name] = copyCall(call)
	for name, noted := range j.noted {
		j.stored[name] = copyCall(noted)
	}
	return nil
}

// Note keeps what became of a call.
func (j *Journal) Note(call connector.Call) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.noted[call.Name] = copyCall(call)
}

// Lose is the crash: what was noted and not yet stored is forgotten.
func (j *Journal) Lose() {
	j.mu.Lock()
	defer j.mu.Unlock()
	clear(j.noted)
	for name, call := range j.stored {
		j.noted[name] = copyCall(call)
	}
}

// Save is the end of a step: what was noted is stored with its outcome.
func (j *Journal) Save() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for name, call := range j.noted {
		j.stored[name] = copyCall(call)
	}
}

// FailIntend makes every following Intend fail with err, as when the work was taken over by somebody else; nil mends it.
func (j *Journal) FailIntend(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.fail = err
}

// Calls are all calls as the process knows them, in the order they were first intended.
func (j *Journal) Calls() []connector.Call {
	j.mu.Lock()
	defer j.mu.Unlock()
	calls := make([]connector.Call, 0, len(j.order))
	for _, name := range j.order {
		if call, ok := j.noted[name]; ok {
			calls = append(calls, copyCall(call))
		}
	}
	return calls
}

// copyCall shares nothing with the original: a stored call must not change under the one who stored it.
func copyCall(call connector.Call) connector.Call {
	if call.Header != nil {
		call.Header = call.Header.Clone()
	}
	call.Body, call.Answer = bytes.Clone(call.Body), slices.Clone(call.Answer)
	return call
}
