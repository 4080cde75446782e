package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

// Health says how bad something is.
type Health string

// The degrees of health.
const (
	OK      Health = "ok"
	Warning Health = "warning" // it works, and a person should know
	Wrong   Health = "wrong"   // a person must mend it
)

// Finding is one thing the doctor looked at.
type Finding struct {
	Area    string `json:"area"` // store, clock, disk, key, account, webhook, connection, inbox
	Subject string `json:"subject,omitempty"`
	Health  Health `json:"health"`
	Text    string `json:"text"`
}

// Doctor examines the installation. It changes nothing, except that an account whose login works again, or no longer, is from then on treated so.
func (d *Desk) Doctor(ctx context.Context) ([]Finding, error) {
	config, err := d.Store.Configuration(ctx)
	if err != nil {
		return nil, err
	}
	findings := []Finding{d.store(ctx), d.clock(ctx, time.Now())}
	if d.Store.Dialect() == "sqlite" {
		findings = append(findings, disk(ctx, d.Data))
	}
	findings = append(findings, d.key())
	findings = append(findings, d.accounts(ctx, config)...)
	findings = append(findings, d.webhooks(config)...)
	findings = append(findings, d.connections(config)...)
	findings = append(findings, d.waiting(ctx)...)
	return findings, nil
}

// store says that what is acknowledged is kept. Opening the store has read the settings back and refused others.
func (d *Desk) store(ctx context.Context) Finding {
	f := Finding{Area: "store", Subject: d.Store.Dialect(), Health: OK}
	if err := d.Store.Ready(ctx); err != nil {
		f.Health, f.Text = Wrong, err.Error()
		return f
	}
	f.Text = "journal_mode=wal, synchronous=full"
	if d.Store.Dialect() == "postgres" {
		f.Text = "fsync, synchronous_commit and full_page_writes are on"
	}
	f.Text += fmt.Sprintf("; schema %d", store.Schema())
	return f
}

// The clock is compared with the database's, and with the time before which this program cannot run.
const (
	skewNoted = time.Second
	skewWrong = 10 * time.Second // leases and signatures begin to suffer
)

// bornAfter is a time that has surely passed.
var bornAfter = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func (d *Desk) clock(ctx context.Context, now time.Time) Finding {
	if err := d.Store.SyncClock(ctx); err != nil {
		return Finding{Area: "clock", Health: Wrong, Text: err.Error()}
	}
	return judgeClock(now, time.Until(d.Store.Now()).Round(time.Millisecond))
}

// judgeClock judges the machine's clock, and how far the database's is ahead of it.
func judgeClock(now time.Time, skew time.Duration) Finding {
	f := Finding{Area: "clock", Health: OK, Text: now.UTC().Format(time.RFC3339)}
	switch off := skew.Abs(); {
	case now.Before(bornAfter):
		f.Health, f.Text = Wrong, fmt.Sprintf("it says %s, which is long past: set it, and switch on time synchronisation", f.Text)
	case off > skewWrong:
		f.Health, f.Text = Wrong, fmt.Sprintf("it differs from the database's by %s: switch on time synchronisation on both machines", off)
	case off > skewNoted:
		f.Health, f.Text = Warning, fmt.Sprintf("it differs from the database's by %s: is time synchronisation on?", off)
	}
	return f
}

// key looks at who can read the key file.
func (d *Desk) key() Finding {
	f := Finding{Area: "key", Subject: d.Secrets.KeyID(), Health: OK, Text: "from the environment"}
	if d.KeyFile == "" {
		return f
	}
	info, err := os.Stat(d.KeyFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.Health, f.Text = Wrong, d.KeyFile+" is gone; the hub still has it in memory: put it back from the backup before it stops"
	case err != nil:
		f.Health, f.Text = Wrong, err.Error()
	case info.Mode().Perm()&0o077 != 0:
		f.Health, f.Text = Wrong, fmt.Sprintf("%s can be used by others (mode %04o): run  chmod 600 %s", d.KeyFile, info.Mode().Perm(), d.KeyFile)
	default:
		f.Text = fmt.Sprintf("%s, mode %04o; keep a copy of it apart from the backups of the data", filepath.Clean(d.KeyFile), info.Mode().Perm())
	}
	return f
}

// checksAtOnce is how many accounts are asked about at the same time.
const checksAtOnce = 8

// accounts has each account's service asked whether its login works.
func (d *Desk) accounts(ctx context.Context, config store.Configuration) []Finding {
	findings := make([]Finding, len(config.Accounts))
	var checks errgroup.Group
	checks.SetLimit(checksAtOnce)
	for i, row := range config.Accounts {
		checks.Go(func() error {
			findings[i] = d.account(ctx, row, config)
			return nil
		})
	}
	_ = checks.Wait() // none of them fails: what is wrong is a finding
	return findings
}

