package field

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// codes lists faults as "path: code".
func codes(faults Faults) []string {
	var out []string
	for _, f := range faults {
		out = append(out, f.Path+": "+f.Code)
	}
	return out
}

func TestParseSet(t *testing.T) {
	t.Parallel()
	values, faults := everything.Parse(map[string]any{
		"name": "Anna Lind", "amount": "24.900,00", "email": "anna@example.is", "kind": "receipt", "reason": "because",
		"headers":  map[any]any{"X-Key": "abc", "Accept": ""},
		"codes":    map[string]any{"24": 3, "11": "02"},
		"customer": map[string]any{"company": "yes", "tax_id": "1203894569"},
		"lines": []map[string]any{
			{"text": "Hvalaskoðun", "amount": 24900},
			{"text": "Afsláttur", "amount": "-5,50", "tags": []any{map[string]any{"tag": "x"}}},
		},
	})
	if faults != nil {
		t.Fatal(faults)
	}
	want := Values{
		"name": "Anna Lind", "amount": dec(t, "24900.00"), "email": "anna@example.is", "kind": "receipt", "reason": "because",
		"days": int64(14), "send": true, // by default; the currency's default is a template and so nothing yet
		"headers":  map[string]string{"X-Key": "abc", "Accept": ""},
		"codes":    map[string]string{"24": "3", "11": "02"},
		"customer": Values{"company": true, "tax_id": "1203894569"},
		"lines": []Values{
			{"text": "Hvalaskoðun", "amount": dec(t, "24900")},
			{"text": "Afsláttur", "amount": dec(t, "-5.50"), "tags": []Values{{"tag": "x"}}},
		},
	}
	if diff := cmp.Diff(want, values, same); diff != "" {
		t.Error(diff)
	}
	again, faults := everything.Parse(values)
	if diff := cmp.Diff(values, again, same); diff != "" || faults != nil {
		t.Errorf("parsed values parsed again: %v\n%s", faults, diff)
	}
}

func TestParseNamesEveryFault(t *testing.T) {
	t.Parallel()
	const padded = "a "
	values, faults := everything.Parse(map[string]any{
		"name": "A", "amount": "24.900", "kind": "receipt", "days": 91, "currency": "EUR", "token": "short",
		"headers":  map[string]any{"X-Key": "a\nb", " ": "x", "A": Masked},
		"codes":    map[string]any{"a": "1", padded: "2"},
		"customer": map[string]any{"company": true},
		"lines": []any{
			map[string]any{"text": "a", "amount": 1},
			nil,
			map[string]any{"text": "", "amount": "x", "amonut": 1},
			"row",
			map[string]any{"text": "a", "amount": -1001, "tags": []any{map[string]any{"tag": nil}, map[string]any{"tag": "ok", "x": 1}}},
		},
		"amonut": 1, "Anna Lind, Reykjavík": 2, "e-mail": "x",
	})
	want := []string{
		"name: too_small", "days: too_large", "amount: ambiguous", "email: required", "reason: required", "token: too_small",
		"headers: required", "headers.A: type", "headers.X-Key: type", "codes: type", "customer.tax_id: required",
		"lines[1]: type", "lines[2].text: required", "lines[2].amount: type", "lines[2].amonut: unknown", "lines[3]: type",
		"lines[4].amount: too_small", "lines[4].tags[0].tag: required", "lines[4].tags[1].x: unknown",
		"(not a name): unknown", "amonut: unknown", "e-mail: unknown",
	}
	if diff := cmp.Diff(want, codes(faults)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Values{"kind": "receipt", "currency": "EUR", "send": true}, values); diff != "" {
		t.Errorf("the values that are right:\n%s", diff)
	}
	text := faults.Error()
	for _, secret := range []string{"short", "a\nb", "Anna", "Reykjavík"} {
		if strings.Contains(text, secret) {
			t.Errorf("the error text tells %q: %s", secret, text)
		}
	}
}

func TestParseUnknownKeys(t *testing.T) {
	t.Parallel()
	s := Set{{Key: "access_key", Type: Text}, {Key: "secret_key", Type: Text}, {Key: "days", Type: Int}}
	for key, want := range map[string]string{
		"acess_key":  "is not a field here; do you mean access_key?",
		"accessKey":  "is not a field here; do you mean access_key?",
		"ACCESS-KEY": "is not a field here; do you mean access_key?",
		"day":        "is not a field here; do you mean days?",
		"colour":     "is not a field here",
		"x":          "is not a field here",
	} {
		_, faults := s.Parse(map[string]any{key: nil})
		if len(faults) != 1 || faults[0].Message != want || faults[0].Path != key || faults[0].Code != CodeUnknown {
			t.Errorf("%s: %+v, want %q", key, faults, want)
		}
	}
	many := map[string]any{strings.Repeat("long", 1000): 1, "": 1}
	for i := range 30 {
		many[fmt.Sprintf("z%02d", i)] = i
	}
	_, faults := s.Parse(many)
	if len(faults) != maxUnknown+1 || faults[maxUnknown].Message != "12 more are no fields here" {
		t.Errorf("%d faults, the last %+v", len(faults), faults[len(faults)-1])
	}
	if len(faults.Error()) > 1000 {
		t.Errorf("the error text is %d bytes long", len(faults.Error()))
	}
}

