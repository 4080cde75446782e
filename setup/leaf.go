package setup

import (
	"errors"
	"strings"

	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/mapping"
)

// leaf is one of the faults that compiling a connection finds.
type leaf struct {
	path, message string
	char          int    // place in the expression; 0 = all of it
	code          string // of package mapping or field; empty = the engine's own words
	bare          string // the message without the place
}

// leaves takes the engine's error apart. It joins errors, each wrapped with the part of the connection it is about: "source.filter", "steps.invoice" and
// in that "when"; faults of a mapping name their field themselves.
func leaves(err error, path string) []leaf {
	switch e := err.(type) { //nolint:errorlint // the chain is walked by hand, because the words between its links matter
	case nil:
		return nil
	case interface{ Unwrap() []error }:
		var all []leaf
		for _, inner := range e.Unwrap() {
			all = append(all, leaves(inner, path)...)
		}
		return all
	case *mapping.Fault:
		if e.Path != "" {
			path = join(path, "fields."+e.Path)
		}
		placed := *e
		placed.Path = ""
		return []leaf{{path, placed.Error(), e.Char, e.Code, e.Message}}
	case field.Faults:
		var all []leaf
		for _, f := range e {
			all = append(all, leaf{join(path, f.Path), f.Message, 0, f.Code, f.Message})
		}
		return all
	}
	if inner := errors.Unwrap(err); inner != nil {
		if part, ok := strings.CutSuffix(err.Error(), ": "+inner.Error()); ok {
			return leaves(inner, join(path, part))
		}
	}
	// The engine's own words begin with the part as well: "source.trigger: Bókun has no trigger x".
	part, message, ok := strings.Cut(err.Error(), ": ")
	if !ok || strings.Contains(part, " ") {
		return []leaf{{path: path, message: err.Error(), bare: err.Error()}}
	}
	return []leaf{{path: join(path, part), message: message, bare: message}}
}
