package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/tengi/tengi/connector"
)

// The limits of a body that is read. A notice beyond them is kept, and held.
const (
	maxBody   = 1 << 20 // bytes
	maxDepth  = 100     // of objects and lists, or elements, inside each other
	maxFields = 1000    // of a form
)

var (
	errTooLong = errors.New("the notice is longer than 1 MB")
	errTooDeep = fmt.Errorf("the notice is nested more than %d levels deep", maxDepth)
	errText    = errors.New("the notice is not text in UTF-8")
)

var byteOrderMark = []byte("\ufeff")

// read makes the event's data of a notice: a JSON value that shares nothing with the body. Its errors repeat nothing of what was sent.
func read(in *connector.Inbound) (json.RawMessage, error) {
	if len(in.Body) > maxBody {
		return nil, errTooLong
	}
	if len(in.Body) == 0 { // a notice by GET, or a bare call
		return encode(values(in.Query))
	}
	kind := in.Header.Get("Content-Type")
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		media, _, _ = strings.Cut(kind, ";")
		media = strings.ToLower(strings.TrimSpace(media))
	}
	if media == "multipart/form-data" { // its parts are looked at one by one: a file among them need not be text
		return readMultipart(in.Body, params["boundary"])
	}
	body := bytes.TrimPrefix(in.Body, byteOrderMark)
	if !utf8.Valid(body) {
		return nil, errText
	}
	switch {
	case media == "application/x-www-form-urlencoded":
		return readForm(body)
	case media == "application/xml", media == "text/xml", strings.HasSuffix(media, "+xml"):
		return readXML(body)
	case media == "application/json", strings.HasSuffix(media, "+json"), looksLikeJSON(body): // many senders do not say, or say text/plain
		return readJSON(body)
	case media == "":
		return nil, errors.New("the notice does not say what it is: its header Content-Type is missing")
	default:
		return nil, fmt.Errorf("the notice is neither JSON nor a form nor XML; its header Content-Type says %q", cutText(strings.ToValidUTF8(media, "�"), 100))
	}
}

func looksLikeJSON(body []byte) bool {
	body = bytes.TrimLeft(body, " \t\r\n")
	return len(body) > 0 && (body[0] == '{' || body[0] == '[')
}

// readJSON takes JSON as it stands, so that nothing is lost: numbers keep their digits and members their order. Names that stand twice are let be.
func readJSON(body []byte) (json.RawMessage, error) {
	if !json.Valid(body) {
		return nil, jsonFault(body)
	}
	if deeper(body, maxDepth) {
		return nil, errTooDeep
	}
	return bytes.Clone(body), nil
}

// jsonFault says where JSON breaks off, without what stands there.
func jsonFault(body []byte) error {
	var nothing json.RawMessage
	err := json.Unmarshal(body, &nothing)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("the notice is not JSON: it breaks off or goes wrong at byte %d", syntax.Offset)
	}
	return errors.New("the notice is not JSON")
}

// deeper says whether valid JSON is nested deeper than the limit.
func deeper(body []byte, limit int) bool {
	if bytes.Count(body, []byte{'{'})+bytes.Count(body, []byte{'['}) <= limit {
		return false // as nearly every notice
	}
	depth, text := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '\\': // only inside texts
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// readForm makes an object of a form.
func readForm(body []byte) (json.RawMessage, error) {
	if bytes.Count(body, []byte{'&'}) >= maxFields {
		return nil, fmt.Errorf("the form has more than %d fields", maxFields)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errors.New("the form cannot be read: an escape is broken, or fields are separated by semicolons")
	}
	for name, texts := range form {
		if !utf8.ValidString(name) || !utf8.ValidString(strings.Join(texts, "")) {
			return nil, errText
		}
	}
	return encode(values(form))
}

// readMultipart makes an object of the fields of a form; files among them are left out.
func readMultipart(body []byte, boundary string) (json.RawMessage, error) {
	broken := errors.New("the parts of the form cannot be read")
	if boundary == "" || !bytes.Contains(body, []byte("--"+boundary+"--")) { // the reader takes some forms that were cut off for whole
		return nil, broken
	}
	form := url.Values{}
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for n := 0; ; n++ {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return encode(values(form))
		}
		if err != nil {
			return nil, broken
		}
		if n >= maxFields {
			return nil, fmt.Errorf("the form has more than %d fields", maxFields)
		}
		if part.FileName() != "" || part.FormName() == "" {
			continue
		}
		text, err := io.ReadAll(part)
		switch {
		case err != nil:
			return nil, broken
		case !utf8.Valid(text) || !utf8.ValidString(part.FormName()):
			return nil, errText
		}
		form.Add(part.FormName(), string(text))
	}
}

// encode writes data that was read from another form than JSON.
func encode(value any) (json.RawMessage, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, errText
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}
