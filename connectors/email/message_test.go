package email

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/internal/testutil"
)

// TestWords: every message in every language, as a person reads it.
func TestWords(t *testing.T) {
	t.Parallel()
	for _, language := range slices.Sorted(maps.Keys(languages)) {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			var text, html bytes.Buffer
			for _, purpose := range []string{purposeInvoice, purposeReceipt, purposeRequest, purposeCancellation, purposePlain, purposeOrder, purposeCancelled} {
				svc := NewFake()
				var err error
				if purpose == purposeOrder || purpose == purposeCancelled {
					v := values(t, merchantFields(), order(), map[string]any{"purpose": purpose, "language": language, "channel": "website", "remarks": "Window seat"})
					_, err = toMerchant(t.Context(), connectortest.Client(t, Connector(), svc), connectortest.Ref, v)
				} else {
					changes := map[string]any{"purpose": purpose, "language": language}
					switch purpose {
					case purposeRequest:
						changes["due"] = "2026-07-20"
					case purposePlain:
						changes["text"] = "See you on Sunday.\n\nWear warm clothes & good shoes."
					}
					_, err = sendInvoice(t, svc, changes)
				}
				if err != nil {
					t.Fatalf("%s: %v", purpose, err)
				}
				m := svc.Mail()[0]
				if m.Language != language || strings.Contains(m.Subject+m.Text, "{") {
					t.Errorf("%s: language %q, subject %q", purpose, m.Language, m.Subject)
				}
				fmt.Fprintf(&text, "=== %s\nTo: %s\nReply-To: %s\nSubject: %s\n\n%s\n", purpose, m.To, m.ReplyTo, m.Subject, m.Text)
				if purpose == purposeInvoice {
					html.WriteString(m.HTML)
				}
			}
			testutil.Golden(t, "words-"+language, text.Bytes())
			if language == "he" || language == "en" {
				testutil.Golden(t, "markup-"+language, html.Bytes())
			}
		})
	}
}

// TestWordsComplete: no language lacks a text that another has.
func TestWordsComplete(t *testing.T) {
	t.Parallel()
	english := languages["en"]
	for language, w := range languages {
		for _, text := range []string{w.hello, w.helloAll, w.close, w.date, w.reference, w.day, w.total, w.due, w.email, w.phone, w.customer, w.channel, w.remarks} {
			if text == "" {
				t.Errorf("%s: a text is missing", language)
			}
		}
		for name, of := range english.purposes {
			p, ok := w.purposes[name]
			if !ok || p.subject == "" || p.number == "" || p.button == "" || (p.opening == "") != (of.opening == "") {
				t.Errorf("%s: %s: %+v", language, name, p)
			}
			for _, mark := range []string{"{number}", "{reference}", "{business}", "{customer}", "{amount}"} {
				if strings.Contains(p.subject, mark) != strings.Contains(of.subject, mark) {
					t.Errorf("%s: the subject of %s has %s as English has not, or the other way round", language, name, mark)
				}
			}
		}
	}
}

func TestSpeak(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ wished, business, want string }{
		{"is", "he", "is"}, {"IS-is", "he", "is"}, {"pl_PL", "", "pl"}, {"de", "is", "en"}, {"", "is", "is"}, {"", "uk-UA", "uk"}, {"", "", "en"}, {"", "de", "en"}, {"x", "y", "en"},
	} {
		if got, w := speak(c.wished, c.business); got != c.want || w.hello != languages[c.want].hello {
			t.Errorf("%q at %q: %s, want %s", c.wished, c.business, got, c.want)
		}
	}
}

