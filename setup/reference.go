package setup

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxValue is the longest value taken from the environment or a file, in bytes.
const maxValue = 64 << 10

// The ways a value can be given without being written down.
const (
	fromEnv  = "env"  // {env: NAME}
	fromFile = "file" // {file: PATH}
	kept     = "keep" // {keep: true}: the stored one
)

// reference is a value that stands somewhere else.
type reference struct {
	how  string
	name string // of the variable, of the file; empty for keep
}

// String is how a reference is spoken of, and its key in [Input].Values.
func (r reference) String() string { return strings.TrimSpace(r.how + " " + r.name) }

// words names what a reference points at, for a person.
func (r reference) words() string {
	if r.how == fromEnv {
		return "the environment variable " + r.name
	}
	return "the file " + r.name
}

// envName is what a variable of the environment may be called (POSIX.1-2024, section 8.1, and small letters, which shells take too).
var envName = regexp.MustCompile(`\A[A-Za-z_][A-Za-z0-9_]{0,127}\z`)

// asReference reads {env: NAME}, {file: PATH} or {keep: true}. problem says why what looks like one is none.
func asReference(n *node) (ref reference, ok bool, problem string) {
	if n.kind != group || len(n.entries) != 1 {
		return ref, false, ""
	}
	how, value := n.entries[0].key, n.entries[0].value
	switch how {
	case fromEnv:
		if value.kind != text || !envName.MatchString(value.text) {
			return ref, true, "env: names no variable of the environment: letters, digits and _"
		}
		return reference{how: how, name: value.text}, true, ""
	case fromFile:
		if value.kind != text || strings.TrimSpace(value.text) == "" || strings.ContainsRune(value.text, 0) {
			return ref, true, "file: names no file"
		}
		path := value.text
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(n.at.File), path)
		}
		return reference{how: how, name: path}, true, ""
	case kept:
		if value.kind != boolean || !value.truth {
			return ref, true, "write keep: true to keep the stored one, or give another"
		}
		return reference{how: how}, true, ""
	}
	return ref, false, ""
}

// Input is what [Apply] takes: the files, and what their references stand for.
type Input struct {
	Files []File `json:"files"`
	// Values are by reference: "env NAME", "file PATH" with the path as [Gather] opened it.
	Values map[string]Value `json:"values,omitempty"`
}

// Value is what a reference stands for, or why that could not be found out.
type Value struct {
	Text    string `json:"text,omitempty"`
	Problem string `json:"problem,omitempty"`
}

// Look is how references are looked up.
type Look struct {
	Env  func(name string) (value string, ok bool)
	File func(path string) ([]byte, error)
}

// Gather looks up what the files refer to, in the environment and on the disk of the person who applies them, which need not be the hub's. A path is
// taken from the folder of the file it stands in. What cannot be found is a problem only when Apply needs it.
func Gather(files []File, look Look) Input {
	in := Input{Files: files, Values: map[string]Value{}}
	docs, _ := documents(files) // Apply tells what is wrong with them
	for _, doc := range docs {
		accounts := doc.get("accounts")
		if accounts == nil {
			continue
		}
		for _, account := range accounts.items {
			in.gather(account, look)
		}
	}
	return in
}

// gather looks up the references in a value.
func (in *Input) gather(n *node, look Look) {
	ref, ok, problem := asReference(n)
	if _, known := in.Values[ref.String()]; ok && problem == "" && ref.how != kept && !known {
		in.Values[ref.String()] = ref.lookUp(look)
	}
	for _, item := range n.items {
		in.gather(item, look)
	}
	for _, e := range n.entries {
		in.gather(e.value, look)
	}
}

func (r reference) lookUp(look Look) Value {
	var found string
	switch r.how {
	case fromEnv:
		value, ok := look.Env(r.name)
		if !ok {
			return Value{Problem: r.words() + " is not set"}
		}
		found = value
	default:
		content, err := look.File(r.name)
		if err != nil {
			return Value{Problem: "it cannot be read: " + err.Error()}
		}
		found = string(content)
	}
	// A file, and what a shell reads from one, ends in a line break that is not part of the value.
	found = strings.TrimRight(found, "\r\n")
	switch {
	case strings.TrimSpace(found) == "":
		return Value{Problem: r.words() + " is empty"}
	case len(found) > maxValue:
		return Value{Problem: fmt.Sprintf("%s is longer than %d bytes", r.words(), maxValue)}
	case !utf8.ValidString(found) || strings.ContainsRune(found, 0):
		return Value{Problem: r.words() + " is not a text in UTF-8"}
	}
	return Value{Text: found}
}

// resolve finds what a reference stands for.
func (in *Input) resolve(r reference) (value, problem string) {
	v, ok := in.Values[r.String()]
	if !ok {
		return "", "nobody has looked up " + r.words()
	}
	return v.Text, v.Problem
}
