package store

import (
	"context"
	"errors"
	"math"
	"time"
)

// span is a period in numbers of the ledger, both ends excluded.
type span struct{ after, before int64 }

// span finds the numbers of the events, or of the deliveries, of a period; a zero moment does not bound it. Numbers are given when events are stored, a
// moment after they came in, so at the very edge a period is only as sharp as that.
func (s *Store) span(ctx context.Context, from, until time.Time, deliveries bool) (span, error) {
	in := span{before: math.MaxInt64}
	find := s.eventAt
	if deliveries {
		find = s.deliveryAt
	}
	if !from.IsZero() {
		first, err := find(ctx, from)
		if err != nil {
			return in, err
		}
		in.after = first - 1
	}
	if !until.IsZero() {
		var err error
		if in.before, err = find(ctx, until); err != nil {
			return in, err
		}
	}
	return in, nil
}

// eventAt finds the first event that came at a moment or later, by halving: events are numbered as they come, and there is no index of times for
// each of them to pay for. When there is none it is beyond all.
func (s *Store) eventAt(ctx context.Context, at time.Time) (int64, error) {
	var last int64
	if err := s.one(ctx, []any{&last}, "SELECT coalesce(max(id), 0) FROM event"); err != nil {
		return 0, err
	}
	low, high := int64(0), last+1
	for low < high {
		middle := low + (high-low)/2
		var id, received int64
		err := s.one(ctx, []any{&id, &received}, "SELECT id, received_at FROM event WHERE id >= $1 ORDER BY id LIMIT 1", middle)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return 0, err
		}
		if err == nil && received < at.UnixMilli() {
			low = id + 1
		} else {
			high = middle
		}
	}
	if low > last {
		return math.MaxInt64, nil
	}
	return low, nil
}

// deliveryAt finds the first delivery that was made at a moment or later. Deliveries get their numbers after all events that are stored with theirs,
// and one may be made for an event that is long there.
func (s *Store) deliveryAt(ctx context.Context, at time.Time) (int64, error) {
	event, err := s.eventAt(ctx, at)
	if err != nil || event == math.MaxInt64 {
		return event, err
	}
	var id int64
	for _, statement := range []string{
		"SELECT id FROM delivery WHERE event_id = $1 ORDER BY id LIMIT 1",
		"SELECT id FROM (SELECT id, event_id FROM delivery WHERE id > $1 ORDER BY id LIMIT 2000) AS few WHERE event_id >= $1 ORDER BY id LIMIT 1", // it has none: another's
	} {
		err := s.one(ctx, []any{&id}, statement, event)
		if err == nil || !errors.Is(err, ErrNotFound) {
			return id, err
		}
	}
	return event, nil
}

// arrived is when an event came in, or the next one after it.
func (s *Store) arrived(ctx context.Context, id int64) (time.Time, error) {
	var received int64
	err := s.one(ctx, []any{&received}, "SELECT received_at FROM event WHERE id >= $1 ORDER BY id LIMIT 1", id)
	if errors.Is(err, ErrNotFound) {
		return time.Time{}, nil
	}
	return moment(received), err
}
