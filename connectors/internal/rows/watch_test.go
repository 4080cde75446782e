package rows

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
)

// sheet is a sheet that people edit, and a source that looks at it.
type sheet struct {
	*testing.T
	lines  [][]any
	rules  Rules
	watch  Watch
	cursor string
	now    time.Time
}

// newSheet has a header and two rows, and was looked at once.
func newSheet(t *testing.T, change func(*sheet)) *sheet {
	t.Helper()
	s := &sheet{
		T: t, now: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC),
		rules: Rules{Key: []string{"Booking"}, Currency: "ISK", Chosen: map[Role]string{}},
		watch: Watch{New: true, Settle: time.Minute, Most: 5, TableID: "sheet/0"},
		lines: [][]any{{"Booking", "Name", "E-mail", "Amount", "Notes"}, line("A1", 1000), line("A2", 2000)},
	}
	if change != nil {
		change(s)
	}
	s.want("the first look", s.look())
	return s
}

func line(key string, amount int64) []any {
	return []any{key, "Anna Lind", strings.ToLower(key) + "@example.com", decimal.NewFromInt(amount)}
}

// look looks once, through the memory as it is stored.
func (s *sheet) look() []tengi.Event {
	s.Helper()
	var all []tengi.Event
	for more := true; more; {
		m, err := ParseMemory(s.cursor)
		if err != nil {
			s.Fatal(err)
		}
		lines := make([]Line, len(s.lines))
		for i, cells := range s.lines {
			lines[i] = Line{Number: i + 1, Cells: cells}
		}
		table, err := NewTable(lines, 1, 0)
		if err != nil {
			s.Fatal(err)
		}
		s.watch.Now = s.now
		seen := m.Look(table, s.rules, s.watch)
		all, more = append(all, seen.Events...), seen.More
		s.cursor = m.String()
	}
	return all
}

// settle looks until nothing more can come.
func (s *sheet) settle() []tengi.Event {
	s.Helper()
	var all []tengi.Event
	for range 4 {
		s.now = s.now.Add(time.Minute)
		all = append(all, s.look()...)
	}
	return all
}

