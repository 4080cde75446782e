package form

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

// pageTemplate is the page, in all its states.
var pageTemplate = template.Must(template.New("page").Parse(strings.Replace(pageText, "/* style */", pageStyle, 1)))

// view is what the page shows.
type view struct {
	Language, Direction string
	Title, Intro        string
	Words               words
	Button, Thanks      string
	Once, OnceInput     string
	Trap                string
	Fields              []input
	General             string // what is wrong with the form as a whole
	Done                bool
	Price               string
}

// input is one field with what the visitor wrote so far, and what is wrong with it.
type input struct {
	Key, Label, Kind, Value string
	HTML                    string // the type attribute of the input
	Auto                    string // the autocomplete attribute
	Required, Ticked        bool
	Choices                 []string
	Wrong                   string
}

// open shows the empty form.
func open(in *connector.Inbound) *connector.Reply {
	v := newView(in, url.Values{onceInput: {rand.Text()}}, nil)
	return &connector.Reply{Header: pageHeader(in), Body: render(v)}
}

// declined shows the form again with what is wrong.
func declined(in *connector.Inbound, inputs url.Values, faults field.Faults) error {
	v := newView(in, inputs, faults)
	if !wantsJSON(in) {
		return &connector.Declined{Reply: connector.Reply{Header: pageHeader(in), Body: render(v)}}
	}
	wrong := map[string]string{}
	for _, f := range v.Fields {
		if f.Wrong != "" {
			wrong[f.Key] = f.Wrong
		}
	}
	return &connector.Declined{Reply: connector.Reply{Header: jsonHeader(), Body: encode(map[string]any{"status": "incomplete", "message": v.General, "fields": wrong})}}
}

// thank answers a form that is stored, and one that only a program can have filled in.
func thank(in *connector.Inbound, _ []tengi.Event) *connector.Reply {
	if wantsJSON(in) {
		return &connector.Reply{Header: jsonHeader(), Body: encode(map[string]any{"status": "ok", "message": newView(in, nil, nil).Thanks})}
	}
	if to := in.Settings.Text("redirect"); to != "" {
		return &connector.Reply{Status: http.StatusSeeOther, Header: http.Header{"Location": {to}}}
	}
	v := newView(in, nil, nil)
	v.Done = true
	return &connector.Reply{Header: pageHeader(in), Body: render(v)}
}

// wantsJSON tells a script on a website from a browser.
func wantsJSON(in *connector.Inbound) bool {
	accept := in.Header.Get("Accept")
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

func newView(in *connector.Inbound, inputs url.Values, faults field.Faults) view {
	language := in.Settings.Text("language")
	w := wordsOf(language)
	v := view{
		Language: language, Direction: "ltr", Title: in.Settings.Text("title"), Intro: in.Settings.Text("intro"), Words: w,
		Button: first(in.Settings.Text("button"), w.Send), Thanks: first(in.Settings.Text("thanks"), w.Thanks),
		Once: inputs.Get(onceInput), OnceInput: onceInput, Trap: trapInput,
	}
	if language == "he" {
		v.Direction = "rtl"
	}
	if in.Settings.Has("price") {
		v.Price = price(in, language)
	}
	for _, row := range in.Settings.List("fields") {
		f := newInput(row, inputs)
		for _, fault := range faults {
			if fault.Path == f.Key {
				f.Wrong = w.fault(fault.Code, f.Kind)
			}
		}
		v.Fields = append(v.Fields, f)
	}
	switch {
	case len(faults) > 0 && faults[0].Path == "":
		v.General = w.fault(faults[0].Code, "")
	case len(faults) > 0:
		v.General = w.Look
	}
	return v
}

func newInput(row field.Values, inputs url.Values) input {
	f := input{Key: row.Text("key"), Label: row.Text("label"), Kind: row.Text("kind"), Required: row.Bool("required"), HTML: "text"}
	f.Value, f.Ticked = inputs.Get(f.Key), ticked(inputs, f.Key)
	switch field.Type(f.Kind) {
	case field.Email:
		f.HTML = "email"
	case field.Phone:
		f.HTML = "tel"
	case field.Date:
		f.HTML = "date"
	}
	// https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#autofill
	f.Auto = map[string]string{meansName: "name", meansEmail: "email", meansPhone: "tel", meansAddress: "street-address", meansPostCode: "postal-code", meansCity: "address-level2", meansCountry: "country"}[row.Text("meaning")]
	for choice := range strings.Lines(row.Text("choices")) {
		if choice = strings.TrimSpace(choice); choice != "" {
			f.Choices = append(f.Choices, choice)
		}
	}
	return f
}

func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func render(v view) []byte {
	var page bytes.Buffer
	if err := pageTemplate.Execute(&page, v); err != nil {
		panic("the page of a form: " + err.Error()) // the template and the view are ours
	}
	return page.Bytes()
}

func encode(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic("the answer of a form: " + err.Error()) // plain texts
	}
	return text
}

// jsonHeader lets scripts of any website read the answer: the form is open to everybody.
func jsonHeader() http.Header {
	return http.Header{"Content-Type": {"application/json"}, "Access-Control-Allow-Origin": {"*"}, "Vary": {"Accept"}}
}

// pageHeader lets the page have its one style, be shown inside other websites, and be sent to where the visitor is led afterwards, which browsers
// count as part of the sending.
func pageHeader(in *connector.Inbound) http.Header {
	sum := sha256.Sum256([]byte(pageStyle))
	targets := "'self'"
	if to, err := url.Parse(in.Settings.Text("redirect")); err == nil && to.Host != "" {
		targets += " " + to.Scheme + "://" + to.Host
	}
	return http.Header{
		"Content-Type":            {"text/html; charset=utf-8"},
		"Content-Security-Policy": {"default-src 'none'; base-uri 'none'; frame-ancestors *; form-action " + targets + "; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"},
	}
}
