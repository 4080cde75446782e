package rows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tengi/tengi"
)

// Watch is how a source looks at its rows.
type Watch struct {
	Now      time.Time
	New      bool          // report rows that are new
	Changes  bool          // report rows that say something else than they did; needs a key
	Existing bool          // on the first look report the rows that are there already, in place of leaving them alone
	Settle   time.Duration // how long a row must stay as it is, and be seen so twice; 0 = one look is enough
	Most     int           // how many rows may come or change at once before a person is asked; 0 = any number
	Answers  string        // what a person has answered to questions
	TableID  string        // which table of all there are
}

// page is how many events one look makes at most; the next goes on at once.
const page = 500

// Seen is what a look has found.
type Seen struct {
	Events []tengi.Event
	More   bool // look again at once
}

// look is one comparison of a table with what is remembered.
type look struct {
	*Memory
	watch   Watch
	reader  *Reader
	answers map[string]string // verb by code
	seen    Seen
	known   map[Hash]int // place in Memory.known
	open    map[Hash]open
	next    []open // the open rows after this look, in the order of the table
}

// Look compares a table with what is remembered and says what has happened. It changes the memory: where the events are not stored, the old text of
// the memory must be kept. The same memory and the same table give the same events.
func (m *Memory) Look(t *Table, rules Rules, w Watch) Seen {
	l := &look{Memory: m, watch: w, answers: answers(w.Answers)}
	reader, err := NewReader(t.Columns, rules, w.TableID)
	if err != nil {
		return m.Ail(err.Error(), rules, w)
	}
	if w.Changes && !reader.Keyed() {
		return m.Ail("a row that changed can only be told from a new one by a column that names each row: choose it in the settings, or use the script that fills “"+
			IdentityColumn+"”", rules, w)
	}
	l.reader, rules = reader, reader.rules
	entries := reader.Identify(t.Rows)
	place, way, lens, shape := hash("place", w.TableID), hash("way", strings.Join(rules.Key, ",")), hash("lens", rules.lens()), hash("shape", rules.shape())
	switch {
	case !m.begun || m.place != place:
		*m = Memory{begun: true, place: place, count: m.count} // the count keeps questions apart even when a source is moved from table to table
		l.first(entries)
	case l.lost(t.Columns) != "":
		return m.Ail(l.lost(t.Columns), rules, w)
	case m.way != way, m.lens != lens && len(rules.Key) == 0:
		// Rows have other names now: what is there counts as known, whatever was to be done with the first table.
		m.known, m.open, m.asked = nil, nil, nil
		l.learn(entries)
	default:
		l.adapt(entries, m.lens != lens, m.shape != shape)
		l.compare(entries)
	}
	m.way, m.lens, m.shape, m.header, m.ailing = way, lens, shape, named(t.Columns), ""
	m.forget()
	return l.seen
}

// first decides about the rows that are there before anybody looked.
func (l *look) first(entries []Entry) {
	if !l.watch.Existing {
		l.learn(entries)
		return
	}
	for _, e := range entries {
		if l.reader.Complete(e.Row) && len(e.Twins) == 0 {
			l.Memory.open = append(l.Memory.open, open{id: e.ID, print: e.Print.short(), since: l.now(), state: released})
		}
	}
	l.compare(entries)
}

// learn takes every row for known. Where a person says of each row when it may go, one that may not yet is still to come.
func (l *look) learn(entries []Entry) {
	for _, e := range entries {
		second := slices.ContainsFunc(e.Twins, func(n int) bool { return n < e.Number })
		if !second && (!l.reader.Ready() || l.reader.Complete(e.Row)) {
			l.Memory.known = append(l.Memory.known, known{id: e.ID, print: e.Print.short()})
		}
	}
}

// adapt takes up changed rules: that other columns are watched is no change of any row, and what could not be read may be readable now.
func (l *look) adapt(entries []Entry, lens, shape bool) {
	if lens {
		prints := make(map[Hash]Hash, len(entries))
		for _, e := range entries {
			prints[e.ID] = e.Print
		}
		for i, k := range l.Memory.known {
			if now, ok := prints[k.id]; ok {
				l.Memory.known[i].print = now.short()
			}
		}
	}
	for i := range l.Memory.open {
		if o := &l.Memory.open[i]; shape && o.state == told {
			o.state = settling
		}
	}
}

