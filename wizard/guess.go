package wizard

import (
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/mapping"
	"github.com/tengi/tengi/money"
)

// Guess is what a field may be meant to be filled from, where the source has no fixed shape: a sheet, a form, a file, a webhook.
type Guess struct {
	Path       string // of the field, as in Entry
	Label      string // of the field
	Column     string // what the value is called at the source
	Template   string
	Text       string // the value in the sample
	Confidence int    // per cent: how sure the names and the value make it
}

// Sure is the confidence from which a guess may be taken over without asking.
const Sure = 80

// How sure the ways are in which a name can fit.
const (
	sameLabel  = 98 // the column is called like the field
	sameWord   = 95 // it is a word for what the field means
	partOf     = 65 // such a word is part of its name
	mistyped   = 60 // it is nearly such a word
	byValue    = 50 // only the value looks like it
	lessLikely = 5  // taken off for what a field means besides
	doubted    = 30 // taken off when another column fits as well
	least      = 40 // what is less sure is not worth showing
)

// guesses compares the columns of the sample with the fields that get nothing so far.
func (w *Wizard) guesses(b bench, input field.Set) []Guess {
	if b.env == nil || len(b.scope.Data) > 0 { // what a source declares needs no guessing
		return nil
	}
	empty := map[string]bool{}
	for _, p := range mapping.Sketch(b.act.Input, b.step.Fields, b.scope, b.env) {
		empty[p.Path] = p.Text == "" && p.Value == nil
	}
	g := guessing{columns: columnsOf(b.env), taken: map[string]meaning{}}
	for _, f := range input {
		if _, given := b.step.Fields[f.Key]; given || !empty[f.Key] {
			continue
		}
		switch f.Type {
		case field.List:
			if !f.Advanced {
				g.list(f, b)
			}
		case field.Group:
			for _, child := range f.Children {
				g.offer(child, f.Key+"."+child.Key)
			}
		case field.Pairs, field.Select, field.Bool:
		default:
			g.offer(f, f.Key)
		}
	}
	return g.settle()
}

// column is one value of the sample.
type column struct {
	name  string
	path  string
	kind  string
	text  string
	whole string   // its name as it is compared
	parts []string // its words
}

// columnsOf are the single values of an event's data.
func columnsOf(env *mapping.Env) []column {
	var columns []column
	for _, p := range mapping.Paths(mapping.Scope{}, env) {
		if !strings.HasPrefix(p.Path, "data") || p.Path == "data" || p.Kind == "list" || strings.Contains(p.Path, "[0]") || strings.HasPrefix(p.Label, "_") {
			continue
		}
		columns = append(columns, newColumn(p))
	}
	return columns
}

func newColumn(p mapping.Path) column {
	return column{name: p.Label, path: p.Path, kind: p.Kind, text: p.Text, whole: squash(p.Label), parts: split(p.Label)}
}

// guessing gathers what could go where.
type guessing struct {
	columns []column
	offers  []offerOf
	taken   map[string]meaning // by the path of a column: what it was taken for
}

// offerOf is a field that a column may fill.
type offerOf struct {
	field  field.Field
	path   string
	column column
	means  meaning
	sure   int
}

// offer notes the columns that may fill a field.
func (g *guessing) offer(f field.Field, path string) { g.offerFrom(g.columns, f, path) }

func (g *guessing) offerFrom(columns []column, f field.Field, path string) {
	meanings := meaningsOf(f)
	from := len(g.offers)
	for _, c := range columns {
		if sure, means := likeness(f, meanings, c); sure >= least && plausible(f, c) {
			g.offers = append(g.offers, offerOf{field: f, path: path, column: c, means: means, sure: sure})
		}
	}
	// Where two columns fit equally well nobody can know which one is meant.
	best, second := 0, 0
	for _, o := range g.offers[from:] {
		switch {
		case o.sure > best:
			best, second = o.sure, best
		case o.sure > second:
			second = o.sure
		}
	}
	if best == second {
		for i := range g.offers[from:] {
			g.offers[from+i].sure -= doubted
		}
	}
}

