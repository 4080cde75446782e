package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// oldestPostgres is the first version the hub supports.
const oldestPostgres = 15

// postgres is a server of our own, from the programs that are installed, as they come: nothing is tuned but that it listens only where we are.
type postgres struct {
	programs string
	dir      string // data/ and its socket
	version  string
	owner    *syscall.SysProcAttr
	cmd      *exec.Cmd
	said     *tail
	done     chan struct{}
	made     int // databases
}

// errNoPostgres says that there is no server to measure on.
var errNoPostgres = errors.New("no PostgreSQL 15 or newer is installed: run `make deps`, or measure without it by -db sqlite")

// findPostgres finds the newest server among the places where packages put it.
func findPostgres() (programs, version string, err error) {
	places, err := filepath.Glob("/usr/lib/postgresql/*/bin") // Debian keeps them away from PATH
	if err != nil {
		return "", "", err
	}
	more, err := filepath.Glob("/usr/pgsql-*/bin")
	if err != nil {
		return "", "", err
	}
	places = append(places, more...)
	if path, err := exec.LookPath("initdb"); err == nil {
		places = append(places, filepath.Dir(path))
	}
	newest := oldestPostgres - 1
	for _, dir := range places {
		out, err := exec.CommandContext(context.Background(), filepath.Join(dir, "postgres"), "--version").Output()
		if match := versionText.FindSubmatch(out); err == nil && match != nil {
			if major, err := strconv.Atoi(string(match[2])); err == nil && major > newest {
				newest, programs, version = major, dir, string(match[1])
			}
		}
	}
	if programs == "" {
		return "", "", errNoPostgres
	}
	return programs, version, nil
}

// versionText is what `postgres --version` prints: "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)".
var versionText = regexp.MustCompile(`\(PostgreSQL\) ((\d+)[^\s]*)`)

// startPostgres makes and starts a server in a folder.
func startPostgres(dir string) (*postgres, error) {
	programs, version, err := findPostgres()
	if err != nil {
		return nil, err
	}
	s := &postgres{programs: programs, version: version, dir: dir, said: &tail{}, done: make(chan struct{})}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := s.own(); err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	if out, err := s.command("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-instructions").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(string(out)))
	}
	s.cmd = s.command("postgres", "-D", data, "-c", "listen_addresses=", "-c", "unix_socket_directories="+dir)
	s.cmd.Stderr = s.said
	s.cmd.WaitDelay = patience
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	go func() {
		defer close(s.done)
		_ = s.cmd.Wait() // how it ends after a signal says nothing
	}()
	if err := s.ready(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// own gives the folder to an ordinary user, as whom the server runs: it refuses to be root.
func (s *postgres) own() error {
	s.owner = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return fmt.Errorf("find an ordinary user to run the server as: %w", err)
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("run the server as %s: %w", u.Username, err)
	}
	s.owner.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(s.dir, int(uid), int(gid))
}

func (s *postgres) command(program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), filepath.Join(s.programs, program), args...)
	cmd.Dir, cmd.SysProcAttr = s.dir, s.owner
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"} // nothing like PGDATA
	return cmd
}

// ready waits until the server takes connections.
func (s *postgres) ready() error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case <-tick.C:
		case <-s.done:
			return fmt.Errorf("the server ended:\n%s", s.said)
		case <-timer.C:
			return fmt.Errorf("the server is not ready after %v:\n%s", patience, s.said)
		}
		if s.admin("SELECT 1") == nil {
			return nil
		}
	}
}

// url is the address of a database of this server.
func (s *postgres) url(database string) string {
	return "postgres://postgres@/" + database + "?" + url.Values{"host": {s.dir}}.Encode()
}

// database makes a new, empty one.
func (s *postgres) database() (string, error) {
	s.made++
	name := fmt.Sprintf("bench_%d", s.made)
	return s.url(name), s.admin("CREATE DATABASE " + name + " TEMPLATE template0")
}

// admin runs a statement outside of the databases that are measured.
func (s *postgres) admin(statement string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return fmt.Errorf("connect to the server: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// close stops the server and waits for it; a fast shutdown, as nobody is connected any more.
func (s *postgres) close() error {
	if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	<-s.done
	return nil
}
