package store

import (
	"context"
	"runtime"
	"time"
)

// The bounds of one commit. More would make the first command wait for the last, and hold more in memory than the events themselves need.
const (
	maxBatch  = 512
	maxWeight = 8 << 20 // bytes of input; one command may be heavier
)

// queueLength bounds what may wait for a writer; beyond it new events are refused with ErrBusy.
const queueLength = 4096

// command is one caller's write. It knows its place in a batch and tells its caller when the batch is durable.
type command interface {
	join(*batch)
	finish(error)
	weight() int // bytes it holds, roughly
}

// reply is where the caller of a command waits.
type reply chan error

func newReply() reply { return make(chan error, 1) }

// batch is what one commit stores, by kind of command.
type batch struct {
	outcomes []*outcomeCommand
	intents  []*intentCommand
	ingests  []*ingestCommand
	others   []*otherCommand
	claims   []*claimCommand
}

// submit hands a command over and waits until it is durable. With patient false a full queue is ErrBusy at once.
func (s *Store) submit(ctx context.Context, c command, done reply, patient bool) error {
	select {
	case <-s.closing:
		return ErrClosed
	default:
	}
	if patient {
		if err := ctx.Err(); err != nil {
			return err
		}
		select {
		case s.queue <- c:
		case <-s.closing:
			return ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	} else {
		select {
		case s.queue <- c:
		default:
			s.stats.refused.Add(1)
			return ErrBusy
		}
	}
	// From here the command will be carried out whatever happens to the caller, so the caller waits for its fate and not for its context.
	select {
	case err := <-done:
		return err
	case <-s.closed: // the writers are gone; either they carried it out or nobody ever will
	}
	select {
	case err := <-done:
		return err
	default:
		return ErrClosed
	}
}

// writer gathers commands and commits them together: one fsync for all that came while the last one was under way.
type writer struct {
	store   *Store
	session session
	lastID  int64 // SQLite only: its single writer owns the ledger's counter
}

// run is the writer's life. It ends when the store closes and nothing waits any more.
func (w *writer) run() {
	for commands := w.gather(); len(commands) > 0; commands = w.gather() {
		started := time.Now()
		w.store.stats.begin(started)
		w.carryOut(commands)
		w.store.stats.end(started)
		runtime.Gosched()
	}
	if w.session != nil {
		w.drop()
	}
}

// gather waits for a command and takes with it whatever else has come.
func (w *writer) gather() []command {
	var commands []command
	select {
	case c := <-w.store.queue:
		commands = append(commands, c)
	case <-w.store.closing:
		select {
		case c := <-w.store.queue:
			commands = append(commands, c)
		default:
			return nil
		}
	}
	for weight := commands[0].weight(); len(commands) < maxBatch && weight < maxWeight; {
		select {
		case c := <-w.store.queue:
			commands = append(commands, c)
			weight += c.weight()
		default:
			return commands
		}
	}
	return commands
}

// carryOut commits commands together. When one of them cannot be stored it is found by halving, so that it does not poison the others.
func (w *writer) carryOut(commands []command) {
	err := w.commit(commands)
	if err != nil && len(commands) > 1 && concernsOne(err) {
		half := len(commands) / 2
		w.carryOut(commands[:half])
		w.carryOut(commands[half:])
		return
	}
	w.store.stats.committed(len(commands), err) // before their callers go on: what is reported is counted
	if err == nil {
		w.store.live.stored(commands, w.store.dialect.postgres)
	}
	for _, c := range commands {
		c.finish(err)
	}
}

// maxTries is how often a batch is tried again: about five seconds for a database that restarts.
const maxTries = 15

// commit tries a batch until it is stored or its failure is not a passing one.
func (w *writer) commit(commands []command) error {
	var b batch
	for _, c := range commands {
		c.join(&b)
	}
	for attempt := range maxTries {
		err := w.try(&b)
		if err == nil || attempt == maxTries-1 || !w.store.dialect.passing(err) || !w.pause(attempt) {
			return err
		}
	}
	return nil // not reached
}

// pause waits a little longer each time, and not at all at first: two nodes met on the same rows, or the connection was an old one. It says
// whether to go on.
func (w *writer) pause(attempt int) bool {
	if attempt == 0 {
		return true
	}
	timer := time.NewTimer(min(10*time.Millisecond<<attempt, 500*time.Millisecond))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-w.store.closing:
		return false
	}
}

// drop gives up a session that may be broken; the next batch makes a new one.
func (w *writer) drop() {
	w.session.close()
	w.session = nil
}
