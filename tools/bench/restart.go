package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The bars of starting.
const (
	startBar   = 300 * time.Millisecond
	recoverBar = 2 * time.Second
)

// restart measures how soon a hub answers after an orderly stop and after being killed at work, and counts what a kill did to the orders.
func (p *place) restart(ctx context.Context) error {
	at, err := p.install(ctx)
	if err != nil {
		return err
	}
	var times spread
	for range p.size.starts {
		r, err := p.program.start(at, "")
		if err != nil {
			return err
		}
		took, err := r.answers(ctx, p.numbers.witness(1))
		if err := errors.Join(err, r.stop()); err != nil {
			return err
		}
		times = merge(times, spread{took})
	}
	p.add(figure{name: "start to first answer", value: fmt.Sprintf("%s, at most %s", ms(times.p50()), ms(times.quantile(1))), bar: "≤ " + ms(startBar),
		verdict: atMost(int64(times.p50()), int64(startBar))})
	return p.kill(ctx, at)
}

// The load around a kill.
const (
	killAfter = 1500 * time.Millisecond
	killLoad  = 3 * time.Second
	killPace  = time.Second / 2000
)

// abandoned is how long nothing may move after a kill: on PostgreSQL another node could be at work on what the killed one held, until its leases end.
const abandoned = 150 * time.Second

// kill kills a hub at work, starts it again, and waits until everything that was acknowledged has been called for once.
func (p *place) kill(ctx context.Context, at *installation) (err error) {
	before, err := at.newest(ctx)
	if err != nil {
		return err
	}
	r, err := p.program.start(at, "")
	if err != nil {
		return err
	}
	defer func() {
		if r != nil {
			err = errors.Join(err, r.stop())
		}
	}()
	if _, err := r.answers(ctx, p.numbers.witness(1)); err != nil {
		return err
	}
	w := p.numbers.witness(int(killLoad / killPace))
	p.destination.expect(w, 0)
	senders := make(chan error, 1)
	go func() {
		_, err := load{address: r.address, notice: at.notice(r.address, accountOrders), senders: workSenders, pace: killPace, last: killLoad, stubborn: true, witness: w}.run(ctx)
		senders <- err
	}()
	select {
	case <-time.After(killAfter):
	case <-ctx.Done():
	}
	r.kill()
	killed, address := time.Duration(w.now()), r.address
	if p.postgres && p.quick {
		if err := at.endLeases(ctx); err != nil {
			r = nil
			return err
		}
	}
	if r, err = p.program.start(at, address); err != nil {
		return errors.Join(err, ctx.Err())
	}
	took, err := r.answers(ctx, p.numbers.witness(1))
	if err := errors.Join(err, <-senders); err != nil {
		return err
	}
	p.add(figure{name: "after SIGKILL under load, start to first answer", value: ms(took), bar: "≤ " + ms(recoverBar), verdict: atMost(int64(took), int64(recoverBar))})
	return p.recovered(ctx, r, w, before, killed)
}

// recovered waits for what was under way when the hub was killed, and counts.
func (p *place) recovered(ctx context.Context, r *running, w *witness, before int64, killed time.Duration) error {
	if _, err := w.arrived(ctx, abandoned); err != nil {
		return err
	}
	err := r.at.settled(ctx, before, abandoned)
	recorded := time.Duration(w.now()) - killed
	if err := errors.Join(err, r.lives(), w.check(true)); err != nil {
		return err
	}
	stored, err := r.at.stored(ctx, before)
	if err != nil {
		return err
	}
	done, err := r.at.done(ctx, before)
	if err != nil {
		return err
	}
	const probes = 2 // the first answers
	if acked := w.acked.Load(); stored != acked+probes || done != acked {
		return fmt.Errorf("%w: %d orders were acknowledged, %d are stored, %d deliveries are done", errCount, acked, stored-probes, done)
	}
	var last time.Duration
	for i := range w.sent() {
		if acked := time.Duration(w.orders[i].acked.Load()); acked < killed {
			last = max(last, time.Duration(w.orders[i].arrived.Load())-killed)
		}
	}
	value := fmt.Sprintf("called for after %s, recorded after %s; 0 lost, 0 doubled, %d repeated with the same key", ms(last), ms(recorded), w.repeated.Load())
	if p.postgres && p.quick {
		value += " (its leases were ended by hand)"
	}
	p.add(figure{name: "after SIGKILL, all that was acknowledged before", value: value})
	return nil
}
