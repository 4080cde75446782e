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
			if err := p.acknowledged(ctx, r, account, senders); err != nil {
				return fmt.Errorf("%d senders: %w", senders, err)
			}
		}
	}
	return nil
}

// acknowledged measures one number of senders, and counts in the ledger what they were told.
func (p *place) acknowledged(ctx context.Context, r *running, account string, senders int) error {
	before, err := r.at.newest(ctx)
	if err != nil {
		return err
	}
	var s sent
	err = r.profiled(fmt.Sprintf("%s-ack-%s-%d", p.name, account, senders), func() (err error) {
		s, err = p.storm(ctx, r, r.at.notice(r.address, account), senders)
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
	f := figure{name: fmt.Sprintf("stored and acknowledged, %d senders, %s", senders, what), value: described(s)}
	if s.refused > 0 {
		f.value += fmt.Sprintf("; %d × 503", s.refused)
	}
	if floor, ok := p.floors.append[senders]; ok {
		f.floor = "append, group fsync: " + described(floor)
	}
	if senders == ackMost && !p.postgres { // the bar is for SQLite
		f.bar = fmt.Sprintf("≥ %s, p50 ≤ %s, p99 ≤ %s", perSecond(ackRate), ms(ackP50), ms(ackP99))
		f.verdict = met
		if s.rate < ackRate || s.answers.p50() > ackP50 || s.answers.p99() > ackP99 {
			f.verdict = missed
		}
	}
	p.add(f)
	return nil
}