func TestFillIn(t *testing.T) {
	t.Parallel()
	all := map[string]string{"number": "1047", "reference": "FJR-1", "business": "Fjörður Tours", "customer": "Anna Lind", "amount": "32.280 kr."}
	none := map[string]string{"number": "", "reference": "", "business": "", "customer": "", "amount": ""}
	for text, want := range map[string][2]string{
		"Invoice {number} from {business}":             {"Invoice 1047 from Fjörður Tours", "Invoice from"},
		"New order {reference}: {customer} ({amount})": {"New order FJR-1: Anna Lind (32.280 kr.)", "New order"},
		"Order {reference} cancelled – {business}":     {"Order FJR-1 cancelled – Fjörður Tours", "Order cancelled"},
	} {
		if got := [2]string{fillIn(text, all), fillIn(text, none)}; got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}

func TestFileName(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{"1047": "invoice-1047.pdf", "": "invoice.pdf", "FV 7/2026": "invoice-FV-7-2026.pdf", "../../x\"\r\n": "invoice-x.pdf", "№7": "invoice-7.pdf"} {
		if got := fileName("invoice", number); got != want {
			t.Errorf("%q: %q, want %q", number, got, want)
		}
	}
}

// TestEnvelope: who it is from and to, in the head and in the envelope.
func TestEnvelope(t *testing.T) {
	t.Parallel()
	svc := NewFake()
	_, err := sendInvoice(t, svc, map[string]any{"to": "юрій@пошта.укр", "to_name": "Юрій, \"Київ\" <x@y>"}, connectortest.WithSetting("reply_to", "answers@fjordur.example"))
	if err != nil {
		t.Fatal(err)
	}
	m := svc.Mail()[0]
	if want := "юрій@xn--80a1acn3a.xn--j1amh"; len(m.EnvelopeTo) != 1 || m.EnvelopeTo[0] != want {
		t.Errorf("envelope %q", m.EnvelopeTo)
	}
	head, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		t.Fatal(err)
	}
	to, err := mail.ParseAddress(head.Header.Get("To"))
	if err != nil || to.Name != "Юрій, \"Київ\" <x@y>" {
		t.Errorf("to %q: %v", m.To, err)
	}
	if m.ReplyTo != "<answers@fjordur.example>" || m.Date != "Wed, 01 Jul 2026 12:00:00 +0000" {
		t.Errorf("reply to %q, date %q", m.ReplyTo, m.Date)
	}
	from, err := mail.ParseAddress(m.From)
	if err != nil || from.Name != "Fjörður Tours" || from.Address != fakeUser {
		t.Errorf("from %q", m.From)
	}
}

// TestMerchantsAddress: to whom a message to the merchant goes, and where the answer goes.
func TestMerchantsAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		to, account any
		want        string
	}{{"other@fjordur.example", "owner@fjordur.example", "other@fjordur.example"}, {nil, "owner@fjordur.example", "owner@fjordur.example"}, {nil, nil, fakeUser}} {
		svc := NewFake()
		client := connectortest.Client(t, Connector(), svc, connectortest.WithSetting("merchant_email", c.account))
		changes := map[string]any{}
		if c.to != nil {
			changes["to"] = c.to
		}
		if _, err := toMerchant(t.Context(), client, connectortest.Ref, values(t, merchantFields(), order(), changes)); err != nil {
			t.Fatal(err)
		}
		if m := svc.Mail()[0]; m.EnvelopeTo[0] != c.want || m.ReplyTo != "<anna@example.com>" {
			t.Errorf("to %q, answers to %q, want %s", m.EnvelopeTo, m.ReplyTo, c.want)
		}
	}
}

// TestInjection: what would begin another line of the head is refused, also where the fields' own check was passed by.
func TestInjection(t *testing.T) {
	t.Parallel()
	bad := "x\r\nBcc: spy@evil.example"
	for key, value := range map[string]string{"subject": bad, "to_name": bad, "to": "a@b.example>\r\nRCPT TO:<spy@evil.example"} {
		v := values(t, customerFields(), invoice(), nil)
		v[key] = value
		svc := NewFake()
		_, err := toCustomer(t.Context(), connectortest.Client(t, Connector(), svc), connectortest.Ref, v)
		if e := connector.AsError(err); err == nil || e.Kind != connector.Permanent || e.Field != key || strings.Contains(e.Error(), "evil") {
			t.Errorf("%s: %s %q: %v", key, e.Kind, e.Field, err)
		}
		if n := len(svc.Mail()); n != 0 {
			t.Errorf("%s: sent", key)
		}
		if _, faults := customerFields().Parse(map[string]any{"to": "a@b.example", key: value}); len(faults) == 0 {
			t.Errorf("%s: the field takes it", key)
		}
	}
	for name, l := range map[string]letter{
		"two addresses": {to: mail.Address{Address: "a@b.example, c@d.example"}, subject: "x"},
		"no address":    {subject: "x"},
		"no subject":    {to: mail.Address{Address: "a@b.example"}, subject: " "},
		"bad answer":    {to: mail.Address{Address: "a@b.example"}, subject: "x", replyTo: "not an address"},
	} {
		if e := connector.AsError(l.check()); l.check() == nil || e.Kind != connector.Permanent {
			t.Errorf("%s passes", name)
		}
	}
}

