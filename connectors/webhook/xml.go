package webhook

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxElements is how many elements an XML document may have.
const maxElements = 10_000

// readXML makes an object of an XML document:
//
//	<order id="7"><line>a</line><line>b</line><note lang="is">Takk</note></order>
//	{"order": {"@id": "7", "line": ["a", "b"], "note": {"@lang": "is", "#text": "Takk"}}}
//
// An element without attributes and children is its text, attributes begin with @, text beside them is #text, what stands more than once is a list,
// and name spaces are dropped. All values are texts without the blanks around them. Entities of the document's own are not expanded, and other
// encodings than UTF-8 are not read.
func readXML(body []byte) (json.RawMessage, error) {
	r := xmlReader{decoder: xml.NewDecoder(bytes.NewReader(body))}
	for {
		token, err := r.decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the notice is empty XML")
		}
		if err != nil {
			return nil, r.fault(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		value, err := r.element(start, 1)
		if err != nil {
			return nil, r.fault(err)
		}
		if err := r.end(); err != nil {
			return nil, r.fault(err)
		}
		return encode(map[string]any{start.Name.Local: value})
	}
}

type xmlReader struct {
	decoder  *xml.Decoder
	elements int
}

// fault says where XML goes wrong. The decoder's own text quotes what stands there.
func (r *xmlReader) fault(err error) error {
	if _, ok := errors.AsType[*xml.SyntaxError](err); !ok && (errors.Is(err, errTooDeep) || errors.Is(err, errTooMany)) {
		return err
	}
	return fmt.Errorf("the notice is not XML that can be read: it goes wrong near byte %d", r.decoder.InputOffset())
}

var errTooMany = fmt.Errorf("the notice has more than %d elements", maxElements)

// element reads what stands in an element: a text, or an object.
func (r *xmlReader) element(start xml.StartElement, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errTooDeep
	}
	if r.elements++; r.elements > maxElements {
		return nil, errTooMany
	}
	object := map[string]any{}
	for _, attr := range start.Attr {
		if attr.Name.Space != "xmlns" && attr.Name.Local != "xmlns" {
			add(object, "@"+attr.Name.Local, attr.Value)
		}
	}
	var text strings.Builder
	for {
		token, err := r.decoder.Token()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			child, err := r.element(token, depth+1)
			if err != nil {
				return nil, err
			}
			add(object, token.Name.Local, child)
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			content := strings.TrimSpace(text.String())
			if len(object) == 0 {
				return content, nil
			}
			if content != "" {
				add(object, "#text", content)
			}
			return object, nil
		}
	}
}

// end wants nothing but blanks and comments after the root.
func (r *xmlReader) end() error {
	for {
		token, err := r.decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, ok := token.(xml.StartElement); ok {
			return errors.New("a second root")
		}
	}
}

// repeated is what stands more than once under a name, told from a list that one element is.
type repeated []any

// add puts a value under a name; what stands there already makes it a list.
func add(object map[string]any, name string, value any) {
	switch there := object[name].(type) {
	case nil:
		object[name] = value
	case repeated:
		object[name] = append(there, value)
	default:
		object[name] = repeated{there, value}
	}
}