func (d *Desk) account(ctx context.Context, row store.AccountRow, config store.Configuration) Finding {
	f := Finding{Area: "account", Subject: subject(config, row.WorkspaceID, row.Key), Health: OK}
	if row.State == tengi.AccountOff {
		f.Text = "switched off"
		return f
	}
	who, err := d.Engine.Check(ctx, row.ID)
	if err != nil {
		f.Health, f.Text = Wrong, err.Error()
		return f
	}
	a, _ := d.Engine.Account(row.ID)
	f.Text = a.Connector.Title
	if a.Connector.Auth.Check == nil {
		f.Text += "; its login cannot be checked"
	} else if who.Name != "" {
		f.Text += ": " + who.Name
	}
	if len(who.Warnings) > 0 {
		f.Health = Warning
		f.Text += "; " + strings.Join(who.Warnings, "; ")
	}
	return f
}

// subject names something by its key, and by its workspace's where there are several.
func subject(config store.Configuration, workspaceID, key string) string {
	if len(config.Workspaces) < 2 {
		return key
	}
	i := slices.IndexFunc(config.Workspaces, func(w tengi.Workspace) bool { return w.ID == workspaceID })
	if i < 0 {
		return key
	}
	return config.Workspaces[i].Key + "/" + key
}

// webhooks tells the addresses that services send their notices to.
func (d *Desk) webhooks(config store.Configuration) []Finding {
	var findings []Finding
	for _, row := range config.Accounts {
		a, ok := d.Engine.Account(row.ID)
		if !ok || a.HookToken == "" {
			continue
		}
		f := Finding{Area: "webhook", Subject: subject(config, row.WorkspaceID, row.Key), Health: OK, Text: d.HookURL(a.HookToken)}
		switch {
		case d.PublicURL == "":
			f.Health, f.Text = Warning, f.Text+"  (public-url is not set: services outside cannot know where this is)"
		case !strings.HasPrefix(d.PublicURL, "https://"):
			f.Health, f.Text = Warning, f.Text+"  (not https: notices would travel unencrypted, and many services refuse it)"
		}
		findings = append(findings, f)
	}
	return findings
}

// connections says which connections cannot run.
func (d *Desk) connections(config store.Configuration) []Finding {
	var findings []Finding
	for _, c := range config.Connections {
		f := Finding{Area: "connection", Subject: subject(config, c.WorkspaceID, c.Key), Health: OK, Text: c.Name}
		if p, ok := d.Engine.Pipe(c.ID); ok && p.Problem != nil {
			f.Health, f.Text = Wrong, "cannot run; its events are kept: "+strings.ReplaceAll(p.Problem.Error(), "\n", "; ")
		} else if !c.Enabled {
			f.Text += "; switched off, its events are kept"
		} else if stopped := d.stopped(c); len(stopped) > 0 {
			f.Health, f.Text = Warning, "waits for account "+strings.Join(stopped, ", ")
		}
		findings = append(findings, f)
	}
	return findings
}

// stopped lists the accounts of a connection that cannot be used.
func (d *Desk) stopped(c tengi.Connection) []string {
	ids := []string{c.Source.AccountID}
	for _, step := range c.Steps {
		ids = append(ids, step.AccountID)
	}
	var keys []string
	for _, id := range ids {
		if a, ok := d.Engine.Account(id); ok && !a.Usable() && !slices.Contains(keys, a.Key) {
			keys = append(keys, a.Key)
		}
	}
	return keys
}

// waiting says how much waits for a person, and whether work is late.
func (d *Desk) waiting(ctx context.Context) []Finding {
	counts, err := d.Store.Counts(ctx)
	if err != nil {
		return []Finding{{Area: "inbox", Health: Wrong, Text: err.Error()}}
	}
	causes, err := d.Inbox(ctx)
	if err != nil {
		return []Finding{{Area: "inbox", Health: Wrong, Text: err.Error()}}
	}
	n := 0
	for _, c := range causes {
		n += c.Count
	}
	f := Finding{Area: "inbox", Health: OK, Text: "nothing waits for a person"}
	if n > 0 {
		f.Health, f.Text = Warning, fmt.Sprintf("%d wait for a person: tengi inbox lists them", n)
	}
	queued := 0
	for _, state := range []store.State{store.Waiting, store.Retrying, store.Running} {
		queued += counts.States[state]
	}
	return []Finding{f, {Area: "queue", Health: OK, Text: fmt.Sprintf("%d deliveries are under way or due later", queued)}}
}
