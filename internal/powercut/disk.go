// Package powercut is a disk for SQLite databases that loses, when its power is cut, what was not synced: all of it, or the later part, or any sector
// of it. It sits between SQLite and the file system as SQLite's own VFS interface allows (https://sqlite.org/vfs.html), so the program that runs on it
// is the one that is shipped. The files themselves stay whole; what the disk would hold is an Image.
//
// It assumes of a disk what SQLite assumes: a sector is written whole or not at all, and a write touches only its own bytes
// (https://sqlite.org/psow.html). That a file is there or not is taken as durable at once: SQLite syncs the folder where it relies on it.
package powercut

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// sector is what a disk writes whole or not at all, in bytes.
const sector = 512

// Disk remembers, for every file of a database, what was synced and every change since. Its methods may be called from many goroutines.
type Disk struct {
	name string

	mu    sync.Mutex
	files map[string]*file // by path
	off   bool             // the power is cut: nothing is written any more
	full  bool             // no file can grow
	lazy  bool             // the log's syncs are put off
	doom  *doom            // nil = the power stays
}

// doom is a cut to come.
type doom struct {
	after int // operations until then
	cut   func() Image
	done  chan Image
}

// file is one file as the disk surely has it, and what has been written to it since.
type file struct {
	synced  []byte
	pending []change
	size    int64 // with everything that is pending
	syncs   int
}

// change is a write, or with data nil a change of the file's length to at.
type change struct {
	at   int64
	data []byte
}

// Image is what is on the disk after the power was cut.
type Image struct {
	Files       map[string][]byte // by path
	Pending     int               // changes that were not synced
	Kept        int               // of these, how many are there, whole or in part
	Checkpoints int               // how often the log had been brought into the main file
}

// Way is how a disk loses what it has not synced.
type Way int

// The ways, all of which are seen: https://sqlite.org/atomiccommit.html#_hardware_assumptions
const (
	Nothing   Way = iota // nothing of it is there
	Prefix               // what was written first is there, and of the one write that was under way some sectors
	Scattered            // any sector of any write may be there
	ways
)

// AnyWay is one of the ways.
func AnyWay(random *rand.Rand) Way { return Way(random.IntN(int(ways))) }

// Cut cuts the power: nothing is written from here on, and what is there is returned.
func (d *Disk) Cut(how Way, random *rand.Rand) Image {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cut(how, random)
}

// CutAfter cuts the power after a number of further writes, truncations and syncs: between any two of them, which a clock would seldom hit, as most of
// the time is spent in syncs. The image comes when that has happened.
func (d *Disk) CutAfter(operations int, how Way, random *rand.Rand) <-chan Image {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.doom = &doom{operations, func() Image { return d.cut(how, random) }, make(chan Image, 1)}
	return d.doom.done
}

// operate counts an operation and says whether there is power for it. The caller holds the lock.
func (d *Disk) operate() bool {
	if d.doom != nil && !d.off {
		if d.doom.after--; d.doom.after < 0 {
			d.doom.done <- d.doom.cut()
		}
	}
	return !d.off
}

// cut is Cut for who holds the lock.
func (d *Disk) cut(how Way, random *rand.Rand) Image {
	d.off = true
	image := Image{Files: map[string][]byte{}}
	for _, path := range slices.Sorted(maps.Keys(d.files)) { // in the same order for the same random numbers
		f := d.files[path]
		content, kept := f.after(how, random)
		image.Files[path] = content
		image.Pending += len(f.pending)
		image.Kept += kept
		if !isLog(path) {
			image.Checkpoints += f.syncs
		}
	}
	return image
}

// Save writes the image's files to a folder, under their own names.
func (i Image) Save(dir string) error {
	for path, content := range i.Files {
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), content, 0o600); err != nil {
			return fmt.Errorf("save what is on the disk: %w", err)
		}
	}
	return nil
}

// Fill lets no file grow any more, as on a full disk, or gives room again.
func (d *Disk) Fill(full bool) {
	d.mu.Lock()
	d.full = full
	d.mu.Unlock()
}

// BeLazy makes the disk treat the log as SQLite does with synchronous=NORMAL: a sync of it is answered and put off until the database file is changed
// (https://sqlite.org/pragma.html#pragma_synchronous). With it a test shows that it would notice a hub that does not sync.
func (d *Disk) BeLazy() {
	d.mu.Lock()
	d.lazy = true
	d.mu.Unlock()
}

// isLog says whether a file is a write-ahead log.
func isLog(path string) bool { return strings.HasSuffix(path, "-wal") }

// file finds a file, or begins to know it with what it holds now. The caller holds the lock.
func (d *Disk) file(path string) *file {
	f := d.files[path]
	if f == nil {
		content, _ := os.ReadFile(path) // one that cannot be read is empty: SQLite has just opened it
		f = &file{synced: content, size: int64(len(content))}
		d.files[path] = f
	}
	return f
}

// change notes a write or truncation that the file system has carried out. The caller holds the lock.
func (d *Disk) change(path string, c change) {
	if d.lazy && !isLog(path) {
		if log := d.files[path+"-wal"]; log != nil {
			log.sync()
		}
	}
	f := d.file(path)
	f.pending = append(f.pending, c)
	f.size = c.end(f.size)
}

// sync notes that a file was synced. The caller holds the lock.
func (d *Disk) sync(path string) {
	if !d.lazy || !isLog(path) {
		d.file(path).sync()
	}
}

func (f *file) sync() {
	for _, c := range f.pending {
		f.synced = c.apply(f.synced)
	}
	f.pending = nil
	f.syncs++
}

// after is what is left of a file, and how many of its pending changes have a part in it.
func (f *file) after(how Way, random *rand.Rand) (content []byte, kept int) {
	content = slices.Clone(f.synced)
	whole := 0 // how many changes arrived whole, in their order
	if how == Prefix && len(f.pending) > 0 {
		whole = random.IntN(len(f.pending) + 1)
	}
	for i, c := range f.pending {
		switch {
		case i < whole:
			content, kept = c.apply(content), kept+1
		case how == Scattered, how == Prefix && i == whole:
			some := false
			for _, part := range c.sectors() {
				if random.IntN(2) == 0 {
					content, some = part.apply(content), true
				}
			}
			if some {
				kept++
			}
		}
	}
	return content, kept
}

// end is a file's length after the change.
func (c change) end(size int64) int64 {
	if c.data == nil {
		return c.at
	}
	return max(size, c.at+int64(len(c.data)))
}

// apply carries a change out. Between the old end and a write beyond it there is nothing but zeros.
func (c change) apply(content []byte) []byte {
	end := c.end(int64(len(content)))
	if grow := end - int64(len(content)); grow > 0 {
		content = append(content, make([]byte, grow)...)
	}
	if c.data == nil {
		return content[:end]
	}
	copy(content[c.at:], c.data)
	return content
}

// sectors divides a write at the borders of the disk's sectors.
func (c change) sectors() []change {
	if c.data == nil {
		return []change{c}
	}
	var parts []change
	for at, rest := c.at, c.data; len(rest) > 0; {
		n := min(sector-at%sector, int64(len(rest)))
		parts = append(parts, change{at, rest[:n:n]})
		at, rest = at+n, rest[n:]
	}
	return parts
}
