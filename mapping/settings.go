package mapping

import (
	"errors"

	"github.com/tengi/tengi/field"
)

// asText makes a text of a template that is a single expression, which would otherwise keep the type of its value.
const asText = `{{ "" }}`

// CompileNotice compiles a template over a notice: one of an account's settings, which its connector has rendered when a notice comes. It names data,
// header and query, and its value is always a text.
func CompileNotice(text string) (*Template, error) {
	scope := Scope{Notice: true}
	if _, err := CompileTemplate(text, scope); err != nil { // by itself, so that a mistake is placed in what was written
		return nil, err
	}
	return CompileTemplate(text+asText, scope)
}

// CheckSettings compiles those of a set's values that are templates over notices (see [field.Field].Template), as will be done when a notice comes. Whoever
// stores settings asks it first; each fault names its field and the place in it.
func CheckSettings(set field.Set, values field.Values) Faults {
	var faults Faults
	for _, f := range set {
		if !f.Template || !values.Has(f.Key) {
			continue
		}
		if _, err := CompileNotice(values.Text(f.Key)); err != nil {
			fault, ok := errors.AsType[*Fault](err)
			if !ok {
				fault = &Fault{Message: err.Error()}
			}
			found := *fault
			found.Path = f.Key
			faults = append(faults, &found)
		}
	}
	return faults
}
