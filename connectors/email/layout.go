package email

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// page is what a message shows, in its two forms.
type page struct {
	Language  string
	Direction string // ltr or rtl
	Subject   string
	Hello     string
	Opening   []string // paragraphs
	Rows      []row
	Items     []row
	Total     *row
	Link      string
	Button    string
	Close     string
	Business  string
}

// row is a name and what stands beside it.
type row struct{ Name, Value string }

// add appends a row where there is something to show.
func (p *page) add(name, value string) {
	if value = strings.TrimSpace(value); value != "" {
		p.Rows = append(p.Rows, row{name, value})
	}
}

// paragraphs splits a text at its empty lines.
func paragraphs(text string) []string {
	var list []string
	for part := range strings.SplitSeq(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"), "\n\n") {
		if part = strings.Trim(part, "\n"); strings.TrimSpace(part) != "" {
			list = append(list, part)
		}
	}
	return list
}

// items are the lines of a sale in the words of a language.
func items(w words, language, currency string, lines []field.Values) []row {
	list := make([]row, 0, len(lines))
	for _, line := range lines {
		name := line.Text("text")
		if n := line.Decimal("quantity"); line.Has("quantity") && !n.Equal(decimal.NewFromInt(1)) {
			count := n.String()
			if w.comma {
				count = strings.ReplaceAll(count, ".", ",")
			}
			name = count + " × " + name
		}
		value := ""
		if line.Has("total") {
			value = money.Format(money.New(line.Decimal("total"), currency), language)
		}
		list = append(list, row{name, value})
	}
	return list
}

// amount writes the amount of a message; empty when it has none.
func amount(values field.Values, language string) string {
	if !values.Has("amount") {
		return ""
	}
	return money.Format(money.New(values.Decimal("amount"), values.Text("currency")), language)
}

// day writes a date as the language does.
func day(w words, date string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return ""
	}
	return t.Format(w.date)
}

// plain is the message as text.
func (p *page) plain() string {
	var b strings.Builder
	block := func(lines ...string) {
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		for _, line := range lines {
			b.WriteString(line)
			b.WriteString("\n")
		}
	}
	list := func(rows []row) {
		lines := make([]string, len(rows))
		for i, r := range rows {
			lines[i] = r.Name
			if r.Value != "" {
				lines[i] += ": " + r.Value
			}
		}
		if len(lines) > 0 {
			block(lines...)
		}
	}
	if p.Hello != "" {
		block(p.Hello)
	}
	for _, paragraph := range p.Opening {
		block(paragraph)
	}
	list(p.Rows)
	list(p.Items)
	if p.Total != nil {
		list([]row{*p.Total})
	}
	if p.Link != "" {
		block(p.Button+":", p.Link)
	}
	if p.Close != "" {
		block(p.Close, p.Business)
	}
	return b.String()
}

// markup is the message as a page. Mail programs know little of CSS and nothing of files, so its few styles stand in place and it loads nothing.
var markup = template.Must(template.New("mail").Parse(`<!DOCTYPE html>
<html lang="{{.Language}}" dir="{{.Direction}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Subject}}</title></head>
<body style="margin:0;padding:24px;background:#f4f5f7;color:#1f2933;font:16px/1.5 Arial,Helvetica,sans-serif">
<div style="max-width:560px;margin:0 auto;padding:24px;background:#ffffff;border-radius:8px">
{{- with .Hello}}
<p>{{.}}</p>{{end}}
{{- range .Opening}}
<p style="white-space:pre-line">{{.}}</p>{{end}}
{{- with .Rows}}
<table role="presentation" cellpadding="4">{{range .}}
<tr><td style="color:#52606d">{{.Name}}</td><td><bdi>{{.Value}}</bdi></td></tr>{{end}}
</table>{{end}}
{{- if or .Items .Total}}
<table role="presentation" cellpadding="6" width="100%" style="margin-top:16px;border-collapse:collapse">{{range .Items}}
<tr style="border-bottom:1px solid #e4e7eb"><td>{{.Name}}</td><td align="{{if eq $.Direction "rtl"}}left{{else}}right{{end}}" style="white-space:nowrap"><bdi>{{.Value}}</bdi></td></tr>{{end}}
{{- with .Total}}
<tr><td><strong>{{.Name}}</strong></td><td align="{{if eq $.Direction "rtl"}}left{{else}}right{{end}}" style="white-space:nowrap"><strong><bdi>{{.Value}}</bdi></strong></td></tr>{{end}}
</table>{{end}}
{{- with .Link}}
<p style="margin:24px 0"><a href="{{.}}" style="display:inline-block;padding:12px 20px;background:#1d4ed8;color:#ffffff;text-decoration:none;border-radius:6px">{{$.Button}}</a></p>{{end}}
{{- if .Close}}
<p>{{.Close}}<br>{{.Business}}</p>{{end}}
</div>
</body>
</html>
`))

// markup is the message as HTML.
func (p *page) markup() (string, error) {
	var b bytes.Buffer
	if err := markup.Execute(&b, p); err != nil {
		return "", &connector.Error{Kind: connector.Permanent, Code: "message", Message: "the message cannot be written", Err: fmt.Errorf("html: %w", err)}
	}
	return b.String(), nil
}
