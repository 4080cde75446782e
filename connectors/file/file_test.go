package file

import (
	"bytes"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connectors/internal/rows"
)

const token = "password-of-the-test"

const bookings = "Booking number;Name;E-mail;Amount\nB-1;Anna Lind;anna@example.com;14.900,00\nB-2;Jón Jónsson;jon@example.com;29 800\n"

// form is what the page, or a program, sends.
func form(t *testing.T, fields map[string]string, files ...upload) (string, string) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	if err := w.SetBoundary("border-of-the-test"); err != nil {
		t.Fatal(err)
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if err := w.WriteField(key, fields[key]); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range files {
		part, err := w.CreateFormFile("file", f.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(f.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return body.String(), w.FormDataContentType()
}

func TestConnector(t *testing.T) {
	t.Parallel()
	settings := map[string]any{"currency": "ISK", "key_columns": "Booking number", "vat_rate": "24"}
	two, kind := form(t, nil, upload{"a.csv", []byte(bookings)}, upload{"b.csv", []byte(bookings + "B-3;;anna@example.com;5\n")})
	connectortest.Run(t, Connector(), nil,
		connectortest.Notice{Name: "raw", Body: bookings, Settings: settings, Events: 2},
		connectortest.Notice{Name: "two files", Body: two, Header: http.Header{"Content-Type": {kind}}, Settings: settings, Events: 3},
		connectortest.Notice{Name: "unreadable", Body: "\x00\x01", Settings: settings, Events: 1},
		connectortest.Notice{Name: "password", Body: bookings, Settings: settings, Events: 2, Signed: true, OpenBody: true,
			Header: http.Header{headerToken: {token}}, Secrets: map[string]string{"token": token}},
	)
}

// inbound is a notice to an account.
func inbound(t *testing.T, settings map[string]any, secrets map[string]string, body, kind string) *connector.Inbound {
	t.Helper()
	all := map[string]any{"currency": "ISK"}
	maps.Copy(all, settings)
	account := &tengi.Account{Key: "file", Connector: "file", Settings: all, Secrets: secrets}
	values, err := Connector().Settings(account)
	if err != nil {
		t.Fatal(err)
	}
	in := &connector.Inbound{Method: http.MethodPost, Header: http.Header{}, Query: url.Values{}, Body: []byte(body), ReceivedAt: connectortest.NewClock().Now(), Account: account, Settings: values}
	if kind != "" {
		in.Header.Set("Content-Type", kind)
	}
	return in
}

// The same row is the same event whichever way it comes, and in whatever order.
func TestIdentity(t *testing.T) {
	t.Parallel()
	turned := "E-mail;Amount;Name;Booking number\njon@example.com;29800;Jón Jónsson;b-2\nanna@example.com;14900,00;Anna Lind;B-1\n"
	for name, c := range map[string]struct {
		settings      map[string]any
		first, second upload
		fresh         int // events of the second that the first had not
	}{
		"other order, same key":           {settings: map[string]any{"key_columns": "Booking number"}, first: upload{"a", []byte(bookings)}, second: upload{"b", []byte(turned)}},
		"one row more":                    {settings: map[string]any{"key_columns": "Booking number"}, first: upload{"a", []byte(bookings)}, second: upload{"a", []byte(bookings + "B-3;A;a@b.is;1")}, fresh: 1},
		"an amount changed":               {settings: map[string]any{"key_columns": "Booking number"}, first: upload{"a", []byte(bookings)}, second: upload{"a", []byte(strings.Replace(bookings, "29 800", "5", 1))}},
		"an amount changed, reported":     {settings: map[string]any{"key_columns": "Booking number", "changes": true}, first: upload{"a", []byte(bookings)}, second: upload{"a", []byte(strings.Replace(bookings, "29 800", "5", 1))}, fresh: 1},
		"no key, the same file again":     {first: upload{"a", []byte(bookings)}, second: upload{"a", []byte(bookings)}},
		"no key, the same in another":     {first: upload{"a", []byte(bookings)}, second: upload{"b", []byte(bookings)}, fresh: 2},
		"no key, a row twice in one file": {first: upload{"a", []byte(bookings)}, second: upload{"a", []byte(bookings + "B-2;Jón Jónsson;jon@example.com;29 800\n")}, fresh: 1},
		"other settings, the same rows":   {settings: map[string]any{"key_columns": "Booking number"}, first: upload{"a", []byte(bookings)}, second: upload{"a", []byte(bookings)}},
	} {
		seen := map[string]bool{}
		for round, f := range []upload{c.first, c.second} {
			settings := maps.Clone(c.settings)
			if settings == nil {
				settings = map[string]any{}
			}
			if round == 1 && name == "other settings, the same rows" {
				settings["vat_rate"], settings["most_rows"] = "11", 7 // changed settings do not make every row of every file new
			}
			in := inbound(t, settings, nil, string(f.data), "")
			in.Query.Set("name", f.name)
			events, err := receive(in)
			if err != nil {
				t.Fatal(err)
			}
			fresh := 0
			for _, e := range events {
				if e.Unreadable != "" {
					t.Errorf("%s: %s", name, e.Unreadable)
				}
				if !seen[e.Dedupe] {
					fresh++
				}
				seen[e.Dedupe] = true
			}
			if round == 1 && fresh != c.fresh {
				t.Errorf("%s: %d are new, want %d", name, fresh, c.fresh)
			}
		}
	}
}

// TestHeld: what cannot be read says why, in words for a person, and the good rows of the file go on.
func TestHeld(t *testing.T) {
	t.Parallel()
	key := map[string]any{"key_columns": "Booking number"}
	for _, c := range []struct {
		settings map[string]any
		body     string
		held     string
		others   int
	}{
		{body: " \n", held: "it is empty"},
		{body: "\xd0\xcf\x11\xe0\xa1\xb1", held: "old workbook (.xls)"},
		{body: "PK\x03\x04 and no more", held: "the workbook is damaged"},
		{body: "a;b\x00c", held: "neither CSV nor a workbook"},
		{body: "Name;Amount\nAnna;\"5\nJón;6\n", held: "line 2: a quotation mark is not closed"},
		{body: "Name;Amount\nAnna \"x\";5\n", held: "line 2: a quotation mark"},
		{body: "\n\n", held: "it is empty"},
		{settings: map[string]any{"header_row": 4}, body: bookings, held: "there is no header: row 4 is empty"},
		{settings: key, body: strings.Replace(bookings, "Booking number", "Nr", 1), held: "no column “Booking number”"},
		{settings: map[string]any{"changes": true}, body: bookings, held: "changed rows can only be told"},
		{settings: map[string]any{"most_rows": 1}, body: bookings, held: "it has 2 rows, more than the 1"},
		{settings: key, body: bookings + "B-3;X;x@example.com;much\n", held: "row 4: the column “Amount” is not an amount", others: 2},
		{settings: key, body: bookings + "B-3;X;x@example.com;1\nB-3;Y;y@example.com;1\n", held: "the lines [4 5] have the same", others: 2},
		{body: "Name;Amount\nJ\xf3n \x81;5\n", settings: map[string]any{"encoding": "windows-1255"}, held: "not in the encoding"},
	} {
		in := inbound(t, c.settings, nil, c.body, "text/csv")
		in.Query.Set("name", "bookings.csv")
		events, err := receive(in)
		if err != nil {
			t.Errorf("%q: %v", c.body, err)
			continue
		}
		held := 0
		for _, e := range events {
			if e.Type == rows.TypeQuestion {
				held++
				if !strings.Contains(e.Unreadable, c.held) || e.Object != "" || strings.Contains(e.Unreadable, "much") {
					t.Errorf("%q: %s", c.body, e.Unreadable)
				}
			}
		}
		if held != 1 || len(events) != c.others+1 {
			t.Errorf("%q: %d events, %d held", c.body, len(events), held)
		}
	}
}

// The page takes a file, tells what became of it, and sends back what it cannot take, without storing anything.
func TestPage(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{"token": token}
	get := inbound(t, nil, secrets, "", "")
	get.Header.Set("Accept-Language", "he-IL,he;q=0.9,en;q=0.8")
	shown := string(page(get).Body)
	for _, part := range []string{`lang="he" dir="rtl"`, `type="password"`, `enctype="multipart/form-data"`, "שליחת קובץ"} {
		if !strings.Contains(shown, part) {
			t.Errorf("the page lacks %s:\n%s", part, shown)
		}
	}
	if strings.Contains(string(page(inbound(t, nil, nil, "", "")).Body), "password") {
		t.Error("the page asks for a password that there is none of")
	}
	for name, c := range map[string]struct {
		fields map[string]string
		files  []upload
		back   string // what is sent back says
		told   string
	}{
		"good":           {fields: map[string]string{"page": "1", "token": token}, files: []upload{{"b.csv", []byte(bookings + "B-3;X;x;1\n")}}, told: "Rows read: 2."},
		"held too":       {fields: map[string]string{"page": "1", "token": token}, files: []upload{{"b.csv", []byte(bookings + "B-3;X;x;1\n")}}, told: "Rows that need a look: 1."},
		"wrong password": {fields: map[string]string{"page": "1", "token": "x"}, files: []upload{{"b.csv", []byte(bookings)}}, back: "The password is another one."},
		"no file":        {fields: map[string]string{"page": "1", "token": token}, back: "Choose a file first."},
		"no table":       {fields: map[string]string{"page": "1", "token": token}, files: []upload{{"<b>.xls", []byte("\xd0\xcf\x11\xe0")}}, back: "&lt;b&gt;.xls: it is an old workbook"},
	} {
		body, kind := form(t, c.fields, c.files...)
		in := inbound(t, nil, secrets, body, kind)
		events, err := receive(in)
		if c.back != "" {
			declined, ok := err.(*connector.Declined) //nolint:errorlint // as it is given
			if !ok || !strings.Contains(string(declined.Reply.Body), c.back) || !strings.Contains(string(declined.Reply.Body), "<form") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if text := string(answer(in, events).Body); !strings.Contains(text, c.told) || strings.Contains(text, "<form") {
			t.Errorf("%s: %s", name, text)
		}
	}
	if reply := answer(inbound(t, nil, nil, bookings, "text/csv"), nil); reply != nil {
		t.Error("a program is shown a page")
	}
	for lang, texts := range words {
		if len(texts) != len(words["en"]) || slices.Contains(texts, "") || strings.Count(strings.Join(texts, ""), "%d") != 2 {
			t.Errorf("%s: %q", lang, texts)
		}
	}
}

func FuzzReceive(f *testing.F) {
	f.Add([]byte(bookings), "text/csv", "auto")
	f.Add([]byte("sep=,\na,b\n\"x\",1\n"), "", "windows-1251")
	f.Add([]byte("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nName,Sum\nA,1\r\n--x--\r\n"), "multipart/form-data; boundary=x", "auto")
	f.Add(workbook1(f), "", "auto")
	settings, faults := Connector().AccountFields().Parse(map[string]any{"currency": "ISK"})
	if err := faults.Err(); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte, kind, encoding string) {
		values := maps.Clone(settings)
		values["encoding"] = encoding
		in := &connector.Inbound{Header: http.Header{"Content-Type": {kind}}, Body: body, Account: &tengi.Account{}, Settings: values}
		events, err := receive(in)
		if err != nil {
			return
		}
		for _, e := range events {
			if e.Dedupe == "" || e.Unreadable == "" && (e.Sale == nil && len(e.Data) == 0) {
				t.Errorf("%+v", e)
			}
		}
		answer(in, events)
	})
}
