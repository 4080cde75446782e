package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// EventQuery says which events a page shows; zero fields do not narrow it.
type EventQuery struct {
	WorkspaceID  string   // always given
	ConnectionID string   // with a delivery of this connection
	Standing     Standing // with a delivery that stands there; of the connection, when that is given
	From, Until  time.Time
	Object       string // everything that came of one booking, payment or row
	Search       string // what people type: words, all of which the event has; by reference, customer, address, telephone, amount, number and id of its documents
	After        string // Next of the page before
	Limit        int    // at most maxList; 0 = 50
}

// Standing is states of deliveries that people look for together.
type Standing string

// The standings.
const (
	StandingWorking Standing = "working" // the hub's own work: waiting, running, retrying, and what the clock will look up
	StandingPerson  Standing = "person"  // waits for a person
	StandingDone    Standing = "done"
	StandingSkipped Standing = "skipped"
)

var standings = []Standing{StandingWorking, StandingPerson, StandingDone, StandingSkipped}

// Standings are all there are, in the order of a delivery's life.
func Standings() []Standing { return slices.Clone(standings) }

// Standing is where people look for the delivery.
func (d Delivery) Standing() Standing { return standingOf(d.State, d.DueAt) }

func standingOf(state State, due time.Time) Standing {
	switch {
	case state == Done:
		return StandingDone
	case state == Skipped:
		return StandingSkipped
	case state == Failed, state == Held, state == Unknown && due.IsZero():
		return StandingPerson
	default:
		return StandingWorking
	}
}

// sections are the deliveries of a connection of each standing, divided so that each section has an index that leads to it.
var sections = map[Standing][]string{
	StandingWorking: {"d.open = 1 AND (d.state = 'waiting' OR d.state = 'running' OR d.state = 'retrying' OR d.state = 'unknown' AND d.due_at IS NOT NULL)", "d.state = 'running' AND d.open = 0"},
	StandingPerson:  {"d.state = 'failed'", "d.state = 'held'", "d.state = 'unknown' AND d.due_at IS NULL"},
	StandingDone:    {"d.state = 'done'"},
	StandingSkipped: {"d.state = 'skipped'"},
}

// EventPage is a page of events, newest first.
type EventPage struct {
	Rows []EventRow
	Next string // for After; empty = this is the end
	// Back is how far a search has come when it did not find a whole page in what it may look through at once: at what came before, it has not looked.
	// Next goes on from there. Zero otherwise.
	Back time.Time
	// Behind says that the index does not know the latest events yet, so that a search may miss them.
	Behind bool
}

// place is where a page begins: below a delivery, when deliveries are listed, or below an event.
type place struct {
	deliveries bool
	id         int64
	event      int64 // the last event shown: it may have more deliveries
}

func (p place) String() string {
	if p.deliveries {
		return fmt.Sprintf("d%d.%d", p.id, p.event)
	}
	return strconv.FormatInt(p.id, 10)
}

// errBadPlace says that After is not what a page gave.
var errBadPlace = fmt.Errorf("the place in the list cannot be read: %w", ErrNotFound)

func parsePlace(text string, deliveries bool) (p place, err error) {
	p.deliveries = deliveries
	if text == "" {
		p.id, _ = page(0, 0)
		return p, nil
	}
	id := text
	if rest, ok := strings.CutPrefix(text, "d"); ok == deliveries && ok {
		var event string
		id, event, _ = strings.Cut(rest, ".")
		if p.event, err = strconv.ParseInt(event, 10, 64); err != nil {
			return p, errBadPlace
		}
	} else if ok != deliveries {
		return p, errBadPlace
	}
	if p.id, err = strconv.ParseInt(id, 10, 64); err != nil {
		return p, errBadPlace
	}
	return p, nil
}

// EventPage lists events for people, newest first: what came, and what became of it.
func (s *Store) EventPage(ctx context.Context, q EventQuery) (EventPage, error) {
	p, err := s.eventPage(ctx, q)
	if err != nil {
		return EventPage{}, fmt.Errorf("list events: %w", err)
	}
	return p, nil
}

func (s *Store) eventPage(ctx context.Context, q EventQuery) (EventPage, error) {
	_, limit := page(0, q.Limit)
	byDelivery := q.Object == "" && (q.ConnectionID != "" || q.Standing != "")
	if q.Search != "" { // those that have not ended are few, and looked through
		byDelivery = q.Standing == StandingPerson || q.Standing == StandingWorking
	}
	span, err := s.span(ctx, q.From, q.Until, byDelivery)
	if err != nil {
		return EventPage{}, err
	}
	from, err := parsePlace(q.After, byDelivery)
	if err != nil {
		return EventPage{}, err
	}
	span.before = min(span.before, from.id)
	var found hits
	switch {
	case q.Search != "":
		found, err = s.search(ctx, q, span, from.event, limit)
	case q.Object != "":
		found, err = s.eventsOfObject(ctx, q, span, limit)
	case byDelivery:
		found, err = s.eventsByDelivery(ctx, q, span, from.event, limit)
	default:
		found, err = s.eventsByAccount(ctx, q, span, limit)
	}
	if err != nil {
		return EventPage{}, err
	}
	p := EventPage{Next: found.next}
	if p.Rows, err = s.eventRows(ctx, q.WorkspaceID, found.ids); err != nil || q.Search == "" {
		return p, err
	}
	if p.Behind, err = s.behind(ctx); err == nil && found.back != 0 {
		p.Back, err = s.arrived(ctx, found.back)
	}
	return p, err
}