// want compares events with what they are to be: "new a3", "changed a1", or a part of a question after "?".
func (s *sheet) want(when string, events []tengi.Event, want ...string) {
	s.Helper()
	var got []string
	for i, e := range events {
		text := strings.TrimPrefix(e.Type, "row.") + " " + e.Object[strings.LastIndex(e.Object, "/")+1:]
		if e.Unreadable != "" {
			text = "? " + e.Unreadable
			if i < len(want) && strings.HasPrefix(want[i], "?") && strings.Contains(e.Unreadable, strings.TrimPrefix(want[i], "? ")) {
				text = want[i]
			}
		}
		got = append(got, text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("%s (-want +got):\n%s", when, diff)
	}
}

// code is what a question asks to be written.
func code(t *testing.T, events []tengi.Event, verb string) string {
	t.Helper()
	for _, e := range events {
		if _, after, ok := strings.Cut(e.Unreadable, "“"+verb+" "); ok {
			text, _, _ := strings.Cut(after, "”")
			return verb + " " + text
		}
	}
	t.Fatalf("nothing asks for %s: %+v", verb, events)
	return ""
}

func TestEditsWithKey(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*sheet)
		edit   func(*sheet)
		want   []string
	}{
		"nothing":             {edit: func(*sheet) {}},
		"a row below":         {edit: func(s *sheet) { s.lines = append(s.lines, line("A3", 3000)) }, want: []string{"new a3"}},
		"a row in the middle": {edit: func(s *sheet) { s.lines = slices.Insert(s.lines, 2, line("A3", 3000)) }, want: []string{"new a3"}},
		"blank rows between":  {edit: func(s *sheet) { s.lines = append(s.lines, nil, []any{"  "}, line("A3", 3000)) }, want: []string{"new a3"}},
		"sorted":              {edit: func(s *sheet) { slices.Reverse(s.lines[1:]) }},
		"deleted":             {edit: func(s *sheet) { s.lines = slices.Delete(s.lines, 1, 2) }},
		"deleted and added":   {edit: func(s *sheet) { s.lines[1] = line("A9", 9000) }, want: []string{"new a9"}},
		"emptied":             {edit: func(s *sheet) { s.lines = s.lines[:1] }},
		"edited, not watched": {edit: func(s *sheet) { s.lines[1][1] = "Jón" }},
		"a new column":        {edit: func(s *sheet) { s.lines[0] = append(s.lines[0], "More"); s.lines[1] = append(s.lines[1], nil, "x") }},
		"columns moved": {edit: func(s *sheet) {
			for i, cells := range s.lines {
				for len(cells) < 5 {
					cells = append(cells, nil)
				}
				s.lines[i] = []any{cells[3], cells[0], cells[4], cells[1], cells[2]}
			}
			s.lines = append(s.lines, []any{decimal.NewFromInt(3000), "A3", nil, "Anna", "a@example.com"})
		}, want: []string{"new a3"}},
		"no amount yet":    {edit: func(s *sheet) { s.lines = append(s.lines, []any{"A3", "Anna", "a@example.com"}) }},
		"nobody named":     {edit: func(s *sheet) { s.lines = append(s.lines, []any{"A3", nil, nil, decimal.NewFromInt(5)}) }},
		"no key yet":       {edit: func(s *sheet) { s.lines = append(s.lines, line("", 5)) }},
		"required missing": {change: func(s *sheet) { s.rules.Required = []string{"notes"} }, edit: func(s *sheet) { s.lines = append(s.lines, line("A3", 5)) }},
		"an error cell": {edit: func(s *sheet) { s.lines = append(s.lines, append(line("A3", 5), "#REF!")) },
			want: []string{"? row 4: the column “Notes” holds an error"}},
		"no amount at all": {edit: func(s *sheet) { s.lines = append(s.lines, []any{"A3", "Anna", "a@example.com", "soon"}) },
			want: []string{"? row 4: the column “Amount” is not an amount"}},
		"an amount as text": {edit: func(s *sheet) { s.lines = append(s.lines, []any{"A3", "Anna", "a@example.com", "24.900 kr."}) }, want: []string{"new a3"}},
		"not an address":    {edit: func(s *sheet) { s.lines = append(s.lines, []any{"A3", "Anna", "a@example.com, b@example.com", "5"}) }, want: []string{"? row 4: the column “E-mail”"}},
		"a key twice":       {edit: func(s *sheet) { s.lines = append(s.lines, line("A3", 5), line("a3 ", 6)) }, want: []string{"? the rows 4, 5 have the same “Booking”"}},
		"a copied row":      {edit: func(s *sheet) { s.lines = append(s.lines, line("A1", 1000)) }, want: []string{"? the rows 2, 4 have the same “Booking”"}},
		"six at once": {edit: func(s *sheet) {
			for i := range 6 {
				s.lines = append(s.lines, line(fmt.Sprint("B", i), 5))
			}
		}, want: []string{"? 6 rows are new or changed at once, more than 5"}},
		"five at once": {edit: func(s *sheet) {
			for i := range 5 {
				s.lines = append(s.lines, line(fmt.Sprint("B", i), 5))
			}
		}, want: []string{"new b0", "new b1", "new b2", "new b3", "new b4"}},
		"existing ones too": {change: func(s *sheet) { s.watch.Existing = true; s.lines = s.lines[:1] }, edit: func(s *sheet) { s.lines = append(s.lines, line("A3", 5)) }, want: []string{"new a3"}},
		"changed":           {change: changes, edit: func(s *sheet) { s.lines[1][3] = decimal.NewFromInt(7) }, want: []string{"changed a1"}},
		"changed and back": {change: changes, edit: func(s *sheet) {
			s.lines[1][3] = decimal.NewFromInt(7)
			s.look()
			s.lines[1][3] = decimal.NewFromInt(1000)
		}},
		"changed, ignored": {change: func(s *sheet) { changes(s); s.rules.Ignored = []string{"NOTES"} }, edit: func(s *sheet) { s.lines[1] = append(s.lines[1], "x") }},
		"written back": {change: func(s *sheet) { changes(s); s.lines[0] = append(s.lines[0], "Tengi status") },
			edit: func(s *sheet) { s.lines[1] = append(s.lines[1], nil, "paid") }},
		"changes only, new row": {change: func(s *sheet) { changes(s); s.watch.New = false }, edit: func(s *sheet) { s.lines = append(s.lines, line("A3", 5)) }},
		"changed six": {change: func(s *sheet) {
			changes(s)
			for i := range 6 {
				s.lines = append(s.lines, line(fmt.Sprint("B", i), 5))
			}
		}, edit: func(s *sheet) {
			for i := range 6 {
				s.lines[3+i][1] = "Jón"
			}
		}, want: []string{"? 6 rows are new or changed"}},
		"many new where only changes count": {change: func(s *sheet) { changes(s); s.watch.New = false }, edit: func(s *sheet) {
			for i := range 20 {
				s.lines = append(s.lines, line(fmt.Sprint("B", i), 5))
			}
		}},
		"a column gone": {edit: func(s *sheet) { s.lines[0][4] = nil; s.lines = append(s.lines, line("A3", 5)) }, want: []string{"? the header has no column “Notes” any more"}},
		"the key gone":  {edit: func(s *sheet) { s.lines[0][0] = "Number"; s.lines = append(s.lines, line("A3", 5)) }, want: []string{"? the header has no column “Booking”: put it back"}},
		"two amounts":   {edit: func(s *sheet) { s.lines[0][4] = "Total"; s.lines = append(s.lines, line("A3", 5)) }, want: []string{"? the columns “Total”, “Amount” may all be the amount"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSheet(t, c.change)
			c.edit(s)
			s.want("settled", s.settle(), c.want...)
			s.want("again", s.settle())
		})
	}
}

