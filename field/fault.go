package field

import (
	"fmt"
	"strings"
)

// The codes of faults. They are stable: translations and API clients go by them.
const (
	CodeRequired  = "required"  // nothing is given where something must be
	CodeType      = "type"      // not of the field's type: letters in a number, a date that does not exist
	CodeAmbiguous = "ambiguous" // a number that can be read in two ways
	CodeTooSmall  = "too_small" // below Min; a text shorter than Min
	CodeTooLarge  = "too_large" // above Max
	CodeTooLong   = "too_long"  // a text longer than Max or MaxText
	CodePattern   = "pattern"   // does not match the Pattern
	CodeOption    = "option"    // none of the Options
	CodeUnknown   = "unknown"   // the set has no field of that key
)

// Fault is one thing wrong with one value: a stable code, the path of the field ("lines[2].amount", rows counted from 0) and what is wrong, as
// the end of a sentence that the field's label begins ("must not be empty").
// It never contains the value of a secret field, and of other fields only what a person needs to choose between readings of a number.
type Fault struct {
	Path    string
	Code    string // one of the Code constants
	Message string
	// Readings are of an ambiguous number: what it may mean, each written so that it is plain. Those of a secret are not told.
	Readings [2]string
}

// String is the fault for an error text: "lines[2].amount: must not be empty".
func (f Fault) String() string { return f.Path + ": " + f.Message }

// Faults is everything wrong with a set of values, in the order of the fields, keys that are not fields last. As an error it is all of them.
type Faults []Fault

// shownFaults is how many faults an error text spells out.
const shownFaults = 10

// Error lists the faults, at most ten of them, each with its path.
func (fs Faults) Error() string {
	texts := make([]string, 0, min(len(fs), shownFaults)+1)
	for i, f := range fs {
		if i == shownFaults {
			texts = append(texts, fmt.Sprintf("and %d more", len(fs)-i))
			break
		}
		texts = append(texts, f.String())
	}
	return strings.Join(texts, "; ")
}

// Err is the faults as an error, nil when there are none.
func (fs Faults) Err() error {
	if len(fs) == 0 {
		return nil
	}
	return fs
}
