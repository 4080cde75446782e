package rows

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
)

// What is found again because it was not stored is the same, to the letter.
func TestLookIsRepeatable(t *testing.T) {
	t.Parallel()
	s := newSheet(t, changes)
	s.lines[1][1] = "Jón"
	s.lines = append(s.lines, line("A3", 1), line("A4", 1), line("A4", 1), []any{"A5", "x", nil, "?"})
	s.now = s.now.Add(time.Minute)
	s.look()
	s.now = s.now.Add(time.Minute)
	before := s.cursor
	first := s.look()
	s.cursor, s.now = before, s.now.Add(time.Minute)
	if diff := cmp.Diff(identities(first), identities(s.look())); diff != "" || len(first) < 3 {
		t.Errorf("%d events: %s", len(first), diff)
	}
}

func identities(events []tengi.Event) (all []string) {
	for _, e := range events {
		all = append(all, e.Dedupe)
	}
	return all
}

// Many rows on the first look come in pages, all of them and each once.
func TestPages(t *testing.T) {
	t.Parallel()
	s := &sheet{T: t, now: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), rules: Rules{Key: []string{"Booking"}, Currency: "ISK"},
		watch: Watch{New: true, Existing: true, Most: 5, Settle: time.Minute, TableID: "x"}, lines: [][]any{{"Booking", "Amount"}}}
	for i := range 1201 {
		s.lines = append(s.lines, []any{fmt.Sprint(i), decimal.NewFromInt(1)})
	}
	seen := map[string]bool{}
	for _, id := range identities(append(s.look(), s.settle()...)) {
		if seen[id] {
			t.Fatal("twice")
		}
		seen[id] = true
	}
	if len(seen) != 1201 {
		t.Errorf("%d events", len(seen))
	}
}

// Whatever people do to a sheet with a key column, each key becomes an event once, and no key that was complete and alone stays behind.
func TestRandomEdits(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 7))
		s := newSheet(t, func(s *sheet) { s.watch.Most = 0 })
		seen, made := map[string]int{"a1": 1, "a2": 1}, 0
		for range 60 {
			at := 1 + random.IntN(len(s.lines))
			switch random.IntN(7) {
			case 0, 1:
				made++
				s.lines = slices.Insert(s.lines, at, line(fmt.Sprint("N", made), int64(made)))
			case 2:
				if len(s.lines) > 2 {
					s.lines = slices.Delete(s.lines, min(at, len(s.lines)-1), min(at, len(s.lines)-1)+1)
				}
			case 3:
				random.Shuffle(len(s.lines)-1, func(i, j int) { s.lines[i+1], s.lines[j+1] = s.lines[j+1], s.lines[i+1] })
			case 4:
				if at < len(s.lines) && len(s.lines[at]) > 0 {
					s.lines[at] = append(slices.Clone(s.lines[at][:1]), fmt.Sprint("Name ", random.IntN(9)), "x@example.com", decimal.NewFromInt(3))
				}
			case 5:
				s.lines = slices.Insert(s.lines, at, []any{})
			}
			s.lines = slices.DeleteFunc(s.lines, func(cells []any) bool { return len(cells) == 0 && random.IntN(2) == 0 })
			s.now = s.now.Add(40 * time.Second)
			for _, e := range s.look() {
				seen[e.Object[strings.LastIndex(e.Object, "/")+1:]]++
			}
		}
		for _, e := range s.settle() {
			seen[e.Object[strings.LastIndex(e.Object, "/")+1:]]++
		}
		for _, cells := range s.lines[1:] {
			if len(cells) > 0 && seen[strings.ToLower(Text(cells[0]))] != 1 {
				t.Errorf("seed %d: %v was reported %d times", seed, cells[0], seen[strings.ToLower(Text(cells[0]))])
			}
		}
		for key, n := range seen {
			if n > 1 {
				t.Errorf("seed %d: %s was reported %d times", seed, key, n)
			}
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	m := &Memory{begun: true}
	for i := range 3 * MaxRows {
		m.known = append(m.known, known{id: hash(fmt.Sprint(i)), gone: i%2 == 0})
	}
	last := m.known[len(m.known)-1]
	m.forget()
	if len(m.known) != maxKnown || m.known[len(m.known)-1] != last {
		t.Errorf("%d are remembered", len(m.known))
	}
	again, err := ParseMemory(m.String())
	if err != nil || again.String() != m.String() || len(m.String()) > 500_000 {
		t.Errorf("%v, %d bytes", err, len(m.String()))
	}
	for _, broken := range []string{"x", "{}", `{"v":2}`, `{"v":1,"place":"","way":""}`, strings.Replace(m.String(), `"known":"`, `"known":"AA`, 1)} {
		if _, err := ParseMemory(broken); err == nil {
			t.Errorf("%.40s is taken for a memory", broken)
		}
	}
}

func FuzzParseMemory(f *testing.F) {
	m := &Memory{begun: true, header: []string{"a"}, known: []known{{}}, open: []open{{state: waiting, question: 3}}, asked: []question{{Code: "X", ID: 3}}}
	f.Add(m.String())
	f.Add(`{"v":1}`)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMemory(text)
		if err != nil || !m.begun {
			return
		}
		again, err := ParseMemory(m.String())
		if err != nil || again.String() != m.String() {
			t.Errorf("%v: %q", err, m.String())
		}
		table, err := NewTable([]Line{{1, []any{"Booking", "Amount"}}, {2, []any{"A1", "5"}}}, 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range m.Look(table, Rules{Key: []string{"Booking"}, Currency: "ISK"}, Watch{New: true, Changes: true, TableID: "x"}).Events {
			if e.Dedupe == "" || e.Unreadable == "" && !json.Valid(e.Data) {
				t.Errorf("%+v", e)
			}
		}
	})
}

// A change, the way back and the same change again are three happenings.
func TestChangedAgain(t *testing.T) {
	t.Parallel()
	s := newSheet(t, changes)
	seen := map[string]bool{}
	for _, amount := range []int64{5, 1000, 5} {
		s.lines[1][3] = decimal.NewFromInt(amount)
		events := s.settle()
		s.want(fmt.Sprint(amount), events, "changed a1")
		if len(events) == 1 {
			seen[events[0].Dedupe] = true
		}
	}
	if len(seen) != 3 {
		t.Errorf("%d identities of 3 changes", len(seen))
	}
}