func changes(s *sheet) { s.watch.Changes = true }

// A row that is typed cell by cell becomes one event, when nobody has typed in it for a minute, seen twice.
func TestTyping(t *testing.T) {
	t.Parallel()
	for _, keyed := range []bool{true, false} {
		s := newSheet(t, func(s *sheet) {
			if !keyed {
				s.rules.Key = nil
			}
		})
		s.lines = append(s.lines, nil)
		for i, cell := range line("A3", 3) {
			s.lines[3] = append(s.lines[3], cell)
			s.now = s.now.Add(70 * time.Second)
			s.want(fmt.Sprint("cell ", i), s.look())
		}
		s.lines[3][3] = decimal.NewFromInt(30)
		s.want("one digit more", s.look())
		s.now = s.now.Add(59 * time.Second)
		s.want("a second too early", s.look())
		s.now = s.now.Add(time.Second)
		if events := s.look(); len(events) != 1 || !events[0].Sale.Total.Equal(decimal.NewFromInt(30)) {
			t.Errorf("keyed %t: %+v", keyed, events)
		}
		s.want("again", s.settle())
	}
}

func TestSettledAtOnce(t *testing.T) {
	t.Parallel()
	s := newSheet(t, func(s *sheet) { s.watch.Settle = 0 })
	s.lines = append(s.lines, line("A3", 3))
	s.want("at once", s.look(), "new a3")
	s.want("again", s.settle())
}

// Where a column says that a row may go, it goes at once when it says so, and rows of before that do not say so yet are still to come.
func TestReadyColumn(t *testing.T) {
	t.Parallel()
	s := newSheet(t, func(s *sheet) {
		s.rules.Ready, s.rules.ReadyValues = "Send", names(defaultReady)
		s.lines[0] = append(s.lines[0], "Send")
		s.lines[1] = append(s.lines[1], nil, true)
		s.lines[2] = append(s.lines[2], nil, false)
	})
	s.lines = append(s.lines, append(line("A3", 3), nil, "no"))
	s.want("not yet", s.settle())
	s.lines[3][5] = "já"
	s.lines[2][5] = true
	s.want("ticked", s.look(), "new a2", "new a3")
	s.lines[3][5] = "no"
	s.want("unticked", s.settle())
	s.lines[3][5] = "Sent"
	s.want("and something else", s.settle())
}

func TestEditsWithoutKey(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(*sheet)
		want string // a part of the one event; "new" = an event of a new row
	}{
		"sorted":            {edit: func(s *sheet) { slices.Reverse(s.lines[1:]) }},
		"deleted":           {edit: func(s *sheet) { s.lines = s.lines[:2] }},
		"added":             {edit: func(s *sheet) { s.lines = slices.Insert(s.lines, 1, line("A3", 3)) }, want: "new"},
		"the same again":    {edit: func(s *sheet) { s.lines = append(s.lines, line("A1", 1000)) }, want: "new"},
		"edited":            {edit: func(s *sheet) { s.lines[1][1] = "Jón" }, want: "row 2 looks new, but another disappeared"},
		"deleted and added": {edit: func(s *sheet) { s.lines[2] = line("A3", 3) }, want: "row 3 looks new, but another disappeared"},
		"edited twice":      {edit: func(s *sheet) { s.lines[1][1] = "Jón"; s.look(); s.lines[1][1] = "Jóna" }, want: "row 2 looks new, but another disappeared"},
		"edited in steps, incomplete between": {edit: func(s *sheet) {
			s.lines[1][3] = nil
			s.settle()
			s.lines[1][3] = decimal.NewFromInt(7)
		}, want: "row 2 looks new, but another disappeared"},
		"deleted, later added": {edit: func(s *sheet) { s.lines = s.lines[:2]; s.look(); s.lines = append(s.lines, line("A3", 3)) }, want: "new"},
		"deleted and restored": {edit: func(s *sheet) { s.lines = s.lines[:2]; s.settle(); s.lines = append(s.lines, line("A2", 2000)) }},
		"a column more":        {edit: func(s *sheet) { s.lines[0] = append(s.lines[0], "More") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSheet(t, func(s *sheet) { s.rules.Key = nil })
			c.edit(s)
			got := s.settle()
			switch {
			case c.want == "" && len(got) == 0:
			case len(got) != 1, c.want == "new" && got[0].Type != TypeNew, c.want != "new" && !strings.Contains(got[0].Unreadable, c.want):
				t.Fatalf("%+v, want %q", got, c.want)
			}
			s.want("again", s.settle())
			if c.want == "" || c.want == "new" {
				return
			}
			s.watch.Answers = code(t, got, "send")
			if sent := s.settle(); len(sent) != 1 || sent[0].Type != TypeNew {
				t.Errorf("sent %+v", sent)
			}
		})
	}
}
