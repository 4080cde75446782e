package store

import (
	"context"
	"fmt"
)

// try runs one transaction.
func (w *writer) try(b *batch) (err error) {
	ctx := context.Background() // no caller's: what was accepted is carried out
	if longest := w.store.dialect.longest; longest > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, longest)
		defer cancel()
	}
	if w.session == nil {
		if w.session, err = w.store.dialect.connect(ctx); err != nil {
			return err
		}
	}
	t := &tx{session: w.session, ctx: ctx, w: w}
	if err := t.begin(ctx); err != nil {
		w.drop()
		return fmt.Errorf("begin: %w", err)
	}
	if err := t.apply(b); err != nil {
		return w.abandon(ctx, err)
	}
	w.store.fail(b, "before")
	if err := t.commit(ctx); err != nil {
		w.drop()
		return fmt.Errorf("%w: %w", errCommitFailed, err)
	}
	w.store.fail(b, "after")
	return nil
}

// abandon takes back a transaction that failed.
func (w *writer) abandon(ctx context.Context, err error) error {
	if w.session.broken() {
		w.drop()
		if ctx.Err() == nil {
			err = fmt.Errorf("%w: %w", errLost, err)
		}
		return err
	}
	if w.session.rollback(ctx) != nil {
		w.drop() // SQLite has rolled back by itself after some errors; whatever the reason, a new connection is clean
	}
	return err
}

// apply runs the commands by kind. Commands in one batch came at the same time, so no order between them was promised; freeing comes before
// taking, so that what was finished in a batch can be claimed in it.
func (t *tx) apply(b *batch) error {
	if err := t.lockObjects(b); err != nil {
		return fmt.Errorf("lock objects: %w", err)
	}
	if err := t.applyOutcomes(b.outcomes); err != nil {
		return fmt.Errorf("record outcomes: %w", err)
	}
	if err := t.applyIntents(b.intents); err != nil {
		return fmt.Errorf("record intents: %w", err)
	}
	if err := t.applyIngests(b.ingests); err != nil {
		return fmt.Errorf("store events: %w", err)
	}
	for _, c := range b.others {
		if err := t.applyOther(c); err != nil {
			return err
		}
	}
	for _, c := range b.claims {
		if err := t.applyClaim(c); err != nil {
			return fmt.Errorf("claim deliveries: %w", err)
		}
	}
	return t.settle(t.ctx)
}

// otherCommand is a write that is not part of the ledger's work: configuration, schedules, a person's decisions.
type otherCommand struct {
	do   func(*tx) error
	told []string
	err  error
	reply
}

func (c *otherCommand) join(b *batch) { b.others = append(b.others, c) }
func (c *otherCommand) weight() int   { return 0 }
func (c *otherCommand) finish(err error) {
	if err == nil {
		err = c.err
	}
	c.reply <- err
}

// change runs do in a transaction of the writer. do may run again after a rollback, so it must set whatever it gives out from the start.
func (s *Store) change(ctx context.Context, do func(*tx) error) error {
	c := &otherCommand{do: do, reply: newReply()}
	return s.submit(ctx, c, c.reply, true)
}

// applyOther keeps a failing command from spoiling its batch: its error is its own, and what it did is taken back.
func (t *tx) applyOther(c *otherCommand) error {
	if _, err := t.exec(t.ctx, "SAVEPOINT other"); err != nil {
		return err
	}
	t.told = nil
	c.err = c.do(t)
	if c.told = t.told; c.err != nil {
		c.told = nil
	}
	if c.err != nil && (t.broken() || t.w.store.dialect.passing(c.err) || !concernsOne(c.err)) {
		return c.err
	}
	if c.err != nil {
		if _, err := t.exec(t.ctx, "ROLLBACK TO SAVEPOINT other"); err != nil {
			return err
		}
	}
	_, err := t.exec(t.ctx, "RELEASE SAVEPOINT other")
	return err
}

// affect runs one statement with plain arguments and says how many rows it had an effect on.
func (t *tx) affect(statement string, args ...any) (int64, error) {
	return t.exec(t.ctx, statement, cleanArgs(args)...)
}

// fail calls the crash points of a batch.
func (s *Store) fail(b *batch, when string) {
	if s.crash == nil {
		return
	}
	claims := len(b.claims)
	for _, c := range b.ingests {
		for _, a := range c.events {
			claims += len(a.result.Taken)
		}
	}
	for _, point := range []struct {
		name string
		n    int
	}{{"ingest", len(b.ingests)}, {"claim", claims}, {"intent", len(b.intents)}, {"outcome", len(b.outcomes)}} {
		if point.n > 0 {
			s.crash(when + "-" + point.name)
		}
	}
}
