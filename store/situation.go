package store

import (
	"context"
	"fmt"

	"github.com/tengi/tengi"
)

// Situation is everything needed to decide what comes next for a delivery.
type Situation struct {
	Event     tengi.Event
	Loaded    bool             // the event's data is there
	Steps     []Step           // operations of this delivery so far
	Calls     []StepCall       // their calls
	Documents []tengi.Document // of the object, made by this connection and not undone, oldest first
	Newer     int64            // an event of the same object that came later and waits behind this delivery; 0 = none
	Decided   int64            // the latest event of the object that was decided; 0 = none
	Version   int64            // the highest version decided
	Issues    map[string]int   // how many documents each step has been asked to make for the object so far, by operation and step key: "do invoice"
}

// StepCall is a call and the operation it belongs to.
type StepCall struct {
	StepKey string
	Op      Op
	tengi.Call
}

// situation reads an event and what its object's earlier and later deliveries mean for one, in one go: the most frequent read of all, and for most
// deliveries the only one.
const situation = "SELECT " + eventColumns + `,
coalesce((SELECT o.version FROM object o WHERE o.connection_id = $2 AND o.name = $3), 0),
coalesce((SELECT o.event_id FROM object o WHERE o.connection_id = $2 AND o.name = $3), 0),
coalesce((SELECT max(d.event_id) FROM delivery d WHERE d.connection_id = $2 AND d.object = $3 AND d.open = 1 AND d.id > $4), 0),
EXISTS (SELECT 1 FROM document d WHERE d.connection_id = $2 AND d.object = $3),
EXISTS (SELECT 1 FROM step s WHERE s.connection_id = $2 AND s.object = $3 AND s.issue > 0)
FROM event WHERE id = $1`

// Situation reads what concerns a delivery that is under lease.
func (s *Store) Situation(ctx context.Context, d Claimed) (Situation, error) {
	if !s.dialect.postgres {
		// These reads take microseconds; being able to interrupt them would cost a goroutine each.
		ctx = context.WithoutCancel(ctx)
	}
	if d.Situation != nil && !d.Touched {
		return *d.Situation, nil
	}
	var g glance
	if err := s.one(ctx, g.dest(), situation, d.EventID, d.ConnectionID, d.Object, d.ID); err != nil {
		return g.in, fmt.Errorf("read the situation of delivery %d: %w", d.ID, err)
	}
	if err := g.decode(); err != nil {
		return g.in, err
	}
	in := g.in
	var err error
	if d.Touched {
		if in.Steps, err = s.Steps(ctx, d.ID); err != nil {
			return in, err
		}
		if in.Calls, err = s.Calls(ctx, d.ID); err != nil {
			return in, err
		}
	}
	if g.documents {
		if in.Documents, err = s.documents(ctx, "connection_id = $1 AND object = $2 AND undone_by = 0 AND undoes = 0 ORDER BY id", d.ConnectionID, d.Object); err != nil {
			return in, err
		}
	}
	if g.issues && in.Event.Object != "" {
		err = s.issues(ctx, d, in.Issues)
	}
	return in, err
}

// glance is a row that situation gives: an event as it is stored, what its object's other deliveries mean, and whether documents or issues of the object
// have to be read as well.
type glance struct {
	row               eventRow
	in                Situation
	documents, issues bool
}

func (g *glance) dest() []any {
	return append(g.row.dest(), &g.in.Version, &g.in.Decided, &g.in.Newer, &g.documents, &g.issues)
}

func (g *glance) decode() (err error) {
	g.in.Issues = map[string]int{}
	g.in.Event, err = g.row.event()
	g.in.Loaded = !g.in.Event.NeedsLoad
	return err
}

// situation is the whole situation; nil where more has to be read.
func (g *glance) situation() (*Situation, error) {
	if g.documents || g.issues {
		return nil, nil //nolint:nilnil // nothing went wrong
	}
	return &g.in, g.decode()
}

// glances looks at the situation of deliveries just claimed, of which nothing was done before. A writer that has its pages at hand does so at half the price of
// a reader; where a look is a round trip to a server, workers look for themselves.
func (t *tx) glances(c *claimCommand, found []Claimed) error {
	for _, d := range found {
		var g *glance
		if !t.w.store.dialect.postgres && !d.Touched {
			g = new(glance)
			dest := g.dest()
			if err := t.query(t.ctx, func(r scanner) error { return r.Scan(dest...) }, situation, d.EventID, d.ConnectionID, d.Object, d.ID); err != nil {
				return err
			}
		}
		c.read = append(c.read, g)
	}
	return nil
}

// issues reads how often each step has been asked to make a document for the object.
func (s *Store) issues(ctx context.Context, d Claimed, issues map[string]int) error {
	err := s.rows(ctx, func(r scanner) error {
		var key, op string
		var issue int
		err := r.Scan(&key, &op, &issue)
		issues[op+" "+key] = issue
		return err
	}, "SELECT key, op, max(issue) FROM step WHERE connection_id = $1 AND object = $2 AND issue > 0 GROUP BY key, op", d.ConnectionID, d.Object)
	if err != nil {
		return fmt.Errorf("count the issues of delivery %d: %w", d.ID, err)
	}
	return nil
}

// Steps lists a delivery's operations.
func (s *Store) Steps(ctx context.Context, deliveryID int64) ([]Step, error) {
	var steps []Step
	err := s.rows(ctx, func(r scanner) error {
		var st Step
		var input string
		err := r.Scan(&st.Key, &st.Op, &st.Issue, &st.Ref, &st.State, &input, &st.Fingerprint, &st.DocumentID, &st.Reason)
		st.Input = []byte(input)
		steps = append(steps, st)
		return err
	}, "SELECT key, op, issue, ref, state, input, fingerprint, document_id, reason FROM step WHERE delivery_id = $1 ORDER BY key, op", deliveryID)
	if err != nil {
		return nil, fmt.Errorf("read steps of delivery %d: %w", deliveryID, err)
	}
	return steps, nil
}

// Calls lists a delivery's journaled calls.
func (s *Store) Calls(ctx context.Context, deliveryID int64) ([]StepCall, error) {
	var calls []StepCall
	err := s.rows(ctx, func(r scanner) error {
		var c StepCall
		var header string
		var first, last int64
		if err := r.Scan(&c.StepKey, &c.Op, &c.Name, &c.Version, &c.Key, &c.Method, &c.URL, &header, &c.Body, &c.State, &c.Sends, &c.Looks, &c.Resent, &first, &last, &c.Status, &c.Answer); err != nil {
			return err
		}
		c.FirstSent, c.LastSent, c.Body, c.Answer = moment(first), moment(last), bare(c.Body), bare(c.Answer)
		err := readMap(header, (*map[string][]string)(&c.Header))
		calls = append(calls, c)
		return err
	}, `SELECT step_key, op, name, version, key, method, url, header, body, state, sends, looks, resent, first_sent, last_sent, status, answer
FROM call WHERE delivery_id = $1 ORDER BY step_key, op, name`, deliveryID)
	if err != nil {
		return nil, fmt.Errorf("read calls of delivery %d: %w", deliveryID, err)
	}
	return calls, nil
}
