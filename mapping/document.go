package mapping

import (
	"bytes"
	"encoding/json"
	"sync/atomic"
	"unicode/utf8"
)

// document is the JSON object of an event's data, of which only those members are decoded that somebody asks for: a notice has many more than a mapping
// uses, and its rows cost the most. It may be used by many goroutines.
type document struct {
	text    []byte
	members []textMember            // in the order of the text
	whole   atomic.Pointer[decoded] // once all of it was asked for
}

// usualMembers is how many members a notice has room for at once; most have no more.
const usualMembers = 16

// textMember is a member as it stands in the text.
type textMember struct {
	name  string
	text  []byte
	value atomic.Pointer[decoded]
	inner atomic.Pointer[document] // of an object of which only members were asked for
}

// decoded is a value out of JSON: nil, bool, string, json.Number, []any or map[string]any.
type decoded struct{ value any }

// newDocument finds the members of a JSON object; nil when the text is not valid JSON or no object.
func newDocument(text []byte) *document {
	if !wellFormed(text) {
		return nil
	}
	return split(text)
}

// split finds the members of valid JSON; nil when it is no object.
func split(text []byte) *document {
	s := &splitter{text: text}
	if s.skip(); s.next() != '{' {
		return nil
	}
	d := &document{text: text, members: make([]textMember, 0, usualMembers)}
	for s.at++; ; s.at++ { // behind the brace, and behind each comma
		if s.skip(); s.next() == '}' {
			return d
		}
		name := s.value()
		s.skip() // the colon, as s stands before no value
		s.at++
		s.skip()
		d.members = append(d.members, textMember{name: textOf(name), text: s.value()})
		if s.skip(); s.next() == '}' {
			return d
		}
	}
}

// member is the value of a name; nil when there is none. Of a name that stands twice it is the last, as encoding/json has it.
func (d *document) member(name string) any {
	m := d.find(name)
	if m == nil {
		return nil
	}
	v := m.value.Load()
	if v == nil {
		// Two goroutines that come at once decode twice, and nothing changes what either got.
		v = &decoded{decodeValid(m.text)}
		m.value.Store(v)
	}
	return v.value
}

// record is the same for whoever only wants members of it (see lookUp).
func (d *document) record(name string) any {
	m := d.find(name)
	if m == nil || m.text[0] != '{' || m.value.Load() != nil {
		return d.member(name)
	}
	inner := m.inner.Load()
	if inner == nil {
		inner = split(m.text)
		m.inner.Store(inner)
	}
	return inner
}

func (d *document) find(name string) *textMember {
	for i := len(d.members) - 1; i >= 0; i-- {
		if d.members[i].name == name {
			return &d.members[i]
		}
	}
	return nil
}

// all is the whole object.
func (d *document) all() any {
	v := d.whole.Load()
	if v == nil {
		v = &decoded{decodeValid(d.text)}
		d.whole.Store(v)
	}
	return v.value
}

// decodeValid decodes JSON that is known to be valid, numbers with all their digits.
func decodeValid(text []byte) any {
	switch text[0] {
	case '"':
		return textOf(text)
	case '{', '[', ' ', '\t', '\r', '\n':
	case 't', 'f':
		return text[0] == 't'
	case 'n':
		return nil
	default:
		return json.Number(text)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	_ = dec.Decode(&v) // valid JSON always decodes into any value
	return v
}

// textOf is a JSON text without its quotes and escapes.
func textOf(quoted []byte) string {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	var s string
	_ = json.Unmarshal(quoted, &s) // valid as well
	return s
}

// splitter goes through valid JSON without decoding it.
type splitter struct {
	text []byte
	at   int
}

func (s *splitter) next() byte { return s.text[s.at] }

// skip passes over blanks.
func (s *splitter) skip() {
	for s.text[s.at] == ' ' || s.text[s.at] == '\t' || s.text[s.at] == '\r' || s.text[s.at] == '\n' {
		s.at++
	}
}

// value passes over one value inside an object and gives its text.
func (s *splitter) value() []byte {
	from, depth := s.at, 0
	for {
		switch s.text[s.at] {
		case '"':
			s.quoted()
			if depth == 0 {
				return s.text[from:s.at]
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 { // the end of the object that a number or a word was the last in
				return s.text[from:s.at]
			}
			if depth == 0 {
				s.at++
				return s.text[from:s.at]
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return s.text[from:s.at]
			}
		}
		s.at++
	}
}

// quoted passes over a text.
func (s *splitter) quoted() {
	for s.at++; s.text[s.at] != '"'; s.at++ {
		if s.text[s.at] == '\\' {
			s.at++
		}
	}
	s.at++
}
