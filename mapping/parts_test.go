package mapping

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		template string
		want     []Part
		fault    int // its character
	}{
		{"", []Part{}, 0},
		{"Bókun", []Part{{PlainPart, "Bókun", "", 1}}, 0},
		{"Bókun {{ sale.reference }}!", []Part{{PlainPart, "Bókun ", "", 1}, {PathPart, " sale.reference ", "sale.reference", 9}, {PlainPart, "!", "", 27}}, 0},
		{`{{sale?.customer["email"]}}`, []Part{{PathPart, `sale?.customer["email"]`, "sale.customer.email", 3}}, 0},
		{`{{ data['Booking number'] }}`, []Part{{PathPart, ` data['Booking number'] `, `data["Booking number"]`, 3}}, 0},
		{"{{ sale.lines[0].text }}", []Part{{PathPart, " sale.lines[0].text ", "sale.lines[0].text", 3}}, 0},
		{"{{ sale.total * 2 }}{{ upper(data.x) }}", []Part{{ExpressionPart, " sale.total * 2 ", "", 3}, {ExpressionPart, " upper(data.x) ", "", 23}}, 0},
		{"{{ sale.lines[-1] }}", []Part{{ExpressionPart, " sale.lines[-1] ", "", 3}}, 0},
		{`{{ "}}" }}x`, []Part{{ExpressionPart, ` "}}" `, "", 3}, {PlainPart, "x", "", 11}}, 0},
		{"a {{ }} b", []Part{{PlainPart, "a ", "", 1}, {ExpressionPart, " ", "", 5}, {PlainPart, " b", "", 8}}, 0},
		{"a {{ sale. ", []Part{{PlainPart, "a ", "", 1}, {PlainPart, "{{ sale. ", "", 3}}, 3},
		{"}} a", []Part{{PlainPart, "}} a", "", 1}}, 0},
	} {
		got, fault := Parts(c.template)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.template, diff)
		}
		if (fault != nil) != (c.fault > 0) || fault != nil && fault.Char != c.fault {
			t.Errorf("%s: %v", c.template, fault)
		}
		if joined := Join(got); joined != c.template {
			t.Errorf("%q comes back as %q", c.template, joined)
		}
	}
}

// Whatever is written, taking it apart and putting it together changes nothing, and every part is what it says.
func FuzzParts(f *testing.F) {
	for _, seed := range []string{"", "a {{ sale.total }} b", "{{ data[\"}}\"] }}{{", "{{{{}}}}", "}}{{ x }}", "{{ 'a\\'}}' }}", "{{ a?.b[0]['ü'] }}", "\x80{{\x80}}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, template string) {
		parts, _ := Parts(template)
		if got := Join(parts); got != template {
			t.Fatalf("%q comes back as %q", template, got)
		}
		for _, p := range parts {
			if p.Kind != PathPart {
				continue
			}
			again, fault := Parts("{{" + p.Path + "}}")
			if fault != nil || len(again) != 1 || again[0].Path != p.Path {
				t.Fatalf("the path %q of %q is read as %+v", p.Path, template, again)
			}
		}
	})
}