func TestParseDefaults(t *testing.T) {
	t.Parallel()
	s := Set{
		{Key: "days", Type: Int, Default: "14", Required: true},
		{Key: "email", Type: Email, Default: "{{ sale.customer.email }}"},
		{Key: "text", Type: Text, Default: "Tour"},
	}
	for _, c := range []struct {
		raw  map[string]any
		want Values
		bad  []string
	}{
		{nil, Values{"days": int64(14), "text": "Tour"}, nil},
		{map[string]any{"days": "7", "text": ""}, Values{"days": int64(7)}, nil}, // empty is a choice
		{map[string]any{"days": nil, "text": nil}, Values{}, []string{"days: required"}},
		{map[string]any{"days": ""}, Values{"text": "Tour"}, []string{"days: required"}},
	} {
		values, faults := s.Parse(c.raw)
		if diff := cmp.Diff(c.want, values) + cmp.Diff(c.bad, codes(faults)); diff != "" {
			t.Errorf("%v:\n%s", c.raw, diff)
		}
	}
}

func TestParseDependsOn(t *testing.T) {
	t.Parallel()
	s := Set{
		{Key: "auth", Type: Select, Options: []Option{{"none", ""}, {"basic", ""}, {"token", ""}}, Default: "none"},
		{Key: "token", Type: Text, Required: true, DependsOn: &Condition{"auth", []string{"token"}}},
		{Key: "header", Type: Text, Default: "X-Token", DependsOn: &Condition{"token", []string{"abc", "def"}}},
		{Key: "quiet", Type: Text, Required: true, DependsOn: &Condition{"loud", []string{"false"}}},
		{Key: "loud", Type: Bool},
		{Key: "rate", Type: VAT},
		{Key: "why", Type: Text, Required: true, DependsOn: &Condition{"rate", []string{"0", "8.5"}}},
		{Key: "days", Type: Int},
		{Key: "plan", Type: Text, Required: true, DependsOn: &Condition{"days", []string{"30"}}},
		{Key: "lost", Type: Text, Required: true, DependsOn: &Condition{"nowhere", []string{""}}},
		{Key: "ring", Type: Text, Required: true, DependsOn: &Condition{"gnir", []string{""}}},
		{Key: "gnir", Type: Text, Required: true, DependsOn: &Condition{"ring", []string{""}}},
	}
	for _, c := range []struct {
		raw  map[string]any
		want Values
		bad  []string
	}{
		{map[string]any{"loud": true}, Values{"auth": "none", "loud": true}, nil},
		{nil, Values{"auth": "none"}, []string{"quiet: required"}}, // a box not ticked is false
		{map[string]any{"loud": true, "auth": "token"}, Values{"auth": "token", "loud": true}, []string{"token: required"}},
		{map[string]any{"loud": true, "auth": "token", "token": " abc "}, Values{"auth": "token", "loud": true, "token": "abc", "header": "X-Token"}, nil},
		{map[string]any{"loud": true, "auth": "token", "token": "xyz", "header": "H"}, Values{"auth": "token", "loud": true, "token": "xyz"}, nil},
		// What a form still holds for fields that are not shown does not count, not even when it is wrong.
		{map[string]any{"loud": true, "auth": "basic", "token": "abc", "header": "a\nb"}, Values{"auth": "basic", "loud": true}, nil},
		{map[string]any{"loud": "perhaps", "auth": "tokn"}, Values{}, []string{"auth: option", "loud: type"}},
		{map[string]any{"loud": 1, "rate": "0.00"}, Values{"auth": "none", "loud": true, "rate": dec(t, "0.00")}, []string{"why: required"}},
		{map[string]any{"loud": 1, "rate": "8,50 %"}, Values{"auth": "none", "loud": true, "rate": dec(t, "8.50")}, []string{"why: required"}},
		{map[string]any{"loud": 1, "days": 30.0}, Values{"auth": "none", "loud": true, "days": int64(30)}, []string{"plan: required"}},
	} {
		values, faults := s.Parse(c.raw)
		if diff := cmp.Diff(c.want, values, same) + cmp.Diff(c.bad, codes(faults)); diff != "" {
			t.Errorf("%v:\n%s", c.raw, diff)
		}
	}
}

func TestParseStopsAtTooManyRows(t *testing.T) {
	t.Parallel()
	rows := make([]any, 100_000)
	_, faults := everything.Parse(map[string]any{"name": "Anna", "email": "a@b.is", "lines": rows})
	if diff := cmp.Diff([]string{"lines: too_large"}, codes(faults)); diff != "" {
		t.Error(diff)
	}
}

