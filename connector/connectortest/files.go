package connectortest

import (
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// Headings are the parts that every setup.md has, in this order, as headings of the second level; it may have more.
var Headings = []string{"What you need", "Connect the account", "Check that it works", "When something goes wrong"}

// WebhookMark stands in setup.md where the account's own webhook address is filled in.
const WebhookMark = "{{ webhook_url }}"

// maxIcon keeps the icons of a page small, in bytes.
const maxIcon = 8 << 10

// languages are those that a connector speaks besides English, which stands in its code.
var languages = []string{"is", "uk", "he", "pl"}

// checkFiles looks at the guide, the icon and the translations.
func checkFiles(t *testing.T, c *connector.Connector) {
	if c.Files == nil {
		t.Fatal("it has no files")
	}
	guide := read(t, c.Files, "setup.md")
	headings := markdownHeadings(guide)
	if len(headings) == 0 || !strings.HasPrefix(headings[0], "# ") || !strings.Contains(headings[0], c.Title) {
		t.Errorf("setup.md does not begin with a heading that names %s", c.Title)
	}
	at := 0
	for _, want := range Headings {
		i := slices.Index(headings[at:], "## "+want)
		if i < 0 {
			t.Errorf("setup.md has no heading %q, or not after the others", "## "+want)
			continue
		}
		at += i + 1
	}
	if c.Receive != nil && !strings.Contains(guide, WebhookMark) {
		t.Errorf("setup.md does not say where the address %s goes", WebhookMark)
	}
	translations, err := fs.Glob(c.Files, "setup.*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range translations {
		checkGuide(t, name, read(t, c.Files, name), guide)
	}
	checkIcon(t, read(t, c.Files, "icon.svg"))
	checkLocales(t, c)
}

func read(t *testing.T, files fs.FS, name string) string {
	t.Helper()
	text, err := fs.ReadFile(files, name)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

// markdownHeadings lists the headings outside of code.
func markdownHeadings(text string) []string {
	var headings []string
	code := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		if !code && strings.HasPrefix(line, "#") {
			headings = append(headings, line)
		}
	}
	return headings
}

// checkGuide compares a translated guide with the English one: the same parts, the same marks.
func checkGuide(t *testing.T, name, text, english string) {
	t.Helper()
	if language := strings.TrimSuffix(strings.TrimPrefix(name, "setup."), ".md"); !slices.Contains(languages, language) {
		t.Errorf("%s is in no language of ours", name)
	}
	level := func(headings []string) []string {
		levels := make([]string, len(headings))
		for i, h := range headings {
			levels[i], _, _ = strings.Cut(h, " ")
		}
		return levels
	}
	if !slices.Equal(level(markdownHeadings(text)), level(markdownHeadings(english))) {
		t.Errorf("%s has other headings than setup.md", name)
	}
	if strings.Count(text, WebhookMark) != strings.Count(english, WebhookMark) {
		t.Errorf("%s names %s as often as setup.md does not", name, WebhookMark)
	}
}

// checkIcon wants a small SVG that does nothing and fetches nothing.
func checkIcon(t *testing.T, text string) {
	t.Helper()
	if len(text) > maxIcon {
		t.Errorf("icon.svg has %d bytes, at most %d", len(text), maxIcon)
	}
	decoder := xml.NewDecoder(strings.NewReader(text))
	root := true
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("icon.svg: %v", err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if root && start.Name.Local != "svg" {
			t.Errorf("icon.svg is a %s", start.Name.Local)
		}
		if slices.Contains([]string{"script", "foreignObject", "image", "style", "animate"}, start.Name.Local) {
			t.Errorf("icon.svg holds a %s", start.Name.Local)
		}
		viewBox := false
		for _, attr := range start.Attr {
			viewBox = viewBox || attr.Name.Local == "viewBox"
			if strings.HasPrefix(attr.Name.Local, "on") || attr.Name.Local == "href" || strings.Contains(attr.Value, "url(http") {
				t.Errorf("icon.svg: attribute %s of %s", attr.Name.Local, start.Name.Local)
			}
		}
		if root && !viewBox {
			t.Error("icon.svg has no viewBox")
		}
		root = false
	}
	if root {
		t.Error("icon.svg is empty")
	}
}

// checkLocales wants every text in every language, and the same errors explained in each, English included: messages are written where they happen,
// the words for all errors of a code stand in locale/en.json.
func checkLocales(t *testing.T, c *connector.Connector) {
	t.Helper()
	found, err := fs.Glob(c.Files, "locale/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range found {
		if language := strings.TrimSuffix(path.Base(name), ".json"); language != "en" && !slices.Contains(languages, language) {
			t.Errorf("%s is in no language of ours", name)
		}
	}
	explained := map[string]any{}
	if slices.Contains(found, "locale/en.json") {
		explained = readLocale(t, c, "locale/en.json")
		for key := range explained {
			if !strings.HasPrefix(key, "errors.") && !strings.HasPrefix(key, "warnings.") {
				t.Errorf("locale/en.json has %s, which stands in the code", key)
			}
		}
	}
	for _, language := range languages {
		name := "locale/" + language + ".json"
		if !slices.Contains(found, name) {
			t.Errorf("there is no %s", name)
			continue
		}
		checkLocale(t, c, name, readLocale(t, c, name), explained)
	}
}

// readLocale reads a file of texts; a key that stands twice is refused.
func readLocale(t *testing.T, c *connector.Connector, name string) map[string]any {
	t.Helper()
	texts, err := field.ReadJSON([]byte(read(t, c.Files, name)))
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return texts
}

// checkLocale wants every text translated and none that does not exist. The title may be, where it is a word and not a name.
func checkLocale(t *testing.T, c *connector.Connector, name string, texts, explained map[string]any) {
	t.Helper()
	english := c.Texts()
	for key, value := range explained {
		english[key], _ = value.(string)
	}
	for key, value := range english {
		switch translated, _ := texts[key].(string); {
		case translated == "":
			t.Errorf("%s does not translate %s: %q", name, key, value)
		case strings.TrimSpace(translated) != translated || strings.HasSuffix(translated, ".") != strings.HasSuffix(value, "."):
			t.Errorf("%s: %s: %q has other blanks or another end than %q", name, key, translated, value)
		}
	}
	for key := range texts {
		if english[key] == "" && key != "title" {
			t.Errorf("%s translates %s, which does not exist", name, key)
		}
		code, sentence := strings.CutPrefix(key, "errors.")
		if _, said := texts[key+".title"]; sentence && !strings.Contains(code, ".") && !said {
			t.Errorf("%s: %s has no title", name, key)
		}
	}
}
