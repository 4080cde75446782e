package mapping

import (
	"errors"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/internal/testutil"
)

// Every line is an expression over the sample and what it gives, written as in a text.
var values = []struct{ expression, want string }{
	// numbers are decimals from the literal on
	{`0.1 + 0.2`, "0.3"},
	{`0.1 * 3 == 0.3`, "true"},
	{`1.005 * 100`, "100.5"},
	{`10 / 4`, "2.5"},
	{`1 / 3`, "0.3333333333333333"},
	{`2 / 3`, "0.6666666666666667"},
	{`-7 % 3`, "-1"},
	{`7.5 % 2`, "1.5"},
	{`9223372036854775807 + 1`, "9223372036854775808"},
	{`9007199254740993 + 0`, "9007199254740993"},
	{`9007199254740993.1`, "9007199254740993.1"},
	{`1_000.50`, "1000.5"},
	{`1e3`, "1000"},
	{`.5 + 0x10`, "16.5"},
	{`-sale.total`, "-39800"},
	{`+5`, "5"},
	{`sale.total * 0.11`, "4378"},
	{`sale.total / 1.11`, "35855.8558558558558559"},
	{`39800 / 2`, "19900"},
	{`(sale.total / 3) * 3 == sale.total`, "false"},
	{`round((sale.total / 3) * 3, 2) == sale.total`, "true"},
	{`100 == 100.00`, "true"},
	{`2 + 3 * 4 - 1`, "13"},
	{`(1 < 2) == (2.5 >= 2.5)`, "true"},
	{`1 < 2 < 3`, "true"},
	{`1 < 3 < 2`, "false"},
	{`data.price * 3`, "36.3"},
	{`data.items[0].cost + data.items[1].cost`, "0.3"},
	{`sum(data.items, .cost) == 0.3`, "true"},
	{`sum(data.items, .cost * 100)`, "30"},
	{`sum([])`, "0"},
	{`min([3, 1, 2])`, "1"},
	{`max(1, sale.total, [5, 50000])`, "50000"},
	{`round(2.5)`, "3"},
	{`round(-2.5)`, "-3"},
	{`round(1234.5, -2)`, "1200"},
	{`round(0.125, 2)`, "0.13"},
	{`floor(2.9) + ceil(-2.9)`, "0"},
	{`fixed(2, 2)`, "2.00"},
	{`fixed(0.005, 2)`, "0.01"},

	// numbers as people write them
	{`number(data["Unit price"])`, "1234.5"},
	{`number("1 234 567,89")`, "1234567.89"},
	{`number("1,234.50")`, "1234.5"},
	{`number("24.900", ",")`, "24900"},
	{`number("24.900", ".")`, "24.9"},
	{`number("24.900", "ISK")`, "24900"},
	{`number("25,5 %")`, "25.5"},
	{`number("-5")`, "-5"},
	{`number(sale.total)`, "39800"},
	{`number("") ?? 7`, "7"},
	{`number(nil) ?? 7`, "7"},
	{`number(data.qty) * 2`, "6"},

	// nothing, missing, empty
	{`nil`, ""},
	{`data.missing`, ""},
	{`data.missing.deeper.still`, ""},
	{`data.nothing ?? "x"`, "x"},
	{`sale.customer.phone ?? sale.customer.email`, "Anna@example.is"},
	{`default("", "y")`, "y"},
	{`default(0, 5)`, "0"},
	{`false ?? true`, "false"},
	{`data.missing == nil`, "true"},
	{`data.missing == "x"`, "false"},
	{`nil != data.state`, "true"},
	{`steps.customer.number`, ""},
	{`steps.customer == nil`, "true"},
	{`steps.customer?.number ?? "none"`, "none"},
	{`sale.payments[7].method`, ""},
	{`sale.payments[-1].method`, "WEB_PAYMENT"},
	{`sale.payments[-2].method`, ""},
	{`sale.payments[99999999999].method`, ""},
	{`sale.payments[0].paid_at`, ""},

	// names
	{`sale.lines[1].text`, "Lunch"},
	{`sale["reference"]`, "FJO-51654"},
	{`data["Unit price"]`, "1.234,50"},
	{`data[sale.customer.name == "Anna Lind" ? "state" : "note"]`, "PAID"},
	{`data.nested.deep.er`, "1"},
	{`steps.invoice.number + "/" + steps.invoice.status`, "1047/SENT"},
	{`steps.invoice.amount == sale.total`, "true"},
	{`steps.invoice.data.lines + 1`, "3"},
	{`steps.invoice.customer`, "cus_1"},
	{`event.type`, "booking.confirmed"},
	{`event.object`, "booking/51654"},
	{`event.received_at`, "2026-11-22"},
	{`workspace.name + " " + workspace.country + workspace.currency + workspace.timezone + workspace.language`, "Fjörður Tours ISISKAtlantic/Reykjavikis"},
	{`connection.key`, "bookings"},
	{`connection.name`, "Bókun → Payday"},
	{`sale.vat_included`, "true"},

	// truth
	{`sale.status == "confirmed" && sale.total > 0`, "true"},
	{`false and data.missing > 1`, "false"},
	{`true or data.missing > 1`, "true"},
	{`not (sale.currency in ["EUR", "USD"])`, "true"},
	{`sale.currency not in ["EUR", "USD"]`, "true"},
	{`data.state in ["PAID"]`, "true"},
	{`data.missing in ["PAID"]`, "false"},
	{`5 in [1, 5.0]`, "true"},
	{`sale.reference matches "^FJO-\\d+$"`, "true"},
	{`sale.customer.phone matches "."`, "false"},
	{`sale.reference startsWith "FJO"`, "true"},
	{`sale.reference not contains "XXX"`, "true"},
	{`data.missing contains "x"`, "false"},
	{`sale.service_date > "2026-11-30"`, "true"},
	{`sale.created_at < event.received_at`, "true"},
	{`sale.created_at == sale.created_at`, "true"},
	{`data.paid ? "yes" : "no"`, "yes"},
	{`sale.total > 50000 ? "big" : sale.total > 10000 ? "middle" : "small"`, "middle"},

	// lists
	{`len(sale.lines)`, "2"},
	{`len("Fjörður")`, "7"},
	{`len(data.missing)`, "0"},
	{`count(sale.lines)`, "2"},
	{`count(sale.lines, .quantity == 2)`, "2"},
	{`map(sale.lines, #index)[1]`, "1"},
	{`join(map(data.tags, # + "!"))`, "a!, b!"},
	{`join(data.tags, "")`, "ab"},
	{`join(filter(data.items, .cost > 0.1) | map(.name))`, "Bus"},
	{`any(sale.lines, any(data.tags, # == "b"))`, "true"},
	{`all(sale.lines, {.total > 5})`, "true"},
	{`all([], false)`, "true"},
	{`any([], true)`, "false"},
	{`count(map(sale.lines, .total), # > 10000)`, "1"},
	{`sale.lines[0:1] | map(.text) | join()`, "Golden Circle"},
	{`sale.lines[-1:] | map(.text) | join()`, "Lunch"},
	{`len(sale.lines[5:])`, "0"},
	{`"Golden"[0:3] + "Circle"[-2:]`, "Golle"},
	{`"Fjörður"[1:4]`, "jör"},
	{`"abc"[2:1]`, ""},
	{`[1, 2, 3][1]`, "2"},
	{`{"a": "x"}.a`, "x"},
	{`filter([sale.customer, sale.lines[0]], true)[1].text`, "Golden Circle"},
	{`sum(map(sale.lines, .total * .vat_rate / (100 + .vat_rate)))`, "3944.1441441441441442"},

	// texts
	{`"a" + "b" + sale.currency`, "abISK"},
	{`"n: " + text(5)`, "n: 5"},
	{`sale.currency + data.missing`, "ISK"},
	{`"it's" + 'quoted "so"'`, `it'squoted "so"`},
	{"`raw \\n`", `raw \n`},
	{`upper(sale.customer.name)`, "ANNA LIND"},
	{`title("hÉLLO wörld")`, "Héllo Wörld"},
	{`truncate("abc", 3)`, "abc"},
	{`truncate("abcd", 3)`, "ab…"},
	{`truncate("ab cd", 4)`, "ab…"},
	{`truncate("abcd", 1)`, "…"},
	{`truncate("abcd", 0)`, ""},
	{`truncate("Þórarinn", 4)`, "Þór…"},
	{`replace("aXbX", "X", "")`, "ab"},
	{`len(split("", ","))`, "1"},
	{`ascii("Þórður Æsir Łódź ß")`, "Thordur Aesir Lodz ss"},
	{`ascii("Згурський Юрій, Щербак’юк, Єва")`, "Zghurskyi Yurii, Shcherbakiuk, Yeva"},
	{`ascii("שלום")`, ""},
	{`slug("  Ævintýri & Łódź  2026 ")`, "aevintyri-lodz-2026"},
	{`digits(" 010130-3019 ")`, "0101303019"},
	{`digits(data.phone)`, "5551234"},
	{`trim("\t x \n")`, "x"},
	{`text(true) + text(nil)`, "true"},
	{`sale.customer.name | first_name() | upper()`, "ANNA"},
	{`first_name("  Jón   Ari  Páll ") + "|" + last_name("  Jón   Ari  Páll ")`, "Jón|Ari Páll"},
	{`first_name("Lind, Anna María") + "|" + last_name("Lind, Anna María")`, "Anna María|Lind"},
	{`first_name("Cher") + "|" + last_name("Cher")`, "Cher|"},
	{`first_name(nil)`, ""},

	// phones
	{`phone("555 1234")`, "+3545551234"},
	{`phone(data.phone)`, "+3545551234"},
	{`phone("+48 601 234 567")`, "+48601234567"},
	{`phone("067 123 45 67", "UA")`, "+380671234567"},
	{`phone("050-123-4567", "il")`, "+972501234567"},
	{`phone("see 5 remarks")`, "5"},
	{`phone("")`, ""},
	{`phone("12", "XX")`, "12"},

	// dates
	{`today()`, "2026-11-22"},
	{`now()`, "2026-11-22"},
	{`date(now(), "D.M.YY H:mm:ss")`, "22.11.26 9:30:00"},
	{`date(data.when)`, "2026-11-22"},
	{`date(data.when, "YYYY-MM-DD[T]HH:mm")`, "2026-11-22T21:30"},
	{`date(sale.service_date, "DD/MM")`, "01/12"},
	{`date(nil)`, ""},
	{`date("")`, ""},
	{`add_days("2026-02-28", 1)`, "2026-03-01"},
	{`add_days("2028-02-28", 1)`, "2028-02-29"},
	{`add_days(sale.created_at, -20)`, "2026-10-31"},
	{`add_days(nil, 14)`, ""},
	{`days_between("2026-03-01", "2026-02-01")`, "-28"},
	{`days_between(sale.created_at, sale.service_date)`, "11"},
	{`days_between(nil, today()) == nil`, "true"},
	{`parse_date("1.2.2026", "DD.MM.YYYY")`, "2026-02-01"},
	{`parse_date("02/01/26", "MM/DD/YY")`, "2026-02-01"},
	{`parse_date("", "DD.MM.YYYY") ?? "none"`, "none"},
	{`format_date("2026-03-05", "en")`, "March 5, 2026"},
	{`format_date("2026-03-05")`, "5. mars 2026"},
	{`format_date("2026-03-05", "uk")`, "5 березня 2026 р."},
	{`format_date("2026-03-05", "he")`, "5 במרץ 2026"},
	{`format_date("2026-03-05", "pl")`, "5 marca 2026"},

	// choices
	{`lookup(data.state, {"PAID": "greitt", "NEW": "nýtt"})`, "greitt"},
	{`lookup("x", {"PAID": "greitt"})`, ""},
	{`lookup("x", {"PAID": 1}, sale.total)`, "39800"},
	{`lookup(2, {"2": "two"})`, "two"},
	{`lookup("lines", steps.invoice.data)`, "2"},

	// comments and line ends are the parser's; they must not disturb
	{"sale.total /* all */ + 1", "39801"},
	{"sale.total\n + 1", "39801"},
}

