package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

// A sender repeats a notice that was not taken, so many times and after such a pause: a hub may be too busy for it, or its answer may be lost.
const (
	repeats    = 10
	repeatWait = 250 * time.Millisecond
)

// insist has a service send its notices as services do: again, until they are taken.
func insist(ctx context.Context, send func() error) error {
	for tries := 1; ; tries++ {
		err := send()
		if err == nil || tries == repeats {
			return err
		}
		select {
		case <-time.After(repeatWait):
		case <-ctx.Done():
			return err
		}
	}
}

// notice sends a notice to an account's address and gives the answer, which must be a good one.
func (s *stage) notice(ctx context.Context, account string, header http.Header, body []byte) (answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.hooks[account], bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the account " + account + " has no webhook address")
	}
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("send a notice to %s: %w", account, err)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("send a notice to %s: %w", account, err)
	}
	if resp.StatusCode != http.StatusOK {
		return answer, fmt.Errorf("the hub answered a notice to %s with %s", account, resp.Status)
	}
	return answer, nil
}

// many is more events or deliveries than any story makes.
const many = 200

// rest waits until nothing is left to do but by a person, so that whatever is made twice would be there by now.
func (s *stage) rest(ctx context.Context) error {
	return until(ctx, "the hub to come to rest", func() (bool, error) { return s.rests(ctx) })
}

// rests looks at the deliveries event by event: a list of all is read state by state, and what moves on meanwhile would be missing in it. Working on an
// event may make others, so that afterwards there must be as many as before.
func (s *stage) rests(ctx context.Context) (bool, error) {
	events, err := s.hub.Store.Events(ctx, store.EventFilter{Limit: many})
	if err != nil {
		return false, fmt.Errorf("list the events: %w", err)
	}
	for _, e := range events {
		list, err := s.hub.Store.Deliveries(ctx, store.DeliveryFilter{EventID: e.ID, Limit: many})
		if err != nil {
			return false, fmt.Errorf("read what becomes of an event: %w", err)
		}
		if slices.ContainsFunc(list, func(d store.Delivery) bool { return d.State == store.Running || !d.State.Ended() && !d.DueAt.IsZero() }) {
			return false, nil
		}
	}
	again, err := s.hub.Store.Events(ctx, store.EventFilter{Limit: many})
	if err != nil {
		return false, fmt.Errorf("list the events: %w", err)
	}
	return len(again) == len(events), nil
}

// until waits for something to hold.
func until(ctx context.Context, what string, holds func() (bool, error)) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := holds()
		if ok && err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("waited in vain for %s", what), err)
		}
	}
}

// holds reads what a stand-in holds of a kind, as it would write it as JSON.
func holds[T any](s *stage, service, kind string) ([]T, error) {
	stand, ok := s.services[service]
	if !ok {
		return nil, fmt.Errorf("there is no stand-in for %s", service)
	}
	text, err := json.Marshal(stand.Holdings()[kind])
	if err != nil {
		return nil, fmt.Errorf("write the %s of %s: %w", kind, service, err)
	}
	var list []T
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("read the %s of %s: %w", kind, service, err)
	}
	return list, nil
}

// events gives what the hub was told of an object and what it decided about it, oldest first.
func (s *stage) events(ctx context.Context, object string, each func(tengi.Event, store.Delivery)) error {
	list, err := s.hub.Store.Deliveries(ctx, store.DeliveryFilter{Object: object, Limit: many})
	if err != nil {
		return fmt.Errorf("read what was decided about %s: %w", object, err)
	}
	for i := range list {
		delivery := list[len(list)-1-i]
		event, _, err := s.hub.Store.Event(ctx, delivery.EventID)
		if err != nil {
			return fmt.Errorf("read an event of %s: %w", object, err)
		}
		each(event, delivery)
	}
	return nil
}

// unfinished says why things have not been done, for whoever looks for the reason that a story does not come out as it is told.
func (s *stage) unfinished(ctx context.Context) error {
	list, err := s.hub.Store.Deliveries(context.WithoutCancel(ctx), store.DeliveryFilter{Limit: many})
	errs := []error{err}
	for _, d := range list {
		if d.State != store.Done && d.State != store.Skipped {
			errs = append(errs, fmt.Errorf("%s is %s: %s", d.Object, d.State, d.Reason))
		}
	}
	return errors.Join(errs...)
}