// hits are the events of a page.
type hits struct {
	ids  []int64
	next string
	back int64 // a search has looked at everything from this event on, and not further
}

// cut makes a page of ids, one more of which than fit says that there is another page.
func cut(ids []int64, limit int) hits {
	if len(ids) <= limit {
		return hits{ids: ids}
	}
	ids = ids[:limit]
	return hits{ids: ids, next: place{id: ids[limit-1]}.String()}
}

// eventsByAccount asks for the newest of each account of the workspace; together they hold the page.
func (s *Store) eventsByAccount(ctx context.Context, q EventQuery, in span, limit int) (hits, error) {
	accounts, err := s.ids(ctx, "SELECT id FROM account WHERE workspace_id = $1", q.WorkspaceID)
	if err != nil {
		return hits{}, err
	}
	var all []int64
	for _, account := range accounts {
		ids, err := s.numbers(ctx, "SELECT id FROM event WHERE account_id = $1 AND id < $2 AND id > $3 ORDER BY id DESC LIMIT $4", account, in.before, in.after, limit+1)
		if err != nil {
			return hits{}, err
		}
		all = append(all, ids...)
	}
	return cut(newest(all, limit+1, func(id int64) int64 { return id }), limit), nil
}

// eventsByDelivery lists the events of deliveries, in the order in which the deliveries were made.
func (s *Store) eventsByDelivery(ctx context.Context, q EventQuery, in span, last int64, limit int) (hits, error) {
	all, err := s.deliveryPairs(ctx, q, in, limit+1)
	if err != nil {
		return hits{}, err
	}
	var found hits
	if len(all) > limit {
		all = all[:limit]
		found.next = place{deliveries: true, id: all[limit-1][0], event: all[limit-1][1]}.String()
	}
	for _, pair := range all {
		if pair[1] != last {
			found.ids = append(found.ids, pair[1])
			last = pair[1]
		}
	}
	return found, nil
}

// deliveryPairs are the newest deliveries, each with its event.
func (s *Store) deliveryPairs(ctx context.Context, q EventQuery, in span, limit int) ([][2]int64, error) {
	connections, err := s.connections(ctx, q.WorkspaceID, q.ConnectionID)
	if err != nil {
		return nil, err
	}
	wanted := standings
	if q.Standing != "" {
		wanted = []Standing{q.Standing}
	}
	var all [][2]int64
	for _, connection := range connections {
		for _, standing := range wanted {
			for _, section := range sections[standing] {
				if err := s.pairs(ctx, &all, "SELECT d.id, d.event_id FROM delivery d WHERE d.connection_id = $1 AND d.id < $2 AND d.id > $3 AND "+section+" ORDER BY d.id DESC LIMIT $4",
					connection, in.before, in.after, limit); err != nil {
					return nil, err
				}
			}
		}
	}
	return newest(all, limit, func(pair [2]int64) int64 { return pair[0] }), nil
}

// eventsOfObject lists the events of one object.
func (s *Store) eventsOfObject(ctx context.Context, q EventQuery, in span, limit int) (hits, error) {
	where, args := fits(q, "o.id", []any{q.Object, in.before, in.after, q.WorkspaceID, limit + 1})
	ids, err := s.numbers(ctx, `SELECT o.id FROM event o WHERE o.object = $1 AND o.object <> '' AND o.id < $2 AND o.id > $3
AND o.account_id IN (SELECT a.id FROM account a WHERE a.workspace_id = $4)`+where+" ORDER BY o.id DESC LIMIT $5", args...)
	return cut(ids, limit), err
}

// fits is the condition on the deliveries of an event that a query puts, for what is not listed by delivery.
func fits(q EventQuery, event string, args []any) (string, []any) {
	if q.ConnectionID == "" && q.Standing == "" {
		return "", args
	}
	where := " AND EXISTS (SELECT 1 FROM delivery d WHERE d.event_id = " + event
	if q.ConnectionID != "" {
		args = append(args, q.ConnectionID)
		where += fmt.Sprintf(" AND d.connection_id = $%d", len(args))
	}
	if q.Standing != "" {
		either := sections[q.Standing]
		if len(either) == 0 {
			either = []string{"1 = 0"} // no such standing, no such delivery
		}
		where += " AND (" + strings.Join(either, " OR ") + ")"
	}
	return where + ")", args
}

// ids reads a list of names.
func (s *Store) ids(ctx context.Context, statement string, args ...any) (ids []string, err error) {
	err = s.rows(ctx, func(r scanner) error {
		var id string
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	}, statement, args...)
	return ids, err
}

// numbers reads a list of ids of the ledger.
func (s *Store) numbers(ctx context.Context, statement string, args ...any) (ids []int64, err error) {
	err = s.rows(ctx, func(r scanner) error {
		var id int64
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	}, statement, args...)
	return ids, err
}

// pairs appends pairs of ids of the ledger.
func (s *Store) pairs(ctx context.Context, list *[][2]int64, statement string, args ...any) error {
	return s.rows(ctx, func(r scanner) error {
		var pair [2]int64
		err := r.Scan(&pair[0], &pair[1])
		*list = append(*list, pair)
		return err
	}, statement, args...)
}
