package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// load is a crowd of senders. Each has a connection of its own and sends its next order when the last was acknowledged. They share the machine's
// cores with what is measured, so they do as little as a sender can: write bytes that were made before, read a status.
type load struct {
	address string
	notice  notice
	senders int
	// pace is the time between two orders of all senders together; 0 = as fast as they are acknowledged. Orders that have a pace have a moment each: one
	// that comes late, because all senders were waiting, is sent all the same, and its waiting counts.
	pace time.Duration
	last time.Duration // how long they send
	warm time.Duration // of that, how long nothing is measured
	// stubborn senders repeat an order when the connection breaks, as webhooks do: the hub is about to be killed.
	stubborn bool
	witness  *witness
}

// sent is what senders saw.
type sent struct {
	acked   int           // orders acknowledged
	rate    float64       // of acknowledgements after the warm-up, per second
	answers spread        // to an order's acknowledgement from its first byte, or from its moment where it has one; after the warm-up
	refused int64         // answers of 503: repeat shortly
	took    time.Duration // from the first order to the last acknowledgement
}

// crowd is a load under way.
type crowd struct {
	load
	refused         atomic.Int64
	ctx             context.Context
	began, measured time.Time
	until           time.Time
}

// run lets the senders send, and returns when every order sent has its answer.
func (l load) run(ctx context.Context) (sent, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	began := time.Now()
	c := &crowd{load: l, ctx: ctx, began: began, measured: began.Add(l.warm), until: began.Add(l.last)}
	var wait sync.WaitGroup
	answers, errs := make([]spread, l.senders), make([]error, l.senders)
	for i := range l.senders {
		wait.Go(func() {
			if answers[i], errs[i] = c.sender(); errs[i] != nil {
				cancel() // one that cannot go on makes the whole run worthless
			}
		})
	}
	wait.Wait()
	all := merge(answers...)
	took := time.Since(began)
	s := sent{acked: int(l.witness.acked.Load()), answers: all, refused: c.refused.Load(), took: took}
	if counted := took - l.warm; counted > 0 {
		s.rate = float64(len(all)) / counted.Seconds()
	}
	return s, first(errs)
}

// first is the first error that is not only a consequence of another.
func first(errs []error) error {
	var found error
	for _, err := range errs {
		if err != nil && (found == nil || errors.Is(found, context.Canceled)) {
			found = err
		}
	}
	return found
}

// sender sends until the time is over.
func (c *crowd) sender() (spread, error) {
	s := &sender{crowd: c, notice: c.notice.copy()}
	defer s.hangUp()
	var answers spread
	for c.ctx.Err() == nil {
		order, ok := c.witness.take()
		if !ok {
			break
		}
		from, ok := c.turn(order)
		if !ok {
			break
		}
		if err := s.deliver(order); err != nil {
			return answers, err
		}
		c.witness.answered(order)
		if ended := time.Now(); c.counts(from, ended) {
			answers = append(answers, ended.Sub(from))
		}
	}
	return answers, c.ctx.Err()
}

// turn waits until an order is to be sent and says since when it counts; false when the time is over. What was to be sent before is sent, however late:
// what a slow receiver keeps from being sent would otherwise be missing among its slow answers.
func (c *crowd) turn(order int64) (from time.Time, ok bool) {
	from = time.Now()
	if c.pace > 0 {
		from = c.began.Add(time.Duration(order-c.witness.first) * c.pace)
	}
	if !from.Before(c.until) {
		return from, false
	}
	if wait := time.Until(from); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.ctx.Done():
			return from, false
		}
	}
	return from, true
}

// counts says whether an answer is measured: those of the warm-up are not.
func (c *crowd) counts(from, ended time.Time) bool {
	if c.pace > 0 {
		return !from.Before(c.measured)
	}
	return ended.After(c.measured)
}

// sender is one connection.
type sender struct {
	*crowd
	notice notice
	conn   net.Conn
	reader *bufio.Reader
}

// again is how long a sender waits before it repeats.
const again = 2 * time.Millisecond

// deliver sends an order until it is acknowledged.
func (s *sender) deliver(order int64) error {
	s.notice.number(order)
	for {
		status, err := s.post()
		switch {
		case err == nil && status == http.StatusOK:
			return nil
		case err == nil && status == http.StatusServiceUnavailable:
			s.refused.Add(1)
		case err == nil:
			return fmt.Errorf("order %d was answered with status %d", order, status)
		case !s.stubborn:
			return fmt.Errorf("send order %d: %w", order, err)
		}
		select {
		case <-time.After(again):
		case <-s.ctx.Done():
			return s.ctx.Err()
		}
	}
}

// longestPost is when an answer is given up: far beyond anything that would still be worth measuring.
const longestPost = 30 * time.Second

// post sends the request once over the sender's connection, making it when there is none.
func (s *sender) post() (status int, err error) {
	if s.conn == nil {
		dialer := net.Dialer{Timeout: longestPost}
		if s.conn, err = dialer.DialContext(s.ctx, "tcp", s.address); err != nil {
			return 0, err
		}
		s.reader = bufio.NewReaderSize(s.conn, 4<<10)
	}
	closes := true
	defer func() {
		if err != nil || closes {
			s.hangUp()
		}
	}()
	if err := s.conn.SetDeadline(time.Now().Add(longestPost)); err != nil {
		return 0, err
	}
	if _, err = s.conn.Write(s.notice.request); err != nil {
		return 0, err
	}
	status, closes, err = readAnswer(s.reader)
	return status, err
}

func (s *sender) hangUp() {
	if s.conn != nil {
		_ = s.conn.Close() // whatever was on it has been answered or will be repeated
		s.conn = nil
	}
}