func (l *look) now() uint32 { return uint32(max(l.watch.Now.Unix(), 0)) }

// Ail tells once that the table is not as it must be, in place of a look. No row of it is read then, so that none is read by the wrong column.
func (m *Memory) Ail(reason string, rules Rules, w Watch) Seen {
	what := hash("table", reason).String()
	if m.ailing == what {
		return Seen{}
	}
	m.count++
	m.ailing = what
	reader := &Reader{rules: rules, place: w.TableID}
	return Seen{Events: []tengi.Event{reader.Held(fmt.Sprintf("table %d %s", m.count, what), reason+". Until then no row is read; nothing is lost.")}}
}

// lost says which columns have disappeared since the last look; empty when none has, or a person has said that it is right so. A renamed column looks
// the same, and nobody but a person can tell whether what stands there now is what stood there before.
func (l *look) lost(columns []Column) string {
	var gone []string
	for _, name := range l.header {
		if _, ok := Find(columns, name); !ok && !ours(name) {
			gone = append(gone, name)
		}
	}
	if len(gone) == 0 {
		return ""
	}
	code := codeOf("header", strings.Join(gone, "\x1f"), strings.Join(named(columns), "\x1f"))
	if l.answers[code] == verbAccept {
		return ""
	}
	return fmt.Sprintf("the header has no column %s any more: put it back as it was; or, if the header is right as it is now, write “%s %s” under “%s” in the connection",
		quoted(gone), verbAccept, code, AnswersLabel)
}

func named(columns []Column) []string {
	var names []string
	for _, c := range columns {
		if c.Named {
			names = append(names, c.Name)
		}
	}
	return names
}

// compare goes through the rows, reports what is settled, and asks about what is too much at once.
func (l *look) compare(entries []Entry) {
	if len(entries) == 0 { // a sheet that is empty for a moment says nothing about its rows
		return
	}
	l.known, l.open = make(map[Hash]int, len(l.Memory.known)), make(map[Hash]open, len(l.Memory.open))
	for i, k := range l.Memory.known {
		l.known[k.id] = i
	}
	for _, o := range l.Memory.open {
		l.open[o.id] = o
	}
	edited := l.vanished(entries)
	var ready, suspects, twins []Entry
	for _, e := range entries {
		switch l.judge(e, edited) {
		case goes:
			ready = append(ready, e)
		case doubtful:
			suspects = append(suspects, e)
		case twofold:
			twins = append(twins, e)
		}
	}
	l.tell(twins)
	for _, e := range l.askAbout(ready, suspects) {
		l.report(e)
	}
	l.Memory.open = l.next
	l.Memory.asked = slices.DeleteFunc(l.Memory.asked, func(q question) bool {
		return !slices.ContainsFunc(l.next, func(o open) bool { return o.state == waiting && o.question == q.ID })
	})
}

// vanished marks the rows that are gone, and says whether, where rows have no key, one of those that appear now may be an edit of one of them.
func (l *look) vanished(entries []Entry) (edited bool) {
	here := make(map[Hash]bool, len(entries))
	for _, e := range entries {
		here[e.ID] = true
	}
	for i := range l.Memory.known {
		k := &l.Memory.known[i]
		edited = edited || !k.gone && !here[k.id]
		k.gone = !here[k.id]
	}
	for _, o := range l.Memory.open {
		edited = edited || o.state == suspect && !here[o.id]
	}
	return edited && len(l.reader.key) == 0
}

// judgement is what a look makes of one row.
type judgement int

const (
	stays    judgement = iota // nothing is to be done, now
	goes                      // it becomes an event
	doubtful                  // it would, but it may be an edit of a row that did
	twofold                   // its key stands in other rows too, which nobody was told yet
)

