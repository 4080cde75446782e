package googlesheets

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors/internal/rows"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// lookRounds are when a lost request is looked for. Google cuts requests off after about three minutes (observed in practice).
var lookRounds = []time.Duration{15 * time.Second, time.Minute, 4 * time.Minute}

// added is the answer to an append, as far as it matters.
type added struct {
	Updates struct {
		Range string `json:"updatedRange"`
	} `json:"updates"`
}

// appendRow adds a row. The anchor is one cell of the header and the row has all its columns, because Google looks itself for where a table begins and
// ends; INSERT_ROWS keeps what stands below from being written over; RAW keeps a text that begins with "=" from being a formula.
func appendRow(ctx context.Context, c *connector.Client, ref tengi.Ref, v field.Values) (tengi.Document, error) {
	p, err := placeOf(ctx, c, v)
	if err != nil {
		return tengi.Document{}, err
	}
	refColumn, err := p.column(v.Text("ref_column"))
	if err != nil {
		return tengi.Document{}, err
	}
	cells, err := p.row(v, refColumn)
	if err != nil {
		return tengi.Document{}, err
	}
	cells[refColumn] = string(ref)
	// Google may say 503 of a write and have written (observed in practice), so before every send the row is looked for.
	if text, found, err := p.findRef(ctx, c, refColumn, ref); err != nil {
		return tengi.Document{}, err
	} else if found {
		return p.appended(text, ref, v), nil
	}
	resp, err := c.Change(ctx, connector.Change{
		Name: "append",
		Request: connector.Request{
			Method: http.MethodPost, Path: "/v4/spreadsheets/" + p.book.id + "/values/" + url.PathEscape(p.cell(0, p.header)) + ":append",
			Query: url.Values{"valueInputOption": {"RAW"}, "insertDataOption": {"INSERT_ROWS"}},
			JSON:  map[string]any{"majorDimension": "ROWS", "values": [][]any{cells}},
		},
		Recover: connector.Recovery{Rounds: lookRounds, Find: func(ctx context.Context, _ connector.Call) ([]byte, bool, error) {
			return p.findRef(ctx, c, refColumn, ref)
		}},
	})
	if err != nil {
		return tengi.Document{}, err
	}
	return p.appended(resp.Body, ref, v), nil
}

// appended is the document of a row that was added. That Google's answer cannot be read does no harm: the row is known by our reference.
func (p *place) appended(text []byte, ref tengi.Ref, v field.Values) tengi.Document {
	var answer added
	if err := json.Unmarshal(text, &answer); err != nil {
		answer = added{}
	}
	doc := tengi.Document{Kind: tengi.Other, ExternalID: string(ref), Amount: amountOf(v), Data: map[string]any{
		"tab": strconv.FormatInt(p.tab.ID, 10), "header_row": p.header, "ref_column": v.Text("ref_column"), "status_column": v.Text("status_column"),
	}}
	if match := rangeRow.FindStringSubmatch(answer.Updates.Range); match != nil {
		if row, err := strconv.Atoi(match[1]); err == nil {
			doc.Number, doc.URL = match[1], p.link(row)
		}
	}
	return doc
}

// rangeRow finds the first row in a range such as 'Tab'!A5:D5.
var rangeRow = regexp.MustCompile(`![A-Z]+(\d+)(?::[A-Z]+\d+)?$`)

func amountOf(v field.Values) money.Amount {
	if !v.Has("amount") || v.Text("currency") == "" {
		return money.Amount{}
	}
	return money.New(v.Decimal("amount"), v.Text("currency"))
}

// findRef looks for the row with our reference and answers as the append would have been answered.
func (p *place) findRef(ctx context.Context, c *connector.Client, column int, ref tengi.Ref) ([]byte, bool, error) {
	numbers, err := p.numbers(ctx, c, column, string(ref))
	if err != nil || len(numbers) == 0 {
		return nil, false, err
	}
	var answer added
	answer.Updates.Range = p.tab.at(fmt.Sprintf("A%d:%s%d", numbers[0], rows.Letters(len(p.columns)-1), numbers[0]))
	text, err := json.Marshal(answer)
	if err != nil {
		return nil, false, fmt.Errorf("write the answer: %w", err)
	}
	return text, true, nil
}

// row lays the values out by the header. A cell that is null is left as it is.
func (p *place) row(v field.Values, refColumn int) ([]any, error) {
	cells := make([]any, len(p.columns))
	roles := rows.Understood(p.columns, refColumn)
	for _, role := range []rows.Role{rows.Reference, rows.Name, rows.Email, rows.Phone, rows.TaxID, rows.Currency, rows.Words, rows.Day} {
		if i, ok := roles[role]; ok && v.Text(string(role)) != "" {
			cells[i] = v.Text(string(role))
		}
	}
	if i, ok := roles[rows.Amount]; ok && v.Has("amount") {
		cells[i] = json.Number(v.Decimal("amount").String())
	}
	for _, more := range []struct {
		pairs   map[string]string
		numbers bool
	}{{v.Pairs("cells"), false}, {v.Pairs("numbers"), true}} {
		for _, name := range sorted(more.pairs) {
			i, err := p.column(name)
			if err != nil {
				return nil, err
			}
			if text := more.pairs[name]; !more.numbers {
				cells[i] = text
			} else if text != "" {
				number, err := money.ParseDecimal(text)
				if err != nil || number.NumDigits() > 15 {
					return nil, connector.Refusal(codeColumn, "numbers", fmt.Sprintf("what goes into the column %q is not a number of at most 15 digits, such as 1234.50", name))
				}
				cells[i] = json.Number(number.String())
			}
		}
	}
	return cells, nil
}

// sorted are the keys of pairs in order, so that the same values make the same bytes and the same fault.
func sorted(pairs map[string]string) []string {
	keys := make([]string, 0, len(pairs))
	for key := range pairs {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// markCancelled writes into the row that its sale was cancelled. The row stays: by the time it were deleted, another might stand in its place.
func markCancelled(ctx context.Context, c *connector.Client, _ tengi.Ref, doc tengi.Document) (tengi.Document, error) {
	text := func(key string) string { s, _ := doc.Data[key].(string); return s }
	header := int64(1)
	switch n := doc.Data["header_row"].(type) {
	case int:
		header = int64(n)
	case float64:
		header = int64(n)
	case json.Number:
		header, _ = n.Int64()
	}
	p, err := openPlace(ctx, c, text("tab"), header)
	if err != nil {
		return tengi.Document{}, err
	}
	column, err := p.column(text("ref_column"))
	if err != nil {
		return tengi.Document{}, err
	}
	status, err := p.column(text("status_column"))
	if err != nil {
		return tengi.Document{}, err
	}
	row, err := p.write(ctx, c, column, doc.ExternalID, map[int]string{status: statusCancelled})
	if err != nil {
		return tengi.Document{}, err
	}
	return tengi.Document{Kind: tengi.Other, ExternalID: doc.ExternalID, Number: strconv.Itoa(row), Status: statusCancelled, URL: p.link(row)}, nil
}
