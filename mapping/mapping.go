package mapping

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/field"
)

// The limits. The first group is checked when an expression is compiled, the second while it runs. They are far above what a mapping needs
// and far below what would hurt a small machine; hostile_test.go holds expressions that try to pass them.
const (
	maxSource  = field.MaxText // characters of one template or condition
	maxNodes   = 2_000         // names, literals, operators and calls in one expression
	maxNesting = 64            // brackets inside brackets
	maxLoops   = 2             // loops inside loops
	maxPattern = 100           // characters of a regular expression
	maxRows    = 1_000         // rows written out in a mapping

	maxItems  = 10_000   // elements of a list
	maxText   = 64 << 10 // bytes of one text
	maxDigits = 100      // digits of a number, and places before or behind its decimal mark
)

// The budgets: what one evaluation may spend. A step is about one operation, some 50 ns.
const (
	conditionSteps = 500_000
	conditionBytes = 8 << 20
	fillSteps      = 1_000_000 // all fields of one step together
	fillBytes      = 32 << 20
)

// Env is what expressions read when they run. [NewEnv] makes one from an event; the caller adds the rest.
type Env struct {
	Event      tengi.Event               // sale and event
	Data       any                       // data, where it is not Event.Data: maps, lists, texts, bools and numbers of any Go type
	Steps      map[string]tengi.Document // steps: what the earlier steps made, by step key; a step that made nothing is missing
	Upstream   map[string]tengi.Document // upstream: what the connection that this one runs after made of the same object, by step key
	Workspace  tengi.Workspace           // workspace; its time zone is the one of today(), date() and every date written into a text
	Connection tengi.Connection          // connection: its key and name
	Now        time.Time                 // the moment now() and today() speak of
	Header     map[string]any            // header, of a notice (see Scope.Notice)
	Query      map[string]any            // query, of a notice

	document *document // Event.Data, decoded as far as it is asked for; nil when it is no object, and then decoded in Data
}

// NewEnv returns the Env of an event, whose data expressions read without loss: numbers keep every digit.
// It fails when the data is not one JSON value; the error does not repeat the data.
func NewEnv(event tengi.Event) (*Env, error) {
	env := &Env{Event: event}
	if len(event.Data) == 0 {
		return env, nil
	}
	if env.document = newDocument(event.Data); env.document != nil {
		return env, nil
	}
	dec := json.NewDecoder(bytes.NewReader(event.Data))
	dec.UseNumber()
	if err := dec.Decode(&env.Data); err != nil {
		return nil, fmt.Errorf("mapping: read the data of event %d: %w", event.ID, jsonFault(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("mapping: read the data of event %d: more than one JSON value", event.ID)
	}
	return env, nil
}

// data is what the name data stands for, whole.
func (e *Env) data() any {
	if e.Data == nil && e.document != nil {
		return e.document.all()
	}
	return e.Data
}

// dataRecord is the same for whoever only wants members of it (see lookUp).
func (e *Env) dataRecord() any {
	if e.Data == nil && e.document != nil {
		return e.document
	}
	return e.Data
}

// jsonFault keeps the place of a JSON error and drops its text, which quotes the data.
func jsonFault(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("not JSON at byte %d", syntax.Offset)
	}
	return errors.New("not a JSON value")
}

// run is one evaluation: what it reads, where its loops stand, and what it may still spend.
type run struct {
	env   *Env
	zones *zones
	steps int
	bytes int

	items   [maxLoops]any // the elements the loops stand at, outermost first
	indexes [maxLoops]int

	row   any // the element a list field is being filled from
	index int
}

// The two ways to ask too much. Both are the end of a sentence that begins with the expression or function.
var (
	errSpent = errors.New("takes more work than an expression may; make it simpler or the lists shorter")
	errText  = fmt.Errorf("makes a text longer than %d KiB; use truncate(…) or leave something out", maxText>>10)
)

// step spends n steps.
func (r *run) step(n int) error {
	if r.steps -= n; r.steps < 0 {
		return errSpent
	}
	return nil
}

// read spends the steps of looking through a text.
func (r *run) read(s string) error { return r.step(len(s) / 64) }

// grow spends n bytes and refuses a text longer than maxText. It is called before the text is made.
func (r *run) grow(n int) error {
	if n > maxText {
		return errText
	}
	if r.bytes -= n; r.bytes < 0 {
		return errSpent
	}
	return nil
}

// zone is the workspace's time zone.
func (r *run) zone() (*time.Location, error) {
	// Nearly always the same workspace runs the same mapping, so one zone is enough to remember. Two goroutines that differ only load again.
	name := r.env.Workspace.TimeZone
	if loc := r.zones.last.Load(); loc != nil && loc.String() == name {
		return loc, nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("needs the workspace's time zone, and %q is not one; choose one in the settings", name)
	}
	r.zones.last.Store(loc)
	return loc, nil
}

// zones remembers the last time zone a compiled expression was run in: reading one from disk costs more than most templates.
type zones struct{ last atomic.Pointer[time.Location] }
