package mapping

import (
	"encoding/json"
	"strings"
	"testing"
)

// formed are texts at the borders of what is JSON.
var formed = []string{
	``, ` `, `1`, `-`, `-0`, `01`, `1.`, `1.0`, `.5`, `1e`, `1e+`, `1E-5`, `1e5x`, `true`, `tru`, `truex`, `nul`, `"a`, `"a"`, `"\`, `"\x"`, `"\u12"`, `"\u12aF"`, "\"\t\"", "\"\x7f\xff\"",
	`[]`, `[`, `]`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1 2]`, `[1]]`, `[}`, `{]`, `{`, `{}`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{"a" : [ {} , { } ] }`, `{a:1}`, `{1:1}`, `{"a"::1}`,
	`{"a","b"}`, `[1}`, `[[[]]]`, `{"a":{"b":[{"c":null}]}}`, "1\x00", "\x00", "\ufeff1", "1 \n\t\r", "\v1", `"a" "b"`, `{"a":1 "b":2}`, `[1:2]`, `{"a":1]`, `"é\/"`,
	strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001), strings.Repeat("[", 100),
}

func TestWellFormed(t *testing.T) {
	t.Parallel()
	for _, text := range append(formed, documents...) {
		if got, want := wellFormed([]byte(text)), json.Valid([]byte(text)); got != want {
			t.Errorf("%.60q: %t, want %t", text, got, want)
		}
	}
}

func FuzzWellFormed(f *testing.F) {
	for _, text := range formed {
		if len(text) < 1000 {
			f.Add([]byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if got, want := wellFormed(text), json.Valid(text); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	})
}
