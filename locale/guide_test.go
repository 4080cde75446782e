package locale

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/tengi/tengi/connectors"
)

// Every heading of every guide can be said in every language, and none that is gone.
func TestGuideHeadings(t *testing.T) {
	t.Parallel()
	texts := area(t, "texts/en/guide.json")
	seen := map[string]bool{}
	for _, c := range connectors.All() {
		guide, err := fs.ReadFile(c.Files, "setup.md")
		if err != nil {
			t.Fatal(err)
		}
		code := false
		for line := range strings.Lines(string(guide)) {
			if strings.HasPrefix(line, "```") {
				code = !code
			}
			mark, heading, _ := strings.Cut(strings.TrimSpace(line), " ")
			if code || !strings.HasPrefix(mark, "##") {
				continue
			}
			key := "guide." + headingKey(heading)
			seen[key] = true
			if texts[key] != heading {
				t.Errorf("guide of %s: the heading %q is %q in English under %s", c.Name, heading, texts[key], key)
			}
			if got := New("pl", nil).GuideHeading(heading); got == heading {
				t.Errorf("guide of %s: the heading %q is not said in Polish", c.Name, heading)
			}
		}
	}
	for key := range texts {
		if !seen[key] {
			t.Errorf("no guide has the heading %s", key)
		}
	}
	if got := New("pl", nil).GuideHeading("Nothing such"); got != "Nothing such" {
		t.Errorf("a heading of no guide becomes %q", got)
	}
}
