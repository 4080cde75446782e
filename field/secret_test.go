package field

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMask(t *testing.T) {
	t.Parallel()
	raw := map[string]any{
		"name": "Anna", "days": 14, "token": "sesame", "acess_token": "sesame", "empty": "",
		"headers":  map[string]any{"X-Key": "sesame", "None": ""},
		"codes":    map[string]string{"24": "3"},
		"lines":    []any{map[string]any{"text": "a", "pin": "sesame", "typo": 1}, map[string]any{"pin": ""}, "sesame", nil},
		"notes":    []any{"sesame"},
		"customer": Values{"company": true, "password": "sesame"},
	}
	want := map[string]any{
		"name": "Anna", "days": 14, "token": Masked, "acess_token": Masked, "empty": "",
		"headers":  map[string]any{"X-Key": Masked, "None": ""},
		"codes":    map[string]any{"24": "3"},
		"lines":    []any{map[string]any{"text": "a", "pin": Masked, "typo": Masked}, map[string]any{"pin": ""}, Masked, nil},
		"notes":    Masked,
		"customer": map[string]any{"company": true, "password": Masked},
	}
	got := everything.Mask(raw)
	got["days"] = raw["days"] // an int64 by now
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got["codes"].(map[string]any)["24"] = "changed"
	got["headers"].(map[string]any)["X-Key"] = "changed"
	if raw["token"] != "sesame" || raw["headers"].(map[string]any)["X-Key"] != "sesame" || raw["codes"].(map[string]string)["24"] != "3" {
		t.Error("masking changed what was masked")
	}
	if everything.Mask(nil) != nil {
		t.Error("nothing masked is something")
	}
	s := Set{{Key: "list", Type: List, Secret: true, Children: Set{{Key: "a", Type: Text}}}, {Key: "headers", Type: Pairs, Secret: true}}
	if diff := cmp.Diff(map[string]any{"list": Masked, "headers": Masked}, s.Mask(map[string]any{"list": []any{1}, "headers": "X-Key: sesame"})); diff != "" {
		t.Error(diff)
	}
}

func TestMaskShowsNoSecret(t *testing.T) {
	t.Parallel()
	secretPlaces := Set{
		{Key: "open", Type: Text}, {Key: "token", Type: Text, Secret: true}, {Key: "pin", Type: Int, Secret: true},
		{Key: "headers", Type: Pairs, Secret: true}, {Key: "rows", Type: List, Children: Set{{Key: "token", Type: Text, Secret: true}}},
		{Key: "group", Type: Group, Children: Set{{Key: "token", Type: Text, Secret: true}}},
	}
	var nested func(depth int) *rapid.Generator[any]
	nested = func(depth int) *rapid.Generator[any] {
		return rapid.Custom(func(t *rapid.T) any {
			switch n := rapid.IntRange(0, 2).Draw(t, "kind"); {
			case n == 0 || depth == 0:
				return "sesame"
			case n == 1:
				return rapid.SliceOfN(nested(depth-1), 0, 3).Draw(t, "list")
			}
			return rapid.MapOfN(rapid.SampledFrom([]string{"token", "tokn", "x"}), nested(depth-1), 0, 3).Draw(t, "map")
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.MapOf(rapid.SampledFrom([]string{"token", "pin", "headers", "rows", "group", "other"}), nested(3)).Draw(t, "raw")
		if shown := fmt.Sprint(secretPlaces.Mask(raw)); strings.Contains(shown, "sesame") {
			t.Fatalf("a secret is shown in %s", shown)
		}
	})
}

func TestSecretsAndLookup(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{"token", "headers", "lines.pin"}, everything.Secrets()); diff != "" {
		t.Error(diff)
	}
	for path, want := range map[string]string{
		"name": "Name", "lines": "Lines", "lines.amount": "Amount", "lines[2].amount": "Amount", "lines[0]": "Lines", "customer.tax_id": "Tax number",
		"lines[1].tags[3].tag": "Tag", "lines.tags.tag": "Tag",
		"": "", "nam": "", "name.x": "", "lines[x].amount": "", "lines[-1].amount": "", "lines[1.amount": "", "lines[1]x.amount": "", "lines[].amount": "",
		"lines.amount.x": "", "customer[0].tax_id": "", ".name": "", "name.": "", "name[0]": "",
	} {
		f, ok := everything.Lookup(path)
		if f.Label != want || ok != (want != "") {
			t.Errorf("Lookup(%q) = %q, %v; want %q", path, f.Label, ok, want)
		}
	}
	for _, path := range everything.Secrets() {
		if f, ok := everything.Lookup(path); !ok || !f.Secret {
			t.Errorf("%s is not found as a secret", path)
		}
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	want := map[string]any{"days": int64(14), "currency": "{{ sale.currency }}", "email": "{{ sale.customer.email }}", "send": true}
	if diff := cmp.Diff(want, everything.Defaults()); diff != "" {
		t.Error(diff)
	}
	s := Set{{Key: "n", Type: Int, Default: "{{ 1 }}"}, {Key: "bad", Type: Int, Default: "x"}, {Key: "d", Type: Amount, Default: "1.50"}}
	if diff := cmp.Diff(map[string]any{"n": "{{ 1 }}", "bad": "x", "d": "1.50"}, s.Defaults()); diff != "" {
		t.Error(diff)
	}
}
