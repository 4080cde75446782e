package web

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tengi/tengi/field"
)

// given reads what a form of the set sent: raw values for [field.Set.Parse]. A key is absent when its input was not in the form, and, of a secret,
// when its input was left empty: what is stored is kept then. A secret that is to be removed is there and empty.
func (v *visit) given(set field.Set, prefix string) map[string]any {
	return givenIn(v.r.Form, set, prefix, v.P.Zone())
}

func givenIn(form url.Values, set field.Set, prefix string, zone *time.Location) map[string]any {
	raw := map[string]any{}
	for _, f := range set {
		name := prefix + f.Key
		if f.Type == field.Group {
			if group := givenIn(form, f.Children, name+".", zone); len(group) > 0 {
				raw[f.Key] = group
			}
			continue
		}
		sent, ok := form[name]
		if !ok || len(sent) == 0 {
			continue
		}
		value := sent[len(sent)-1] // a ticked box follows the hidden input that says it is not
		switch {
		case f.Type == field.List:
			raw[f.Key] = givenRows(form, f.Children, name, zone)
		case f.Type == field.Pairs:
			raw[f.Key] = givenPairs(form, name)
		case f.Type == field.Bool:
			raw[f.Key] = value == "true"
		case f.Secret && form.Get(name+".remove") == "true":
			raw[f.Key] = ""
		case f.Secret && strings.TrimSpace(value) == "":
		case f.Type == field.DateTime:
			raw[f.Key] = givenTime(value, zone)
		case f.Type == field.LongText:
			raw[f.Key] = strings.ReplaceAll(value, "\r\n", "\n") // as browsers send it (WHATWG HTML, 4.10.22.4)
		default:
			raw[f.Key] = value
		}
	}
	return raw
}

// givenRows are the rows of a list, without those that were left empty.
func givenRows(form url.Values, set field.Set, name string, zone *time.Location) []any {
	rows := []any{}
	for _, i := range rowsSent(form, name) {
		row := givenIn(form, set, name+"."+strconv.Itoa(i)+".", zone)
		if filled(set, row) {
			rows = append(rows, row)
		}
	}
	return rows
}

// filled says whether somebody wrote something into a row. What is chosen by itself, in a select or a box, counts only where there is nothing else.
func filled(set field.Set, row map[string]any) bool {
	writes := false
	for _, f := range set {
		switch x := row[f.Key].(type) {
		case string:
			if f.Type != field.Select && strings.TrimSpace(x) != "" {
				return true
			}
			writes = writes || f.Type != field.Select
		case []any:
			if len(x) > 0 {
				return true
			}
		case map[string]any:
			if f.Type == field.Group && filled(f.Children, x) || f.Type == field.Pairs && len(x) > 0 {
				return true
			}
		}
	}
	return !writes && slices.ContainsFunc(set, func(f field.Field) bool { return written(row[f.Key]) != "" && row[f.Key] != false })
}

// givenPairs are names with their values. A name that stands twice keeps both: the second with a blank behind it, which is where Parse finds it.
func givenPairs(form url.Values, name string) map[string]any {
	pairs := map[string]any{}
	for _, i := range rowsSent(form, name) {
		at := name + "." + strconv.Itoa(i) + "."
		key, value := strings.TrimSpace(form.Get(at+pairName)), form.Get(at+pairValue)
		if key == "" && strings.TrimSpace(value) == "" {
			continue
		}
		for pairs[key] != nil {
			key += " "
		}
		pairs[key] = value
	}
	return pairs
}

// rowsSent are the numbers of the rows that a form sent, in order.
func rowsSent(form url.Values, name string) []int {
	seen := map[int]bool{}
	for key := range form {
		rest, ok := strings.CutPrefix(key, name+".")
		if !ok {
			continue
		}
		number, _, _ := strings.Cut(rest, ".")
		if i, err := strconv.Atoi(number); err == nil && i >= 0 {
			seen[i] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// givenTime is a point in time on the reader's clock, in the form that Parse takes. What is none stays as it is.
func givenTime(text string, zone *time.Location) string {
	for _, layout := range []string{localTime, localTime + ":05"} {
		if at, err := time.ParseInLocation(layout, strings.TrimSpace(text), zone); err == nil {
			return at.Format(time.RFC3339)
		}
	}
	return text
}

// entriesOf are stored or given pairs as rows, by name.
func entriesOf(x any) (rows []map[string]any) {
	entries, ok := x.(map[string]any)
	if !ok {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		rows = append(rows, map[string]any{pairName: strings.TrimRight(name, " "), pairValue: entries[name]})
	}
	return rows
}