// settle gives each field the column that fits it best, and no column to two fields that mean different things.
func (g *guessing) settle() []Guess {
	order := slices.Clone(g.offers)
	slices.SortStableFunc(order, func(a, b offerOf) int { return b.sure - a.sure })
	chosen := map[string]offerOf{}
	for _, o := range order {
		before, used := g.taken[o.column.path]
		if _, done := chosen[o.path]; done || o.sure < least || used && (before != o.means || o.means == "") {
			continue
		}
		g.taken[o.column.path] = o.means
		chosen[o.path] = o
	}
	var list []Guess
	for _, o := range g.offers { // in the order of the fields
		if c, ok := chosen[o.path]; ok && c.column.path == o.column.path {
			list = append(list, Guess{Path: o.path, Label: o.field.Label, Column: o.column.name, Template: templateFor(o.field, o.column), Text: o.column.text, Confidence: o.sure})
		}
	}
	return list
}

// list guesses where the rows of a list come from: a list in the data whose rows have what the columns need, else one row of single values.
func (g *guessing) list(f field.Field, b bench) {
	for _, p := range mapping.Paths(mapping.Scope{}, b.env) {
		if p.Kind != "list" || !strings.HasPrefix(p.Path, "data") || p.Text == "" || slices.ContainsFunc(g.offers, func(o offerOf) bool { return o.column.path == p.Path }) {
			continue
		}
		each := mapping.Insertion(p.Path)
		var columns []column
		for _, r := range mapping.RowPaths(b.scope, b.env, each) {
			if r.Kind != "list" && r.Path != "index" {
				columns = append(columns, newColumn(r))
			}
		}
		before := len(g.offers)
		for _, child := range f.Children {
			g.offerFrom(columns, child, f.Key+"."+child.Key)
		}
		if len(g.offers) > before && covers(f.Children, g.offers[before:]) {
			c := newColumn(p)
			g.offers = slices.Insert(g.offers, before, offerOf{field: f, path: f.Key, column: c, sure: sameWord})
			return
		}
		g.offers = g.offers[:before]
	}
	for _, child := range f.Children {
		g.offer(child, f.Key+"[0]."+child.Key)
	}
}

// covers says whether every required column has found something.
func covers(set field.Set, offers []offerOf) bool {
	for _, f := range set {
		if f.Required && !slices.ContainsFunc(offers, func(o offerOf) bool { return o.field.Key == f.Key }) {
			return false
		}
	}
	return true
}

// meaningsOf is what a field may be about: what its type, its key and its label say, and then what it takes from a sale by default. A text that is the
// sale's reference for want of anything better is a description where there is one.
func meaningsOf(f field.Field) []meaning {
	var found []meaning
	add := func(m meaning) {
		if m != "" && !slices.Contains(found, m) {
			found = append(found, m)
		}
	}
	add(ofType[f.Type])
	if len(found) == 0 {
		for _, name := range []string{strings.TrimPrefix(strings.TrimPrefix(f.Key, "customer_"), "to_"), f.Label} {
			add(called(name))
		}
	}
	parts, _ := mapping.Parts(f.Default)
	for _, p := range parts {
		if p.Kind == mapping.PathPart {
			add(ofSale[p.Path])
		}
	}
	return found
}

// ofType is what fields of some types always mean.
var ofType = map[field.Type]meaning{field.Email: anEmail, field.Phone: aPhone, field.Currency: aCurrency, field.VAT: aVATRate}

// called is the meaning that a name is a word for.
func called(name string) meaning { return lexicon().meanings[squash(name)] }

// lexicon is the table of words as they are compared, made when it is first needed.
var lexicon = sync.OnceValue(func() (l struct {
	meanings map[string]meaning // no word stands for two
	words    map[meaning][]word
}) {
	l.meanings, l.words = map[string]meaning{}, map[meaning][]word{}
	for m, list := range words {
		l.meanings[squash(string(m))] = m
		for _, text := range list {
			w := word{whole: squash(text), parts: split(text)}
			l.meanings[w.whole] = m
			l.words[m] = append(l.words[m], w)
		}
	}
	return l
})

