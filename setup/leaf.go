package setup

import (
	"errors"
	"strings"

	"github.com/tengi/tengi/mapping"
)

// leaf is one of the faults that compiling a connection finds.
type leaf struct{ path, message string }

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
		bare := *e
		bare.Path = ""
		return []leaf{{path, bare.Error()}}
	}
	if inner := errors.Unwrap(err); inner != nil {
		if part, ok := strings.CutSuffix(err.Error(), ": "+inner.Error()); ok {
			return leaves(inner, join(path, part))
		}
	}
	// The engine's own words begin with the part as well: "source.trigger: Bókun has no trigger x".
	part, message, ok := strings.Cut(err.Error(), ": ")
	if !ok || strings.Contains(part, " ") {
		return []leaf{{path, err.Error()}}
	}
	return []leaf{{join(path, part), message}}
}
