package store

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/sale"
)

func TestWordsOfAnEvent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		object string
		sold   *sale.Sale
		data   string
		want   string
	}{
		"sale": {"booking/51654", &sale.Sale{Reference: "FJO-51654", Total: decimal.RequireFromString("149.50"), Currency: "EUR",
			Customer: sale.Customer{Name: "Þóra  Æsa-Jónsdóttir", Email: " Thora.J@Example.com", Phone: "+354 555-0123"}}, "",
			"fjo51654 fjo 51654 thora aesajonsdottir aesa jonsdottir thora.j@example.com j <3210555453 149.5"},
		"other letters": {"", &sale.Sale{Reference: "Ж-1", Customer: sale.Customer{Name: "Олексій Łuków שָׁלוֹם"}}, "", "ж1 ж 1 олексіи lukow שלום"},
		"nothing":       {"", &sale.Sale{}, "", ""},
		"short phone":   {"", &sale.Sale{Customer: sale.Customer{Phone: "112"}}, "", ""},
		"code":          {"submission/4F1D-2c3b", nil, "", "4f1d2c3b"},
		"data":          {"row/1", nil, `{"b": "Anna Lind", "a": 14900, "c": true, "d": {"e": "deep"}, "f": null, "g": "a@b.is", "h": "2026-06-11T09:24:31Z", "i": "2026-06-11"}`, "14900 anna lind a@b.is a 1"},
		"no object":     {"row/1", nil, `[1]`, "1"},
		"long data":     {"row/1", nil, `{"a": "` + strings.Repeat("long ", 20) + `"}`, "1"},
	} {
		var w wordSet
		w.event(c.object, c.sold, []byte(c.data))
		if got := strings.Join(w.list, " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestWordsAreBounded(t *testing.T) {
	t.Parallel()
	var w wordSet
	for i := range 100 {
		w.text(strings.Repeat("é", 30+i)) // folded to e
		w.text(strings.Repeat("ש", 30+i))
	}
	w.text(strings.Repeat("a ", 1000))
	for i := range 100 {
		w.amount(decimal.NewFromInt(int64(i)))
	}
	if len(w.list) != maxWords || len(slices.Compact(slices.Sorted(slices.Values(w.list)))) != maxWords {
		t.Errorf("%d words", len(w.list))
	}
	for _, word := range w.list {
		if len(word) > maxWord || strings.ToValidUTF8(word, "!") != word || strings.ContainsAny(word, " %") {
			t.Errorf("%q is a word", word)
		}
	}
}

func TestWordsThatAreAsked(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string][]string{
		"":                   nil,
		" - ":                nil,
		"Þóra":               {"thora*"},
		"FJO-51654":          {"fjo-51654*|fjo51654*"},
		"anna LIND":          {"anna*", "lind*"},
		"Thora.J@example.is": {"thora.j@example.is*|thorajexampleis*"},
		"1047":               {"1047|1047*"},
		"24900":              {"24900|24900*|<00942*"},
		"24.900":             {"24.9|24900|24900*|<00942*"},
		"24.900,00":          {"24900|2490000*"},
		"149,50":             {"149.5|14950*"},
		"24 900 kr.":         {"24900"},
		"+354 555 0123":      {"3545550123*|<3210555453*"},
		"0555-0123":          {"05550123*|<3210555*"},
		"anna 1047":          {"anna*", "1047|1047*"},
		`100%`:               {"100*"},
		"a b c d e f g h i":  {"a*", "b*", "c*", "d*", "e*", "f*", "g*", "h*"},
	} {
		var got []string
		for _, either := range lookedFor(typed) {
			var words []string
			for _, a := range either {
				if !a.whole {
					a.word += "*"
				}
				words = append(words, a.word)
			}
			slices.Sort(words)
			got = append(got, strings.Join(slices.Compact(words), "|"))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", typed, diff)
		}
	}
	if a := (alternative{word: `a_b%c\`}); a.pattern() != `% a\_b\%c\\%` {
		t.Errorf("pattern %q", a.pattern())
	}
}
