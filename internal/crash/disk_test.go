package crash

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// blackout is what a power cut left behind.
type blackout struct {
	pending, kept, checkpoints int // changes that were not synced, those that are there all the same, how often the log was brought into the main file
	lost                       int // orders that were acknowledged and are not there
}

// cutPower cuts the power of a hub that is at work, and puts into its data directory what was on the disk.
func (r *rig) cutPower() (b blackout) {
	r.t.Helper()
	r.hub.waitReady()
	<-time.After(between(20*time.Millisecond, 300*time.Millisecond))
	acknowledged := r.acknowledged()
	r.hub.signal(syscall.SIGUSR1)
	_, err := fmt.Sscan(r.hub.hear(), &b.pending, &b.kept, &b.checkpoints)
	must(r.t, err)
	r.hub.waitDead("without power")
	for _, end := range []string{"", "-wal", "-shm"} {
		file := filepath.Join(r.base.Data, "tengi.db"+end)
		must(r.t, os.RemoveAll(file))
		if _, err := os.Stat(filepath.Join(imageDir(r.base.Data), "tengi.db"+end)); err == nil {
			must(r.t, os.Rename(filepath.Join(imageDir(r.base.Data), "tengi.db"+end), file))
		}
	}
	must(r.t, os.Remove(imageDir(r.base.Data)))
	b.lost = r.missing(acknowledged)
	return b
}

// ripen makes the log nearly as long as it gets before SQLite brings it into the main file, as it is after much work: then the power may go in the
// middle of that too.
func (r *rig) ripen() {
	r.t.Helper()
	file, kept := filepath.Join(r.base.Data, "tengi.db"), filepath.Join(r.t.TempDir(), "tengi.db")
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=synchronous(off)&_pragma=wal_autocheckpoint(0)")
	must(r.t, err)
	db.SetMaxOpenConns(1)
	const pages = 3900 // of the 4000 that the store lets the log have
	for _, statement := range []string{"CREATE TABLE ballast (x BLOB)", fmt.Sprintf("INSERT INTO ballast VALUES (zeroblob(%d))", (pages-rand.IntN(200))*4096), "DROP TABLE ballast"} {
		_, err := db.ExecContext(r.t.Context(), statement)
		must(r.t, err)
	}
	for _, end := range []string{"", "-wal"} {
		content, err := os.ReadFile(file + end)
		must(r.t, err)
		must(r.t, os.WriteFile(kept+end, content, 0o600))
	}
	must(r.t, db.Close()) // which brings the log into the main file and removes it, so
	for _, end := range []string{"", "-wal"} {
		must(r.t, os.Rename(kept+end, file+end))
	}
}

// missing looks into a copy of the database, as the hub will find it: it must be whole. It counts the orders that are not there.
func (r *rig) missing(ids []string) (n int) {
	r.t.Helper()
	dir := r.t.TempDir()
	for _, name := range []string{"tengi.db", "tengi.db-wal"} {
		content, err := os.ReadFile(filepath.Join(r.base.Data, name))
		if err == nil {
			must(r.t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
		}
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "tengi.db"))
	must(r.t, err)
	defer func() { must(r.t, db.Close()) }()
	var whole string
	must(r.t, db.QueryRowContext(r.t.Context(), "PRAGMA integrity_check").Scan(&whole))
	if whole != "ok" {
		r.t.Errorf("the database is not whole: %s", whole)
	}
	rows, err := db.QueryContext(r.t.Context(), "SELECT DISTINCT object FROM event")
	must(r.t, err)
	defer rows.Close()
	there := map[string]bool{}
	for rows.Next() {
		var object string
		must(r.t, rows.Scan(&object))
		there[strings.TrimPrefix(object, "order/")] = true
	}
	must(r.t, rows.Err())
	for _, id := range ids {
		if !there[id] {
			n++
		}
	}
	return n
}

