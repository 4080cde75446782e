package crash

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors/bokun"
	"github.com/tengi/tengi/connectors/payday"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/hub"
	"github.com/tengi/tengi/internal/pgtest"
	"github.com/tengi/tengi/internal/powercut"
	"github.com/tengi/tengi/internal/shop"
)

// childEnv holds the order of a child: this test binary, run again as a hub that will be killed.
const childEnv = "TENGI_CRASH_CHILD"

// workers is how many deliveries a child works on at once.
const workers = 16

// order is what a child is to run.
type order struct {
	Data, Database, Listen string
	Node                   string
	Lease                  time.Duration // 0 = 3 s
	Timeout                time.Duration // of one request; 0 = the connector's
	Careless               bool
	Real                   bool   // with the connectors of Bókun and Payday
	Point                  string // crash point at which it kills itself; empty = never
	Pass                   int64  // at which passing of the point
	Freeze                 bool   // it says on its standard output that it is at the point, and waits there to be stopped (SIGSTOP) and let go on
	Deadly                 string // the beginning of the orders that kill whoever asks for their invoice; empty = none does
	Disk                   string // put the database on a disk whose power can be cut: honest, lazy; empty = no
	FileLimit              uint64 // bytes that a file may have; 0 = no limit
}

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		if err := child(text); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	atOnce(4)
	pgtest.Main(m)
}

// atOnce has more tests run at once than there are processors, unless somebody said how many: much of their time is spent in waiting.
func atOnce(n int) {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if said || runtime.GOMAXPROCS(0) >= n {
		return
	}
	if err := flag.Set("test.parallel", strconv.Itoa(n)); err != nil {
		panic(err) // the flag is the testing package's own
	}
}

// child is a whole hub that serves until it is killed, kills itself, or is asked to stop.
func child(text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	if err := o.spoil(); err != nil {
		return err
	}
	go endWithParent() // which ends with the process
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	private := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	h, err := hub.Start(ctx, hub.Config{
		Data: o.Data, Database: o.Database, Listen: o.Listen, Node: o.Node, Workers: workers, Lease: either(o.Lease, 3*time.Second),
		Log:          slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		AllowPrivate: private,
		HTTP:         signed{o.Node, deadly{o.Deadly, o.transport(private)}},
		Connectors:   o.connectors(),
		Testing:      engine.Testing{Careless: o.Careless, Hurry: hurry, Fail: o.fail()},
	})
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return h.Close()
	case err := <-h.Failed():
		if o.Disk != "" { // whoever cut the power while the engine began ends this process, when it has kept what is on the disk
			<-time.After(5 * time.Second)
		}
		return err
	}
}

// endWithParent ends this process when its standard input does: nobody is left who would kill it.
func endWithParent() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
}

// either is what was ordered, else what is usual.
func either[T comparable](ordered, usual T) T {
	if ordered == *new(T) {
		return usual
	}
	return ordered
}

// fail is what the child does at its crash point.
func (o order) fail() func(string) {
	var passed atomic.Int64
	return func(point string) {
		if point != o.Point || passed.Add(1) != o.Pass {
			return
		}
		if o.Freeze {
			before := time.Now() // the stop may come as soon as it is said
			_, _ = os.Stdout.WriteString(point + "\n")
			feelStop(before)
			return
		}
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // not one step further
	}
}

// feelStop returns when this process has been stopped for a while (SIGSTOP) and goes on: its clock has jumped. It returns at once, and so before most timers
// have run that have ended meanwhile, such as a request's deadline: what is to stop the work must not depend on them.
func feelStop(last time.Time) {
	for {
		now := time.Now()
		if now.Sub(last) >= frozenLease/2 {
			return
		}
		last = now
		runtime.Gosched()
	}
}

// connectors are what the child speaks. The real ones go without a pace: their stand-ins need no sparing.
func (o order) connectors() []*connector.Connector {
	all := []*connector.Connector{shop.Source(), shop.Destination()}
	if o.Real {
		all = append(all, bokun.Connector(), payday.Connector())
		for _, c := range all {
			c.Limits.Every = 0
		}
	}
	for _, c := range all {
		c.Limits.Timeout = either(o.Timeout, c.Limits.Timeout)
	}
	return all
}

// nodeHeader names the node that sends a request, for the witness.
const nodeHeader = "X-Node"

// signed puts the node's name on every request.
type signed struct {
	node string
	http.RoundTripper
}

func (s signed) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set(nodeHeader, s.node)
	return s.RoundTripper.RoundTrip(r)
}

// transport is the product's way out, with a crash point just before its last look at the clock.
func (o order) transport(private []netip.Prefix) *http.Transport {
	transport, fail := connector.NewTransport(private), o.fail()
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return writing{conn, fail}, nil
	}
	return transport
}

// writing is a connection with a crash point before every write.
type writing struct {
	net.Conn
	fail func(point string)
}

func (w writing) Write(b []byte) (int, error) {
	w.fail("before-write")
	return w.Conn.Write(b)
}

// NetConn is the connection beneath.
func (w writing) NetConn() net.Conn { return w.Conn }

// deadly kills this process where an invoice is asked for one of the orders that do, as a fault would that only they meet.
type deadly struct {
	orders string
	http.RoundTripper
}

func (d deadly) RoundTrip(r *http.Request) (*http.Response, error) {
	if d.orders != "" && r.Method == http.MethodPost && r.URL.Path == "/invoices" {
		if strings.HasPrefix(orderOf(r), d.orders) {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // not one step further
		}
	}
	return d.RoundTripper.RoundTrip(r)
}

// spoil prepares what is to go wrong with the child's files.
func (o order) spoil() error {
	if o.FileLimit > 0 {
		signal.Ignore(syscall.SIGXFSZ) // a write beyond the limit then fails, as on a full disk
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: o.FileLimit, Max: o.FileLimit}); err != nil {
			return fmt.Errorf("limit the size of files: %w", err)
		}
	}
	if o.Disk == "" {
		return nil
	}
	disk, err := powercut.Install()
	if err != nil {
		return err
	}
	if o.Disk == "lazy" {
		disk.BeLazy()
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGHUP)
	go func() { // ends with the process
		for s := range signals {
			switch s {
			case syscall.SIGUSR2:
				disk.Fill(true)
			case syscall.SIGHUP:
				disk.Fill(false)
			default:
				o.loseLight(disk)
			}
		}
	}()
	return nil
}

// imageDir is where a child leaves what is on its disk when the power goes.
func imageDir(data string) string { return filepath.Join(data, "image") }

// loseLight cuts the power at some moment while something is written, keeps what is on the disk, and is gone.
func (o order) loseLight(disk *powercut.Disk) {
	random := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	how := powercut.AnyWay(random)
	operations := random.IntN(60) // a few commits
	if random.IntN(2) == 0 {
		operations = random.IntN(6000) // or before, in and after bringing the log into the main file, should that be near
	}
	var image powercut.Image
	select {
	case image = <-disk.CutAfter(operations, how, random):
	case <-time.After(time.Second): // nothing is written
		image = disk.Cut(how, random)
	}
	err := os.Mkdir(imageDir(o.Data), 0o700)
	if err == nil {
		err = image.Save(imageDir(o.Data))
	}
	if err == nil {
		_, err = fmt.Printf("%d %d %d\n", image.Pending, image.Kept, image.Checkpoints)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
}
