package config

import (
	"fmt"
	"io"
	"net/url"
	"reflect"
	"strings"
)

// Option is one row of the table.
type Option struct {
	Name    string // "public-url": the flag without its dashes, and the key in the file
	Env     string // "TENGI_PUBLIC_URL"
	Default string // as it would be written; empty = none
	Help    string
	EnvOnly bool // it is neither a flag nor a key of the file

	field int // its place in Serve
}

// Options lists the options in the order of the help.
func Options() []Option {
	var options []Option
	t := reflect.TypeFor[Serve]()
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		if name, ok := tag.Lookup("name"); ok {
			options = append(options, Option{
				Name: name, Env: tag.Get("env"), Default: tag.Get("default"), Help: tag.Get("help"),
				EnvOnly: tag.Get("kong") == "-", field: i,
			})
		}
	}
	return options
}

// WriteTable writes the options as a Markdown table, for the documents.
func WriteTable(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| flag | environment | in the file | default | meaning |\n|---|---|---|---|---|\n")
	for _, o := range Options() {
		flag, key, def := "`--"+o.Name+"`", "`"+o.Name+"`", ""
		if o.EnvOnly || o.Name == fileOption {
			key = "–"
		}
		if o.EnvOnly {
			flag = "–"
		}
		if o.Default != "" {
			def = "`" + o.Default + "`"
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s |\n", flag, o.Env, key, def, o.Help)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("config: write the table: %w", err)
	}
	return nil
}

// shown gives the option's value for the log; empty = nothing to show.
func (o Option) shown(s Serve) string {
	if o.Name == "database" {
		return maskURL(s.Database)
	}
	switch v := reflect.ValueOf(s).Field(o.field).Interface().(type) {
	case []string:
		return strings.Join(v, ",")
	default:
		return fmt.Sprint(v) // a Secret prints as stars
	}
}

// maskURL hides what a database address holds of secrets: the password in it and every password among its parameters.
// What cannot be read is hidden whole.
func maskURL(text string) string {
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil {
		return "***"
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "***"
	}
	for key := range query {
		if strings.Contains(strings.ToLower(key), "pass") { // password, sslpassword, passfile
			query.Set(key, "xxxxx")
		}
	}
	u.RawQuery = query.Encode()
	return u.Redacted()
}
