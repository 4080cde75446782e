package store

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// live tells those who watch a workspace that something in it has changed. It says no more than that: whoever is told looks.
type live struct {
	committed chan struct{} // something was stored; for the indexer

	mu        sync.Mutex
	watches   map[*Watch]bool
	workspace map[string]string // by account, connection and workspace
	untold    map[string]bool   // workspaces of which the other nodes are still to be told
	tell      chan struct{}
	node      string
}

// everywhere stands for all workspaces.
const everywhere = "*"

func newLive() *live {
	return &live{committed: make(chan struct{}, 1), watches: map[*Watch]bool{}, workspace: map[string]string{}, untold: map[string]bool{}, tell: make(chan struct{}, 1), node: rand.Text()[:8]}
}

// Watch is told of changes in a workspace.
type Watch struct {
	// C has something in it when something has changed since it was last emptied. Many changes are one.
	C         <-chan struct{}
	c         chan struct{}
	workspace string
	live      *live
}

// Watch begins to watch a workspace: its events, deliveries, documents, runs and what people set up. On PostgreSQL it is told of what other nodes do too,
// as long as Follow runs here and there. Close ends it.
func (s *Store) Watch(workspaceID string) *Watch {
	c := make(chan struct{}, 1)
	w := &Watch{C: c, c: c, workspace: workspaceID, live: s.live}
	s.live.mu.Lock()
	s.live.watches[w] = true
	s.live.mu.Unlock()
	return w
}

// Close ends the watch.
func (w *Watch) Close() {
	w.live.mu.Lock()
	delete(w.live.watches, w)
	w.live.mu.Unlock()
}

// signal puts something into a channel that holds one thing.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// learn notes which workspace accounts and connections belong to.
func (l *live) learn(workspace string, ids ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.workspace[workspace] = workspace
	for _, id := range ids {
		l.workspace[id] = workspace
	}
}

// newsworthy is a command that changes what a page shows.
type newsworthy interface {
	// news names the accounts, connections or workspaces that it concerns.
	news(tell func(id string))
}

// stored is called for everything that was committed together.
func (l *live) stored(commands []command, postgres bool) {
	signal(l.committed)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.watches) == 0 && !postgres {
		return
	}
	changed := map[string]bool{}
	for _, c := range commands {
		if c, ok := c.(newsworthy); ok {
			c.news(func(id string) {
				workspace, known := l.workspace[id]
				if !known {
					workspace = everywhere
				}
				changed[workspace] = true
			})
		}
	}
	l.wake(changed)
	if postgres && len(changed) > 0 {
		maps.Copy(l.untold, changed)
		signal(l.tell)
	}
}

// wake tells those who watch one of some workspaces.
func (l *live) wake(changed map[string]bool) {
	for w := range l.watches {
		if changed[w.workspace] || changed[everywhere] {
			signal(w.c)
		}
	}
}

// news of a change by a person or a schedule are what it has noted in its transaction.
func (c *otherCommand) news(tell func(id string)) {
	for _, id := range c.told {
		tell(id)
	}
}

func (c *ingestCommand) news(tell func(id string)) {
	for _, a := range c.events {
		if !a.result.Duplicate || a.result.Joined > 0 {
			tell(a.account)
		}
	}
}

func (c *outcomeCommand) news(tell func(id string)) {
	if !c.lost {
		tell(c.connection)
	}
}

// changesChannel is what nodes tell each other changes on.
const changesChannel = "tengi_change"

// tellEvery is how often a node tells the others of changes, at most: whoever watches does not see more often.
const tellEvery = 250 * time.Millisecond

// tellOthers tells the other nodes what changed, until ctx ends.
func (s *Store) tellOthers(ctx context.Context) {
	for waits(ctx, s.live.tell, 0) {
		s.live.mu.Lock()
		changed := strings.Join(slices.Sorted(maps.Keys(s.live.untold)), " ")
		clear(s.live.untold)
		s.live.mu.Unlock()
		if len(changed) > 7000 { // a payload must be shorter than 8000 bytes
			changed = everywhere
		}
		if _, err := s.read.ExecContext(ctx, "SELECT pg_notify($1, $2)", changesChannel, s.live.node+" "+changed); err != nil && ctx.Err() == nil {
			s.log.Warn("other nodes were not told of changes", "error", err)
		}
		waits(ctx, nil, tellEvery)
	}
}

// hearOthers wakes those who watch what other nodes change, until ctx ends.
func (s *Store) hearOthers(ctx context.Context) {
	for ctx.Err() == nil {
		err := s.listen(ctx, changesChannel, func() error { return s.heard(everywhere) }, func(what string) error {
			if node, changed, ok := strings.Cut(what, " "); ok && node != s.live.node {
				return s.heard(changed)
			}
			return nil
		})
		if ctx.Err() == nil && !errors.Is(err, ErrClosed) {
			s.log.Warn("changes by other nodes are not heard for a moment", "error", err)
		}
		waits(ctx, nil, time.Second)
	}
}

func (s *Store) heard(changed string) error {
	workspaces := map[string]bool{}
	for id := range strings.FieldsSeq(changed) {
		workspaces[id] = true
	}
	s.live.mu.Lock()
	defer s.live.mu.Unlock()
	s.live.wake(workspaces)
	return nil
}

// waits for a signal, for a time, or for ctx; a nil channel never signals, and no time is for ever. It says whether to go on.
func waits(ctx context.Context, c <-chan struct{}, longest time.Duration) bool {
	var over <-chan time.Time
	if longest > 0 {
		timer := time.NewTimer(longest)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-c:
	case <-over:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}
