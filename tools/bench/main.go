// Command bench measures a hub against the bars it was built for, each figure beside what this machine can do at best, measured in the same run.
// It starts the real program as a process of its own; the senders and the service at the end are in this one, everything on one machine.
// docs/performance.md says what each figure means. The exit status is 0 however slow the hub was, and 1 when an order was lost or doubled or
// something did not run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	if role := os.Getenv(roleEnv); role != "" {
		if err := play(role, os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	o, err := parse(os.Args[1:], os.Stderr)
	if err != nil {
		os.Exit(2) // the flags have said what is wrong
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err = run(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// The parts that can be chosen.
const (
	partAck     = "ack"
	partWork    = "e2e"
	partOlder   = "older"
	partRestart = "restart"
	partLists   = "lists"
)

var parts = []string{partAck, partWork, partOlder, partRestart, partLists}

// The stores that can be chosen.
var stores = []string{"sqlite", "postgres"}

// options are the flags.
type options struct {
	quick    bool
	write    bool
	only     []string
	stores   []string
	where    string
	profiles string
}

// parse reads the flags.
func parse(args []string, out io.Writer) (options, error) {
	var o options
	var only, databases string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.BoolVar(&o.quick, "quick", false, "a run of less than two minutes, to see that all works; its figures are rough")
	flags.BoolVar(&o.write, "write", false, "write the results of a whole run into docs/performance.md")
	flags.StringVar(&only, "only", "", "parts to run, with commas: "+strings.Join(parts, ", ")+"; older runs e2e too; empty: all")
	flags.StringVar(&databases, "db", strings.Join(stores, ","), "stores to run them on, with commas")
	flags.StringVar(&o.where, "dir", defaultDir(), "folder for the data, on the disk that is to be measured; all of it is removed at the end")
	flags.StringVar(&o.profiles, "cpuprofile", "", "folder for profiles of the hub's processor time; the hub then runs inside this program and is a little slower")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	err := errors.Join(choose(&o.only, only, parts), choose(&o.stores, databases, stores))
	switch {
	case err != nil:
	case flags.NArg() > 0:
		err = fmt.Errorf("%q is no flag", flags.Arg(0))
	case o.write && (o.quick || only != "" || o.profiles != "" || len(o.stores) != len(stores)):
		err = errors.New("-write is for a whole run: without -quick, -only, -db and -cpuprofile")
	}
	if err != nil {
		_, _ = fmt.Fprintln(out, "bench:", err)
	}
	return o, err
}

// choose reads a list with commas; an empty one is all there is.
func choose(list *[]string, text string, all []string) error {
	if text == "" {
		*list = all
		return nil
	}
	for word := range strings.SplitSeq(text, ",") {
		word = strings.TrimSpace(word)
		if !slices.Contains(all, word) {
			return fmt.Errorf("there is no %q; choose among %s", word, strings.Join(all, ", "))
		}
		*list = append(*list, word)
	}
	return nil
}

// defaultDir is a folder on a disk: the usual place for temporary files is memory on many systems, where fsync costs nothing.
func defaultDir() string {
	if info, err := os.Stat("/var/tmp"); err == nil && info.IsDir() {
		return "/var/tmp"
	}
	return os.TempDir()
}

// size is how much of everything a run does.
type size struct {
	each   time.Duration // for one number of senders
	rounds int           // of end to end; the middle one counts
	orders int           // of one round
	light  time.Duration // of 50 orders a second, and half of it of 1,000
	older  int64         // events that are there before
	starts int
}

var (
	whole = size{each: 3 * time.Second, rounds: 3, orders: 12_000, light: 10 * time.Second, older: 1_000_000, starts: 5}
	quick = size{each: 600 * time.Millisecond, rounds: 1, orders: 3_000, light: 3 * time.Second, older: 100_000, starts: 2}
)

// bench is one run of the tool.
type bench struct {
	options
	size        size
	out         io.Writer
	dir         string
	made        int // folders
	program     program
	floors      floors
	numbers     numbers
	destination *destination
	postgres    *postgres
	figures     []figure
	notes       []string // what could not be measured
}

// run measures everything that was asked for and prints the table.
func run(ctx context.Context, o options, out io.Writer) (err error) {
	began := time.Now()
	b := &bench{options: o, size: whole, out: out}
	if o.quick {
		b.size = quick
	}
	if b.dir, err = os.MkdirTemp(o.where, "tengi-bench-"); err != nil {
		return fmt.Errorf("make the folder for the data: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if err := os.Chmod(b.dir, 0o755); err != nil {
		return err
	}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	if b.destination, err = openDestination(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.destination.close()) }()
	if err := b.measureFloors(ctx); err != nil {
		return err
	}
	for _, name := range o.stores {
		if err := b.measure(ctx, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	b.say("\n%s\n%s", machine(b), plain(b.figures))
	for _, note := range b.notes {
		b.say("%s", note)
	}
	b.say("measured in %v", time.Since(began).Round(time.Second))
	if o.write {
		return b.write()
	}
	return nil
}

// prepare builds the hub, or makes the folder for its profiles.
func (b *bench) prepare(ctx context.Context) (err error) {
	if b.profiles != "" {
		b.program.profiles = b.profiles
		return os.MkdirAll(b.profiles, 0o755)
	}
	b.say("building tengi")
	b.program.binary, err = build(ctx, b.dir)
	return err
}

// measure measures the chosen parts on one store.
func (b *bench) measure(ctx context.Context, name string) (err error) {
	if name == "postgres" {
		if b.postgres, err = startPostgres(filepath.Join(b.dir, "postgres")); errors.Is(err, errNoPostgres) {
			b.notes = append(b.notes, "PostgreSQL was not measured: "+err.Error())
			return nil
		}
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, b.postgres.close()) }()
	}
	p := &place{bench: b, name: map[string]string{"sqlite": "SQLite", "postgres": "PostgreSQL"}[name], postgres: name == "postgres"}
	if slices.Contains(b.only, partAck) {
		if err := p.acknowledge(ctx); err != nil {
			return fmt.Errorf("stored and acknowledged: %w", err)
		}
	}
	if slices.Contains(b.only, partWork) || slices.Contains(b.only, partOlder) {
		if err := p.work(ctx); err != nil {
			return fmt.Errorf("end to end: %w", err)
		}
	}
	if slices.Contains(b.only, partLists) {
		if err := p.lists(ctx); err != nil {
			return fmt.Errorf("what pages read: %w", err)
		}
	}
	if slices.Contains(b.only, partRestart) {
		if err := p.restart(ctx); err != nil {
			return fmt.Errorf("start and recovery: %w", err)
		}
	}
	return nil
}

// folder makes a new folder for data.
func (b *bench) folder(name string) (string, error) {
	b.made++
	dir := filepath.Join(b.dir, fmt.Sprintf("%s-%d", name, b.made))
	return dir, os.Mkdir(dir, 0o700)
}

func (b *bench) say(format string, args ...any) {
	_, _ = fmt.Fprintf(b.out, format+"\n", args...) // a terminal that is gone is no reason to stop
}

// place is one store being measured.
type place struct {
	*bench
	name     string
	postgres bool
}

// install sets up a fresh hub on the store.
func (p *place) install(ctx context.Context) (*installation, error) {
	dir, err := p.folder("data")
	if err != nil {
		return nil, err
	}
	database := ""
	if p.postgres {
		if database, err = p.bench.postgres.database(); err != nil {
			return nil, err
		}
	}
	return install(ctx, dir, database, p.destination.address)
}

// add puts a line into the table, and says it now: a run takes minutes.
func (p *place) add(f figure) {
	f.store = p.name
	p.figures = append(p.figures, f)
	cells := f.cells()
	p.say("%s: %s", cells[0], cells[1])
}