// word is one of the table.
type word struct {
	whole string
	parts []string
}

// likeness is how sure the name of a column makes it that it fills a field, and by which meaning of the field.
func likeness(f field.Field, meanings []meaning, c column) (sure int, means meaning) {
	if len(meanings) > 0 {
		means = meanings[0]
	}
	if c.whole == squash(f.Label) || c.whole == squash(f.Key) {
		return sameLabel, means
	}
	for i, m := range meanings {
		for _, word := range lexicon().words[m] {
			if fit := fits(c, word) - i*lessLikely; fit > sure {
				sure, means = fit, m
			}
		}
		if looksLike(m, c) && byValue > sure {
			sure, means = byValue, m
		}
	}
	return sure, means
}

// fits compares a column with one word.
func fits(c column, w word) int {
	switch {
	case c.whole == w.whole:
		return sameWord
	case len([]rune(w.whole)) > 4 && distance(c.whole, w.whole) == 1:
		return mistyped
	}
	if n := len(w.parts); n > 0 && n < len(c.parts) && len(c.parts) <= 5 && len([]rune(w.whole)) > 2 {
		for i := 0; i+n <= len(c.parts); i++ {
			if slices.Equal(c.parts[i:i+n], w.parts) {
				return partOf
			}
		}
	}
	return 0
}

// looksLike says whether a value gives away what it is.
func looksLike(means meaning, c column) bool {
	switch means {
	case anEmail:
		return isMailbox(c.text)
	case aPhone:
		return strings.HasPrefix(c.text, "+") && digits(c.text) >= 7
	case aCurrency:
		_, ok := money.Exponent(c.text)
		return ok
	}
	return false
}

// plausible says whether a column's value can be one of a field. One that is empty in the sample may be.
func plausible(f field.Field, c column) bool {
	if c.text == "" {
		return true
	}
	if f.Pattern != "" { // the id of something, as a service writes it
		_, faults := field.Set{{Key: f.Key, Type: f.Type, Pattern: f.Pattern}}.Parse(map[string]any{f.Key: c.text})
		return len(faults) == 0
	}
	switch f.Type {
	case field.Email:
		return isMailbox(c.text)
	case field.Phone:
		return digits(c.text) >= 5
	case field.Currency:
		_, ok := money.Exponent(strings.ToUpper(c.text))
		return ok
	case field.Amount, field.Decimal, field.Int, field.VAT:
		_, err := money.ParseLocal(strings.TrimSuffix(c.text, "%"))
		return c.kind == "number" || err == nil || digits(c.text) > 0 && digits(c.text)*2 >= len([]rune(c.text))
	case field.Date, field.DateTime:
		return digits(c.text) >= 4
	case field.Text, field.LongText:
		return c.kind != "boolean"
	}
	return true
}

// templateFor fills a field from a column.
func templateFor(f field.Field, c column) string {
	if f.Type == field.Date && c.kind == "text" {
		for layout, form := range map[string]string{"DD.MM.YYYY": "2.1.2006", "YYYY.MM.DD": "2006.1.2"} { // between points the day comes first, in every country of ours
			if _, err := time.Parse(form, c.text); err == nil {
				return `{{ parse_date(` + c.path + `, "` + layout + `") }}`
			}
		}
	}
	return mapping.Insertion(c.path)
}

// Take has a draft fill its fields as they were guessed.
func (w *Wizard) Take(d *Draft, key string, guesses []Guess) ([]Fault, error) {
	var faults []Fault
	for _, g := range guesses {
		var err error
		if faults, err = w.SetField(d, key, g.Path, g.Template); err != nil {
			return faults, err
		}
	}
	return faults, nil
}

func isMailbox(text string) bool {
	local, domain, ok := strings.Cut(text, "@")
	return ok && local != "" && strings.Contains(domain, ".") && !strings.ContainsAny(text, " ,;<>")
}

func digits(text string) int {
	n := 0
	for _, r := range text {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// letters that are no letter with an accent.
