package http

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// maxKept is the longest answer that later steps can look into, in bytes.
const maxKept = 64 << 10

// statusList is how a list of statuses is written: "2xx, 409".
const statusList = `\s*([2-4]\d\d|2xx)(\s*,\s*([2-4]\d\d|2xx))*\s*`

// statuses are the ones that mean success.
type statuses struct {
	class bool // all of 200 to 299
	exact []int
}

func parseStatuses(text string) (statuses, error) {
	var s statuses
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "2xx" {
			s.class = true
			continue
		}
		status, err := strconv.Atoi(part)
		if err != nil || status < 200 || status > 499 || slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests}, status) {
			return s, fmt.Errorf("%q is no status that can mean success", part)
		}
		s.exact = append(s.exact, status)
	}
	return s, nil
}

func (s statuses) has(status int) bool {
	return s.class && status >= 200 && status < 300 || slices.Contains(s.exact, status)
}

// beyond are the ones that would otherwise count as errors.
func (s statuses) beyond() []int {
	return slices.DeleteFunc(slices.Clone(s.exact), func(status int) bool { return status < 300 })
}

// accept refuses an answer that is not what the user calls success.
func accept(resp *connector.Response, success statuses, errorPath string) error {
	if !success.has(resp.Status) {
		return &connector.Error{Kind: connector.Permanent, Code: connector.CodeRefused, Status: resp.Status, Detail: string(resp.Body),
			Message: fmt.Sprintf("the service answered %d, which is not among the statuses that mean success", resp.Status)}
	}
	if errorPath == "" {
		return nil
	}
	answer, ok := parse(resp.Body)
	if !ok {
		return nil
	}
	said, ok := at(answer, errorPath)
	if !ok || said == nil || said == false || said == "" {
		return nil
	}
	detail := text(said)
	if detail == "" {
		detail = string(resp.Body)
	}
	return &connector.Error{Kind: connector.Permanent, Code: connector.CodeRefused, Status: resp.Status, Detail: detail, Message: "the service answered with an error"}
}

// explain takes the sentence out of an error that the service wrapped in JSON, where it commonly stands (RFC 9457 among them).
func explain(_ *connector.Request, resp *connector.Response, e *connector.Error) {
	answer, ok := parse(resp.Body)
	if !ok {
		return
	}
	for _, path := range []string{"error.message", "error_description", "message", "detail", "error", "errors.0.message", "errors.0", "title"} {
		if said, ok := at(answer, path); ok {
			if words, ok := said.(string); ok && words != "" {
				e.Detail = words
				return
			}
		}
	}
}

// parse reads JSON, numbers with all their digits.
func parse(body []byte) (any, bool) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, false
	}
	return value, true
}

// at finds what stands at a dotted path.
func at(value any, path string) (any, bool) {
	if path == "" {
		return value, true
	}
	for name := range strings.SplitSeq(path, ".") {
		switch there := value.(type) {
		case map[string]any:
			next, ok := there[name]
			if !ok {
				return nil, false
			}
			value = next
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(there) {
				return nil, false
			}
			value = there[i]
		default:
			return nil, false
		}
	}
	return value, true
}

// read is the text at a path. An entry that a look-up found may lack what the answer wraps around it, so the path is tried without its first
// names too: data.id, then id.
func read(answer any, path string) string {
	for path != "" {
		if value, ok := at(answer, path); ok {
			return text(value)
		}
		_, path, _ = strings.Cut(path, ".")
	}
	return ""
}

// text is a plain value as text; empty for objects, lists and null.
func text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// document makes a document of an answer. What is not there stays empty: the request was carried out all the same.
func document(resp *connector.Response, ref tengi.Ref, currency string, values field.Values) tengi.Document {
	doc := tengi.Document{Kind: tengi.Other, ExternalID: string(ref), Data: map[string]any{"status_code": resp.Status}}
	answer, ok := parse(resp.Body)
	if !ok {
		return doc
	}
	if id := read(answer, values.Text("id_path")); id != "" {
		doc.ExternalID = id
	}
	doc.Number = read(answer, values.Text("number_path"))
	doc.URL = link(read(answer, values.Text("link_path")))
	doc.Status = read(answer, values.Text("status_path"))
	if said := strings.ToUpper(read(answer, values.Text("currency_path"))); said != "" {
		currency = said
	}
	if amount, err := decimal.NewFromString(read(answer, values.Text("amount_path"))); err == nil && money.Bounded(amount) == nil {
		doc.Amount = money.New(amount, currency)
	}
	if len(resp.Body) <= maxKept {
		doc.Data["answer"] = answer
	}
	return doc
}

// link is an address that a page may link to, or nothing.
func link(text string) string {
	if strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://") {
		return text
	}
	return ""
}

// find looks in the answer of a look-up for an entry with our reference. An answer of another shape than expected proves nothing.
func find(resp *connector.Response, list, match, ref string) ([]byte, bool, error) {
	odd := &connector.Error{Kind: connector.Unknown, Code: connector.CodeBadAnswer, Status: resp.Status, Message: "the look-up's answer is not of the shape that the action describes"}
	answer, ok := parse(resp.Body)
	if !ok {
		return nil, false, odd
	}
	there, ok := at(answer, list)
	if !ok {
		return nil, false, odd
	}
	var entries []any
	switch v := there.(type) {
	case []any:
		entries = v
	case map[string]any:
		entries = []any{v}
	case nil:
	default:
		return nil, false, odd
	}
	named := false
	for _, entry := range entries {
		said, has := at(entry, match)
		named = named || has
		if match != "" && (!has || text(said) != ref) {
			continue
		}
		found, err := json.Marshal(entry)
		if err != nil {
			return nil, false, errors.New("the entry found cannot be kept")
		}
		return found, true, nil
	}
	if len(entries) > 0 && !named { // none has the field, so it has another name, and this proves nothing
		return nil, false, odd
	}
	return nil, false, nil
}
