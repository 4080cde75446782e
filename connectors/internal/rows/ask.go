package rows

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
)

// What a person may answer.
const (
	verbSend   = "send"
	verbSkip   = "skip"
	verbAccept = "accept"
)

// AnswersLabel is the label of the option that answers are written into; the questions name it.
const AnswersLabel = "Answers"

// answers reads what a person has written: "send K7F2QA, skip 3MZ4WT", in any case, with anything between them.
func answers(text string) map[string]string {
	found := map[string]string{}
	verb := ""
	for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') }) {
		switch word {
		case verbSend, verbSkip, verbAccept:
			verb = word
		default:
			if verb != "" {
				found[strings.ToUpper(word)] = verb
			}
		}
	}
	return found
}

// codeOf makes the short name of a question, of letters and digits that are not taken for each other.
func codeOf(parts ...string) string {
	h := hash(parts...)
	sum := sha256.Sum256(h[:])
	return base32.StdEncoding.EncodeToString(sum[:])[:6]
}

// askAbout puts rows to a person: those that may be edits, and all that are ready when they are more than may go at once. What was asked about waits
// for its answer, and other rows go on meanwhile. It gives back the rows that go now.
func (l *look) askAbout(ready, suspects []Entry) []Entry {
	var fresh, going []Entry
	for _, e := range ready {
		_, changed := l.known[e.ID]
		if wanted := changed || l.watch.New; wanted && l.open[e.ID].state != released {
			fresh = append(fresh, e)
		} else {
			going = append(going, e)
		}
	}
	if l.watch.Most > 0 && len(fresh) > l.watch.Most {
		l.ask(fresh, fmt.Sprintf("%d rows are new or changed at once, more than %d: was the table sorted, pasted into, or its key column changed?", len(fresh), l.watch.Most))
	} else {
		going = ready
	}
	if len(suspects) > 0 {
		l.ask(suspects, fmt.Sprintf("%s new, but another disappeared at the same time: without a column that names each row an edit looks the same.", rowsAre(suspects)))
	}
	return going
}

func rowsAre(list []Entry) string {
	if len(list) == 1 {
		return fmt.Sprintf("row %d looks", list[0].Number)
	}
	return fmt.Sprintf("%d rows look", len(list))
}

// ask puts one question about rows.
func (l *look) ask(list []Entry, reason string) {
	l.count++
	q := question{ID: uint16(l.count % 65_536), Code: codeOf("rows", l.reader.place, fmt.Sprint(l.count), list[0].ID.String())}
	l.asked = append(l.asked, q)
	for _, e := range list {
		l.next = append(l.next, open{id: e.ID, print: e.Print.short(), since: l.now(), state: waiting, question: q.ID})
	}
	l.seen.Events = append(l.seen.Events, l.reader.Held(fmt.Sprintf("rows %d", l.count), fmt.Sprintf(
		"%s None of them was sent. To send them write “%s %s” under “%s” in the connection, to leave them alone “%s %s”; then pass over this entry.",
		reason, verbSend, q.Code, AnswersLabel, verbSkip, q.Code)))
}

// answered looks whether a row that waits for a person has its answer.
func (l *look) answered(e Entry, o open) judgement {
	for _, q := range l.asked {
		if q.ID != o.question {
			continue
		}
		switch l.answers[q.Code] {
		case verbSend:
			if o.state = released; l.reader.Complete(e.Row) {
				l.open[e.ID] = o
				return goes
			}
		case verbSkip:
			if i, ok := l.known[e.ID]; ok {
				l.Memory.known[i].print = o.print
			} else {
				l.Memory.known = append(l.Memory.known, known{id: e.ID, print: o.print})
			}
			return stays
		}
	}
	l.next = append(l.next, o)
	return stays
}
