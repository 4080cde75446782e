package file

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors/internal/rows"
)

// headerToken carries the account's password where a program sends a file.
const headerToken = "X-Tengi-Token"

// upload is one file that was sent.
type upload struct {
	name string
	data []byte
}

// parcel is a notice taken apart: the files in it, and what the page adds to them.
type parcel struct {
	files  []upload
	person bool   // it comes from the page
	token  string // as the page sends it
}

// maxParts bounds the parts of a form.
const maxParts = 50

// receive turns uploaded files into events. What a person sends on the page and what cannot be read is sent back with the reason; what a program
// sends is kept in any case.
func receive(in *connector.Inbound) ([]tengi.Event, error) {
	p, err := open(in)
	if want := in.Secret("token"); want != "" {
		token := in.Header.Get(headerToken)
		if p.person {
			token = p.token
		}
		if subtle.ConstantTimeCompare([]byte(token), []byte(want)) != 1 {
			if p.person {
				return nil, sentBack(in, wordPassword, "")
			}
			return nil, connector.Unverified("the password in the header " + headerToken + " is missing or another one")
		}
	}
	if err != nil {
		if p.person {
			return nil, sentBack(in, wordNothing, "")
		}
		return nil, err
	}
	var list []tengi.Event
	known := map[string]bool{}
	for _, file := range p.files {
		made, err := understand(in.Settings, file.name, file.data)
		switch {
		case err != nil && p.person:
			return nil, sentBack(in, wordUnread, file.name+": "+err.Error())
		case err != nil:
			made = events(in.Settings, file.name, file.data)
		}
		for _, e := range made {
			if !known[e.Dedupe] { // a row may stand in two files of one parcel
				known[e.Dedupe], e.ReceivedAt = true, in.ReceivedAt
				list = append(list, e)
			}
		}
	}
	return list, nil
}

// open takes a notice apart: a form with files, or the bytes of one file, whose name may stand in the address as ?name=.
func open(in *connector.Inbound) (parcel, error) {
	media, params, err := mime.ParseMediaType(in.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" {
		if len(in.Body) == 0 {
			return parcel{}, errors.New("no file came with it")
		}
		return parcel{files: []upload{{name: in.Query.Get("name"), data: in.Body}}}, nil
	}
	var p parcel
	broken := errors.New("the form with the file is damaged")
	if params["boundary"] == "" {
		return p, broken
	}
	reader := multipart.NewReader(bytes.NewReader(in.Body), params["boundary"])
	for n := 0; ; n++ {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || n >= maxParts {
			return p, broken
		}
		data, err := io.ReadAll(part)
		switch {
		case err != nil:
			return p, broken
		case part.FileName() != "" && len(data) > 0:
			p.files = append(p.files, upload{name: strings.ToValidUTF8(part.FileName(), "�"), data: data})
		case part.FormName() == "page":
			p.person = true
		case part.FormName() == "token":
			p.token = strings.TrimSpace(string(data))
		}
	}
	if len(p.files) == 0 {
		return p, errors.New("no file came with it")
	}
	return p, nil
}

// answer tells a person what became of the file; a program is answered plainly.
func answer(in *connector.Inbound, made []tengi.Event) *connector.Reply {
	p, err := open(in)
	if err != nil || !p.person {
		return nil
	}
	read, held := 0, 0
	for _, e := range made {
		if e.Type == rows.TypeQuestion {
			held++
		} else {
			read++
		}
	}
	w := wordsFor(in)
	text := fmt.Sprintf(w[wordRead], read)
	if held > 0 {
		text += " " + fmt.Sprintf(w[wordHeld], held)
	}
	reply := render(in, text, "")
	return &reply
}
