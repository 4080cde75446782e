package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"syscall"

	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/hub"
)

// roleEnv makes this program play another part: that of a floor, or that of the hub when a profile of it is wanted.
const roleEnv = "TENGI_BENCH_ROLE"

// The roles. Their arguments follow on the command line.
const (
	roleHandler   = "handler"   // ADDRESS
	roleForwarder = "forwarder" // ADDRESS DIR DESTINATION
	roleHub       = "hub"       // ADDRESS DIR DATABASE PROFILES
)

// play plays a role until it is told to stop: by SIGTERM, or by the end of whoever wanted it, which ends its input.
func play(role string, args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	switch {
	case role == roleHandler && len(args) == 1:
		go listen(stop, "")
		return serve(ctx, args[0], bareHandler())
	case role == roleForwarder && len(args) == 3:
		go listen(stop, "")
		f, err := openForwarder(args[1], args[2], forwarderWorkers)
		if err != nil {
			return err
		}
		return errors.Join(serve(ctx, args[0], f), f.close())
	case role == roleHub && len(args) == 4:
		go listen(stop, args[3])
		return playHub(ctx, args[0], args[1], args[2])
	default:
		return fmt.Errorf("there is no role %q with %d arguments", role, len(args))
	}
}

// forwarderWorkers is how many calls the floor makes at once: as many as the hub.
const forwarderWorkers = 64

// playHub is `tengi serve` without its command line.
func playHub(ctx context.Context, address, data, database string) error {
	h, err := hub.Start(ctx, hub.Config{Data: data, Database: database, Listen: address, Connectors: connectors.All(),
		AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		return err
	}
	select {
	case err = <-h.Failed():
	case <-ctx.Done():
	}
	return errors.Join(err, h.Close())
}

// listen takes commands from the input, one a line: "profile NAME" begins a profile of the processor, "end" ends it. The end of the input is the
// end of the role.
func listen(stop func(), profiles string) {
	defer stop()
	var file *os.File
	end := func() {
		if file != nil {
			pprof.StopCPUProfile()
			_ = errors.Join(file.Close(), allocations(file.Name()+".allocs")) // a profile that is cut short shows when it is read
			file = nil
		}
	}
	defer end()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		end()
		name, begins := strings.CutPrefix(lines.Text(), "profile ")
		if !begins {
			continue
		}
		var err error
		if file, err = os.Create(filepath.Join(profiles, filepath.Base(name))); err == nil {
			err = pprof.StartCPUProfile(file)
		}
		if err != nil {
			_, _ = fmt.Fprintln(os.Stderr, "profile:", err)
		}
	}
}

// allocations writes what has been allocated since the start of the program.
func allocations(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("allocs").WriteTo(file, 0), file.Close())
}
