package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// program is how a hub is started: the real binary, or this program in the role of the hub when profiles are wanted.
type program struct {
	binary   string
	profiles string // folder for profiles of the processor; empty = none are made
}

// build builds the real binary, as `make build` does, into a folder.
func build(ctx context.Context, dir string) (string, error) {
	tool := os.Getenv("GO")
	if tool == "" {
		tool = "go"
	}
	binary := filepath.Join(dir, "tengi")
	cmd := exec.CommandContext(ctx, tool, "build", "-trimpath", "-buildvcs=false", "-o", binary, "github.com/tengi/tengi/cmd/tengi")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build tengi: %w\n%s", err, out)
	}
	return binary, nil
}

// running is a hub at work.
type running struct {
	*process
	at      *installation
	address string
	profile string
}

// start starts a hub; it may not answer yet. With an empty address it takes a free port.
func (p program) start(at *installation, address string) (r *running, err error) {
	if address == "" {
		if address, err = freeAddress(); err != nil {
			return nil, err
		}
	}
	r = &running{at: at, address: address, profile: p.profiles}
	if p.profiles != "" {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		r.process, err = begin(self, []string{address, at.data, at.database, p.profiles}, []string{roleEnv + "=" + roleHub})
		return r, err
	}
	args := []string{"serve", "--data", at.data, "--listen", address, "--allow-private", "127.0.0.0/8", "--log-level", "warn"}
	if at.database != "" {
		args = append(args, "--database", at.database)
	}
	r.process, err = begin(p.binary, args, nil)
	return r, err
}

// startFloor starts this program in the role of a floor, and waits until it listens.
func startFloor(ctx context.Context, role string, args ...string) (*running, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	p, err := begin(self, append([]string{address}, args...), []string{roleEnv + "=" + role})
	if err != nil {
		return nil, err
	}
	r := &running{process: p, address: address}
	if err := r.listens(ctx); err != nil {
		r.kill()
		return nil, err
	}
	return r, nil
}

// freeAddress finds a port that nobody uses at this moment. A hub could choose one itself, but a restart must be found where it was.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it binds and is done
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

// listens waits until the address takes connections.
func (r *running) listens(ctx context.Context) error {
	dialer := net.Dialer{Timeout: time.Second}
	for until := time.Now().Add(patience); time.Now().Before(until); {
		conn, err := dialer.DialContext(ctx, "tcp", r.address)
		if err == nil {
			return conn.Close()
		}
		if err := errors.Join(r.lives(), ctx.Err()); err != nil {
			return err
		}
		time.Sleep(again)
	}
	return fmt.Errorf("%s does not listen after %v:\n%s", r.cmd.Path, patience, r.said)
}

// answers waits until the hub has acknowledged an order, and says how long after its start that was: a sender that repeats every two
// milliseconds, as an order that nobody is connected to.
func (r *running) answers(ctx context.Context, w *witness) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	go func() { // a hub that ends will never answer
		select {
		case <-r.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	c := &crowd{load: load{address: r.address, stubborn: true, witness: w}, ctx: ctx}
	s := &sender{crowd: c, notice: r.at.notice(r.address, accountAlone)}
	defer s.hangUp()
	order, _ := w.take()
	if err := s.deliver(order); err != nil {
		return 0, fmt.Errorf("wait for the first answer: %w", errors.Join(err, r.lives()))
	}
	return time.Since(r.started), nil
}

// profiled runs do under a profile of the hub's processor, where profiles are wanted.
func (r *running) profiled(name string, do func() error) error {
	if r.profile == "" {
		return do()
	}
	if err := r.tell("profile " + name + ".pprof"); err != nil {
		return fmt.Errorf("begin a profile: %w", err)
	}
	return errors.Join(do(), r.tell("end"))
}
