package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// The bars of work.
const (
	callP50     = 10 * time.Millisecond
	workRate    = 3_000
	workAim     = 0.5 // of the forwarder
	workSenders = 32
	slowRate    = 1_000
	slowTakes   = 50 * time.Millisecond
	slowPace    = time.Second / 1600 // more than 64 calls at once of 50 ms can carry, and not so much that the rest takes minutes
	olderShare  = 0.85
	idleMemory  = 40 << 20
	workMemory  = 150 << 20
)

// stalled is how long nothing may move before what is missing counts as lost.
const stalled = 30 * time.Second

// site is a hub whose work is measured.
type site struct {
	*running
	older int64 // events that were there before
	start time.Duration
	done  []result
}

// label tells a site's figures from those of the other.
func (s *site) label(name string) string {
	if s.older > 0 {
		return fmt.Sprintf("%s, %s older events", name, thousands(s.older))
	}
	return name
}

// work measures what a connection does, on an empty store and on one with older events. The rounds take turns, the floor among them, so that a disk
// that is slow for a while is slow for all.
func (p *place) work(ctx context.Context) (err error) {
	sites := []*site{{}}
	if slices.Contains(p.only, partOlder) {
		sites = append(sites, &site{older: p.size.older})
	}
	defer func() {
		for _, s := range sites {
			if s.running != nil {
				err = errors.Join(err, s.stop())
			}
		}
	}()
	for _, s := range sites {
		if err := p.open(ctx, s); err != nil {
			return err
		}
	}
	for _, s := range sites {
		if err := p.calls(ctx, s); err != nil {
			return err
		}
	}
	var forwarder []result
	for range p.size.rounds {
		floor, err := p.forwarder(ctx)
		if err != nil {
			return fmt.Errorf("the bare forwarder: %w", err)
		}
		forwarder = append(forwarder, floor)
		for _, s := range sites {
			done, err := p.through(ctx, s.running, s.label("e2e"), flow{orders: p.size.orders})
			if err != nil {
				return err
			}
			s.done = append(s.done, done)
			p.say("%s: round: %s; bare forwarder: %s", p.name, s.label(done.String()), floor)
		}
	}
	p.report(sites, middle(forwarder))
	for _, s := range sites {
		if err := p.slow(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// open sets a site up, fills it, starts its hub, and looks at its memory before it has worked.
func (p *place) open(ctx context.Context, s *site) error {
	at, err := p.install(ctx)
	if err != nil {
		return err
	}
	if s.older > 0 {
		p.say("%s: storing %s older events", p.name, thousands(s.older))
		if err := at.fill(ctx, s.older); err != nil {
			return fmt.Errorf("store older events: %w", err)
		}
	}
	if s.running, err = p.program.start(at, ""); err != nil {
		return err
	}
	if s.start, err = s.answers(ctx, p.numbers.witness(1)); err != nil {
		return err
	}
	if s.older > 0 {
		p.add(figure{name: s.label("start to first answer"), value: ms(s.start), bar: "≤ " + ms(startBar), verdict: atMost(int64(s.start), int64(startBar))})
	}
	settle := time.NewTimer(2 * time.Second)
	defer settle.Stop()
	select {
	case <-settle.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	if now, _, ok := s.memory(); ok {
		p.add(figure{name: s.label("memory, idle"), value: mib(now), bar: "≤ " + mib(idleMemory), verdict: atMost(now, idleMemory)})
	}
	return nil
}

// calls measures how soon after an order's acknowledgement its call begins, while there is time for each.
func (p *place) calls(ctx context.Context, s *site) error {
	for _, c := range []struct {
		pace time.Duration
		last time.Duration
		name string
	}{{time.Second / 50, p.size.light, "50/s"}, {time.Second / 1000, p.size.light / 2, "1,000/s"}} {
		var w *witness
		_, err := p.through(ctx, s.running, s.label("call-"+c.name[:2]), flow{pace: c.pace, orders: int(c.last / c.pace), seen: &w})
		if err != nil {
			return err
		}
		times := w.storedToCall()
		p.add(figure{name: s.label("stored to call started, " + c.name), value: fmt.Sprintf("p50 %s, p99 %s", ms(times.p50()), ms(times.p99())), bar: "p50 ≤ " + ms(callP50),
			floor: "fsync p50 " + ms(p.floors.sync.p50()), verdict: atMost(int64(times.p50()), int64(callP50))})
	}
	return nil
}

// result is what one run of orders through a hub or a floor came to.
type result struct {
	rate float64       // orders per second
	cost time.Duration // processor time of the hub for one order
}

// String gives both.
func (r result) String() string {
	return fmt.Sprintf("%s, %s of processor time each", perSecond(r.rate), ms(r.cost))
}

// middle is the middle one of some results, each figure for itself.
func middle(results []result) result {
	var rates, costs []float64
	for _, r := range results {
		rates, costs = append(rates, r.rate), append(costs, float64(r.cost))
	}
	return result{rate: median(rates), cost: time.Duration(median(costs))}
}

// flow is a stream of orders on its way through a hub.
type flow struct {
	orders int
	pace   time.Duration // 0 = as fast as they are acknowledged
	slow   time.Duration // how long a call takes
	seen   **witness     // gets the witness, when given
}

// through sends orders, waits until each has been called for and its outcome is recorded, and counts: at the destination and in the ledger. It gives
// the orders per second from the first order's first byte to the last outcome.
func (p *place) through(ctx context.Context, r *running, name string, f flow) (res result, err error) {
	before, err := r.at.newest(ctx)
	if err != nil {
		return res, err
	}
	w := p.numbers.witness(f.orders)
	if f.seen != nil {
		*f.seen = w
	}
	p.destination.expect(w, f.slow)
	var took time.Duration
	used := r.processor()
	err = r.profiled(p.name+"-"+name, func() error {
		if _, err := (load{address: r.address, notice: r.at.notice(r.address, accountOrders), senders: workSenders, pace: f.pace, last: time.Hour, witness: w}).run(ctx); err != nil {
			return err
		}
		if _, err := w.arrived(ctx, stalled); err != nil {
			return err
		}
		err := r.at.settled(ctx, before, stalled)
		took = time.Duration(w.now())
		return err
	})
	if err := errors.Join(err, r.lives(), w.check(false)); err != nil {
		return res, err
	}
	used = r.processor() - used
	done, err := r.at.done(ctx, before)
	if err != nil {
		return res, err
	}
	if done != w.acked.Load() {
		return res, fmt.Errorf("%w: %d orders were acknowledged and %d deliveries are done", errCount, w.acked.Load(), done)
	}
	return result{rate: float64(done) / took.Seconds(), cost: used / time.Duration(max(done, 1))}, nil
}

// forwarder measures the floor of work in the same way; it has no ledger, so the last call counts.
func (p *place) forwarder(ctx context.Context) (res result, err error) {
	dir, err := p.folder("forwarder")
	if err != nil {
		return res, err
	}
	r, err := startFloor(ctx, roleForwarder, dir, "http://"+p.destination.address+"/invoices")
	if err != nil {
		return res, err
	}
	defer r.kill()
	w := p.numbers.witness(p.size.orders)
	p.destination.expect(w, 0)
	if _, err := (load{address: r.address, notice: newNotice(r.address, "/", ""), senders: workSenders, last: time.Hour, witness: w}).run(ctx); err != nil {
		return res, err
	}
	last, err := w.arrived(ctx, stalled)
	if err := errors.Join(err, r.lives(), w.check(false)); err != nil {
		return res, err
	}
	acked := w.acked.Load()
	return result{rate: float64(acked) / last.Seconds(), cost: r.processor() / time.Duration(max(acked, 1))}, nil
}

// report puts the rounds into the table.
func (p *place) report(sites []*site, forwarder result) {
	fresh := middle(sites[0].done)
	for _, s := range sites {
		done := middle(s.done)
		f := figure{name: s.label(fmt.Sprintf("end to end, %d senders", workSenders)), floor: "bare forwarder: " + forwarder.String()}
		if s.older > 0 {
			f.value = fmt.Sprintf("%s; %.0f %% of the empty store's", done, 100*done.rate/fresh.rate)
			f.bar, f.verdict = fmt.Sprintf("≥ %.0f %% of the empty store's", 100*olderShare), atLeast(done.rate, olderShare*fresh.rate)
		} else {
			f.value = fmt.Sprintf("%s; %.0f %% of the forwarder", done, 100*done.rate/forwarder.rate)
			f.bar, f.verdict = fmt.Sprintf("≥ %s; aim %.0f %%", perSecond(workRate), 100*workAim), atLeast(done.rate, workRate)
		}
		p.add(f)
		if _, peak, ok := s.memory(); ok {
			p.add(figure{name: s.label("memory, most under that load"), value: mib(peak), bar: "≤ " + mib(workMemory), verdict: atMost(peak, workMemory)})
		}
	}
}

// slow measures work with a service that takes its time.
func (p *place) slow(ctx context.Context, s *site) error {
	done, err := p.through(ctx, s.running, s.label("slow"), flow{orders: p.size.orders / 2, pace: slowPace, slow: slowTakes})
	if err != nil {
		return err
	}
	p.add(figure{name: s.label("end to end, the service takes 50 ms"), value: fmt.Sprintf("%s, at most %d calls at once", perSecond(done.rate), p.destination.peak.Load()),
		bar: "≥ " + perSecond(slowRate), floor: "64 calls at once: " + perSecond(64/slowTakes.Seconds()), verdict: atLeast(done.rate, slowRate)})
	return nil
}

// mib writes an amount of memory.
func mib(bytes int64) string { return fmt.Sprintf("%d MB", (bytes+1<<19)>>20) }
