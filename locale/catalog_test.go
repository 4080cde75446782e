package locale

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tengi/tengi/field"
)

// forms are the plural forms of each language, as Unicode CLDR 48 has them.
var forms = map[string][]string{
	"en": {"one", "other"},
	"is": {"one", "other"},
	"uk": {"few", "many", "one", "other"},
	"he": {"one", "other", "two"},
	"pl": {"few", "many", "one", "other"},
}

// countsOne are the forms that stand for one number only and so may leave the number out: "לפני שעה".
var countsOne = map[string][]string{"en": {"one"}, "he": {"one", "two"}, "pl": {"one"}}

// area reads one file of texts; a key that stands twice is refused.
func area(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := fs.ReadFile(texts, name)
	if err != nil {
		t.Fatal(err)
	}
	all, err := field.ReadJSON(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return all
}

var (
	areaKey     = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`)
	placeholder = regexp.MustCompile(`\{[a-z0-9_]*\}`)
)

func TestEveryLanguageSaysTheSame(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(texts, "texts/en/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no English texts: %v", err)
	}
	for _, l := range Languages() {
		all, err := fs.Glob(texts, path.Join("texts", l.Code, "*"))
		if err != nil || len(all) != len(files) {
			t.Errorf("%s has %d files, English has %d: %v", l.Code, len(all), len(files), err)
		}
	}
	for _, file := range files {
		english := area(t, file)
		name := path.Base(file)
		for key := range english {
			if !areaKey.MatchString(key) || !strings.HasPrefix(key, strings.TrimSuffix(name, "json")) {
				t.Errorf("%s: the key %q does not begin with its area, or is not in small letters", file, key)
			}
		}
		for _, l := range Languages() {
			file := path.Join("texts", l.Code, name)
			texts := area(t, file)
			for key, text := range texts {
				if _, ok := english[key]; !ok {
					t.Errorf("%s: %s does not exist in English", file, key)
					continue
				}
				for _, fault := range compare(l.Code, text, english[key]) {
					t.Errorf("%s: %s: %s", file, key, fault)
				}
			}
			for key := range english {
				if _, ok := texts[key]; !ok {
					t.Errorf("%s: %s is missing", file, key)
				}
			}
		}
	}
}

// compare says what is wrong with a text beside the English one.
func compare(lang string, text, english any) (faults []string) {
	switch text := text.(type) {
	case string:
		english, ok := english.(string)
		if !ok {
			return []string{"has no plural forms"}
		}
		faults = append(faults, checkText(text)...)
		if got, want := names(text), names(english); !slices.Equal(got, want) {
			faults = append(faults, fmt.Sprintf("has the names %q, want %q", got, want))
		}
	case map[string]any:
		english, ok := english.(map[string]any)
		if !ok {
			return []string{"has plural forms and in English it has none"}
		}
		if got := slices.Sorted(maps.Keys(text)); !slices.Equal(got, forms[lang]) {
			faults = append(faults, fmt.Sprintf("has the forms %q, want %q", got, forms[lang]))
		}
		other, _ := english["other"].(string)
		for form, text := range text {
			text, _ := text.(string)
			faults = append(faults, checkText(text)...)
			got, want := names(text), names(other)
			if !slices.Contains(got, "{n}") && slices.Contains(countsOne[lang], form) {
				want = slices.DeleteFunc(want, func(name string) bool { return name == "{n}" })
			}
			if !slices.Equal(got, want) {
				faults = append(faults, fmt.Sprintf("form %s has the names %q, want %q", form, got, want))
			}
		}
	default:
		faults = append(faults, fmt.Sprintf("is a %T", text))
	}
	return faults
}

// checkText says whether a text can be read at all.
func checkText(text string) (faults []string) {
	if text == "" || strings.TrimSpace(text) != text || strings.Contains(text, "  ") {
		faults = append(faults, fmt.Sprintf("%q is empty or has blanks to spare", text))
	}
	if _, err := (parser{}).Parse(text, "", ""); err != nil {
		faults = append(faults, err.Error())
	}
	return faults
}

// names are the different names in a text, sorted.
func names(text string) []string {
	all := placeholder.FindAllString(text, -1)
	slices.Sort(all)
	return slices.Compact(all)
}

// A comparison that finds nothing proves nothing, so it is shown what it must find.
func TestCompare(t *testing.T) {
	t.Parallel()
	hours := map[string]any{"one": "{n} hour", "other": "{n} hours"}
	for _, c := range []struct {
		lang          string
		text, english any
		want          string
	}{
		{"is", "Lokið", "Done", ""},
		{"is", "", "Done", "empty"},
		{"is", "Lokið ", "Done", "blanks"},
		{"is", "Lokið {n}", "Done", "names"},
		{"is", "Lokið {nafn", "Done", "brace"},
		{"is", "Lokið", hours, "no plural"},
		{"is", hours, "Done", "has none"},
		{"is", hours, hours, ""},
		{"is", map[string]any{"one": "stund", "other": "{n} stundir"}, hours, "form one"},
		{"pl", hours, hours, "forms"},
		{"he", map[string]any{"one": "שעה", "two": "שעתיים", "other": "{n} שעות"}, hours, ""},
		{"he", map[string]any{"one": "שעה", "two": "שעתיים", "other": "שעות"}, hours, "form other"},
		{"is", 3, "Done", "is a"},
	} {
		got := strings.Join(compare(c.lang, c.text, c.english), "; ")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s %v against %v: %q, want %q", c.lang, c.text, c.english, got, c.want)
		}
	}
}

func TestFamiliesAreComplete(t *testing.T) {
	t.Parallel()
	for _, l := range Languages() {
		p := New(l.Code, nil)
		for family, members := range families {
			for _, member := range members {
				if text := p.Family(family, member); text == "" || text == family+"."+member {
					t.Errorf("%s: %s.%s is missing", l.Code, family, member)
				}
			}
		}
	}
}
