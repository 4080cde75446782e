package setup

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// tree is what export writes and what two states are compared by: names with values in order. A value is a string, a bool, a json.Number, a []any or a
// tree.
type tree []branch

type branch struct {
	key   string
	value any
}

// add appends a value, unless there is none.
func (t *tree) add(key string, value any) {
	switch v := value.(type) {
	case nil:
		return
	case string:
		if v == "" {
			return
		}
	case tree:
		if len(v) == 0 {
			return
		}
	}
	*t = append(*t, branch{key, value})
}

// branches turns what JSON gave into trees: the names in the order given, the others behind them by the alphabet.
func branches(value any, order ...string) any {
	switch v := value.(type) {
	case map[string]any:
		keys := slices.DeleteFunc(slices.Clone(order), func(key string) bool { _, ok := v[key]; return !ok })
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
		t := make(tree, len(keys))
		for i, key := range keys {
			t[i] = branch{key, branches(v[key])}
		}
		return t
	case []any:
		items := make([]any, len(v))
		for i, x := range v {
			items[i] = branches(x)
		}
		return items
	case float64:
		return json.Number(strconv.FormatFloat(v, 'f', -1, 64))
	default:
		return v
	}
}

// flatten lists the plain values of a tree by path, as people read them.
func (t tree) flatten(path string, into *[]line) {
	for _, b := range t {
		flatten(b.value, join(path, b.key), into)
	}
}

// line is one plain value of a tree.
type line struct{ path, value string }

func flatten(value any, path string, into *[]line) {
	switch v := value.(type) {
	case tree:
		v.flatten(path, into)
	case []any:
		for i, x := range v {
			at := fmt.Sprintf("%s[%d]", path, i)
			if t, ok := x.(tree); ok && len(t) > 0 && t[0].key == "key" {
				at = join(path, fmt.Sprint(t[0].value))
			}
			flatten(x, at, into)
		}
	case nil:
		*into = append(*into, line{path, "null"})
	default:
		*into = append(*into, line{path, fmt.Sprint(v)})
	}
}

func join(path, key string) string { return strings.TrimPrefix(path+"."+key, ".") }

// differences says in words how one tree became another: "source.filter: sale.total > 0 → sale.total > 100".
func differences(before, after tree) []string {
	var old, fresh []line
	before.flatten("", &old)
	after.flatten("", &fresh)
	var words []string
	for _, f := range fresh {
		i := slices.IndexFunc(old, func(o line) bool { return o.path == f.path })
		switch {
		case i < 0:
			words = append(words, f.path+": "+brief(f.value))
		case old[i].value != f.value:
			words = append(words, f.path+": "+brief(old[i].value)+" → "+brief(f.value))
		}
	}
	for _, o := range old {
		if !slices.ContainsFunc(fresh, func(f line) bool { return f.path == o.path }) {
			words = append(words, o.path+": removed")
		}
	}
	if len(words) == 0 && !slices.Equal(old, fresh) {
		words = append(words, "the order of its parts")
	}
	return words
}

// brief is a value on one short line.
func brief(value string) string {
	r := []rune(strings.Join(strings.Fields(value), " "))
	if len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return string(r)
}

// write writes a tree as YAML, which this package reads back as the same.
func (t tree) write(b *bytes.Buffer, indent int) {
	for i, br := range t {
		if i > 0 {
			b.WriteString(strings.Repeat(" ", indent))
		}
		b.WriteString(scalar(br.key))
		b.WriteByte(':')
		writeValue(b, br.value, indent)
	}
}

// writeValue writes what stands behind a colon, and the end of its line.
func writeValue(b *bytes.Buffer, value any, indent int) {
	switch v := value.(type) {
	case tree:
		if flow, ok := v.flow(); ok {
			b.WriteString(" " + flow + "\n")
			return
		}
		b.WriteString("\n" + strings.Repeat(" ", indent+2))
		v.write(b, indent+2)
	case []any:
		if len(v) == 0 {
			b.WriteString(" []\n")
			return
		}
		b.WriteByte('\n')
		for _, item := range v {
			b.WriteString(strings.Repeat(" ", indent+2) + "-")
			writeItem(b, item, indent+2)
		}
	default:
		if block, ok := literal(v, indent+2); ok {
			b.WriteString(" " + block)
			return
		}
		b.WriteString(" " + plain(v) + "\n")
	}
}

// literal writes a text of several lines as it looks, where YAML is sure to read it back.
func literal(value any, indent int) (block string, ok bool) {
	s, isText := value.(string)
	body, ended := strings.CutSuffix(s, "\n")
	if !isText || !strings.Contains(body, "\n") || strings.HasSuffix(body, "\n") {
		return "", false
	}
	mark := "|-\n"
	if ended {
		mark = "|\n"
	}
	var b strings.Builder
	b.WriteString(mark)
	for i, line := range strings.Split(body, "\n") {
		if strings.ContainsFunc(line, special) || strings.HasPrefix(line, " ") || strings.TrimSpace(line) != line || i == 0 && line == "" {
			return "", false
		}
		if line != "" {
			b.WriteString(strings.Repeat(" ", indent) + line)
		}
		b.WriteByte('\n')
	}
	return b.String(), true
}

// writeItem writes what stands behind a hyphen.
func writeItem(b *bytes.Buffer, item any, indent int) {
	if t, ok := item.(tree); ok && len(t) > 0 {
		b.WriteByte(' ')
		t.write(b, indent+2)
		return
	}
	writeValue(b, item, indent)
}

// flow writes a tree of one or no name on the same line: {env: NAME}, {keep: true}, {every: 15m}.
func (t tree) flow() (string, bool) {
	if len(t) == 0 {
		return "{}", true
	}
	switch t[0].value.(type) {
	case tree, []any:
		return "", false
	}
	if _, long := literal(t[0].value, 0); long || len(t) > 1 {
		return "", false
	}
	return "{" + scalar(t[0].key) + ": " + plain(t[0].value) + "}", true
}

// plain writes a single value.
func plain(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	default:
		return scalar(fmt.Sprint(v))
	}
}

// safe is a text that YAML reads as the text it is, without quotes: words, and lengths of time.
var safe = regexp.MustCompile(`\A(?:[\pL_/][\pL\pN_./-]*(?: [\pL\pN_./→-]+)*|[0-9]+[mh])\z`)

// words are the texts that YAML, in its old or new version, reads as something else.
var words = []string{"null", "true", "false", "yes", "no", "on", "off", "y", "n"}

// scalar writes a text: plain where that is sure to be read as the same text, else in single quotes, else in double quotes as JSON does, which YAML
// takes.
func scalar(s string) string {
	switch {
	case safe.MatchString(s) && !slices.Contains(words, strings.ToLower(s)):
		return s
	case !strings.ContainsFunc(s, special):
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a text always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

// special says whether a letter must be written by an escape: what breaks a line, and what cannot be seen.
func special(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == '�'
}
