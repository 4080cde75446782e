package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The bars for 64 senders on SQLite.
const (
	ackRate = 5_000
	ackPace = time.Second / ackRate
	ackP50  = 5 * time.Millisecond
	ackP99  = 100 * time.Millisecond
	ackMost = 64 // senders
)

// acknowledge measures how fast notices are stored and acknowledged, with nothing to be done about them, and with deliveries that wait.
func (p *place) acknowledge(ctx context.Context) (err error) {
	at, err := p.install(ctx)
	if err != nil {
		return err
	}
	r, err := p.program.start(at, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.stop()) }()
	if _, err := r.answers(ctx, p.numbers.witness(1)); err != nil {
		return err
	}
	for _, account := range []string{accountAlone, accountParked} {
		for _, senders := range crowds {
			if err := p.acknowledged(ctx, r, account, senders, 0); err != nil {
				return fmt.Errorf("%d senders: %w", senders, err)
			}
		}
		if err := p.acknowledged(ctx, r, account, ackMost, ackPace); err != nil {
			return fmt.Errorf("%d senders that offer %s: %w", ackMost, perSecond(ackRate), err)
		}
	}
	return nil
}

// acknowledged measures one number of senders, as fast as they are answered or at a pace, and counts in the ledger what they were told.
func (p *place) acknowledged(ctx context.Context, r *running, account string, senders int, pace time.Duration) error {
	before, err := r.at.newest(ctx)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s-ack-%s-%d", p.name, account, senders)
	if pace > 0 {
		name += "-offered"
	}
	var s sent
	err = r.profiled(name, func() (err error) {
		s, err = p.storm(ctx, r, r.at.notice(r.address, account), senders, pace)
		return err
	})
	if err != nil {
		return err
	}
	stored, err := r.at.stored(ctx, before)
	if err != nil {
		return err
	}
	if stored != int64(s.acked) {
		return fmt.Errorf("%w: %d orders were acknowledged and %d are stored", errCount, s.acked, stored)
	}
	what := "no connection"
	if account == accountParked {
		what = "connection off"
	}
	p.add(p.judged(s, senders, pace, what))
	return nil
}

// judged is what senders saw, beside its bar, which is for SQLite. The rate is judged by those who send as fast as they are answered. Their p50 would
// only be their number divided by the rate; how long an answer takes is judged by those who offer what the bar asks for.
func (p *place) judged(s sent, senders int, pace time.Duration, what string) figure {
	f := figure{name: fmt.Sprintf("stored and acknowledged, %d senders, %s", senders, what), value: described(s)}
	floor, reached := p.floors.append[senders], s.rate >= ackRate && s.answers.p99() <= ackP99
	bar := fmt.Sprintf("≥ %s, p99 ≤ %s", perSecond(ackRate), ms(ackP99))
	if pace > 0 {
		f.name = fmt.Sprintf("stored and acknowledged, %d senders offer %s, %s", senders, perSecond(ackRate), what)
		floor, reached = p.floors.offered, s.answers.p50() <= ackP50 && s.answers.p99() <= ackP99
		bar = fmt.Sprintf("p50 ≤ %s, p99 ≤ %s", ms(ackP50), ms(ackP99))
	}
	if s.refused > 0 {
		f.value += fmt.Sprintf("; %d × 503", s.refused)
	}
	if floor.acked > 0 {
		f.floor = "append, group fsync: " + described(floor)
	}
	if senders == ackMost && !p.postgres {
		f.bar, f.verdict = bar, missed
		if reached {
			f.verdict = met
		}
	}
	return f
}
