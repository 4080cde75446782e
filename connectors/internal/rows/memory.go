package rows

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
)

// Memory is what a source remembers of its rows between looks. It holds fingerprints and the header, and nothing else that people wrote.
type Memory struct {
	begun  bool
	place  Hash     // which table
	way    Hash     // how its rows are recognised
	lens   Hash     // which columns are watched
	shape  Hash     // how rows are read
	header []string // the names that columns had
	count  uint64   // of everything ever asked or said to have changed: tells one from the next
	ailing string   // what is wrong with the header, as it was told
	known  []known  // rows that were reported, or were there before anybody looked; in the order they were seen
	open   []open   // rows that are still being watched
	asked  []question
}

// known is a row that needs no more thought unless it changes.
type known struct {
	id    Hash
	print [4]byte
	gone  bool // not there at the last look
}

// state is what an open row waits for.
type state byte

const (
	settling state = iota // until nobody types in it any more
	suspect               // the same; it appeared when another disappeared, so it may be an edit of that one
	waiting               // until a person answers a question
	told                  // a person was told that it cannot be read; until it changes
	doubled               // a person was told that its key stands in other rows too; until it does not
	released              // until its turn: a person said that it may go
)

// open is a row that may become an event.
type open struct {
	id       Hash
	print    [4]byte
	since    uint32 // unix seconds: since when it says what it says
	state    state
	question uint16 // of waiting: which
}

// question is one that was put to a person.
type question struct {
	Code string `json:"code"`
	ID   uint16 `json:"id"`
}

// written is how a memory is stored.
type written struct {
	Version int        `json:"v"`
	Place   []byte     `json:"place"`
	Way     []byte     `json:"way"`
	Lens    []byte     `json:"lens"`
	Shape   []byte     `json:"shape"`
	Header  []string   `json:"header"`
	Count   uint64     `json:"count,omitempty"`
	Ailing  string     `json:"ailing,omitempty"`
	Known   string     `json:"known,omitempty"`
	Open    string     `json:"open,omitempty"`
	Asked   []question `json:"asked,omitempty"`
}

const (
	knownSize = 8 + 4 + 1
	openSize  = 8 + 4 + 4 + 1 + 2
)

// maxKnown is how many rows are remembered: those of the largest table and as many that are gone.
const maxKnown = 2 * MaxRows

var errMemory = errors.New("what is remembered of the rows cannot be read: make the connection anew")

// ParseMemory reads what String wrote; of an empty text comes a memory of nothing.
func ParseMemory(text string) (*Memory, error) {
	m := &Memory{}
	if text == "" {
		return m, nil
	}
	var w written
	if err := json.Unmarshal([]byte(text), &w); err != nil || w.Version != 1 {
		return nil, errMemory
	}
	m.begun, m.header, m.count, m.ailing, m.asked = true, w.Header, w.Count, w.Ailing, w.Asked
	for _, h := range []struct {
		from []byte
		into *Hash
	}{{w.Place, &m.place}, {w.Way, &m.way}, {w.Lens, &m.lens}, {w.Shape, &m.shape}} {
		if copy(h.into[:], h.from) != len(h.into) || len(h.from) != len(h.into) {
			return nil, errMemory
		}
	}
	packed, err := base64.RawStdEncoding.DecodeString(w.Known)
	if err != nil || len(packed)%knownSize != 0 {
		return nil, errMemory
	}
	for part := range slices.Chunk(packed, knownSize) {
		m.known = append(m.known, known{id: Hash(part[:8]), print: [4]byte(part[8:12]), gone: part[12] == 1})
	}
	if packed, err = base64.RawStdEncoding.DecodeString(w.Open); err != nil || len(packed)%openSize != 0 {
		return nil, errMemory
	}
	for part := range slices.Chunk(packed, openSize) {
		m.open = append(m.open, open{id: Hash(part[:8]), print: [4]byte(part[8:12]), since: binary.BigEndian.Uint32(part[12:16]), state: state(part[16]),
			question: binary.BigEndian.Uint16(part[17:19])})
	}
	return m, nil
}

// String is the memory as text, to be stored as a cursor.
func (m *Memory) String() string {
	if !m.begun {
		return ""
	}
	var knowns, opens bytes.Buffer
	for _, k := range m.known {
		knowns.Write(k.id[:])
		knowns.Write(k.print[:])
		knowns.WriteByte(flag(k.gone))
	}
	for _, o := range m.open {
		opens.Write(o.id[:])
		opens.Write(o.print[:])
		opens.Write(binary.BigEndian.AppendUint32(nil, o.since))
		opens.WriteByte(byte(o.state))
		opens.Write(binary.BigEndian.AppendUint16(nil, o.question))
	}
	text, _ := json.Marshal(written{Version: 1, Place: m.place[:], Way: m.way[:], Lens: m.lens[:], Shape: m.shape[:], Header: m.header, Count: m.count, Ailing: m.ailing, Asked: m.asked, // texts and numbers always encode
		Known: base64.RawStdEncoding.EncodeToString(knowns.Bytes()), Open: base64.RawStdEncoding.EncodeToString(opens.Bytes())})
	return string(text)
}

func flag(yes bool) byte {
	if yes {
		return 1
	}
	return 0
}

func (h Hash) short() [4]byte { return [4]byte(h[:4]) }

// forget keeps the memory bounded: of the rows that are gone the oldest go first.
func (m *Memory) forget() {
	surplus := len(m.known) - maxKnown
	if surplus <= 0 {
		return
	}
	m.known = slices.DeleteFunc(m.known, func(k known) bool {
		if surplus == 0 || !k.gone {
			return false
		}
		surplus--
		return true
	})
	m.known = m.known[surplus:]
}
