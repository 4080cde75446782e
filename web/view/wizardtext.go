package view

import (
	"encoding/json"
	"strconv"
	"strings"
)

// wizardTitle is the heading of the wizard: what is being made.
func wizardTitle(p *Page, f WizardFrame) string {
	switch {
	case f.Name != "":
		return f.Name
	case f.New:
		return p.P.Text("connections.new")
	default:
		return p.P.Text("connections.edit")
	}
}

// valsOf are values that htmx sends beside an input, as it wants them.
func valsOf(pairs ...string) string {
	values := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	text, _ := json.Marshal(values) // texts can be written as JSON
	return string(text)
}

// idOf makes an id that a selector can name of the name of an input.
func idOf(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, name)
}

// number and digits write numbers that stand in addresses and lists.
func number(n int) string { return strconv.Itoa(n) }

func digits(n int64) string { return strconv.FormatInt(n, 10) }

// pressed is the value of aria-pressed.
func pressed(on bool) string { return strconv.FormatBool(on) }

// anyAdvanced says whether a step has fields that an ordinary set-up does not need.
func anyAdvanced(fields []MappingField) bool {
	for _, f := range fields {
		if f.Advanced {
			return true
		}
	}
	return false
}
