package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/recipes"
	"github.com/tengi/tengi/sandbox"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tengi": main})
}

// TestScripts are stories of the command line, told in testdata/*.txtar. Each has a sandbox of its own at $SANDBOX, and the logins of its stand-ins in
// the environment under the names that recipes use.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               withSandbox,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"capture": capture, "freeport": freeport, "post": post, "status": status, "until": until, "waitfor": waitFor,
		},
	})
}

func withSandbox(env *testscript.Env) error {
	server, err := sandbox.Start(context.Background(), "127.0.0.1:0", false, sandbox.New(connectors.Fakes()), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	env.Defer(func() {
		if err := server.Close(); err != nil {
			env.T().Log(err)
		}
	})
	env.Setenv("SANDBOX", server.URL())
	for _, service := range connectors.Fakes() {
		settings, secrets := service.Login()
		for key, value := range settings {
			env.Setenv(recipes.Env(service.Name(), key), fmt.Sprint(value))
		}
		for key, value := range secrets {
			env.Setenv(recipes.Env(service.Name(), key), value)
		}
		env.Setenv(recipes.Env(service.Name(), "url"), server.URL()+"/"+service.Name())
	}
	return nil
}

// patience is how long a story waits for something to happen.
const patience = 60 * time.Second

// waitFor waits until something holds: a socket that takes connections, or a page whose text matches.
//
//	waitfor unix PATH
//	waitfor http URL PATTERN
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || args[0] == "http" && len(args) != 3 {
		ts.Fatalf("usage: waitfor unix PATH | waitfor http URL PATTERN")
	}
	last := ""
	holds := func() bool {
		conn, err := net.Dial("unix", ts.MkAbs(args[1]))
		if err != nil {
			last = err.Error()
			return false
		}
		_ = conn.Close()
		return true
	}
	if args[0] == "http" {
		pattern := regexp.MustCompile(args[2])
		holds = func() bool {
			last = get(args[1])
			return pattern.MatchString(last)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := poll(ctx, func() (bool, error) { return holds(), nil }, strings.Join(args, " ")); err != nil {
		ts.Fatalf("%v; at last it was: %s", err, last)
	}
}

// poll asks again and again until something holds.
func poll(ctx context.Context, holds func() (bool, error), what string) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := holds()
		if ok && err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("waited in vain for %s", what), err)
		}
	}
}

func get(url string) string {
	resp, err := http.Get(url)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return fmt.Sprintf("%d %s%v", resp.StatusCode, body, errors.Join(err))
}

// post sends a request with a JSON body and wants a status: post STATUS METHOD URL [BODY]. The body @long is longer than any webhook may be.
func post(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: post STATUS METHOD URL [BODY]")
	}
	body := strings.Join(args[3:], " ")
	if body == "@long" {
		body = strings.Repeat("x", 1<<20+1)
	}
	req, err := http.NewRequest(args[1], args[2], strings.NewReader(body))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if strconv.Itoa(resp.StatusCode) != args[0] {
		ts.Fatalf("%s %s answered %d: %s", args[1], args[2], resp.StatusCode, answer)
	}
	_, err = ts.Stdout().Write(answer)
	ts.Check(err)
}

// capture sets a variable to what a pattern's group finds in the last output: capture NAME PATTERN.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture NAME PATTERN")
	}
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) != 2 {
		ts.Fatalf("%s is not in the output", args[1])
	}
	ts.Setenv(args[0], found[1])
}

// until runs a command again and again until its output matches: until PATTERN COMMAND...
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until PATTERN COMMAND...")
	}
	pattern := regexp.MustCompile(args[0])
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ts.Check(poll(ctx, func() (bool, error) {
		err := ts.Exec(args[1], args[2:]...)
		return err == nil && pattern.MatchString(ts.ReadFile("stdout")), err
	}, strings.Join(args, " ")))
}

// freeport sets a variable to a port that nobody uses.
func freeport(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: freeport NAME")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], strconv.Itoa(listener.Addr().(*net.TCPAddr).Port))
	ts.Check(listener.Close())
}

// status runs a command that must end with a status: status 2 tengi serve --no-such-flag.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status NUMBER COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("ended with status %d", got)
	}
}

// The signals that stop a hub are those a terminal and a service manager send; both are taken until the story has ended.
func TestSignals(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		ctx, stop := signal.NotifyContext(t.Context(), s)
		done := make(chan int, 1)
		var out, errOut strings.Builder
		go func() { done <- run(ctx, []string{"sandbox", "--listen", "127.0.0.1:0"}, &out, &errOut) }()
		if err := syscall.Kill(os.Getpid(), s.(syscall.Signal)); err != nil {
			t.Fatal(err)
		}
		if status := <-done; status != 0 {
			t.Errorf("%s: status %d: %s", s, status, errOut.String())
		}
		stop()
	}
}

// hello is the address of a server on this machine that answers anything.
func hello(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	return server.URL
}