// TestCrashPowerCut cuts the power, not only the process: what SQLite had written and not synced is gone, in part or whole.
func TestCrashPowerCut(t *testing.T) {
	t.Parallel()
	for _, means := range []string{"key", "find"} {
		t.Run(means, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "sqlite", means)
			r.books.UseKeys = means == "key"
			r.base.Disk = "honest"
			r.sell(16)
			var all blackout
			for i := range kills(t, 6) {
				if i%3 == 1 {
					r.ripen()
				}
				r.hub.start()
				b := r.cutPower()
				all.pending, all.kept, all.checkpoints, all.lost = all.pending+b.pending, all.kept+b.kept, all.checkpoints+b.checkpoints, all.lost+b.lost
			}
			t.Logf("%d changes were not synced, %d of them are there; %d times the log was brought into the main file", all.pending, all.kept, all.checkpoints)
			if all.lost > 0 {
				t.Errorf("%d acknowledged orders were not on the disk", all.lost)
			}
			if all.pending == 0 {
				t.Error("everything was synced whenever the power went: nothing was tried")
			}
			r.finish()
			r.verdict(false).mustBeClean(t)
		})
	}
}

// On a disk that puts syncs off, as SQLite does with synchronous=NORMAL, the same loop must find something lost; else it proves nothing.
func TestCrashPowerCutWouldNotice(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite", "find")
	r.base.Disk = "lazy"
	r.sell(16)
	lost := 0
	for range 20 {
		r.hub.start()
		if lost = r.cutPower().lost; lost > 0 {
			break
		}
	}
	close(r.stop)
	r.selling.Wait()
	t.Logf("%d acknowledged orders were lost after %d cuts", lost, r.kills.Load())
	if lost == 0 {
		t.Fatal("the disk was lazy, and nothing was lost: the loop proves nothing")
	}
}

// fileLimit lets the log grow for a while, and ends before it is brought into the main file for the first time, at 16 MB.
const fileLimit = 3 << 20

// TestCrashDiskFull fills the disk under a hub at work: files that cannot grow beyond a limit, until a restart with more room; and a disk without room,
// until there is some again. Meanwhile notices are answered 503 with the time to come again.
func TestCrashDiskFull(t *testing.T) {
	t.Parallel()
	t.Run("until a restart", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, "sqlite", "find")
		r.sell(16)
		r.hub.start(func(o *order) { o.FileLimit = fileLimit })
		r.untilFull()
		r.outage.end()
		r.hub.kill()
		r.hub.start()
		r.afterFull()
	})
	t.Run("until there is room", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, "sqlite", "find")
		r.base.Disk = "honest"
		r.sell(16)
		r.hub.start()
		for range kills(t, 2) {
			r.hub.waitReady()
			<-time.After(between(100*time.Millisecond, 300*time.Millisecond))
			r.hub.signal(syscall.SIGUSR2)
			r.untilFull()
			r.outage.end()
			r.hub.signal(syscall.SIGHUP)
			r.kills.Add(1)
		}
		r.afterFull()
	})
}

// untilFull waits until a hub whose disk is filling up takes nothing any more, and some while longer.
func (r *rig) untilFull() {
	r.t.Helper()
	r.waitRefusals(100)
	r.outage.begin() // a log that cannot grow stays so: from here on every notice must be refused
	before := r.outage.count(503)
	r.wait("senders to be told to come again", func() bool { return r.outage.count(503) > before+100 })
}

// waitRefusals waits until so many notices in a row were refused.
func (r *rig) waitRefusals(n int) {
	r.t.Helper()
	r.wait("notices to be refused", func() bool { return r.outage.inRow() >= n })
}

// afterFull sees the hub take notices again, work everything off, and counts.
func (r *rig) afterFull() {
	r.t.Helper()
	r.hub.waitReady()
	had := len(r.acknowledged())
	r.wait("notices to be taken again", func() bool { return len(r.acknowledged()) > had+20 })
	r.finish()
	r.t.Logf("%d notices were answered 503", r.outage.count(503))
	r.verdict(false).mustBeClean(r.t)
	if wrong := r.outage.check(true); wrong != "" {
		r.t.Error(wrong)
	}
}
