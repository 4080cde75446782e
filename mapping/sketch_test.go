package mapping

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tengi/tengi/internal/testutil"
)

// sketched writes previews for a golden.
func sketched(previews []Preview) string {
	var b strings.Builder
	for _, p := range previews {
		origin := "given"
		if p.Default {
			origin = "default"
		}
		fmt.Fprintf(&b, "%s [%s] %q, %s: %q\n", p.Path, p.Label, p.Template, origin, p.Text)
		if p.Fault != nil {
			fmt.Fprintf(&b, "    %s\n", p.Fault)
		}
	}
	return b.String()
}

// What is wrong while a mapping is written stands beside what is right, each fault once and at its field.
func TestSketch(t *testing.T) {
	t.Parallel()
	given := map[string]any{
		"description": "Bókun {{ sale.refernce }}",
		"customer":    map[string]any{"email": "{{ sale.customer. }}"},
		"lines":       map[string]any{"text": "{{ line.txt }}", "quantity": "{{ line.quantity * 2 }}", "colour": "red"},
		"copies":      "seven",
		"note":        "{{ data.note * 2 }}",
		"headers":     map[string]any{"A": "{{ sale.currency }}", "B": "{{ nobody }}"},
		"currency":    nil,
		"colour":      "blue",
	}
	env := sample(t)
	testutil.Golden(t, "sketch", []byte(sketched(Sketch(invoice, given, everything, env))))
	testutil.Golden(t, "outline", []byte(sketched(Sketch(invoice, given, everything, nil))))
}

// Of a mapping without faults a sketch says what Describe says, and the columns besides.
func TestSketchOfWhatIsRight(t *testing.T) {
	t.Parallel()
	given := map[string]any{"description": "Bókun {{ sale.reference }}", "lines": map[string]any{"text": "{{ upper(line.text) }}"}}
	want := mustCompile(t, invoice, given, everything).Describe(sample(t))
	var rest []Preview
	columns := map[string]string{}
	for _, p := range Sketch(invoice, given, everything, sample(t)) {
		if column, ok := strings.CutPrefix(p.Path, "lines."); ok {
			columns[column] = p.Template + " → " + p.Text
		} else {
			rest = append(rest, p)
		}
	}
	if got := sketched(rest); got != sketched(want) {
		t.Errorf("got\n%s\nwant\n%s", got, sketched(want))
	}
	if got := columns["text"]; len(columns) != 4 || got != "{{ upper(line.text) }} → GOLDEN CIRCLE" {
		t.Errorf("columns %v", columns)
	}
}

// Rows written out are described one by one, also when one of them is wrong.
func TestSketchOfWrittenRows(t *testing.T) {
	t.Parallel()
	given := map[string]any{"lines": []any{
		map[string]any{"text": "{{ sale.reference }}", "quantity": 1, "price": "{{ sale.total }}", "vat": 11},
		map[string]any{"text": "{{ nobody }}", "quantity": 1, "price": "{{ data.price }}"},
	}}
	faults := map[string]string{}
	texts := map[string]string{}
	for _, p := range Sketch(invoice, given, everything, sample(t)) {
		texts[p.Path] = p.Text
		if p.Fault != nil {
			faults[p.Path] = p.Fault.Code
		}
	}
	if len(faults) != 1 || faults["lines[1].text"] != CodeName {
		t.Errorf("faults %v", faults)
	}
	if texts["lines[0].text"] != "FJO-51654" || texts["lines[1].price"] != "12.1" {
		t.Errorf("texts %v", texts)
	}
}
