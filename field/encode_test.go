package field

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
)

func TestEncode(t *testing.T) {
	t.Parallel()
	values := Values{
		"name": "<Anna> & \u2028", "days": int64(math.MaxInt64), "quantity": dec(t, "1.50"), "vat": dec(t, "24.00"), "send": false,
		"at":       time.Date(2026, 11, 22, 14, 30, 0, 5, time.FixedZone("", -3600)),
		"headers":  map[string]string{"b": "2", "a": "1"},
		"lines":    []Values{{"text": "x", "tags": []Values{}}, {}},
		"customer": Values{"company": true},
	}
	data, err := everything.Encode(values)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"at":"2026-11-22T14:30:00.000000005-01:00","customer":{"company":true},"days":9223372036854775807,"headers":{"a":"1","b":"2"},` +
		`"lines":[{"tags":[],"text":"x"},{}],"name":"\u003cAnna\u003e \u0026 \u2028","quantity":"1.50","send":false,"vat":"24.00"}`
	if string(data) != want {
		t.Errorf("got  %s\nwant %s", data, want)
	}
	back, err := everything.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(values, back, same); diff != "" {
		t.Error(diff)
	}
	if empty, err := everything.Encode(nil); err != nil || string(empty) != "{}" {
		t.Errorf("no values are %s, %v", empty, err)
	}
}

func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values Values
		path   string
	}{
		{Values{"colour": "red"}, "colour"},
		{Values{"name": 5}, "name"},
		{Values{"name": nil}, "name"},
		{Values{"name": "a\xff"}, "name"},
		{Values{"days": 5}, "days"}, // an int is not an int64
		{Values{"days": "5"}, "days"},
		{Values{"days": dec(t, "5")}, "days"},
		{Values{"amount": 1.5}, "amount"},
		{Values{"amount": "1.5"}, "amount"},
		{Values{"amount": decimal.New(1, math.MaxInt32)}, "amount"},
		{Values{"amount": decimal.New(math.MaxInt64, 30)}, "amount"},
		{Values{"name": true}, "name"},
		{Values{"name": time.Now()}, "name"},
		{Values{"at": time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, "at"},
		{Values{"name": Values{}}, "name"},
		{Values{"name": []Values{}}, "name"},
		{Values{"name": map[string]string{}}, "name"},
		{Values{"codes": map[string]string{"a": "\xff"}}, "codes"},
		{Values{"lines": []Values{{}, {"amount": 1}}}, "lines[1].amount"},
		{Values{"customer": Values{"x": 1}}, "customer.x"},
	} {
		data, err := everything.Encode(c.values)
		if err == nil || !strings.HasPrefix(err.Error(), "encode "+c.path+":") {
			t.Errorf("%v is written %s, %v; want an error at %s", c.values, data, err, c.path)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		"", "null", "[]", `"x"`, "5", "{", `{"name"}`, `{"name":}`, `{"name":"a"}{}`, `{"name":"a"} x`, `{"name":"a",}`, "{\"name\":\"\xff\"}",
		`{"name":"a","name":"b"}`, `{"customer":{"company":true,"company":true}}`, `{"colour":"red"}`, `{"Name":"a"}`,
		`{"name":null}`, `{"name":5}`, `{"name":true}`, `{"name":[]}`, `{"name":{}}`,
		`{"days":"5"}`, `{"days":5.0}`, `{"days":5e1}`, `{"days":9223372036854775808}`, `{"days":null}`,
		`{"amount":5}`, `{"amount":"5,0"}`, `{"amount":"1e5"}`, `{"amount":""}`,
		`{"send":"true"}`, `{"send":1}`, `{"at":"yesterday"}`, `{"at":"0000-01-01T00:00:00Z"}`, `{"at":5}`,
		`{"lines":{}}`, `{"lines":[5]}`, `{"lines":[null]}`, `{"lines":[{"x":1}]}`, `{"customer":[]}`, `{"customer":{"x":1}}`, `{"codes":{"a":1}}`, `{"codes":[]}`,
		strings.Repeat(`{"customer":`, 100) + "1" + strings.Repeat("}", 100),
		strings.Repeat(`[`, 100_000),
	} {
		if values, err := everything.Decode(json.RawMessage(data)); err == nil {
			t.Errorf("%.60s is read as %v", data, values)
		}
	}
}

func TestDecodeErrorsTellNoValue(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		`{"token":["sesame"]}`, `{"token":sesame}`, `{"amount":"sesame"}`, `{"sesame open":1}`, `{"at":"sesame"}`, `{"token":"sesame`, `{"codes":{"a":["sesame"]}}`,
		`{"sesame open":1,"sesame open":2}`,
	} {
		_, err := everything.Decode(json.RawMessage(data))
		if err == nil || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: %v", data, err)
		}
	}
}

func TestReadJSON(t *testing.T) {
	t.Parallel()
	got, err := ReadJSON([]byte(` {"n":1.10,"l":[1,"a",null,true,{}],"o":{"k":1e5}} `))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"n": json.Number("1.10"), "l": []any{json.Number("1"), "a", nil, true, map[string]any{}}, "o": map[string]any{"k": json.Number("1e5")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	nested := func(levels int) string {
		return `{"l":` + strings.Repeat("[", levels) + strings.Repeat("]", levels) + "}"
	}
	if _, err := ReadJSON([]byte(nested(maxDepth))); err != nil {
		t.Errorf("%d levels: %v", maxDepth, err)
	}
	if _, err := ReadJSON([]byte(nested(maxDepth + 1))); err == nil {
		t.Errorf("%d levels are read", maxDepth+1)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"name":"a","days":5,"amount":"1.50","send":true,"at":"2026-11-22T14:30:00-01:00","lines":[{"text":"x","tags":[]}],"headers":{"a":"b"},"customer":{}}`))
	f.Add([]byte(`{"vat":"24.00","day":"2026-11-22"}`))
	f.Add([]byte(`{"at":"2026-11-22T14:30:00.5+23:59"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		values, err := everything.Decode(data)
		if err != nil {
			return
		}
		again, err := everything.Encode(values)
		if err != nil {
			t.Fatalf("%s is read and cannot be written: %v", data, err)
		}
		back, err := everything.Decode(again)
		if err != nil {
			t.Fatalf("%s cannot be read: %v", again, err)
		}
		if diff := cmp.Diff(values, back, same); diff != "" {
			t.Fatalf("%s, then %s:\n%s", data, again, diff)
		}
		_, _ = everything.Parse(values) // must not panic, whatever is stored
	})
}
