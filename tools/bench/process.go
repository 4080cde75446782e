package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a program that is measured, running beside this one.
type process struct {
	cmd     *exec.Cmd
	input   io.WriteCloser // a role of this program ends when it closes
	said    *tail
	started time.Time
	done    chan struct{} // closed when it has ended; err is set before
	err     error
}

// begin starts a program with nothing of our environment that could mislead it.
func begin(program string, args, env []string) (*process, error) {
	p := &process{cmd: exec.CommandContext(context.Background(), program, args...), said: &tail{}, done: make(chan struct{})}
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "TENGI_") {
			p.cmd.Env = append(p.cmd.Env, pair)
		}
	}
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stdout, p.cmd.Stderr = p.said, p.said
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is ours; we stop it in order
	var err error
	if p.input, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	p.started = time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	go func() {
		defer close(p.done)
		p.err = p.cmd.Wait()
	}()
	return p, nil
}

// lives is an error when the process has ended by itself.
func (p *process) lives() error {
	select {
	case <-p.done:
		return fmt.Errorf("%s ended by itself (%w):\n%s", p.cmd.Path, errors.Join(p.err), p.said)
	default:
		return nil
	}
}

// patience bounds every wait for a program to start or to end.
const patience = time.Minute

// stop ends the process in order and waits for it.
func (p *process) stop() error {
	if err := p.lives(); err != nil {
		return err
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop %s: %w", p.cmd.Path, err)
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		p.kill()
		return fmt.Errorf("%s did not stop within %v:\n%s", p.cmd.Path, patience, p.said)
	}
	if p.err != nil {
		return fmt.Errorf("%s stopped with %w:\n%s", p.cmd.Path, p.err, p.said)
	}
	return nil
}

// kill ends the process at once, in the middle of whatever it does.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // fails only when it has ended
	<-p.done
}

// tell writes a line to a role of this program.
func (p *process) tell(line string) error {
	_, err := io.WriteString(p.input, line+"\n")
	return err
}

// memory is what the process holds in memory now and at most so far, in bytes, as the kernel counts it (VmRSS and VmHWM of proc_pid_status(5)).
// ok is false on systems that do not say so.
func (p *process) memory() (now, peak int64, ok bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, 0, false
	}
	return field(status, "VmRSS:"), field(status, "VmHWM:"), true
}

// processor is how much processor time the process has used, its own and the kernel's for it; 0 on systems that do not say so. A machine that does
// other things at the same time makes a program slower in many ways, but this hardly longer: it is the figure to compare programs by.
func (p *process) processor() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(stat, []byte(") ")) // the name before it may hold anything
	fields := strings.Fields(string(rest))
	if len(fields) < 13 {
		return 0
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64) // utime and stime of proc_pid_stat(5), in hundredths of a second
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	if errors.Join(err1, err2) != nil {
		return 0
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

// field reads "VmRSS:     1234 kB".
func field(status []byte, name string) int64 {
	_, rest, _ := bytes.Cut(status, []byte(name))
	text, _, _ := bytes.Cut(rest, []byte(" kB"))
	n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}

// tail keeps the end of what a process says, for error texts.
type tail struct {
	mu   sync.Mutex
	text []byte
}

var _ io.Writer = (*tail)(nil)

// Write keeps the last 4 KiB.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-4<<10):]
	return len(p), nil
}

// String gives what was kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
