package hooks

import (
	"errors"
	"sync"
	"sync/atomic"
)

// errNoRoom says that the notices under way hold all the memory they may.
var errNoRoom = errors.New("no room for the notice")

// room bounds how many notices are under way and how much memory they hold, and knows when none is.
type room struct {
	atOnce int

	mu     sync.Mutex
	empty  *sync.Cond
	inside int
	bytes  int64 // that may still be claimed
	closed bool
}

func newRoom(l Limits) *room {
	r := &room{atOnce: l.AtOnce, bytes: l.Bytes}
	r.empty = sync.NewCond(&r.mu)
	return r
}

// seat is one notice's place in the room. It may be shared: it is free when everybody has left it.
type seat struct {
	room  *room
	users atomic.Int32
	bytes int64
}

// enter takes a seat; false when there is none, or when the room is closed.
func (r *room) enter() (*seat, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.inside >= r.atOnce {
		return nil, false
	}
	r.inside++
	s := &seat{room: r}
	s.users.Store(1)
	return s, true
}

// claim takes memory for the seat, until it is left.
func (s *seat) claim(bytes int64) bool {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	if s.room.bytes < bytes {
		return false
	}
	s.room.bytes -= bytes
	s.bytes += bytes
	return true
}

// share adds somebody who will leave the seat.
func (s *seat) share() { s.users.Add(1) }

func (s *seat) leave() {
	if s.users.Add(-1) > 0 {
		return
	}
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	s.room.bytes += s.bytes
	s.room.inside--
	if s.room.inside == 0 {
		s.room.empty.Broadcast()
	}
}

// close lets nobody in any more and waits until everybody has left.
func (r *room) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for r.inside > 0 {
		r.empty.Wait()
	}
}
