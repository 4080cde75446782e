package crash

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// node is a hub as a child process, started and ended many times under the same name and address.
type node struct {
	rig           *rig
	name, address string
	cmd           *exec.Cmd
	done          chan struct{} // closed when the process has ended
	stdin         io.Closer     // while it is open somebody wants the hub
	stdout        *os.File
	said          *bufio.Reader // what comes from it
	output        transcript    // its standard error, of all its lives
}

// transcriptKept is enough for every goroutine's stack, in bytes.
const transcriptKept = 64 << 10

// transcript keeps the end of what a child says.
type transcript struct {
	mu   sync.Mutex
	text []byte
}

func (o *transcript) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, p...)
	o.text = o.text[max(0, len(o.text)-transcriptKept):]
	return len(p), nil
}

func (o *transcript) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.text)
}

// newNode finds an address for a node.
func newNode(r *rig, name string) *node {
	r.t.Helper()
	listener, err := new(net.ListenConfig).Listen(r.t.Context(), "tcp", "127.0.0.1:0")
	must(r.t, err)
	defer listener.Close()
	n := &node{rig: r, name: name, address: listener.Addr().String()}
	r.t.Cleanup(func() {
		if n.cmd != nil {
			_ = n.cmd.Process.Kill()
			<-n.done
		}
	})
	return n
}

// start starts the hub, as the rig's order says and as the changes want it.
func (n *node) start(changes ...func(*order)) {
	t := n.rig.t
	t.Helper()
	o := n.rig.base
	o.Listen, o.Node = n.address, n.name
	for _, change := range changes {
		change(&o)
	}
	text, err := json.Marshal(o)
	must(t, err)
	self, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), self)
	cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	cmd.Stderr = &n.output
	n.stdin, err = cmd.StdinPipe()
	must(t, err)
	said, in, err := os.Pipe() // not StdoutPipe: Wait would close it under the reader
	must(t, err)
	cmd.Stdout = in
	must(t, cmd.Start())
	must(t, in.Close())
	if n.stdout != nil {
		must(t, n.stdout.Close())
	}
	n.stdout, n.said = said, bufio.NewReader(said)
	done := make(chan struct{})
	n.cmd, n.done = cmd, done
	go func() { // ends with the process, which the test's clean-up kills
		_ = cmd.Wait()
		close(done)
	}()
}

// at has a hub kill itself when it passes a point.
func at(point string, pass int64) func(*order) {
	return func(o *order) { o.Point, o.Pass = point, pass }
}

// kill kills the hub, whatever it does.
func (n *node) kill() {
	n.rig.t.Helper()
	n.signal(syscall.SIGKILL)
	<-n.done
	n.rig.kills.Add(1)
}

// killAfter waits until the hub answers, gives it a while, and kills it.
func (n *node) killAfter(while time.Duration) {
	n.rig.t.Helper()
	n.waitReady()
	<-time.After(while)
	n.kill()
}

func (n *node) signal(s syscall.Signal) {
	n.rig.t.Helper()
	if n.ended() {
		n.rig.t.Fatalf("%s ended by itself: %s\n%s", n.name, n.cmd.ProcessState, &n.output)
	}
	must(n.rig.t, n.cmd.Process.Signal(s))
}

// stop asks the hub to stop, and waits for it.
func (n *node) stop() {
	n.rig.t.Helper()
	n.signal(syscall.SIGTERM)
	n.await("the hub to stop", n.done)
	if !n.cmd.ProcessState.Success() {
		n.rig.t.Fatalf("%s did not stop in an orderly way: %s\n%s", n.name, n.cmd.ProcessState, &n.output)
	}
}

// running says whether the hub was started and has not ended.
func (n *node) running() bool { return n.cmd != nil && !n.ended() }

func (n *node) ended() bool {
	select {
	case <-n.done:
		return true
	default:
		return false
	}
}

func (n *node) await(what string, done <-chan struct{}) {
	n.rig.t.Helper()
	select {
	case <-done:
	case <-time.After(patience):
		n.dump()
		n.rig.t.Fatalf("%s: waited in vain for %s\n%s", n.name, what, &n.output)
	}
}

// dump has a hub that hangs say where.
func (n *node) dump() {
	_ = n.cmd.Process.Signal(syscall.SIGCONT)
	_ = n.cmd.Process.Signal(syscall.SIGQUIT) // Go's answer is every goroutine's stack
	select {
	case <-n.done:
	case <-time.After(patience):
	}
}

// waitDead waits for a hub that kills itself.
func (n *node) waitDead(why string) {
	n.rig.t.Helper()
	n.await("its end: "+why, n.done)
	status, ok := n.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || status.Signal() != syscall.SIGKILL {
		n.rig.t.Fatalf("%s: %s ended by itself: %s\n%s", why, n.name, n.cmd.ProcessState, &n.output)
	}
	n.rig.kills.Add(1)
}

// hear reads a line that the hub says about itself.
func (n *node) hear() string {
	n.rig.t.Helper()
	var line string
	var err error
	done := make(chan struct{})
	go func() { // ends with the line, or with the process
		defer close(done)
		line, err = n.said.ReadString('\n')
	}()
	n.await("a word of it", done)
	if err != nil {
		n.rig.t.Fatalf("%s said %q: %v\n%s", n.name, line, err, &n.output)
	}
	return strings.TrimSuffix(line, "\n")
}

func (n *node) waitReady() {
	n.rig.t.Helper()
	n.rig.wait(n.name+" to be ready", func() bool {
		if n.ended() {
			n.rig.t.Fatalf("%s ended by itself: %s\n%s", n.name, n.cmd.ProcessState, &n.output)
		}
		return n.rig.ready(n)
	})
}

func (r *rig) ready(n *node) bool {
	resp, err := r.client.Get("http://" + n.address + "/readyz")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
