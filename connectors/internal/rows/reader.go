package rows

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Reader is a header under rules: it knows what stands in which column.
type Reader struct {
	rules    Rules
	columns  []Column
	role     map[Role]int
	key      []int
	required []int
	ready    int // -1 = none
	dates    []int
	watched  []int // columns whose content is news, in the order of their names
	place    string
}

// NewReader finds the columns that the rules name and guesses the others. place names the table among all that one account reads; events of
// different places are never taken for each other. Its errors name the columns that are missing.
// Where the rules name no key, the column of identities is one.
func NewReader(columns []Column, rules Rules, place string) (*Reader, error) {
	if _, ok := Find(columns, IdentityColumn); ok && len(rules.Key) == 0 {
		rules.Key = []string{IdentityColumn}
	}
	r := &Reader{rules: rules, columns: columns, role: map[Role]int{}, ready: -1, place: place}
	var missing []string
	find := func(name string) (int, bool) {
		i, ok := Find(columns, name)
		if !ok && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
		return i, ok
	}
	all := func(names []string) (places []int) {
		for _, name := range names {
			if i, ok := find(name); ok {
				places = append(places, i)
			}
		}
		return places
	}
	r.key, r.required, r.dates = all(rules.Key), all(rules.Required), all(rules.Dates)
	if rules.Ready != "" {
		if i, ok := find(rules.Ready); ok {
			r.ready = i
		}
	}
	for _, role := range Roles() {
		if name := rules.Chosen[role]; name != "" && name != NoColumn {
			if i, ok := find(name); ok {
				r.role[role] = i
			}
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("the header has no column %s: put it back as it was, or choose another in the settings", quoted(missing))
	}
	if err := r.guess(); err != nil {
		return nil, err
	}
	r.watch()
	return r, nil
}

// guess gives the roles that nobody chose to the columns whose header says so. Which amount is meant is never guessed between two.
func (r *Reader) guess() error {
	found := guesses(r.columns)
	for _, role := range Roles() {
		if r.rules.Chosen[role] != "" {
			continue
		}
		free := slices.DeleteFunc(found[role], func(i int) bool {
			for taken, place := range r.role {
				if place == i && taken != role {
					return true
				}
			}
			return false
		})
		switch {
		case role == Amount && len(free) > 1:
			return fmt.Errorf("the columns %s may all be the amount: choose one in the settings, under “%s”", quoted(r.named(free)), roleLabels[Amount])
		case len(free) > 0:
			r.role[role] = free[0]
		}
	}
	return nil
}

// watch collects the columns whose content is news.
func (r *Reader) watch() {
	for i, c := range r.columns {
		ignored := slices.ContainsFunc(r.rules.Ignored, func(name string) bool { return fold(name) == fold(c.Name) })
		if !ignored && !ours(c.Name) && i != r.ready {
			r.watched = append(r.watched, i)
		}
	}
	slices.SortFunc(r.watched, func(a, b int) int { return strings.Compare(fold(r.columns[a].Name), fold(r.columns[b].Name)) })
}

func (r *Reader) named(places []int) []string {
	var list []string
	for _, i := range places {
		list = append(list, r.columns[i].Name)
	}
	return list
}

func quoted(names []string) string {
	var list []string
	for _, name := range names {
		list = append(list, "“"+name+"”")
	}
	return strings.Join(list, ", ")
}

// Column is the column of a role.
func (r *Reader) Column(role Role) (int, bool) {
	i, ok := r.role[role]
	return i, ok
}

// cell is what a row has in the column of a role.
func (r *Reader) cell(row Row, role Role) any {
	if i, ok := r.role[role]; ok {
		return row.Cells[i]
	}
	return nil
}

// Hash is a fingerprint, short enough to remember thousands and long enough that no two meet.
type Hash [8]byte

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

func hash(parts ...string) Hash {
	sum := sha256.New()
	for _, part := range parts {
		sum.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return Hash(sum.Sum(nil)[:8])
}

// Entry is a row with its identity.
type Entry struct {
	Row
	ID    Hash   // the same for the same row at every look
	Key   string // what names it, for people; empty when it is known by all it says
	Print Hash   // of what it says in the columns that are watched
	Twins []int  // the numbers of all rows with the same key, when there are several
}

// Identify finds out which row is which. With a key, rows whose key is not filled in are left out: nobody can tell yet which they are. Without one,
// equal rows are counted: the second of three is "the second such row", so that inserting, deleting and sorting make no new ones.
func (r *Reader) Identify(list []Row) []Entry {
	entries := make([]Entry, 0, len(list))
	count := map[Hash]int{}
	for _, row := range list {
		e := Entry{Row: row, Print: r.print(row)}
		if len(r.key) > 0 {
			key, ok := r.keyOf(row)
			if !ok {
				continue
			}
			e.Key = key
			e.ID = hash("key", r.place, fold(key))
		} else {
			count[e.Print]++
			e.ID = hash("print", r.place, e.Print.String(), fmt.Sprint(count[e.Print]))
		}
		entries = append(entries, e)
	}
	if len(r.key) > 0 {
		pair(entries)
	}
	return entries
}

// keyOf joins the cells of the key.
func (r *Reader) keyOf(row Row) (string, bool) {
	var parts []string
	for _, i := range r.key {
		text := strings.Join(strings.Fields(Text(row.Cells[i])), " ")
		if text == "" || failed(row.Cells[i]) {
			return "", false
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " / "), true
}

// print is what a row says, column by column. Empty cells say nothing, so that a new column changes no row until it is filled in.
func (r *Reader) print(row Row) Hash {
	var parts []string
	for _, i := range r.watched {
		if text := Text(row.Cells[i]); text != "" {
			parts = append(parts, fold(r.columns[i].Name), text)
		}
	}
	return hash(parts...)
}

// pair marks entries that share a key.
func pair(entries []Entry) {
	rows := map[Hash][]int{}
	for _, e := range entries {
		rows[e.ID] = append(rows[e.ID], e.Number)
	}
	for i := range entries {
		if twins := rows[entries[i].ID]; len(twins) > 1 {
			entries[i].Twins = twins
		}
	}
}

// Complete says whether a row has all it needs and, where a column says so, may go.
func (r *Reader) Complete(row Row) bool {
	for _, i := range slices.Concat(r.key, r.required) {
		if row.Cells[i] == nil {
			return false
		}
	}
	if _, ok := r.role[Amount]; ok && r.cell(row, Amount) == nil {
		return false
	}
	_, name := r.role[Name]
	_, email := r.role[Email]
	if (name || email) && r.cell(row, Name) == nil && r.cell(row, Email) == nil {
		return false
	}
	if r.ready < 0 {
		return true
	}
	text := fold(Text(row.Cells[r.ready]))
	return slices.ContainsFunc(r.rules.ReadyValues, func(value string) bool { return fold(value) == text })
}

// Keyed says whether rows have a name, so that one that changed can be told from a new one.
func (r *Reader) Keyed() bool { return len(r.key) > 0 }

// Ready says whether a person says of each row when it may go.
func (r *Reader) Ready() bool { return r.ready >= 0 }
