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
	in := Situation{Issues: map[string]int{}}
	if d.Event != nil && !d.Touched {
		in.Event, in.Loaded = *d.Event, !d.Event.NeedsLoad
		return in, nil
	}
	var row eventRow
	var documents, issues bool
	dest := append(row.dest(), &in.Version, &in.Decided, &in.Newer, &documents, &issues)
	if err := s.one(ctx, dest, situation, d.EventID, d.ConnectionID, d.Object, d.ID); err != nil {
		return in, fmt.Errorf("read the situation of delivery %d: %w", d.ID, err)
	}
	var err error
	if in.Event, err = row.event(); err != nil {
		return in, err
	}
	in.Loaded = !in.Event.NeedsLoad
	if d.Touched {
		if in.Steps, err = s.Steps(ctx, d.ID); err != nil {
			return in, err
		}
		if in.Calls, err = s.Calls(ctx, d.ID); err != nil {
			return in, err
		}
	}
	if documents {
		if in.Documents, err = s.documents(ctx, "connection_id = $1 AND object = $2 AND undone_by = 0 AND undoes = 0 ORDER BY id", d.ConnectionID, d.Object); err != nil {
			return in, err
		}
	}
	if issues && in.Event.Object != "" {
		err = s.issues(ctx, d, in.Issues)
	}
	return in, err
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
