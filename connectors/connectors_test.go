package connectors

import (
	"os"
	"slices"
	"testing"
)

// A folder that is not listed would be a connector nobody can use.
func TestEveryFolderIsListed(t *testing.T) {
	t.Parallel()
	var listed []string
	for _, c := range All() {
		listed = append(listed, c.Name)
	}
	if !slices.IsSorted(listed) {
		t.Errorf("not in alphabetical order: %v", listed)
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() != "internal" && !slices.Contains(listed, e.Name()) {
			t.Errorf("folder %s has no line in connectors.go", e.Name())
		}
	}
	for _, f := range Fakes() {
		if !slices.Contains(listed, f.Name()) {
			t.Errorf("the stand-in %s belongs to no connector", f.Name())
		}
	}
}

// Configuration files write a connector's own fields beside these, which every account has.
func TestNoFieldIsNamedAsEveryAccounts(t *testing.T) {
	t.Parallel()
	for _, c := range All() {
		for _, f := range c.AccountFields() {
			if slices.Contains([]string{"key", "name", "connector", "enabled"}, f.Key) {
				t.Errorf("%s: a field of its account is called %s, which no configuration file can set", c.Name, f.Key)
			}
		}
	}
}
