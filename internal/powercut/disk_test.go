package powercut

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestChange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		content string
		change  change
		want    string
	}{
		"in the middle":  {"abcdef", change{2, []byte("XY")}, "abXYef"},
		"over the end":   {"abc", change{2, []byte("XY")}, "abXY"},
		"beyond the end": {"abc", change{5, []byte("X")}, "abc\x00\x00X"},
		"into nothing":   {"", change{0, []byte("X")}, "X"},
		"shorter":        {"abcdef", change{at: 2}, "ab"},
		"longer":         {"ab", change{at: 4}, "ab\x00\x00"},
		"to nothing":     {"ab", change{at: 0}, ""},
		"empty write":    {"ab", change{1, []byte{}}, "ab"},
	} {
		got := c.change.apply([]byte(c.content))
		if string(got) != c.want || c.change.end(int64(len(c.content))) != int64(len(c.want)) {
			t.Errorf("%s: %q, want %q (end %d)", name, got, c.want, c.change.end(int64(len(c.content))))
		}
	}
}

func TestSectors(t *testing.T) {
	t.Parallel()
	data := make([]byte, 1500)
	for i := range data {
		data[i] = byte(i)
	}
	for _, c := range []struct {
		at     int64
		n      int
		starts []int64
	}{
		{0, 512, []int64{0}}, {0, 513, []int64{0, 512}}, {500, 12, []int64{500}}, {500, 13, []int64{500, 512}}, {24, 1500, []int64{24, 512, 1024}}, {512, 0, nil},
	} {
		parts := change{c.at, data[:c.n]}.sectors()
		var joined []byte
		for i, p := range parts {
			if i >= len(c.starts) || p.at != c.starts[i] {
				t.Errorf("%+v: part %d begins at %d", c, i, p.at)
			}
			joined = append(joined, p.data...)
		}
		if len(parts) != len(c.starts) || !bytes.Equal(joined, data[:c.n]) {
			t.Errorf("%+v: %d parts, %d bytes", c, len(parts), len(joined))
		}
	}
	if parts := (change{at: 7}).sectors(); len(parts) != 1 || parts[0].at != 7 || parts[0].data != nil {
		t.Errorf("a change of length became %v", parts)
	}
}

// TestAfter: what is left is what was synced with a part of what was not; each way leaves what it says, and every part is seen at some time.
func TestAfter(t *testing.T) {
	t.Parallel()
	page := func(b byte) []byte { return bytes.Repeat([]byte{b}, 2*sector) }
	make3 := func() *file {
		f := &file{synced: page('s')}
		for i, b := range []byte("123") {
			f.pending = append(f.pending, change{int64(i) * sector, page(b)})
		}
		return f
	}
	seen := map[Way]map[string]bool{}
	for how := range ways {
		seen[how] = map[string]bool{}
		for seed := range uint64(400) {
			f := make3()
			content, kept := f.after(how, rand.New(rand.NewPCG(seed, uint64(how))))
			text := ""
			for i := 0; i < len(content); i += sector {
				if !bytes.Equal(content[i:i+sector], bytes.Repeat(content[i:i+1], sector)) {
					t.Fatalf("way %d: a sector is mixed", how)
				}
				text += string(content[i])
			}
			seen[how][text] = true
			if (kept == 0) != (text == "ss") || kept > 3 || len(f.pending) != 3 || !bytes.Equal(f.synced, page('s')) {
				t.Errorf("way %d: %q kept %d", how, text, kept)
			}
		}
	}
	want := map[Way][]string{
		Nothing: {"ss"},
		// the first k whole, then any sectors of the next
		Prefix: {"ss", "1s", "s1", "11", "12", "112", "122", "123", "1223", "1233"},
	}
	for how, list := range want {
		for _, text := range list {
			if !seen[how][text] {
				t.Errorf("way %d never left %q, but %v", how, text, seen[how])
			}
		}
	}
	if len(seen[Nothing]) != 1 {
		t.Errorf("nothing left %v", seen[Nothing])
	}
	if seen[Prefix]["s2"] || seen[Prefix]["ss\x003"] {
		t.Errorf("a later write is there and an earlier one is not: %v", seen[Prefix])
	}
	for _, text := range []string{"s2", "ss\x003", "ss33", "1233"} {
		if !seen[Scattered][text] {
			t.Errorf("scattered never left %q, but %v", text, seen[Scattered])
		}
	}
}

// TestLazy: the log's syncs wait for a change of the database file.
func TestLazy(t *testing.T) {
	t.Parallel()
	d := &Disk{files: map[string]*file{}}
	d.BeLazy()
	d.change("x.db-wal", change{0, []byte("1")})
	d.sync("x.db-wal")
	if f := d.files["x.db-wal"]; len(f.pending) != 1 || f.syncs != 0 {
		t.Errorf("%+v", f)
	}
	d.change("x.db", change{0, []byte("1")})
	if f := d.files["x.db-wal"]; len(f.pending) != 0 || f.syncs != 1 {
		t.Errorf("%+v", f)
	}
	d.sync("x.db")
	if f := d.files["x.db"]; len(f.pending) != 0 || f.syncs != 1 || f.size != 1 {
		t.Errorf("%+v", f)
	}
}
