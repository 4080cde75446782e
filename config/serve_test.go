package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi/internal/testutil"
)

// TestMain removes from the environment what the person running the tests may have set for a hub of their own, and the width of their terminal.
func TestMain(m *testing.M) {
	names := []string{"COLUMNS"}
	for _, o := range Options() {
		names = append(names, o.Env)
	}
	for _, name := range names {
		if err := os.Unsetenv(name); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// program is a command line as cmd/tengi has it: the options belong to one command among others.
type program struct {
	Serve struct {
		Serve
	} `cmd:"" help:"Run the hub."`
	Version struct{} `cmd:"" help:"Print the version."`
}

// parse reads a command line.
func parse(t *testing.T, args ...string) (Serve, error) {
	t.Helper()
	var p program
	k, err := kong.New(&p, kong.Name("tengi"), kong.Exit(func(int) { t.Error("kong wanted to exit") }))
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Parse(args)
	return p.Serve.Serve, err
}

func mustParse(t *testing.T, args ...string) Serve {
	t.Helper()
	s, err := parse(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tengi.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	got := mustParse(t, "serve")
	want := Serve{Data: "data", Listen: "127.0.0.1:8080", Workers: 64, LogFormat: "text", LogLevel: "info"}
	for _, o := range Options() {
		if from := got.Source(o.Name); from != "default" {
			t.Errorf("%s comes from %q, want default", o.Name, from)
		}
	}
	got.sources = nil
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Serve{})); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	if got.KeyFile() != filepath.Join("data", "key") {
		t.Errorf("key file %q", got.KeyFile())
	}
	if got.FilesDir() != filepath.Join("data", "files") || (Serve{Data: "data", Files: "in"}).FilesDir() != "in" {
		t.Errorf("folder for files %q", got.FilesDir())
	}
}

// A name is said once: the flag, the variable and the key in the file follow from it, and every option has its row in the table of checks.
func TestNames(t *testing.T) {
	t.Parallel()
	var p program
	k, err := kong.New(&p, kong.Name("tengi"))
	if err != nil {
		t.Fatal(err)
	}
	flags := map[string]*kong.Flag{}
	for _, flag := range k.Model.Children[0].Flags {
		flags[flag.Name] = flag
	}
	for _, o := range Options() {
		if want := "TENGI_" + strings.ToUpper(strings.ReplaceAll(o.Name, "-", "_")); o.Env != want {
			t.Errorf("%s: environment %s, want %s", o.Name, o.Env, want)
		}
		if o.Help == "" || !strings.HasSuffix(o.Help, ".") {
			t.Errorf("%s: help %q is no sentence", o.Name, o.Help)
		}
		if _, ok := checks[o.Name]; !ok {
			t.Errorf("%s is not in the table of checks", o.Name)
		}
		found, err := findOption(o.Name)
		if (err == nil) != (!o.EnvOnly && o.Name != fileOption) || found.Name != o.Name {
			t.Errorf("%s as key of the file: %v, %v", o.Name, found.Name, err)
		}
		flag := flags[o.Name]
		delete(flags, o.Name)
		if o.EnvOnly {
			if flag != nil {
				t.Errorf("%s is a flag", o.Name)
			}
			continue
		}
		if flag == nil {
			t.Errorf("%s is no flag", o.Name)
		} else if diff := cmp.Diff([]string{o.Env}, flag.Envs); diff != "" {
			t.Errorf("%s (-want +got):\n%s", o.Name, diff)
		}
	}
	for name := range flags {
		t.Errorf("flag %s is not in the table", name)
	}
	if got, want := len(checks), len(Options()); got != want {
		t.Errorf("%d checks for %d options", got, want)
	}
}

// every holds a value of every option that can be a flag, once for each place it can be set in; all are allowed and differ from each other.
var every = map[string]struct{ flag, env, file string }{
	"data":           {"flag-data", "env-data", "file-data"},
	"files":          {"flag-files", "env-files", "file-files"},
	"listen":         {"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"},
	"database":       {"postgres://flag/t", "postgres://env/t", "postgres://file/t"},
	"public-url":     {"https://flag.example", "https://env.example", "https://file.example"},
	"metrics-listen": {"127.0.0.1:11", "127.0.0.1:12", "127.0.0.1:13"},
	"allow-private":  {"flag.example,10.0.0.1", "env.example,10.0.0.2", "file.example,10.0.0.3"},
	"support":        {"file@example.com", "env@example.com", "flag@example.com"},
	"workers":        {"1", "2", "3"},
	"log-format":     {"json", "json", "json"},
	"log-level":      {"debug", "warn", "error"},
}

// shown gives every value of a Serve by option name.
func shown(s Serve) map[string]string {
	values := map[string]string{}
	for _, o := range Options() {
		if o.Name != fileOption && !o.EnvOnly {
			values[o.Name] = o.shown(s)
		}
	}
	return values
}

// Flag over environment over file over default, for every option.
func TestPrecedence(t *testing.T) {
	flags, want := []string{}, map[string]map[string]string{"flag": {}, "env": {}, "file": {}}
	var text strings.Builder
	for name, v := range every {
		flags = append(flags, "--"+name, v.flag)
		fmt.Fprintf(&text, "%s: %s\n", name, v.file)
		want["flag"][name], want["env"][name], want["file"][name] = v.flag, v.env, v.file
	}
	path := writeFile(t, text.String())

	check := func(step, origin, from string, args ...string) {
		t.Helper()
		s := mustParse(t, append([]string{"serve"}, args...)...)
		if diff := cmp.Diff(want[origin], shown(s)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step, diff)
		}
		for name := range every {
			if got := s.Source(name); !strings.HasPrefix(got, from) {
				t.Errorf("%s: %s comes from %q, want %q", step, name, got, from)
			}
		}
	}
	check("file named by flag", "file", path+":", "--config", path)
	check("flags over file", "flag", "flag --", append(flags, "--config", path)...)
	t.Setenv("TENGI_CONFIG", path)
	check("file named by environment", "file", path+":")
	for name, v := range every {
		o, err := findOption(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Setenv(o.Env, v.env)
	}
	check("environment over file", "env", "environment TENGI_")
	check("flags over both", "flag", "flag --", flags...)
}

func TestKey(t *testing.T) {
	const text = "c2VjcmV0IHNlY3JldA=="
	t.Setenv("TENGI_KEY", text)
	s := mustParse(t, "serve")
	if s.Key.Value() != text || s.Source("key") != "environment TENGI_KEY" {
		t.Errorf("key from %q", s.Source("key"))
	}
	if _, err := parse(t, "serve", "--key", text); err == nil {
		t.Error("the key passed as a flag")
	}
	encoded, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s.Logger(&log).Info("start", "options", s, "key", s.Key, "all", fmt.Sprintf("%v %+v %#v %s", s, s, s.Key, s.Key))
	if both := log.String() + string(encoded); strings.Contains(both, text) || !strings.Contains(both, "***") {
		t.Errorf("the key shows: %s", both)
	}
	if got := Secret("").String(); got != "" {
		t.Errorf("an empty secret shows as %q", got)
	}
}

// An empty variable is a value, as in a compose file: right where empty means something, an error where it does not.
func TestEmptyEnvironment(t *testing.T) {
	t.Setenv("TENGI_DATABASE", "")
	t.Setenv("TENGI_ALLOW_PRIVATE", "")
	s := mustParse(t, "serve")
	if networks, hosts := s.Private(); len(networks)+len(hosts) != 0 {
		t.Errorf("an empty allow-private allows %v %v", networks, hosts)
	}
	t.Setenv("TENGI_LISTEN", "")
	if _, err := parse(t, "serve"); err == nil || !strings.Contains(err.Error(), "environment TENGI_LISTEN") {
		t.Errorf("got %v, want an error naming TENGI_LISTEN", err)
	}
}

// Another command is not disturbed by what is wrong with the options of serve.
func TestOtherCommand(t *testing.T) {
	t.Setenv("TENGI_WORKERS", "many")
	t.Setenv("TENGI_CONFIG", "missing.yaml")
	mustParse(t, "version")
	if _, err := parse(t, "serve"); err == nil {
		t.Error("serve passed with a missing file")
	}
}

func TestLogger(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		level, format string
		want          int
		json          bool
	}{
		{"debug", "text", 4, false}, {"info", "json", 3, true}, {"warn", "text", 2, false}, {"error", "json", 1, true}, {"", "", 3, false},
	} {
		var log bytes.Buffer
		l := Serve{LogLevel: c.level, LogFormat: c.format}.Logger(&log)
		for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
			l.Log(t.Context(), level, "line")
		}
		if got := strings.Count(log.String(), "\n"); got != c.want || json.Valid([]byte(strings.SplitN(log.String(), "\n", 2)[0])) != c.json {
			t.Errorf("%s %s: %d lines, want %d:\n%s", c.level, c.format, got, c.want, log.String())
		}
	}
}

func TestLogValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ database, want string }{
		{"", ""},
		{"postgres://anna:hunter2@db/tengi?sslmode=require", "postgres://anna:xxxxx@db/tengi?sslmode=require"},
		{"postgres:///tengi?host=/run/pg&password=hunter2&sslpassword=hunter2", "postgres:///tengi?host=%2Frun%2Fpg&password=xxxxx&sslpassword=xxxxx"},
		{"postgres://anna:hunter2%zz@db/t", "***"},
		{"postgres://db/t?password=hunter2;x=%zz", "***"},
	} {
		s := Serve{Listen: ":1", Database: c.database, AllowPrivate: []string{"a", "b"}}
		got := map[string]string{}
		for _, a := range s.LogValue().Group() {
			got[a.Key] = a.Value.String()
		}
		want := map[string]string{"listen": ":1", "allow-private": "a,b", "workers": "0"}
		if c.want != "" {
			want["database"] = c.want
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.database, diff)
		}
	}
}

func TestPrivate(t *testing.T) {
	t.Parallel()
	s := Serve{AllowPrivate: []string{" 10.1.2.3", "10.1.9.9/16", "::1", "fd00::/8", "::ffff:192.168.0.0/112", "Intranet.Example", "", "db_1"}}
	if err := checkAllowPrivate(s); err != nil {
		t.Fatal(err)
	}
	networks, hosts := s.Private()
	want := []netip.Prefix{
		netip.MustParsePrefix("10.1.2.3/32"), netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("::1/128"),
		netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("192.168.0.0/16"),
	}
	if fmt.Sprint(networks) != fmt.Sprint(want) {
		t.Errorf("networks %v, want %v", networks, want)
	}
	if diff := cmp.Diff([]string{"intranet.example", "db_1"}, hosts); diff != "" {
		t.Errorf("hosts (-want +got):\n%s", diff)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	var table, help bytes.Buffer
	if err := WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	testutil.Golden(t, "options", table.Bytes())

	var p program
	k, err := kong.New(&p, kong.Name("tengi"), kong.Writers(&help, &help), kong.Exit(func(int) { panic(true) }))
	if err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() { _ = recover() }() // kong exits after help
		_, err = k.Parse([]string{"serve", "--help"})
		t.Errorf("help went on: %v", err)
	}()
	testutil.Golden(t, "help", help.Bytes())
}
