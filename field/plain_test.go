package field_test

import (
	"strings"
	"testing"

	"github.com/tengi/tengi/field"
)

func TestPlainName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": false, "a": true, "order_id": true, "Order-Id.2": true, "þorp": true, "مبلغ": true, "Ⅷ": true, strings.Repeat("þ", 64): true, strings.Repeat("þ", 65): false,
		"two words": false, "a/b": false, "a\n": false, "\xff": false, "e\u0301": false,
	} {
		if got := field.PlainName(text, 64); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
