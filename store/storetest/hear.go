package storetest

import (
	"context"
	"errors"
)

// What a node announces is heard by one that has begun to listen, and whoever cannot begin, or cannot act on what it heard, stops listening, so that it
// begins anew.
func nodesHear(all []*ledger) {
	speaker, listener := all[0], all[1]
	ctx, cancel := context.WithCancel(listener.ctx)
	heard := make(chan string, 2)
	ended := make(chan error, 1)
	speaker.must(speaker.s.Announce(speaker.ctx, "too early"))
	go func() {
		ended <- listener.s.Listen(ctx, func() error { return speaker.s.Announce(speaker.ctx, "c1") }, func(what string) error {
			heard <- what
			return nil
		})
	}()
	equal(listener, "heard", <-heard, "c1") // what is announced once it has begun is heard
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		listener.Errorf("listening ended with %v", err)
	}
	listener.must(listener.s.Ready(listener.ctx))
	broken := errors.New("could not be acted on")
	if err := listener.s.Listen(listener.ctx, func() error { return broken }, nil); !errors.Is(err, broken) {
		listener.Errorf("listening that cannot begin ended with %v", err)
	}
	err := listener.s.Listen(listener.ctx, func() error { return speaker.s.Announce(speaker.ctx, "c2") }, func(string) error { return broken })
	if !errors.Is(err, broken) {
		listener.Errorf("listening to what cannot be acted on ended with %v", err)
	}
}