// anyRaw draws a value of the kinds that decoders make, nested a little.
func anyRaw(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		kinds := 7
		if depth > 0 {
			kinds = 9
		}
		switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
		case 0:
			return rapid.String().Draw(t, "text")
		case 1:
			return rapid.SampledFrom([]any{"", "1", "24.900", "1.234,50", "true", "2026-11-22", "2026-11-22T10:00:00+01:00", "ISK", "anna@example.is",
				"https://example.is", "+3545551234", "receipt", Masked, "\xff", "a\nb"}).Draw(t, "sample")
		case 2:
			return rapid.Float64().Draw(t, "float")
		case 3:
			return rapid.Int64().Draw(t, "int")
		case 4:
			return rapid.Bool().Draw(t, "bool")
		case 5:
			return nil
		case 6:
			return rapid.SampledFrom([]any{[]byte("x"), struct{}{}, make(chan int), map[int]int{1: 2}, []string{"a"}}).Draw(t, "odd")
		case 7:
			return rapid.SliceOfN(anyRaw(depth-1), 0, 3).Draw(t, "list")
		}
		key := rapid.OneOf(rapid.SampledFrom(everything.allKeys()), rapid.String())
		return rapid.MapOfN(key, anyRaw(depth-1), 0, 8).Draw(t, "map")
	})
}

func (s Set) allKeys() []string {
	var keys []string
	for _, f := range s {
		keys = append(append(keys, f.Key), f.Children.allKeys()...)
	}
	return keys
}

func TestParseProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.MapOf(rapid.SampledFrom(everything.allKeys()), anyRaw(2)).Draw(t, "raw")
		values, faults := everything.Parse(raw)
		for key := range values {
			for _, fault := range faults {
				if fault.Path == key || strings.HasPrefix(fault.Path, key+".") || strings.HasPrefix(fault.Path, key+"[") {
					t.Fatalf("%s has a value and the fault %v", key, fault)
				}
			}
		}
		for _, fault := range faults {
			if fault.Code == "" || fault.Message == "" || fault.Path == "" {
				t.Fatalf("half a fault: %+v", fault)
			}
			if _, ok := everything.Lookup(fault.Path); !ok && fault.Code != CodeUnknown && !strings.HasPrefix(fault.Path, "headers.") && !strings.HasPrefix(fault.Path, "codes.") {
				t.Fatalf("no field has the path of %v", fault)
			}
		}
		// Values are their own raw values, and survive being frozen.
		again, _ := everything.Parse(values)
		for key, value := range again {
			if diff := cmp.Diff(values[key], value, same); diff != "" && values.Has(key) {
				t.Fatalf("%s parsed again:\n%s", key, diff)
			}
		}
		data, err := everything.Encode(values)
		if err != nil {
			t.Fatal(err)
		}
		back, err := everything.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(values, back, same); diff != "" {
			t.Fatalf("%s:\n%s", data, diff)
		}
	})
}

// Whatever is done wrong with a secret, no fault tells it.
func TestFaultsNeverTellSecrets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		typ := rapid.SampledFrom(types).Draw(t, "type")
		secret := rapid.StringMatching(`[a-zA-Z0-9@:/.,+-]{6,30}`).Draw(t, "secret")
		s := Set{{Key: "x", Type: typ, Secret: true, Min: "7", Max: "8", Pattern: "ok", Options: []Option{{"o", "O"}}, Children: Set{{Key: "y", Type: Int}}}}
		raws := []any{secret, []any{secret}, map[string]any{"y": secret}, map[string]any{"name": secret + "\n" + secret}, []any{map[string]any{"y": secret}}}
		for _, raw := range raws {
			_, faults := s.Parse(map[string]any{"x": raw})
			if strings.Contains(faults.Error(), secret) {
				t.Fatalf("%s: %s", typ, faults.Error())
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"name":"Anna Lind","email":"anna@example.is","amount":"1.234,50","lines":[{"text":"a","amount":1.50}],"headers":{"X":"y"}}`))
	f.Add([]byte(`{"days":1e400,"quantity":1e-5,"vat":"24 %","day":"2026-11-22","at":"2026-11-22T14:30:00+01:00","kind":true,"send":"on"}`))
	f.Add([]byte(`{"phone":"+354 555 1234","site":"https://example.is","code":"AB","token":"••••","customer":{"company":true},"lines":[[],{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		raw, err := ReadJSON(data)
		if err != nil {
			return
		}
		everything.Mask(raw)
		values, faults := everything.Parse(raw)
		_ = faults.Error()
		frozen, err := everything.Encode(values)
		if err != nil {
			t.Fatalf("%s is parsed and cannot be encoded: %v", data, err)
		}
		back, err := everything.Decode(frozen)
		if err != nil {
			t.Fatalf("%s cannot be decoded: %v", frozen, err)
		}
		if diff := cmp.Diff(values, back, same); diff != "" {
			t.Fatalf("%s:\n%s", frozen, diff)
		}
		again, _ := everything.Parse(values)
		for key, value := range again {
			if values.Has(key) && !cmp.Equal(values[key], value, same) {
				t.Fatalf("%s parsed again is %v, was %v", key, value, values[key])
			}
		}
	})
}
