package rows

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"send", "skip"} {
		s := newSheet(t, nil)
		for i := range 7 {
			s.lines = append(s.lines, line(fmt.Sprint("B", i), 5))
		}
		asked := s.settle()
		s.want("asked", asked, "? 7 rows are new")
		s.lines = append(s.lines, line("C1", 5))
		s.want("others go on meanwhile", s.settle(), "new c1")
		s.lines = slices.DeleteFunc(s.lines, func(cells []any) bool { return cells[0] == "B6" })
		s.lines = append(s.lines, line("C2", 5))
		s.lines[3][1] = "Jón"
		s.watch.Answers = "later\n" + strings.ToUpper(code(t, asked, verb)) + "; thanks"
		got := s.settle()
		want := []string{"new b0", "new b1", "new b2", "new b3", "new b4", "new b5", "new c2"}
		if verb == "skip" {
			want = want[6:]
		}
		s.want(verb, got, want...)
		s.want(verb+" again", s.settle())
		for i := range 7 { // the answer was to one question, not to all
			s.lines = append(s.lines, line(fmt.Sprint("D", i), 5))
		}
		again := s.settle()
		s.want("the next", again, "? 7 rows are new")
		if code(t, again, verb) == code(t, asked, verb) {
			t.Error("two questions have one code")
		}
	}
}

func TestHeaderComesBack(t *testing.T) {
	t.Parallel()
	s := newSheet(t, nil)
	s.lines[0][2] = "Electronic mail"
	s.lines = append(s.lines, line("A3", 3))
	asked := s.settle()
	s.want("renamed", asked, "? the header has no column “E-mail”")
	s.lines[0][2] = "E-mail"
	s.want("and back", s.settle(), "new a3")
	s.lines[0][2] = "Electronic mail"
	s.lines = append(s.lines, line("A4", 3))
	again := s.settle()
	s.want("renamed again", again, "? the header has no column “E-mail”")
	if again[0].Dedupe == asked[0].Dedupe {
		t.Error("the second time nobody would be told")
	}
	s.watch.Answers = code(t, again, "accept")
	got := s.settle()
	s.want("accepted", got, "new a4")
	if got[0].Sale.Customer.Email != "" {
		t.Error("a column of another name is read as the e-mail")
	}
	s.watch.Answers = ""
	s.want("it stays accepted", s.settle())
}

func TestFaultMended(t *testing.T) {
	t.Parallel()
	s := newSheet(t, nil)
	s.lines = append(s.lines, []any{"A3", "Anna", "a@example.com", "12,500"})
	s.rules.Currency = "KWD" // of three decimals: it can be read in two ways
	s.want("read in two ways", s.settle(), "? row 4: the column “Amount” is not an amount")
	s.rules.Point = '.'
	s.want("the rules say how", s.settle(), "new a3")
	s.lines = append(s.lines, []any{"A4", "Anna", "a@example.com", "?1"})
	s.want("no amount", s.settle(), "? row 5")
	s.lines[4][3] = "1"
	s.want("mended", s.settle(), "new a4")
}

func TestTwinsPart(t *testing.T) {
	t.Parallel()
	s := newSheet(t, nil)
	s.lines = append(s.lines, line("A3", 3), line("A3", 4))
	s.want("two", s.settle(), "? the rows 4, 5")
	s.lines[3][1] = "Jón"
	s.want("typing in one tells nobody again", s.settle())
	s.lines = s.lines[:4]
	s.want("one", s.settle(), "new a3")
	for i := range 9 {
		s.lines = append(s.lines, line(fmt.Sprint("B", i), 3), line(fmt.Sprint("B", i), 3))
	}
	s.want("many at once are told in one", s.settle(), "? the rows 5, 6; 7, 8; 9, 10; 11, 12; 13, 14, and 4 more such groups, have")
}

// Other key columns name the rows anew; what is there counts as known even where the first look was to report everything.
func TestOtherRules(t *testing.T) {
	t.Parallel()
	s := newSheet(t, nil)
	s.watch.Existing = true
	for _, change := range []func(){
		func() { s.rules.Key = []string{"E-mail"} },
		func() { s.rules.Key = nil },
		func() { s.rules.Ignored = []string{"Notes"} },
		func() { s.rules.Key = []string{"Booking"}; s.watch.Changes = true },
		func() { s.rules.Ignored = []string{"Name"} },
	} {
		change()
		s.want("changed rules", s.settle())
	}
	s.lines[1][3] = decimal.NewFromInt(3)
	s.want("a change", s.settle(), "changed a1")
	s.watch.TableID = "sheet/1"
	s.want("another table", s.settle(), "new a1", "new a2")
}

// The column that a script fills names the rows without being chosen; when it goes, rows do not quietly get other names.
func TestIdentityColumn(t *testing.T) {
	t.Parallel()
	s := newSheet(t, func(s *sheet) {
		s.rules.Key = nil
		s.lines[0][4] = "Tengi ID"
		s.lines[1] = append(s.lines[1], "r1")
		s.lines[2] = append(s.lines[2], "r2")
	})
	s.lines[1][1] = "Jón"
	s.lines = append(s.lines, line("A3", 3))
	s.want("an edit, and a row without identity", s.settle())
	s.lines[3] = append(s.lines[3], "r3")
	s.want("named", s.settle(), "new r3")
	s.lines[0][4] = nil
	s.want("the column is gone", s.settle(), "? the header has no column “Tengi ID” any more")
}

func TestChangesNeedKey(t *testing.T) {
	t.Parallel()
	s := newSheet(t, nil)
	s.rules.Key, s.watch.Changes = nil, true
	s.want("without", s.settle(), "? a row that changed can only be told")
	s.rules.Key = []string{"Booking"}
	s.lines[1][1] = "Jón"
	s.want("with", s.settle(), "changed a1")
}
