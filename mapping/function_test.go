package mapping

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tengi/tengi/internal/testutil"
)

func TestEveryExampleOfTheReferenceGivesItsResult(t *testing.T) {
	t.Parallel()
	for _, f := range Functions() {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			got, err := written(t, f.Example)
			if err != nil {
				t.Fatalf("%s: %v", f.Example, err)
			}
			if got != f.Result {
				t.Errorf("%s = %q, the reference says %q", f.Example, got, f.Result)
			}
			if f.Help == "" || f.Group != groupSigns && !strings.HasPrefix(f.Signature, f.Name+"(") {
				t.Errorf("the entry is not complete: %+v", f)
			}
		})
	}
}

// The golden shows the reference as the documentation prints it.
func TestReference(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	group := ""
	for _, f := range Functions() {
		if f.Group != group {
			group = f.Group
			fmt.Fprintf(&b, "\n## %s\n\n| function | what it gives | example | result |\n|---|---|---|---|\n", group)
		}
		cell := func(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
		fmt.Fprintf(&b, "| `%s` | %s | `%s` | `%s` |\n", cell(f.Signature), cell(f.Help), cell(f.Example), cell(f.Result))
	}
	testutil.Golden(t, "functions", []byte(strings.TrimLeft(b.String(), "\n")))
}

func TestEveryFunctionIsInTheReferenceOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range Functions() {
		if seen[f.Name] {
			t.Errorf("%s stands twice", f.Name)
		}
		seen[f.Name] = true
	}
	if want := len(functions) + len(loops) + len(operatorTable); len(seen) != want {
		t.Errorf("the reference has %d functions, expressions may call %d", len(seen), want)
	}
}