func TestPlainNeedsText(t *testing.T) {
	t.Parallel()
	_, err := sendInvoice(t, NewFake(), map[string]any{"purpose": purposePlain, "text": " "})
	if e := connector.AsError(err); e.Kind != connector.Permanent || e.Field != "text" {
		t.Errorf("%v", err)
	}
}

// library is a host with documents behind links.
func library(t *testing.T) (host string, asked *int) {
	t.Helper()
	asked = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked++
		switch r.URL.Path {
		case "/1047.pdf":
			_, _ = w.Write([]byte("%PDF-1.7 invoice 1047"))
		case "/page":
			_, _ = w.Write([]byte("<html>invoice</html>"))
		case "/long.pdf":
			_, _ = w.Write(append([]byte("%PDF-1.7"), make([]byte, maxAttachment)...))
		case "/secret.pdf":
			w.WriteHeader(http.StatusForbidden)
		case "/moved.pdf":
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		case "/busy.pdf":
			w.WriteHeader(http.StatusInternalServerError)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
		if r.Header.Get("Authorization") != "" {
			t.Error("a login was sent along")
		}
	}))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host, asked
}

func TestAttach(t *testing.T) {
	t.Parallel()
	host, asked := library(t)
	svc, journal := NewFake(), connectortest.NewJournal()
	client := connectortest.Client(t, Connector(), svc, connectortest.WithJournal(journal), connectortest.WithSetting("attach_hosts", "invoice.example, "+strings.ToUpper(host)))
	v := values(t, customerFields(), invoice(), map[string]any{"attach": "http://" + host + "/1047.pdf", "number": "FV 1047"})
	doc, err := toCustomer(t.Context(), client, connectortest.Ref, v)
	if err != nil {
		t.Fatal(err)
	}
	files := svc.Mail()[0].Attachments
	if len(files) != 1 || files[0].Name != "invoice-FV-1047.pdf" || files[0].Type != "application/pdf" || string(files[0].Data) != "%PDF-1.7 invoice 1047" {
		t.Errorf("attached %+v", files)
	}
	if svc.Mail()[0].Text == "" || svc.Mail()[0].HTML == "" {
		t.Error("the texts are gone")
	}
	for _, record := range client.Recorded() {
		if record.Method == http.MethodGet && record.ResponseBody != "" {
			t.Errorf("the document stands in the record: %q", record.ResponseBody)
		}
	}
	// Done again from the journal, nothing is fetched: the document may be gone by then, and the message is sent.
	again, err := toCustomer(t.Context(), client, connectortest.Ref, v)
	if err != nil || *asked != 1 || again.ExternalID != doc.ExternalID || len(svc.Mail()) != 1 {
		t.Errorf("again: %v, asked %d times", err, *asked)
	}
}

