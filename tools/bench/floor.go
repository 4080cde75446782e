package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// floors are what this machine can do at best, measured in the same run as what is compared with them.
type floors struct {
	fsync   float64      // appends of 4 KiB, each synced, per second
	sync    spread       // how long one takes
	handler sent         // 64 senders and a handler that answers at once
	append  map[int]sent // senders by number, and a program that appends to a file with one fsync for all who came meanwhile
	offered sent         // the same program, offered as many orders a second as the bar asks for
}

// measureFsync appends and syncs for a while.
func measureFsync(dir string, last time.Duration) (rate float64, took spread, err error) {
	file, err := os.Create(filepath.Join(dir, "fsync"))
	if err != nil {
		return 0, nil, err
	}
	defer file.Close()
	page := make([]byte, 4<<10)
	began := time.Now()
	for time.Since(began) < last {
		one := time.Now()
		if _, err := file.Write(page); err != nil {
			return 0, nil, fmt.Errorf("write to the disk: %w", err)
		}
		if err := file.Sync(); err != nil {
			return 0, nil, fmt.Errorf("sync the disk: %w", err)
		}
		took = append(took, time.Since(one))
	}
	return float64(len(took)) / time.Since(began).Seconds(), merge(took), nil
}

// measureFloors measures what does not depend on a database.
func (b *bench) measureFloors(ctx context.Context) error {
	var err error
	if b.floors.fsync, b.floors.sync, err = measureFsync(b.dir, b.size.each); err != nil {
		return err
	}
	b.say("floor: fsync of 4 KiB: %s, p50 %s, p99 %s", perSecond(b.floors.fsync), ms(b.floors.sync.p50()), ms(b.floors.sync.p99()))
	if b.floors.fsync > 50_000 {
		b.say("warning: no disk syncs that fast; %s is memory, or the disk does not tell the truth: choose a folder by -dir", b.dir)
	}
	handler, err := startFloor(ctx, roleHandler)
	if err != nil {
		return err
	}
	defer handler.kill()
	if b.floors.handler, err = b.storm(ctx, handler, newNotice(handler.address, "/", ""), 64, 0); err != nil {
		return fmt.Errorf("the bare handler: %w", err)
	}
	b.say("floor: bare handler, 64 senders: %s", described(b.floors.handler))
	return b.measureAppend(ctx)
}

// measureAppend measures the forwarder without a destination: notices made durable and acknowledged, nothing else.
func (b *bench) measureAppend(ctx context.Context) error {
	b.floors.append = map[int]sent{}
	for _, senders := range crowds {
		s, err := b.appended(ctx, senders, 0)
		if err != nil {
			return err
		}
		b.floors.append[senders] = s
		b.say("floor: append with group fsync, %d senders: %s", senders, described(s))
	}
	var err error
	b.floors.offered, err = b.appended(ctx, ackMost, ackPace)
	b.say("floor: append with group fsync, %d senders that offer %s: %s", ackMost, perSecond(ackRate), described(b.floors.offered))
	return err
}

// appended measures the appending floor once.
func (b *bench) appended(ctx context.Context, senders int, pace time.Duration) (sent, error) {
	dir, err := b.folder("append")
	if err != nil {
		return sent{}, err
	}
	floor, err := startFloor(ctx, roleForwarder, dir, "")
	if err != nil {
		return sent{}, err
	}
	defer floor.kill()
	s, err := b.storm(ctx, floor, newNotice(floor.address, "/", ""), senders, pace)
	if err != nil {
		return s, fmt.Errorf("the appending floor, %d senders: %w", senders, err)
	}
	return s, nil
}

// crowds are the numbers of senders that acknowledging is measured with.
var crowds = []int{1, 16, 64, 256}

// storm lets senders send as fast as they are acknowledged, or at a pace, with a quarter more time before it to warm up.
func (b *bench) storm(ctx context.Context, r *running, n notice, senders int, pace time.Duration) (sent, error) {
	w := b.numbers.witness(most)
	s, err := load{address: r.address, notice: n, senders: senders, pace: pace, last: b.size.each * 5 / 4, warm: b.size.each / 4, witness: w}.run(ctx)
	return s, errors.Join(err, r.lives())
}

// described puts what senders saw into words.
func described(s sent) string {
	return fmt.Sprintf("%s, p50 %s, p99 %s", perSecond(s.rate), ms(s.answers.p50()), ms(s.answers.p99()))
}
