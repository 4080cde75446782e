package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/sale"
)

// hostile are templates of somebody who wants to bring the machine down, by time, memory, the stack, or what they reach. Every one of them
// must end in a fault or in a value of bounded size.
var hostile = []string{
	// loops in loops
	`{{ map(data.big, map(data.big, #)) }}`,
	`{{ map(data.big, map(data.big, map(data.big, #))) }}`,
	`{{ map(data.big, data.big) }}`,
	`{{ sum(data.big, sum(data.big, #)) }}`,
	`{{ count(data.big, any(data.big, # == -1)) }}`,
	`{{ all(data.big, all(data.big, # != -1)) }}`,
	`{{ filter(data.big, filter(data.big, true) != nil) }}`,
	`{{ count(data.big, # in data.big) }}`,
	`{{ map(data.big, -1 in data.big) }}`,
	`{{ sum(data.big, len(map(data.big, [#, #, #, #]))) }}`,
	`{{ map(data.big, ({"a": data.big, "b": [data.big, data.big]})) }}`,
	`{{ map(data.big, lookup(#, data.bigmap)) }}`,
	`{{ map(data.big, lookup(#, {` + strings.TrimSuffix(numbered(`"k%d": %[1]d, `, 400), ", ") + `})) }}`,
	`{{ map(data.big, [` + strings.TrimSuffix(numbered("data.n + %d, ", 300), ", ") + `]) }}`,
	`{{ map(data.big, split(data.text, "a")) }}`,
	`{{ map(data.big, phone("555 1234")) }}`,
	`{{ map(data.big, map(data.big, format_date(today(), "is"))) }}`,
	`{{ map(data.big, map(data.big, number("1.234,56"))) }}`,

	// texts that grow
	`{{ data.text + data.text + data.text }}`,
	`{{ data.text }}{{ data.text }}`,
	strings.Repeat(`{{ data.text }}`, 600),
	strings.Repeat(`{{ data.n }}`, 800),
	`{{ map(data.big, # == 0 ? "" : text(#) + data.text) }}`,
	`{{ map(data.big, upper(data.text)) }}`,
	`{{ join(map(data.big, data.text)) }}`,
	`{{ join(data.big, data.text) }}`,
	`{{ join(map(data.big, join(data.big))) }}`,
	`{{ join(data.maps) }}`,
	`{{ replace(data.text, "a", data.text) }}`,
	`{{ replace(replace(replace("aaaaaaaaaa", "a", "aaaaaaaaaa"), "a", "aaaaaaaaaa"), "a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" + data.text) }}`,
	`{{ map(data.big, replace(data.text, "a", "b")) }}`,
	`{{ upper(data.mega) }}`, `{{ title(data.mega) }}`, `{{ ascii(data.mega) }}`, `{{ slug(data.mega) }}`, `{{ digits(data.mega) }}`, `{{ trim(data.mega) }}`,
	`{{ data.mega }}`, `x{{ data.mega }}`, `{{ data.mega[0:1000000] }}`, `{{ data.mega + "" }}`, `{{ "" + data.mega }}`, `{{ first_name(data.mega) }}`,
	`{{ upper(data.ligatures) }}`, `{{ ascii(data.ligatures) }}`, `{{ title(data.text) }}`, `{{ slug(data.text) }}`,
	`{{ split(data.mega, "a") }}`, `{{ split(data.text, "a") }}`, `{{ len(data.mega) }}`, `{{ truncate(data.mega, 1000000000) }}`, `{{ truncate(data.mega, 999999) }}`,
	`{{ "x"[0:99999999999] }}`, `{{ "x"[-99999999999:] }}`, `{{ data.big[99999999999] }}`,
	`{{ phone(data.mega) }}`, `{{ phone(data.text) }}`, `{{ number(data.mega) }}`, `{{ number(data.digits) }}`, `{{ data.mega contains data.mega }}`,
	`{{ map(data.big, data.text == data.text2) }}`, `{{ map(data.big, data.text < data.text2) }}`, `{{ map(data.big, map(data.big, data.text == data.text2)) }}`,
	`{{ map(data.big, data.text contains "b") }}`, `{{ map(data.big, len(data.text)) }}`, `{{ map(data.big, data.text[0:1]) }}`,

	// patterns
	`{{ data.text matches "(a*)*b" }}`, `{{ data.text matches "(a|aa)*(a|aa)*(a|aa)*b$" }}`, `{{ map(data.big, data.text matches "a*a*a*a*a*a*b") }}`,
	`{{ data.text matches "((a{30}){30})b" }}`, `{{ data.text matches "(a{1000})(a{1000})(a{1000})(a{1000})" }}`, `{{ data.text matches "((((a{1000}){1000}){1000}){1000})" }}`,
	`{{ data.mega matches "a" }}`, `{{ data.text matches data.text }}`, `{{ "x" matches "` + strings.Repeat(`\\pL`, 40) + `" }}`, `{{ "x" matches "` + strings.Repeat("(", 90) + `" }}`,

	// numbers
	`{{ data.huge + 1 }}`, `{{ data.huge }}`, `x{{ data.huge }}`, `{{ data.huge > 1 }}`, `{{ data.huge == 1 }}`, `{{ data.tiny + 1 }}`, `{{ data.digits + 1 }}`, `{{ [data.huge] }}`,
	`{{ text(data.hugenumber) }}`, `{{ data.float * data.float }}`, `{{ sale.total }}`, `{{ sale.total + 1 }}`, `{{ sale.lines[0].total > 0 }}`, `{{ sum(sale.lines, .total) }}`,
	`{{ round(1, 1000000000) }}`, `{{ round(1, -1000000000) }}`, `{{ fixed(1, 1000000000) }}`, `{{ fixed(1, -99) }}`, `{{ round(1, 1e99) }}`,
	`{{ 1e99 * 1e99 }}`, `{{ 1e99 / 1e-99 }}`, `{{ 1e99 % 1e-99 }}`, `{{ 1e-99 / 1e99 }}`, `{{ 1e99 + 1e-99 }}`, `{{ 1e999999999 }}`, `{{ 1e-999999999 }}`, `{{ 0x` + strings.Repeat("f", 5000) + ` }}`,
	`{{ ` + strings.Repeat("9", 9000) + ` }}`, `{{ 0.` + strings.Repeat("9", 9000) + ` }}`, `{{ ` + strings.Repeat("12345.6789 * ", 200) + `1 }}`, `{{ ` + strings.Repeat("1 / 3 / ", 200) + `7 }}`,
	`{{ sum(map(data.big, 9e98)) }}`, `{{ map(data.big, 1 / 3 * (1 / 7) * (1 / 11)) }}`, `{{ 2 ** 1000000 }}`, `{{ 2 ^ 1000000 }}`, `{{ 1 .. 1000000000 }}`,
	`{{ truncate("abc", 1e99) }}`, `{{ add_days(today(), 1e99) }}`, `{{ add_days("9999-12-31", 1) }}`, `{{ add_days("0001-01-01", -1) }}`, `{{ sale.lines[1e99] }}`,

	// dates
	`{{ date(today(), data.text) }}`, `{{ date(today(), "` + strings.Repeat("YYYY", 2000) + `") }}`, `{{ parse_date(data.text, data.text) }}`, `{{ date(data.mega) }}`,
	`{{ parse_date("` + strings.Repeat("9", 90) + `", "YYYY") }}`, `{{ parse_date("99999999999999999999.1.1", "YYYY.M.D") }}`,

	// names that mean something elsewhere, and the methods of Go values
	`{{ $env }}`, `{{ $env["sale"] }}`, `{{ get($env, "sale") }}`, `{{ data.__proto__.constructor }}`, `{{ sale.__class__ }}`, `{{ data.constructor("x") }}`, `{{ __proto__ }}`,
	`{{ sale.total.Shift(1000000000) }}`, `{{ sale.total.StringFixed(1000000000) }}`, `{{ sale.total.Pow(sale.total) }}`, `{{ sale.created_at.Format("x") }}`,
	`{{ event.received_at.AddDate(1, 1, 1) }}`, `{{ now().UnixNano() }}`, `{{ ("x").repeat(5) }}`, `{{ sale?.Paid() }}`, `{{ sale.Paid }}`, `{{ sale.Total }}`, `{{ sale.lines[0].Gross(true) }}`,
	`{{ data.n.String() }}`, `{{ steps.invoice.Data }}`, `{{ (data.x ?? sale.total).Shift(9) }}`, `{{ [sale][0].Paid }}`, `{{ [sale.total][0].Shift }}`,

	// functions of the language that are left out
	`{{ reduce(data.big, #acc + #acc, data.text) }}`, `{{ repeat(data.text, 1000000) }}`, `{{ let x = data.text; x + x }}`, `{{ concat(data.big, data.big) }}`, `{{ flatten(data.maps) }}`,
	`{{ sort(data.big) }}`, `{{ sortBy(data.big, #) }}`, `{{ groupBy(data.big, #) }}`, `{{ uniq(data.big) }}`, `{{ toJSON(data) }}`, `{{ fromJSON(data.text) }}`, `{{ keys(data) }}`, `{{ values(data) }}`,
	`{{ toPairs(data) }}`, `{{ fromBase64(data.text) }}`, `{{ find(data.big, true) }}`, `{{ findIndex(data.big, true) }}`, `{{ one(data.big, true) }}`, `{{ type(sale) }}`, `{{ duration("1h") }}`,
	`{{ ::map(data.big, ::map(data.big, ::map(data.big, #))) }}`, `{{ 1; 2; 3 }}`, `{{ if true { 1 } else { 2 } }}`, `{{ b"\xff" }}`, `{{ bitshl(1, 62) }}`,

	// the parser and the compiler
	`{{ ` + strings.Repeat("(", 4900) + `1` + strings.Repeat(")", 4900) + ` }}`, `{{ ` + strings.Repeat("(", 9000) + ` }}`, `{{ ` + strings.Repeat("[", 9000) + ` }}`, `{{ ` + strings.Repeat("{a:", 3000) + ` }}`,
	`{{ ` + strings.Repeat("-", 9900) + `1 }}`, `{{ ` + strings.Repeat("!", 9900) + `true }}`, `{{ ` + strings.Repeat("not ", 2400) + `true }}`, `{{ ` + strings.Repeat("true?", 1900) + ` }}`,
	`{{ ` + strings.Repeat("true ? 1 : ", 880) + `1 }}`, `{{ data` + strings.Repeat(".a", 4900) + ` }}`, `{{ data` + strings.Repeat("?.a", 3200) + ` }}`, `{{ data` + strings.Repeat("[0]", 3200) + ` }}`,
	`{{ ` + strings.Repeat("1+", 4900) + `1 }}`, `{{ ` + strings.Repeat(`""+`, 3200) + `"" }}`, `{{ ` + strings.Repeat("1<", 4900) + `1 }}`, `{{ ` + strings.Repeat("true||", 1600) + `true }}`,
	`{{ ` + strings.Repeat("data.x ?? ", 990) + `1 }}`, `{{ ` + strings.Repeat("map(data.big, ", 60) + `#` + strings.Repeat(")", 60) + ` }}`, `{{ data.n` + strings.Repeat(" | text()", 1000) + ` }}`,
	`{{ ` + strings.Repeat("upper(", 60) + `data.text` + strings.Repeat(")", 60) + ` }}`, `{{ ` + strings.Repeat(`x:`, 4000) + ` }}`, `{{ ` + strings.Repeat(`"a"`, 3000) + ` }}`,
	// every level compares its middle twice: two to the thirtieth paths through a tree of a hundred nodes
	`{{ ` + strings.Repeat("0 < (", 30) + `1` + strings.Repeat(" < 2 ? 1 : 2) < 3", 30) + ` }}`,
	`{{ "` + strings.Repeat("x", 9900) + `" }}`, `{{ "` + strings.Repeat(`\u{10FFFF}`, 900) + `" }}`, `{{ "` + strings.Repeat(`\`, 9000) + ` }}`, strings.Repeat("{{", 4900), strings.Repeat("{{}}", 2400),
	strings.Repeat("x", 1<<20), `{{ ` + strings.Repeat("x", 1<<20) + ` }}`, `{{ /* ` + strings.Repeat("x", 9000) + ` }}`, `{{ // }}`, "{{ \x00 }}", "{{ \xff\xfe }}", "\xff{{ 1 }}\xfe", `{{ ` + strings.Repeat("\u202e", 900) + ` }}`,
	`{{ "` + strings.Repeat("\u0301", 4000) + `" | ascii() | slug() }}`, `{{ ＄env }}`, `{{ ѕale.total }}`, `{{ ∞ }}`, `{{ '` + "\u2028" + `' }}`,

	// data that is hostile by itself
	`{{ data.toobig }}`, `{{ len(data.toobig) }}`, `{{ data.toobig[0] }}`, `{{ map(data.toobig, #) }}`, `{{ join(data.toobig) }}`, `{{ 1 in data.toobig }}`, `{{ data.toobig[0:1] }}`, `{{ sum(data.toobig) }}`,
	`{{ data.big == data.big }}`, `{{ data.bigmap == data.bigmap }}`, `{{ text(data.deep) }}`, `{{ join(data.deep) }}`, `{{ data.deep[0][0][0][0] }}`, `{{ upper(data.deep) }}`, `{{ data.deep in data.deep }}`,
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// hostileEnv is an event made to hurt whoever looks at it.
func hostileEnv() (*Env, error) {
	big := "[0" + strings.Repeat(",1", maxItems-1) + "]"
	text := strings.Repeat("a", maxText)
	data := fmt.Sprintf(`{"n": 7, "big": %s, "thousand": [0%s], "toobig": [0%s], "text": %q, "text2": %q, "mega": %q, "ligatures": %q, "maps": [%s{}], "bigmap": {%s"x": 1},
		"huge": 1e999999999, "tiny": 1e-999999999, "hugenumber": 9e99, "float": 1.7976931348623157e308, "digits": %s, "deep": %s}`,
		big, strings.Repeat(",1", field.MaxRows-1), strings.Repeat(",1", maxItems), text, text[1:]+"b", strings.Repeat("a", 1<<20), strings.Repeat("ﬃ", 20_000), strings.Repeat(`{"a":{}},`, 9_000),
		numbered(`"%d": 1, `, 9_000), strings.Repeat("9", 100_000), strings.Repeat("[", 9_000)+strings.Repeat("]", 9_000))
	env, err := NewEnv(tengi.Event{Data: json.RawMessage(data), Sale: &sale.Sale{
		Total: decimal.New(1, 1_000_000_000), Lines: []sale.Line{{Total: decimal.New(1, -1_000_000_000)}},
		CreatedAt: time.Date(200_000, 1, 1, 0, 0, 0, 0, time.UTC),
	}})
	if err != nil {
		return nil, err
	}
	env.Now = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
	return env, nil
}

// hostileFields are mappings that multiply what single templates do by the rows of a list.
func hostileFields() (field.Set, []map[string]any) {
	inner := field.Set{{Key: "x", Type: field.LongText}, {Key: "y", Type: field.LongText}}
	set := field.Set{
		{Key: "rows", Type: field.List, Children: append(field.Set{{Key: "rows", Type: field.List, Children: inner}}, inner...)},
		{Key: "pairs", Type: field.Pairs},
		{Key: "text", Type: field.LongText},
	}
	return set, []map[string]any{
		{"rows": map[string]any{"each": "data.big", "x": "{{ index }}"}},
		{"rows": map[string]any{"each": "data.thousand", "x": "{{ data.text }}", "y": "{{ upper(data.text) }}"}},
		{"rows": map[string]any{"each": "data.thousand", "x": "{{ index }} {{ sum(data.big) }}"}},
		{"rows": map[string]any{"each": "data.thousand", "rows": map[string]any{"each": "data.thousand", "x": "{{ index }}"}}},
		{"rows": map[string]any{"each": "data.thousand", "x": "{{ data.x * 2 }}", "y": "{{ data.n }}{{ row }}"}},
		{"rows": map[string]any{"each": "data.toobig", "x": "1"}},
		{"rows": map[string]any{"each": "map(data.thousand, data.thousand)", "rows": map[string]any{"each": "row", "x": "{{ row }}"}}},
		{"pairs": "{{ data.bigmap }}"},
		{"pairs": `{{ {"a": data.mega, "b": data.deep} }}`},
		{"text": "{{ data.mega }}"},
		{"text": strings.Repeat("{{ data.text }}", 500)},
	}
}

// What one hostile expression may allocate in all, freed or not (a whole mapping three times that), and how much address space the process may take beside what it starts with.
const (
	hostileAllocation = 64 << 20
	hostileSpace      = 512 << 20
)

const hostileVariable = "TENGI_TEST_HOSTILE"

func TestMain(m *testing.M) {
	if os.Getenv(hostileVariable) != "" {
		os.Exit(runHostile())
	}
	os.Exit(m.Run())
}

// TestHostile runs every hostile expression in a process of its own under a memory limit: what brings that process down would have brought the
// hub down.
func TestHostile(t *testing.T) {
	t.Parallel()
	if len(hostile) < 40 {
		t.Fatalf("only %d hostile expressions", len(hostile))
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), hostileVariable+"=1", "GOMEMLIMIT=256MiB")
	out, err := child.CombinedOutput()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		t.Fatalf("the process ended with %v; its last words:\n%s", err, strings.Join(lines[max(0, len(lines)-20):], "\n"))
	}
	set, fills := hostileFields()
	_ = set
	if done := strings.Count(string(out), "survived "); done != len(hostile)+len(fills) {
		t.Errorf("%d of %d were run", done, len(hostile)+len(fills))
	}
}

// runHostile is the child process.
func runHostile() int {
	env, err := hostileEnv()
	if err != nil {
		fmt.Println(err)
		return 1
	}
	debug.SetMaxStack(64 << 20)
	if err := limitMemory(hostileSpace); err != nil {
		fmt.Println("limit the memory:", err)
		return 1
	}
	failed := 0
	for _, source := range hostile {
		failed += survive(source, hostileAllocation, func() (any, error) {
			tpl, err := CompileTemplate(source, Scope{Sale: true, Steps: []string{"invoice"}})
			if err != nil {
				return nil, err
			}
			return tpl.Eval(env)
		})
	}
	set, fills := hostileFields()
	for _, given := range fills {
		failed += survive(fmt.Sprint(given), 3*hostileAllocation, func() (any, error) {
			fields, err := CompileFields(set, given, Scope{Sale: true})
			if err != nil {
				return nil, err
			}
			return fields.Fill(env)
		})
	}
	return min(failed, 1)
}

// survive runs one hostile expression and says what is wrong with how it ended.
func survive(source string, most uint64, eval func() (any, error)) int {
	name := brief(source)
	fmt.Println("trying", name)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	v, err := eval()
	runtime.ReadMemStats(&after)
	allocated := after.TotalAlloc - before.TotalAlloc
	var fault *Fault
	switch {
	case allocated > most:
		fmt.Printf("FAILED %s: allocated %d MiB\n", name, allocated>>20)
		return 1
	case err != nil && !errors.As(err, &fault):
		fmt.Printf("FAILED %s: not a fault but %v\n", name, err)
		return 1
	case err != nil && len(err.Error()) > maxText:
		fmt.Printf("FAILED %s: an error of %d bytes\n", name, len(err.Error()))
		return 1
	case err == nil && size(v) > 2*maxText && size(v) > 2*maxItems*8:
		fmt.Printf("FAILED %s: a value of %d bytes\n", name, size(v))
		return 1
	}
	fmt.Printf("survived %s: %d KiB allocated, %v\n", name, allocated>>10, err)
	return 0
}

// size is how much text a value holds, counting a word for each element.
func size(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []any:
		n := 8 * len(v)
		for _, elem := range v {
			if s, ok := elem.(string); ok {
				n += len(s)
			}
		}
		return n
	}
	return 8
}
