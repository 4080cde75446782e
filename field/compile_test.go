package field

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// patterned has patterns on every level, one that does not compile, and one that a condition is held against.
var patterned = Set{
	{Key: "path", Type: Text, Pattern: `[a-z]+(\.[a-z]+)*`, Example: "data.id"},
	{Key: "again", Type: Text, Pattern: `[a-z]+(\.[a-z]+)*`},
	{Key: "broken", Type: Text, Pattern: `(`},
	{Key: "lines", Type: List, Children: Set{{Key: "code", Type: Text, Pattern: "[0-9]{3}"}, {Key: "deep", Type: Group, Children: Set{{Key: "sign", Type: Text, Pattern: "a|b"}}}}},
	{Key: "hidden", Type: Text, Required: true, DependsOn: &Condition{"path", []string{"data"}}},
}

// patternedRaws are raw values of it, right and wrong.
var patternedRaws = []map[string]any{
	nil,
	{"path": "data.id", "again": "data", "lines": []any{map[string]any{"code": "123", "deep": map[string]any{"sign": "b"}}}},
	{"path": "data.", "again": "Data", "lines": []any{map[string]any{"code": "1234", "deep": map[string]any{"sign": "ab"}}}},
	{"path": "data", "hidden": "x"},
	{"path": "data"},
	{"path": "DATA", "hidden": "x"},
	{"broken": "("},
}

func TestCompiled(t *testing.T) {
	t.Parallel()
	compiled := patterned.Compile()
	for _, raw := range patternedRaws {
		want, wrong := patterned.Parse(raw)
		got, faults := compiled.Parse(raw)
		if diff := cmp.Diff(want, got, same) + cmp.Diff(wrong, faults); diff != "" {
			t.Errorf("%v:\n%s", raw, diff)
		}
	}
	if _, faults := compiled.Parse(patternedRaws[2]); len(faults) != 4 {
		t.Errorf("the patterns are not held against their values: %v", faults)
	}
	if _, faults := compiled.Parse(patternedRaws[6]); len(faults) != 1 || faults[0].Code != CodePattern {
		t.Errorf("a pattern that does not compile: %v", faults)
	}
}

// One compiled set serves everybody. The race detector watches this test.
func TestCompiledAtOnce(t *testing.T) {
	t.Parallel()
	compiled := patterned.Compile()
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for _, raw := range patternedRaws {
				want, wrong := patterned.Parse(raw)
				got, faults := compiled.Parse(raw)
				if diff := cmp.Diff(want, got, same) + cmp.Diff(wrong, faults); diff != "" {
					t.Errorf("%v:\n%s", raw, diff)
				}
			}
		})
	}
	wait.Wait()
}

func TestShown(t *testing.T) {
	t.Parallel()
	set := Set{
		{Key: "auth", Type: Select, Options: []Option{{"none", ""}, {"token", ""}}, Default: "none"},
		{Key: "token", Type: Text, Required: true, DependsOn: &Condition{"auth", []string{"token"}}},
		{Key: "header", Type: Text, DependsOn: &Condition{"token", []string{"abc"}}},
		{Key: "quiet", Type: Text, DependsOn: &Condition{"loud", []string{"false"}}},
		{Key: "loud", Type: Bool},
		{Key: "lost", Type: Text, DependsOn: &Condition{"nowhere", []string{""}}},
		{Key: "ring", Type: Text, DependsOn: &Condition{"gnir", []string{""}}},
		{Key: "gnir", Type: Text, DependsOn: &Condition{"ring", []string{""}}},
	}
	for _, c := range []struct {
		raw  map[string]any
		want string
	}{
		{nil, "auth loud quiet"},
		{map[string]any{"auth": "token", "loud": true}, "auth loud token"},
		{map[string]any{"auth": " token ", "token": "abc"}, "auth header loud quiet token"},
		{map[string]any{"auth": "none", "token": "abc"}, "auth loud quiet"},
		{map[string]any{"auth": "", "loud": "perhaps"}, "auth loud"},
	} {
		var shown []string
		for _, key := range []string{"auth", "gnir", "header", "loud", "lost", "no such field", "quiet", "ring", "token"} {
			if set.Shown(key, c.raw) {
				shown = append(shown, key)
			}
		}
		if got := strings.Join(shown, " "); got != c.want {
			t.Errorf("%v: shown are %q, want %q", c.raw, got, c.want)
		}
	}
}

// Texts are written byte for byte as encoding/json writes them: what was frozen before must stay equal to what is frozen now.
func FuzzEncodeText(f *testing.F) {
	for _, text := range []string{"", "plain", `a"b\c`, "<Anna> & \u2028\u2029", "€ ∑", "\x00\x1f\x7f\t\n", "Þórunn 😀", "\ufffd"} {
		f.Add(text, text)
	}
	set := Set{{Key: "headers", Type: Pairs}, {Key: "text", Type: LongText}}
	f.Fuzz(func(t *testing.T, name, text string) {
		got, err := set.Encode(Values{"text": text, "headers": map[string]string{name: text, "z": ""}})
		if err != nil {
			return // not UTF-8
		}
		pairs := map[string]string{name: text, "z": ""}
		want, err := json.Marshal(map[string]any{"text": text, "headers": maps.Clone(pairs)})
		if err != nil || string(got) != string(want) {
			t.Fatalf("got  %s\nwant %s (%v)", got, want, err)
		}
	})
}

// ReadJSON reads what reading token by token reads, and refuses what that refuses.
func FuzzReadJSON(f *testing.F) {
	for _, text := range []string{`{"a":1}`, `{"a":{"b":[1,{"c":":"}]},"d:":"\":"}`, `{"a":1,"a":2}`, `{"a":{"b":1},"a":{"c":1,"d":2}}`, `{"a":1,"\u0061":2}`, `{"a":1}{}`, `[{"a":1}]`,
		`{"a":` + strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth) + `}`, `{"a":` + strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1) + `}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ReadJSON(data)
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		x, slow := readValue(dec, 0)
		want, object := x.(map[string]any)
		if slow != nil || !object {
			if err == nil {
				t.Fatalf("%q is read, and token by token it is not: %v", data, slow)
			}
			return
		}
		if err == nil && !reflect.DeepEqual(want, got) { // cmp takes for ever over lists in lists
			t.Fatalf("%q is read as %v, want %v", data, got, want)
		}
	})
}
