package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi/internal/testutil"
)

func sampleFigures() []figure {
	return []figure{
		{store: "SQLite", name: "end to end, 32 senders", value: "3,210/s", bar: "≥ 3,000/s", floor: "bare forwarder: 8,277/s", verdict: atLeast(3210, 3000)},
		{store: "PostgreSQL", name: "memory, idle", value: "41 MB", bar: "≤ 40 MB", verdict: atMost(int64(41), 40)},
		{name: "a figure without a bar", value: "7"},
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	testutil.Golden(t, "plain", []byte(plain(sampleFigures())))
	testutil.Golden(t, "markdown", []byte(markdown(sampleFigures())))
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want verdict }{
		{atLeast(3000, 3000), met}, {atLeast(2999.9, 3000), missed}, {atMost(int64(40), 40), met}, {atMost(int64(41), 40), missed}, {atMost(0.5, 0.4), missed},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestInsert(t *testing.T) {
	t.Parallel()
	text := "before\n" + resultsBegin + "old\n" + resultsEnd + "after\n"
	once, err := insert([]byte(text), "new\n")
	if err != nil {
		t.Fatal(err)
	}
	if want := "before\n" + resultsBegin + "new\n" + resultsEnd + "after\n"; string(once) != want {
		t.Error(cmp.Diff(want, string(once)))
	}
	if twice, err := insert(once, "new\n"); err != nil || !bytes.Equal(twice, once) {
		t.Errorf("writing the same again changes it: %v", err)
	}
	for _, bad := range []string{"", resultsBegin, resultsEnd + resultsBegin} {
		if _, err := insert([]byte(bad), "new\n"); err == nil {
			t.Errorf("%q: results were written although the marks are missing", bad)
		}
	}
}

// The document has its marks, and names every part and flag.
func TestDocument(t *testing.T) {
	t.Parallel()
	root, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, document))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := insert(text, "x"); err != nil {
		t.Error(err)
	}
	for _, word := range append([]string{"-quick", "-only", "-db", "-dir", "-cpuprofile", "-write"}, parts...) {
		if !strings.Contains(string(text), "`"+word+"`") {
			t.Errorf("%s does not say what `%s` is", document, word)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args string
		ok   bool
		only []string
	}{
		{"", true, parts},
		{"-quick -only e2e,ack -db sqlite", true, []string{"e2e", "ack"}},
		{"-write", true, parts},
		{"-write -quick", false, nil},
		{"-write -db sqlite", false, nil},
		{"-write -cpuprofile x", false, nil},
		{"-only everything", false, nil},
		{"-db mysql", false, nil},
		{"ack", false, nil},
		{"-no-such", false, nil},
	} {
		o, err := parse(strings.Fields(c.args), io.Discard)
		if (err == nil) != c.ok {
			t.Errorf("%q: %v", c.args, err)
		} else if c.ok && !cmp.Equal(o.only, c.only) {
			t.Errorf("%q runs %v, want %v", c.args, o.only, c.only)
		}
	}
}