func TestAttachRefused(t *testing.T) {
	t.Parallel()
	host, asked := library(t)
	base := "http://" + host
	for link, want := range map[string]connector.Error{
		base + "/page":                         {Kind: connector.Permanent, Code: "attach"},
		base + "/long.pdf":                     {Kind: connector.Permanent, Code: "attach_size"},
		base + "/secret.pdf":                   {Kind: connector.Permanent, Code: "attach"},
		base + "/gone.pdf":                     {Kind: connector.Permanent, Code: "attach"},
		base + "/moved.pdf":                    {Kind: connector.Permanent, Code: connector.CodeRefused},
		base + "/busy.pdf":                     {Kind: connector.Temporary, Code: connector.CodeUnavailable},
		"https://elsewhere.example/1047.pdf":   {Kind: connector.Permanent, Code: "attach_host"},
		"http://x" + host + "/1047.pdf":        {Kind: connector.Permanent, Code: "attach_host"},
		"http://user:pw@" + host + "/1047.pdf": {Kind: connector.Permanent, Code: "attach"},
		"ftp://" + host + "/1047.pdf":          {Kind: connector.Permanent, Code: "attach"},
		"/1047.pdf":                            {Kind: connector.Permanent, Code: "attach"},
	} {
		svc, journal := NewFake(), connectortest.NewJournal()
		v := values(t, customerFields(), invoice(), nil)
		v["attach"] = link
		_, err := toCustomer(t.Context(), connectortest.Client(t, Connector(), svc, connectortest.WithJournal(journal), connectortest.WithSetting("attach_hosts", host)), connectortest.Ref, v)
		if e := connector.AsError(err); err == nil || e.Kind != want.Kind || e.Code != want.Code {
			t.Errorf("%s: %s %s: %v, want %s %s", link, e.Kind, e.Code, err, want.Kind, want.Code)
		}
		if len(svc.Mail()) != 0 || len(journal.Calls()) != 0 {
			t.Errorf("%s: a message was begun", link)
		}
	}
	before := *asked
	if _, err := sendInvoice(t, NewFake(), map[string]any{"attach": base + "/1047.pdf"}); connector.AsError(err).Code != "attach_host" || *asked != before {
		t.Errorf("an account without hosts: %v", err)
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "a.example, B.example;c.example:8443": "a.example b.example c.example:8443", "https://a.example": "bad", "a.example/x": "bad", "user@a.example": "bad"} {
		got, err := hosts(text)
		if (want == "bad") != (err != nil) || err == nil && strings.Join(got, " ") != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	if _, err := check(t.Context(), connectortest.Client(t, Connector(), NewFake(), connectortest.WithSetting("attach_hosts", "https://x"))); connector.AsError(err).Code != "attach_hosts" {
		t.Errorf("the check passes over it: %v", err)
	}
}

// FuzzLetter: whatever stands in the texts, the message is one, its head has nothing that was not put there, and its text arrives as it was.
func FuzzLetter(f *testing.F) {
	f.Add("Anna Lind", "Reikningur 1047", "Halló\n\n.\nbless", "1047")
	f.Add("=?utf-8?q?x?=", "a\r\nBcc: x@y", "\x00", "\"; x=\"")
	f.Add("שלום", strings.Repeat("ж", 300), strings.Repeat("x", 3000), "../..")
	c := connectortest.Client(f, Connector(), NewFake()) // composing speaks to nobody
	f.Fuzz(func(t *testing.T, name, subject, text, number string) {
		l := letter{to: mail.Address{Name: name, Address: "anna@example.com"}, subject: subject, language: "is", text: text, html: "<p>x</p>", fileName: fileName("invoice", number)}
		if l.check() != nil {
			return
		}
		raw, err := l.compose(t.Context(), c, fakeUser, "ref-1@fjordur.example")
		if err != nil {
			t.Fatal(err)
		}
		m, err := readMail(raw)
		if err != nil {
			t.Fatalf("%v:\n%s", err, raw)
		}
		message, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		for field := range message.Header {
			if !slices.Contains([]string{"Auto-Submitted", "Content-Language", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To"}, field) {
				t.Fatalf("the head has a field %q", field)
			}
		}
		if got, want := strings.Join(strings.Fields(m.Subject), " "), strings.Join(strings.Fields(subject), " "); got != want && !strings.Contains(subject, "=?") {
			t.Errorf("subject %q, want %q", got, want)
		}
		if want := strings.ReplaceAll(text, "\r\n", "\n"); m.Text != want && !strings.ContainsAny(text, "\r\x00") {
			t.Errorf("text %q, want %q", m.Text, want)
		}
	})
}
