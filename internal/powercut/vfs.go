package powercut

import (
	"fmt"
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// vfs is what SQLite knows of this package. SQLite keeps its file systems for the whole process, and so must we.
var vfs struct {
	sync.Mutex
	below uintptr              // the file system of the platform
	disks map[uintptr]*Disk    // by the address of their sqlite3_vfs
	open  map[uintptr]openFile // by the address of their sqlite3_file
	tls   *libc.TLS
	// methods are changed copies of the tables of the file system below, by the address of the original.
	methods map[uintptr]uintptr
}

// openFile is one opening of a file.
type openFile struct {
	disk  *Disk
	path  string
	below *sqlite3.Tsqlite3_io_methods
}

// New makes a disk. A database is put on it by the parameter vfs of its address, which Name gives.
func New(t testing.TB) *Disk {
	t.Helper()
	d, err := register(false)
	if err != nil {
		t.Fatalf("powercut: %v", err)
	}
	return d
}

// Install makes a disk under every database that this process opens from now on.
func Install() (*Disk, error) { return register(true) }

// Name is what SQLite calls the disk: file:x.db?vfs=NAME.
func (d *Disk) Name() string { return d.name }

func register(everything bool) (*Disk, error) {
	vfs.Lock()
	defer vfs.Unlock()
	if vfs.disks == nil {
		vfs.disks, vfs.open, vfs.methods = map[uintptr]*Disk{}, map[uintptr]openFile{}, map[uintptr]uintptr{}
		vfs.tls = libc.NewTLS()
		if vfs.below = sqlite3.Xsqlite3_vfs_find(vfs.tls, 0); vfs.below == 0 {
			return nil, fmt.Errorf("SQLite has no file system")
		}
	}
	d := &Disk{name: fmt.Sprintf("powercut%d", len(vfs.disks)), files: map[string]*file{}}
	name, err := libc.CString(d.name) // for as long as the process lives
	if err != nil {
		return nil, fmt.Errorf("name a file system: %w", err)
	}
	shim := *at[sqlite3.Tsqlite3_vfs](vfs.below)
	shim.FpNext, shim.FzName = 0, name
	shim.FxOpen, shim.FxDelete = address(open), address(remove)
	where := keep(vfs.tls, shim)
	vfs.disks[where] = d
	if rc := sqlite3.Xsqlite3_vfs_register(vfs.tls, where, libc.Bool32(everything)); rc != sqlite3.SQLITE_OK {
		return nil, fmt.Errorf("register a file system: SQLite says %d", rc)
	}
	return d, nil
}

// The functions of the VFS, as SQLite calls them.
type (
	openFunc     = func(tls *libc.TLS, where, name, f uintptr, flags int32, outFlags uintptr) int32
	deleteFunc   = func(tls *libc.TLS, where, name uintptr, syncFolder int32) int32
	closeFunc    = func(tls *libc.TLS, f uintptr) int32
	writeFunc    = func(tls *libc.TLS, f, data uintptr, n int32, offset int64) int32
	truncateFunc = func(tls *libc.TLS, f uintptr, size int64) int32
	syncFunc     = func(tls *libc.TLS, f uintptr, flags int32) int32
)

// watched are the kinds of files that a database consists of; the others are temporary.
const watched = sqlite3.SQLITE_OPEN_MAIN_DB | sqlite3.SQLITE_OPEN_MAIN_JOURNAL | sqlite3.SQLITE_OPEN_WAL

func open(tls *libc.TLS, where, name, f uintptr, flags int32, outFlags uintptr) int32 {
	below := at[sqlite3.Tsqlite3_vfs](vfs.below)
	rc := function[openFunc](below.FxOpen)(tls, vfs.below, name, f, flags, outFlags)
	if rc != sqlite3.SQLITE_OK || flags&watched == 0 {
		return rc
	}
	vfs.Lock()
	d := vfs.disks[where]
	file := at[sqlite3.Tsqlite3_file](f)
	original := file.FpMethods
	table := vfs.methods[original]
	if table == 0 {
		changed := *at[sqlite3.Tsqlite3_io_methods](original)
		changed.FxClose, changed.FxWrite, changed.FxTruncate, changed.FxSync = address(closeFile), address(write), address(truncate), address(syncFile)
		table = keep(tls, changed)
		vfs.methods[original] = table
	}
	path := libc.GoString(name)
	vfs.open[f] = openFile{d, path, at[sqlite3.Tsqlite3_io_methods](original)}
	file.FpMethods = table
	vfs.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.file(path)
	return rc
}

func remove(tls *libc.TLS, where, name uintptr, syncFolder int32) int32 {
	vfs.Lock()
	d := vfs.disks[where]
	vfs.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.off {
		return sqlite3.SQLITE_IOERR_DELETE
	}
	rc := function[deleteFunc](at[sqlite3.Tsqlite3_vfs](vfs.below).FxDelete)(tls, vfs.below, name, syncFolder)
	if rc == sqlite3.SQLITE_OK {
		delete(d.files, libc.GoString(name))
	}
	return rc
}

func closeFile(tls *libc.TLS, f uintptr) int32 {
	vfs.Lock()
	o := vfs.open[f]
	delete(vfs.open, f)
	vfs.Unlock()
	return function[closeFunc](o.below.FxClose)(tls, f)
}

// opened finds an open file, and locks its disk.
func opened(f uintptr) openFile {
	vfs.Lock()
	o := vfs.open[f]
	vfs.Unlock()
	o.disk.mu.Lock()
	return o
}

func write(tls *libc.TLS, f, data uintptr, n int32, offset int64) int32 {
	o := opened(f)
	defer o.disk.mu.Unlock()
	switch {
	case !o.disk.operate():
		return sqlite3.SQLITE_IOERR_WRITE
	case o.disk.full && offset+int64(n) > o.disk.file(o.path).size:
		return sqlite3.SQLITE_FULL
	}
	rc := function[writeFunc](o.below.FxWrite)(tls, f, data, n, offset)
	if rc == sqlite3.SQLITE_OK {
		o.disk.change(o.path, change{offset, append(make([]byte, 0, n), unsafe.Slice(at[byte](data), n)...)}) //nolint:gosec // SQLite speaks in addresses
	}
	return rc
}

func truncate(tls *libc.TLS, f uintptr, size int64) int32 {
	o := opened(f)
	defer o.disk.mu.Unlock()
	if !o.disk.operate() {
		return sqlite3.SQLITE_IOERR_TRUNCATE
	}
	rc := function[truncateFunc](o.below.FxTruncate)(tls, f, size)
	if rc == sqlite3.SQLITE_OK {
		o.disk.change(o.path, change{at: size})
	}
	return rc
}

// syncFile holds the disk until the sync is over: the power is cut before it or after it. Before it, nothing is sure.
func syncFile(tls *libc.TLS, f uintptr, flags int32) int32 {
	o := opened(f)
	defer o.disk.mu.Unlock()
	if !o.disk.operate() {
		return sqlite3.SQLITE_IOERR_FSYNC
	}
	rc := function[syncFunc](o.below.FxSync)(tls, f, flags)
	if rc == sqlite3.SQLITE_OK {
		o.disk.sync(o.path)
	}
	return rc
}

// keep copies a structure to where SQLite can keep its address: into memory that Go's garbage collector does not know, for as long as the process lives.
func keep[T any](tls *libc.TLS, value T) uintptr {
	where := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(value)))
	*at[T](where) = value
	return where
}

// at looks at what SQLite keeps at an address.
func at[T any](where uintptr) *T { return *(**T)(unsafe.Pointer(&where)) } //nolint:gosec // SQLite speaks in addresses

// function makes a pointer to a function callable, the way translated C code does it.
func function[F any](where uintptr) F { return *(*F)(unsafe.Pointer(&where)) } //nolint:gosec // SQLite speaks in addresses

// address is a pointer to a function as translated C code keeps it; the function must be one of this file.
func address[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) } //nolint:gosec // SQLite speaks in addresses