// judge decides about one row and, where it stays open, remembers it.
func (l *look) judge(e Entry, edited bool) judgement {
	if len(e.Twins) > 0 && e.Number != e.Twins[0] {
		return stays // the first stands for all of them
	}
	o, watched := l.open[e.ID]
	if i, ok := l.known[e.ID]; ok && len(e.Twins) == 0 {
		k := &l.Memory.known[i]
		if k.print == e.Print.short() || !l.watch.Changes {
			if !l.watch.Changes {
				k.print = e.Print.short()
			}
			return stays
		}
	}
	if o.state == doubled && len(e.Twins) == 0 {
		o.state = settling
	}
	if !watched || o.print != e.Print.short() {
		o = l.afresh(e, o, edited)
		watched = false
	}
	switch {
	case len(e.Twins) > 0 && o.state != doubled:
		o.state = doubled
		l.next = append(l.next, o)
		return twofold
	case len(e.Twins) > 0:
	case o.state == waiting:
		return l.answered(e, o)
	case o.state == told, !l.reader.Complete(e.Row), o.state != released && !l.settled(o, watched):
	case o.state == suspect:
		return doubtful
	default:
		return goes
	}
	l.next = append(l.next, o)
	return stays
}

// afresh is an open row that says something it did not say at the last look.
func (l *look) afresh(e Entry, was open, edited bool) open {
	o := open{id: e.ID, print: e.Print.short(), since: l.now()}
	switch {
	case was.state == waiting:
		o.state, o.question = waiting, was.question
	case was.state == doubled:
		o.state = doubled
	case was.state == suspect, edited:
		o.state = suspect
	}
	return o
}

// settled says whether nobody seems to be typing in the row any more.
func (l *look) settled(o open, seenBefore bool) bool {
	if l.reader.Ready() || l.watch.Settle <= 0 {
		return true
	}
	return seenBefore && l.watch.Now.Sub(time.Unix(int64(o.since), 0)) >= l.watch.Settle
}

// shown is how many of several faults of one kind are named.
const shown = 5

// tell says once that keys stand in several rows; none of those goes until it is the only one.
func (l *look) tell(twins []Entry) {
	if len(twins) == 0 {
		return
	}
	var groups []string
	for _, e := range twins[:min(len(twins), shown)] {
		groups = append(groups, strings.Trim(strings.ReplaceAll(fmt.Sprint(e.Twins), " ", ", "), "[]"))
	}
	more := ""
	if len(twins) > shown {
		more = fmt.Sprintf(", and %d more such groups,", len(twins)-shown)
	}
	l.count++
	l.seen.Events = append(l.seen.Events, l.reader.Held(fmt.Sprintf("twins %s %d", twins[0].ID, l.count), fmt.Sprintf(
		"the rows %s%s have the same %s, so nobody can tell which is which: give each its own, or delete what is too much. They are left alone until then.",
		strings.Join(groups, "; "), more, quoted(l.reader.named(l.reader.key)))))
}

// report makes the event of a row, or says once why it cannot be read.
func (l *look) report(e Entry) {
	says := e.Print.short()
	if len(l.seen.Events) >= page {
		l.next = append(l.next, open{id: e.ID, print: says, since: l.now(), state: released})
		l.seen.More = true
		return
	}
	// Two connections that read the same row by different rules make events of their own.
	kind, issue, wanted := TypeNew, hash("shape", l.reader.rules.shape()).String(), l.watch.New
	i, changed := l.known[e.ID]
	if changed {
		l.count++
		kind, issue, wanted = TypeChanged, fmt.Sprintf("%s:%d:%s", issue, l.count, e.Print), true
	}
	if wanted {
		event, err := l.reader.Event(kind, e, issue)
		if err != nil {
			l.count++
			l.next = append(l.next, open{id: e.ID, print: says, since: l.now(), state: told})
			l.seen.Events = append(l.seen.Events, l.reader.Held(fmt.Sprintf("fault %s %d", e.ID, l.count), err.Error()+". Put it right in the table, and the row goes its way."))
			return
		}
		l.seen.Events = append(l.seen.Events, event)
	}
	if changed {
		l.Memory.known[i].print = says
		return
	}
	l.Memory.known = append(l.Memory.known, known{id: e.ID, print: says})
	l.known[e.ID] = len(l.Memory.known) - 1
}
