package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// prefix begins the name of every folder of ours; the watcher removes nothing else.
const prefix = "tengi-pg-"

// longestSocket is how long a folder may be: the name of a unix socket has 104 bytes on some systems, "/.s.PGSQL.5432" among them.
const longestSocket = 104 - 1 - len("/.s.PGSQL.5432")

// ordinaryUser says as whom the server runs, which refuses to be root: then as the user of the packaged server, else as nobody.
// chown gives that user a folder.
func ordinaryUser() (attr *syscall.SysProcAttr, chown func(dir string) error, err error) {
	if os.Getuid() != 0 {
		return &syscall.SysProcAttr{Setpgid: true}, func(string) error { return nil }, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("find an ordinary user to run the server as: %w", err)
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		return nil, nil, fmt.Errorf("run the server as %s: %w", u.Username, err)
	}
	attr = &syscall.SysProcAttr{Setpgid: true, Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return attr, func(dir string) error { return os.Chown(dir, int(uid), int(gid)) }, nil
}

// makeDir makes the server's folder where the server's user can reach it and the name of the socket is not too long.
func makeDir(chown func(dir string) error) (string, error) {
	base := os.TempDir()
	if len(base)+len("/")+len(prefix)+10 > longestSocket || !reachable(base) {
		base = "/tmp"
	}
	dir, err := os.MkdirTemp(base, prefix)
	if err != nil {
		return "", fmt.Errorf("make the server's folder: %w", err)
	}
	if err := chown(dir); err != nil {
		return "", errors.Join(fmt.Errorf("make the server's folder: %w", err), os.Remove(dir))
	}
	return dir, nil
}

// reachable says whether any user may pass through all folders down to dir. For ourselves, when we are not root, it does not matter.
func reachable(dir string) bool {
	if os.Getuid() != 0 {
		return true
	}
	for {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return true
		}
		dir = parent
	}
}

// watcher ends the server and removes its folder when we do not: it is a shell that waits for the end of its input, which comes when this process
// ends, even by SIGKILL. It writes to our standard error, so `go test` waits for it too and leaves nothing behind.
type watcher struct {
	cmd   *exec.Cmd
	input io.Closer
}

const watchScript = `
cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ] && kill -QUIT "$pid" 2>/dev/null; then
	tries=0
	while [ $tries -lt 100 ] && kill -0 "$pid" 2>/dev/null; do sleep 0.1; tries=$((tries + 1)); done
	kill -KILL "$pid" 2>/dev/null
fi
case "$1" in */` + prefix + `*) rm -rf "$1" ;; esac
`

func watch(dir string) (*watcher, error) {
	cmd := exec.CommandContext(context.Background(), "sh", "-c", watchScript, "pgtest", dir)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C ends the tests; the watcher must survive them
	input, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start the watcher of the server: %w", err)
	}
	return &watcher{cmd: cmd, input: input}, nil
}

// end lets the watcher do its work now, and waits for it.
func (w *watcher) end() error {
	if err := errors.Join(w.input.Close(), w.cmd.Wait()); err != nil {
		return fmt.Errorf("remove the server's folder: %w", err)
	}
	return nil
}
