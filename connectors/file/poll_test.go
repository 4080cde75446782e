package file

import (
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connectors/internal/rows"
)

// folder is a folder that is looked into every minute.
type folder struct {
	*testing.T
	files    fstest.MapFS
	settings map[string]any
	clock    *connectortest.Clock
	cursor   connector.Cursor
	err      error
}

func newFolder(t *testing.T, settings map[string]any) *folder {
	t.Helper()
	f := &folder{T: t, files: fstest.MapFS{"fjord/in": {Mode: fs.ModeDir | 0o700}}, clock: connectortest.NewClock(),
		settings: map[string]any{"currency": "ISK", "key_columns": "Booking number", "folder": "in"}}
	maps.Copy(f.settings, settings)
	return f
}

func (f *folder) put(name, text string) {
	f.files["fjord/in/"+name] = &fstest.MapFile{Data: []byte(text), Mode: 0o600, ModTime: f.clock.Now()}
}

// polls looks n times, a minute apart, each time through all pages.
func (f *folder) polls(n int) []tengi.Event {
	f.Helper()
	var all []tengi.Event
	for range n {
		f.clock.Advance(time.Minute)
		for more := true; more; {
			c, err := connector.NewClient(connector.ClientConfig{Connector: Connector(), Workspace: connectortest.Workspace(), Now: f.clock.Now, Files: f.files,
				Account: &tengi.Account{Key: "file", Connector: "file", Settings: f.settings}})
			if err != nil {
				f.Fatal(err)
			}
			var page connector.Polled
			if page, f.err = poll(f.Context(), c, f.cursor); f.err != nil {
				return all
			}
			all, f.cursor, more = append(all, page.Events...), page.Cursor, page.More
		}
	}
	return all
}

func one(key string) string { return "Booking number;Name;Amount\n" + key + ";Anna;5\n" }

func (f *folder) want(when string, events []tengi.Event, want ...string) {
	f.Helper()
	var got []string
	for _, e := range events {
		got = append(got, e.Object[strings.LastIndex(e.Object, "/")+1:]+e.Unreadable)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || f.err != nil {
		f.Errorf("%s: %q %v, want %q", when, got, f.err, want)
	}
}

func TestFolderIsWatched(t *testing.T) {
	t.Parallel()
	f := newFolder(t, nil)
	f.put("old.csv", one("A"))
	f.want("what is there already", f.polls(3))
	f.put("new.csv", one("B"))
	f.want("the first look", f.polls(1))
	f.want("the second", f.polls(1), "b")
	f.want("and no more", f.polls(3))
	f.put("new.csv", one("B"))
	f.want("touched", f.polls(3))
	f.put("new.csv", one("B")+"C;Jón;6\n")
	events := f.polls(3)
	f.want("grown", events, "b", "c") // the row that came before is the same event, which the store knows
	f.put("old.csv", one("A")+"D;Jón;6\n")
	f.want("an old one grown", f.polls(3), "a", "d")
	delete(f.files, "fjord/in/new.csv")
	f.want("taken away", f.polls(2))
	f.put("1.csv", one("E"))
	f.put("2.CSV", one("F"))
	f.put("3.xlsx", one("G"))
	f.want("several", f.polls(3), "e", "f", "g")
	if _, ok := f.files["fjord/in/1.csv"]; !ok || len(f.cursor) > 1000 {
		t.Errorf("%d bytes are remembered", len(f.cursor))
	}
}

// A file that is still being written is not read, however often it is looked at.
func TestFileBeingWritten(t *testing.T) {
	t.Parallel()
	f := newFolder(t, nil)
	f.polls(1)
	text := one("A")
	for i := range 5 {
		text += fmt.Sprintf("B%d;Anna;5\n", i)
		f.put("a.csv", text)
		f.want("while it grows", f.polls(1))
	}
	f.want("when it is whole", f.polls(1), "a", "b0", "b1", "b2", "b3", "b4")
}

func TestExistingFilesAreRead(t *testing.T) {
	t.Parallel()
	f := newFolder(t, map[string]any{"existing": existingSend})
	f.put("old.csv", one("A"))
	f.want("all", f.polls(3), "a")
}

func TestFilesPassedOver(t *testing.T) {
	t.Parallel()
	f := newFolder(t, map[string]any{"names": "book*.csv"})
	f.polls(1)
	for _, name := range []string{".hidden.csv", "~$lock.xlsx", "bookings.csv.part", "other.csv", "bookings.doc", "Bookings-1.csv"} {
		f.put(name, one(name))
	}
	f.files["fjord/in/book.csv"] = &fstest.MapFile{Mode: fs.ModeDir | 0o700}
	f.files["fjord/in/booklink.csv"] = &fstest.MapFile{Mode: fs.ModeSymlink | 0o777, Data: []byte("../../other/secret.csv")}
	f.files["other/secret.csv"] = &fstest.MapFile{Data: []byte(one("secret"))}
	f.want("one of them", f.polls(3), "bookings-1.csv")
}

func TestFolderFaults(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*folder){
		"no folder \"fjord/missing\"": func(f *folder) { f.settings["folder"] = "missing" },
		"is no folder below":          func(f *folder) { f.settings["folder"] = "../other" },
		"no pattern of names":         func(f *folder) { f.settings["names"] = "[" },
		"more than 1000: move": func(f *folder) {
			for i := range maxFiles + 1 {
				f.put(fmt.Sprint(i, ".csv"), "x")
			}
		},
		"cannot be read: make the connection anew": func(f *folder) { f.cursor = "x" },
	} {
		f := newFolder(t, nil)
		f.put("a.csv", one("A"))
		change(f)
		f.polls(1)
		if e := connector.AsError(f.err); f.err == nil || e.Kind != connector.Permanent || !strings.Contains(f.err.Error(), want) {
			t.Errorf("%s: %v", want, f.err)
		}
	}
	f := newFolder(t, map[string]any{"folder": nil})
	f.want("no folder is asked for", f.polls(2))
	f = newFolder(t, nil)
	f.polls(1)
	f.put("large.csv", strings.Repeat("x", maxFile+1))
	f.put("small.csv", one("A"))
	events := f.polls(4)
	if len(events) != 2 || events[0].Type != rows.TypeQuestion || !strings.Contains(events[0].Unreadable, "more than 16 MB") || events[1].Sale == nil {
		t.Errorf("%+v %v", events, f.err)
	}
}
