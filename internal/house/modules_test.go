package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tengi/tengi/internal/testutil"
)

// listed is what `go list -json` says of a package.
type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Module     *struct{ Path string }
}

// The modules linked into the program are a list for people: a new one shows in review, with who wants it.
func TestModules(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(filepath.Join(root, "cmd", "tengi")); errors.Is(err, fs.ErrNotExist) {
		t.Log("there is no cmd/tengi to look at")
		return
	}
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Standard,Imports,Module", "./cmd/tengi")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64") // the list is of one platform, wherever the test runs
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, stderr.String())
	}
	testutil.Golden(t, "modules", report(t, out))
}

// report writes a line for each module: its path and which packages of ours import it; those that come along with another have none.
func report(t *testing.T, out []byte) []byte {
	t.Helper()
	moduleOf, wanted := map[string]string{}, map[string]map[string]bool{}
	var ours []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case p.Standard || p.Module == nil:
		case p.Module.Path == module:
			ours = append(ours, p)
		default:
			moduleOf[p.ImportPath] = p.Module.Path
			wanted[p.Module.Path] = map[string]bool{}
		}
	}
	for _, p := range ours {
		for _, imported := range p.Imports {
			if m, ok := moduleOf[imported]; ok {
				wanted[m][strings.TrimPrefix(p.ImportPath, module+"/")] = true
			}
		}
	}
	var b bytes.Buffer
	fmt.Fprintln(&b, "# Modules linked into tengi, and which of its packages import them. Rewrite: go test ./internal/house -update")
	for _, m := range slices.Sorted(maps.Keys(wanted)) {
		by := slices.Sorted(maps.Keys(wanted[m]))
		fmt.Fprintln(&b, strings.TrimRight(fmt.Sprintf("%-45s %s", m, strings.Join(by, " ")), " "))
	}
	return b.Bytes()
}

// mirrors lists the hosts this machine fetches modules and packages from, apart from the public ones: they are nobody else's business.
func mirrors(t *testing.T) (hosts []string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOPROXY").Output()
	if err != nil {
		t.Fatalf("go env: %v", err)
	}
	settings := strings.FieldsFunc(string(out), func(r rune) bool { return strings.ContainsRune(",|\n", r) })
	settings = append(settings, os.Getenv("NPM_CONFIG_REGISTRY"), os.Getenv("npm_config_registry"))
	for _, setting := range settings {
		u, err := url.Parse(setting)
		if err != nil || u.Hostname() == "" || slices.Contains([]string{"proxy.golang.org", "goproxy.io", "registry.npmjs.org", "localhost", "127.0.0.1"}, u.Hostname()) {
			continue
		}
		hosts = append(hosts, u.Hostname())
	}
	return hosts
}

func TestReport(t *testing.T) {
	t.Parallel()
	const out = `
		{"ImportPath": "fmt", "Standard": true}
		{"ImportPath": "example.com/b/inner", "Imports": ["fmt"], "Module": {"Path": "example.com/b"}}
		{"ImportPath": "example.com/a/x", "Imports": ["example.com/b/inner"], "Module": {"Path": "example.com/a"}}
		{"ImportPath": "example.com/a/y", "Module": {"Path": "example.com/a"}}
		{"ImportPath": "` + module + `/store", "Imports": ["example.com/a/x", "example.com/a/y", "fmt"], "Module": {"Path": "` + module + `"}}
		{"ImportPath": "` + module + `/cmd/tengi", "Imports": ["example.com/a/y", "` + module + `/store"], "Module": {"Path": "` + module + `"}}`
	got := strings.Split(string(report(t, []byte(out))), "\n")[1:]
	want := []string{fmt.Sprintf("%-45s cmd/tengi store", "example.com/a"), "example.com/b", ""}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
