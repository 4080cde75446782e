package form

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// Inputs that are the form's own and not the visitor's.
const (
	onceInput = "_once"    // one opening of the form: pressing the button twice sends the same one twice
	trapInput = "_website" // invisible to people; whoever fills it in is a program
)

// repeatWindow is how long the same content from a form without onceInput is taken for the same.
const repeatWindow = 10 * time.Minute

// maxInputs bounds the inputs of one form, and of those that are none of ours.
const maxInputs = 200

var errForm = errors.New("the form cannot be read")

// visitorFields is the set of what visitors fill in, by the account's settings.
func visitorFields(settings field.Values) field.Set {
	var set field.Set
	for _, row := range settings.List("fields") {
		f := field.Field{Key: row.Text("key"), Type: field.Type(row.Text("kind")), Label: row.Text("label"), Required: row.Bool("required")}
		switch f.Type {
		case field.Select:
			for choice := range strings.Lines(row.Text("choices")) {
				if choice = strings.TrimSpace(choice); choice != "" {
					f.Options = append(f.Options, field.Option{Value: choice, Label: choice})
				}
			}
		case field.Amount:
			f.Min = "0"
		case field.Int:
			f.Min, f.Max = "0", "1000000"
		}
		set = append(set, f)
	}
	return set
}

// read takes the inputs of a form: the first value of each.
func read(in *connector.Inbound) (url.Values, error) {
	media, params, _ := mime.ParseMediaType(in.Header.Get("Content-Type"))
	if media == "multipart/form-data" {
		return readParts(in.Body, params["boundary"])
	}
	inputs, err := url.ParseQuery(string(in.Body))
	if err != nil || len(inputs) > maxInputs || strings.ContainsRune(string(in.Body), 0) {
		return nil, errForm
	}
	return inputs, nil
}

// readParts reads multipart/form-data (RFC 7578), as scripts send it. Files are left out.
func readParts(body []byte, boundary string) (url.Values, error) {
	if boundary == "" {
		return nil, errForm
	}
	inputs := url.Values{}
	for parts := multipart.NewReader(bytes.NewReader(body), boundary); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return inputs, nil
		}
		if err != nil || len(inputs) > maxInputs {
			return nil, errForm
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return nil, errForm
		}
		if part.FileName() == "" && part.FormName() != "" {
			inputs.Add(part.FormName(), string(text))
		}
	}
}

// receive makes an event of a form filled in. What is not complete goes back to the visitor, and nothing of it is kept.
func receive(in *connector.Inbound) ([]tengi.Event, error) {
	inputs, err := read(in)
	if err != nil {
		return nil, declined(in, url.Values{}, field.Faults{{Code: codeUnreadable}})
	}
	if inputs.Get(trapInput) != "" {
		return nil, nil // it is thanked like everybody else
	}
	set := visitorFields(in.Settings)
	raw := map[string]any{}
	for _, f := range set {
		switch text := strings.TrimSpace(inputs.Get(f.Key)); {
		case f.Type == field.Bool:
			raw[f.Key] = ticked(inputs, f.Key)
		case text != "":
			raw[f.Key] = text
		}
	}
	values, faults := set.Parse(raw)
	for _, f := range set {
		if f.Type == field.Bool && f.Required && !values.Bool(f.Key) { // "I agree"
			faults = append(faults, field.Fault{Path: f.Key, Code: field.CodeRequired})
		}
	}
	if len(faults) > 0 {
		return nil, declined(in, inputs, faults)
	}
	data, err := set.Encode(values)
	if err != nil {
		return nil, declined(in, inputs, field.Faults{{Code: codeUnreadable}})
	}
	id := identity(in, inputs, data)
	event := tengi.Event{Type: typeMessage, Object: "submission/" + id, Dedupe: id, Data: data, ReceivedAt: in.ReceivedAt}
	if sells(in.Settings) {
		event.Type = typeOrder
		sold, faults := order(in, values, id)
		if len(faults) > 0 {
			return nil, declined(in, inputs, faults)
		}
		event.Sale = sold
	}
	return []tengi.Event{event}, nil
}

// ticked says whether a box is ticked: a browser sends an unticked one not at all, and a ticked one as whatever the page says.
func ticked(inputs url.Values, key string) bool {
	switch strings.ToLower(strings.TrimSpace(inputs.Get(key))) {
	case "", "0", "false", "no", "off":
		return false
	}
	return true
}

// identity is what two sendings of one form have in common. Two people who write the same are told apart by the opening of the form; where a
// website's form does not give it, the same content within some minutes is one.
func identity(in *connector.Inbound, inputs url.Values, data []byte) string {
	sum := sha256.New()
	if once := inputs.Get(onceInput); once != "" {
		sum.Write([]byte("once\x00" + once + "\x00"))
	} else {
		sum.Write([]byte("at\x00" + in.ReceivedAt.Truncate(repeatWindow).UTC().Format(time.RFC3339) + "\x00"))
	}
	sum.Write(data)
	return hex.EncodeToString(sum.Sum(nil))[:24]
}
