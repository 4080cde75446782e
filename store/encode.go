package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
)

// millis is a time as the database keeps it; the zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// moment is a time as the database keeps it, read back.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// clean is a text that both databases can keep: PostgreSQL refuses bytes that are no UTF-8, and NUL. An event whose sender wrote such a thing must
// still be stored, so it loses the byte and nothing else; the body, which is bytes, stays as it is.
func clean(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s
}

// cleanArgs cleans the texts among the arguments of a plain statement.
func cleanArgs(args []any) []any {
	for i, arg := range args {
		if s, ok := arg.(string); ok {
			args[i] = clean(s)
		}
	}
	return args
}

// blob is bytes that are never null.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// bare is bytes read back: the databases' drivers differ in what no bytes are.
func bare(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

// flag is a boolean as the database keeps it.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// saleText is a sale as the database keeps it.
func saleText(s *sale.Sale) (string, error) {
	if s == nil {
		return "", nil
	}
	encoded, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("encode the sale: %w", err)
	}
	return string(encoded), nil
}

// mapText is a map as the database keeps it: an empty one as nothing.
func mapText[V any](m map[string]V) (string, error) {
	if len(m) == 0 {
		return "", nil
	}
	encoded, err := json.Marshal(m)
	return string(encoded), err
}

// readMap reads back what mapText gave.
func readMap[V any](s string, m *map[string]V) error {
	if s == "" {
		*m = nil
		return nil
	}
	return json.Unmarshal([]byte(s), m)
}

// minor is an amount as the database keeps it. An amount that does not fit its currency has no number there; the document's data keeps it in words.
func minor(a money.Amount) (int64, string) {
	n, err := a.Minor()
	if a.Currency == "" || err != nil {
		return 0, ""
	}
	return n, a.Currency
}
