package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseFile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       map[string]value
	}{
		{"empty", "", map[string]value{}},
		{"comments only", "# nothing\n---\n", map[string]value{}},
		{"plain", "listen: :80\nworkers: 8\n", map[string]value{"listen": {":80", "f:1:9"}, "workers": {"8", "f:2:10"}}},
		{"one entry", "data: /srv/tengi", map[string]value{"data": {"/srv/tengi", "f:1:7"}}},
		{"quoted", "data: \"a b\"\nlisten: ':80'\n", map[string]value{"data": {"a b", "f:1:7"}, "listen": {":80", "f:2:9"}}},
		{"not text", "data: true\nlog-level: 1.50\n", map[string]value{"data": {"true", "f:1:7"}, "log-level": {"1.50", "f:2:12"}}},
		{"block", "database: >-\n  postgres://db/t\n", map[string]value{"database": {"postgres://db/t", "f:1:11"}}},
		{"list", "allow-private:\n  - intranet\n  - 10.0.0.0/8\n", map[string]value{"allow-private": {"intranet,10.0.0.0/8", "f:2:3"}}},
		{"list in brackets", "allow-private: [intranet, 10.0.0.0/8]\n", map[string]value{"allow-private": {"intranet,10.0.0.0/8", "f:1:16"}}},
		{"list by commas", "allow-private: intranet,10.0.0.0/8\n", map[string]value{"allow-private": {"intranet,10.0.0.0/8", "f:1:16"}}},
		{"empty list", "allow-private: []\n", map[string]value{"allow-private": {"", "f:1:16"}}},
		{"in braces", "{listen: ':80', workers: 8}", map[string]value{"listen": {":80", "f:1:10"}, "workers": {"8", "f:1:26"}}},
	} {
		got, err := parseFile("f", []byte(c.text))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(c.want, got.values, cmp.AllowUnexported(value{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestParseFileRefuses(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	for _, c := range []struct{ name, text, want string }{
		{"typing mistake", "data: d\nlistne: :80\n", `f:2:1: unknown option "listne": did you mean "listen"?`},
		{"underscore", "public_url: https://x.example\n", `f:1:1: unknown option "public_url": did you mean "public-url"?`},
		{"capitals", "Workers: 8\n", `unknown option "Workers": did you mean "workers"?`},
		{"far from all", "accounts: 8\n", "unknown option \"accounts\": `tengi serve --help` lists them"},
		{"two faults", "a-: 1\nworkers: many\n", "f:2:10: workers: this is not a whole number"},
		{"the key", "key: " + secret + "\n", "f:1:1: key cannot stand in a file: set TENGI_KEY in the environment"},
		{"another file", "config: other.yaml\n", "f:1:1: config names this file and cannot stand in it"},
		{"no value", "data:\nlisten: :80\n", "data: no value: give one, or remove the line"},
		{"null", "data: ~\n", "f:1:7: data: no value"},
		{"mapping for a value", "listen:\n  host: x\n", "listen: give a plain value"},
		{"list for a value", "listen: [a, b]\n", "f:1:9: listen: give a plain value"},
		{"list in a list", "allow-private: [[a]]\n", "allow-private: give a plain value"},
		{"null in a list", "allow-private:\n  - a\n  -\n", "allow-private: no value"},
		{"alias", "data: &a x\nlisten: *a\n", "give a plain value"},
		{"fraction", "workers: 1.5\n", "f:1:10: workers: this is not a whole number"},
		{"hexadecimal", "workers: 0x10\n", "workers: this is not a whole number"},
		{"twice", "data: a\ndata: " + secret + "\n", "f:2:1: "},
		{"list at the top", "- data\n", "f:1:1: options are written as `name: value`"},
		{"text at the top", "data\n", "f:1:1: options are written as `name: value`"},
		{"two documents", "data: a\n---\ndata: b\n", "a second document begins"},
		{"broken", "database: \"" + secret + "\nlisten: x\n", "f:1:11: "},
		{"broken braces", "{data: " + secret, "f:1:1: "},
		{"tab", "data: a\n\tlisten: b\n", "f:2:1: "},
		{"merge", "<<: {data: x}\n", "unknown option"},
	} {
		_, err := parseFile("f", []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", c.name, err, c.want)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error repeats a value: %v", c.name, err)
		}
	}
}

func TestReadFileRefuses(t *testing.T) {
	t.Parallel()
	if _, err := parse(t, "serve", "--config", "missing.yaml"); err == nil || !strings.Contains(err.Error(), "missing.yaml") {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := readFile(t.TempDir()); err == nil {
		t.Error("a folder passed")
	}
	if _, err := readFile(writeFile(t, strings.Repeat("# line\n", maxFile/7+1))); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("a large file: %v", err)
	}
}

func TestEditDistance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "bc", 1}, {"kitten", "sitting", 3}, {"listne", "listen", 2}} {
		if got := editDistance(c.a, c.b); got != c.want {
			t.Errorf("%q, %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// FuzzParseFile feeds anything to the reader of option files: it may refuse, it may not panic, and what it takes is an option of the table.
func FuzzParseFile(f *testing.F) {
	f.Add([]byte("listen: :80\nallow-private: [a, 10.0.0.0/8]\nworkers: 3\n"))
	f.Add([]byte("? a\n: b\n--- |\n x\n...\n%YAML 1.2\n"))
	f.Add([]byte("data: &a !!str x\n<<: *a\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := parseFile("f", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "config: f") {
				t.Errorf("the error does not name the file: %v", err)
			}
			return
		}
		for name := range got.values {
			if _, err := findOption(name); err != nil {
				t.Error(err)
			}
		}
	})
}