func TestValues(t *testing.T) {
	t.Parallel()
	for _, tt := range values {
		t.Run(tt.expression, func(t *testing.T) {
			t.Parallel()
			got, err := written(t, tt.expression)
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// No expression may ever hold a float: what is written in it becomes a decimal before anything is computed.
func TestNumbersAreDecimals(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{`1`, `0.5`, `1 / 2`, `data.price`, `len("x")`, `sum([0.1, 0.2])`, `#index`, `steps.invoice.data.lines`, `count([1])`, `days_between(today(), today())`} {
		if strings.HasPrefix(expression, "#") {
			expression = "map([1], " + expression + ")[0]"
		}
		v, err := evaluate(t, expression)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := v.(decimal.Decimal); !ok {
			t.Errorf("%s gives a %T", expression, v)
		}
	}
}

// mistakes are refused when they are saved; misfortunes when they meet an event. The golden is read for its wording.
var (
	mistakes = []string{
		`sale.custmer.name`, `sale.customer.nam`, `sle.total`, `total`, `custmer`, `sale.lines.total`, `sale.total.x`, `steps.invoce.number`,
		`steps.invoice.nr`, `event.kind`, `workspace.zone`, `connection.id`, `line.text`, `row.x`, `index`, `[sale][0].foo`, `$env`, `$env.sale`, `upper`, `map`,
		`uper("x")`, `if(true, 1, 2)`, `reduce([1], #acc)`, `repeat("x", 5)`, `find(sale.lines, true)`, `sale.reference.upper()`,
		`sale.created_at.Unix()`, `sale.total.Pow(2)`, `filter(sale.lines, .totl > 1)`, `map(sale.lines, #foo)`, `#`, `.x`,
		`sale.total + "1"`, `sale.reference * 2`, `sale.reference - 1`, `-sale.reference`, `sale.created_at + 1`, `sale.lines + 1`, `nil + 1`, `true + 1`,
		`sale.total > "5"`, `sale.reference == 5`, `sale.created_at > "2026-01-01"`, `sale.lines < 5`, `true < false`, `sale.total == sale.vat_included`,
		`not sale.total`, `sale.total and true`, `sale.total ? 1 : 2`, `sale.total in 5`, `sale.total in ["a"]`, `sale.reference in {"a": 1}`,
		`round("x")`, `round()`, `round(1, 2, 3)`, `sum(sale.reference)`, `sum(sale.lines)`, `sum(sale.lines, .text)`, `filter(sale.lines, .total)`,
		`any(sale.lines)`, `map(sale.lines)`, `map(sale.total, #)`, `join(sale.reference)`, `upper(sale.lines)`, `add_days(5, 1)`,
		`lookup("a", "b")`, `date(today(), "yyyy-mm-dd")`, `date(today(), "DD. MMM")`, `format_date(today(), "de")`, `number("5", "x")`,
		`1 .. 5`, `2 ** 3`, `2 ^ 3`, `let x = 1; x`, `1; 2`, `b"bytes"`, `1 +`, `(1`, `"open`, `1 2`, `a ? b`, `{"a": 1, "a": 2}`, `{("a" + "b"): 1}`,
		`1e400`, `1e200`, `99999999999999999999`, `1/0`, `sale.reference matches sale.currency`, `sale.reference matches "("`,
		`sale.reference matches "(x{100}){100}"`, `sale.lines["a"]`, `sale[data.x]`, `sale.reference[0]`, `sale.total[0:1]`, `sale.lines["a":]`,
		`map([1], map([1], map([1], #)))`, ` `, `sale.total ?? 1 + 2 | foo()`, `@`, `sale.`, `"\q"`, `not`, `1 in`, `foo(1`,
	}
	misfortunes = []string{
		`data.state + 1`, `data.state + data.note`, `data.qty * 2`, `data.missing + 1`, `data.items * 2`, `data.nested - 1`, `-data.state`,
		`data.qty == 3`, `data.missing > 1`, `data.state > 1`, `data.items == data.items`, `data.paid > 1`, `data.state in [1]`, `data.state in data.note`,
		`data.state and true`, `data.missing ? 1 : 2`, `not data.note`, `upper(data.items)`, `round(data.note)`, `round(data.missing)`, `round(1, 50)`,
		`round(1, 0.5)`, `sum(data.note)`, `sum(data.tags)`, `sum(data.missing)`, `sum(data.items, .name)`, `map(data.missing, #)`,
		`filter(data.items, .cost)`, `min([])`, `min(data.tags)`, `number(data.note)`, `number("1.234")`, `number("5 EUR", "ISK")`, `number(data.items)`, `date(data.note)`,
		`add_days("soon", 1)`, `add_days(today(), 0.5)`, `add_days(today(), 9999999)`, `days_between(today(), data.note)`, `parse_date(data.note, "DD.MM.YYYY")`,
		`parse_date("31.02.2026", "DD.MM.YYYY")`, `format_date(today(), data.note)`, `1 / (sale.total - 39800)`, `sale.total % (sale.total - 39800)`,
		`data.items[0.5]`, `data.items["x"]`, `data.state.x`, `data.items.x`, `data.state[0]`, `data.state[0.5:]`, `data.phone[0:2]`, `replace("x", "", "y")`, `split("x", "")`, `truncate("x", -1)`,
		`join(data.items)`, `lookup("a", data.note)`, `sale.reference + data.items`, `text(data.nested)`, `data.tags contains "a"`,
	}
)

func TestMistakes(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, expression := range mistakes {
		_, err := CompileTemplate("{{"+expression+"}}", everything)
		report(t, &b, expression, err)
	}
	testutil.Golden(t, "mistakes", []byte(b.String()))
}

func TestMisfortunes(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, expression := range misfortunes {
		tpl, err := CompileTemplate("{{"+expression+"}}", everything)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		v, err := tpl.Eval(sample(t))
		report(t, &b, expression, err)
		if err == nil {
			t.Logf("%s gave %v", expression, v)
		}
		for _, secret := range []string{"Anna", "1.234,50", "5551234", "PAID", "SENT"} {
			if err != nil && strings.Contains(err.Error(), secret) && !strings.Contains(expression, secret) {
				t.Errorf("%s: the error repeats a value of the event: %v", expression, err)
			}
		}
	}
	testutil.Golden(t, "misfortunes", []byte(b.String()))
}

func report(t *testing.T, b *strings.Builder, expression string, err error) {
	t.Helper()
	var fault *Fault
	if !errors.As(err, &fault) {
		t.Errorf("%s: got the error %v, want a fault", expression, err)
		return
	}
	if fault.Code == "" || fault.Message == "" || fault.Char < 1 || fault.Char > len([]rune(expression))+4 {
		t.Errorf("%s: incomplete fault %+v", expression, fault)
	}
	b.WriteString(expression + "\n    " + fault.Code + ", " + err.Error() + "\n")
}
