package main

import (
	"fmt"
	"os"
)

// committer appends to one file and syncs it for everybody who has come meanwhile: the least that "durable" can cost when it is shared. It is the
// floor for what a store does.
type committer struct {
	file    *os.File
	waiting chan entry
	done    chan struct{}
}

type entry struct {
	data  []byte
	reply chan error
}

// openCommitter makes the file and starts the goroutine that writes it; close ends it.
func openCommitter(path string) (*committer, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the file to commit to: %w", err)
	}
	c := &committer{file: file, waiting: make(chan entry, 4096), done: make(chan struct{})}
	go c.run()
	return c, nil
}

// commit returns when data is on the disk.
func (c *committer) commit(data []byte) error {
	e := entry{data: data, reply: make(chan error, 1)}
	c.waiting <- e
	return <-e.reply
}

// close waits for what is being written. Nobody may commit any more.
func (c *committer) close() error {
	close(c.waiting)
	<-c.done
	return c.file.Close()
}

// run writes group after group until close.
func (c *committer) run() {
	defer close(c.done)
	var text []byte
	var group []entry
	for e := range c.waiting {
		group, text = append(group[:0], e), append(text[:0], e.data...)
		for more := true; more && len(group) < 512; {
			select {
			case e, more = <-c.waiting:
				if more {
					group, text = append(group, e), append(text, e.data...)
				}
			default:
				more = false
			}
		}
		_, err := c.file.Write(text)
		if err == nil {
			err = c.file.Sync()
		}
		for _, e := range group {
			e.reply <- err
		}
	}
}
