package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// How long the disk is measured, and what its rate means. Below slowDisk every commit is felt; above incredibleDisk an answer within 20 microseconds
// says that nothing is written: a file system in memory, or a virtual disk that lies.
const (
	measureFor     = 500 * time.Millisecond
	measureAtMost  = 2000
	slowDisk       = 50     // a second
	incredibleDisk = 50_000 // a second
)

// disk measures how many times a second the data directory's disk makes something durable.
func disk(ctx context.Context, dir string) Finding {
	took, err := measure(ctx, dir)
	if err != nil {
		return Finding{Area: "disk", Subject: dir, Health: Wrong, Text: err.Error()}
	}
	return judgeDisk(dir, took)
}

// measure writes a page and has it made durable, again and again, and says how long each took.
func measure(ctx context.Context, dir string) (took []time.Duration, err error) {
	file, err := os.CreateTemp(dir, "doctor-*.tmp")
	if err != nil {
		return nil, fmt.Errorf("write to the data directory: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	page := make([]byte, 4096)
	begun := time.Now()
	for len(took) < measureAtMost && time.Since(begun) < measureFor && ctx.Err() == nil {
		page[0]++
		at := time.Now()
		if _, err := file.WriteAt(page, 0); err != nil {
			return nil, fmt.Errorf("write to the data directory: %w", err)
		}
		if err := file.Sync(); err != nil {
			return nil, fmt.Errorf("make a file in the data directory durable: %w", err)
		}
		took = append(took, time.Since(at))
	}
	return took, ctx.Err()
}

// judgeDisk judges how long each of several syncs took.
func judgeDisk(dir string, took []time.Duration) Finding {
	f := Finding{Area: "disk", Subject: dir, Health: OK}
	var all time.Duration
	for _, d := range took {
		all += d
	}
	if all <= 0 {
		f.Health, f.Text = Wrong, "it could not be measured"
		return f
	}
	slices.Sort(took)
	rate := float64(len(took)) / all.Seconds()
	f.Text = fmt.Sprintf("%.0f fsyncs a second, half of them within %s", rate, took[len(took)/2].Round(time.Microsecond))
	switch {
	case rate > incredibleDisk:
		f.Health = Warning
		f.Text += "; so fast a disk hardly writes: is the folder in memory, or on a virtual disk that does not pass fsync on? Then a power cut loses events"
	case rate < slowDisk:
		f.Health = Warning
		f.Text += "; every webhook's answer waits for one: take a faster disk"
	}
	return f
}
