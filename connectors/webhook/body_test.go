package webhook

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

const boundary = "----x"

func part(headers, text string) string {
	return "--" + boundary + "\r\nContent-Disposition: form-data; " + headers + "\r\n\r\n" + text + "\r\n"
}

func TestRead(t *testing.T) {
	t.Parallel()
	const form, xml, multi = "application/x-www-form-urlencoded", "application/xml", "multipart/form-data; boundary=" + boundary
	tests := []struct {
		name, kind, body string
		want             string // the data, or
		wrong            string // part of why it cannot be read
	}{
		{"json", "application/json", `{"a":1}`, `{"a":1}`, ""},
		{"json with a charset", "application/json; charset=utf-8", `{"a":1}`, `{"a":1}`, ""},
		{"json of a kind", "application/vnd.shop+json", `[1]`, `[1]`, ""},
		{"json verbatim", "application/json", ` {"b":1.10, "a":12345678901234567890} `, ` {"b":1.10, "a":12345678901234567890} `, ""},
		{"json with a name twice", "application/json", `{"a":1,"a":2}`, `{"a":1,"a":2}`, ""},
		{"json that is a text", "application/json", `"Anna"`, `"Anna"`, ""},
		{"json with a byte order mark", "application/json", "\ufeff{}", `{}`, ""},
		{"json as text/plain", "text/plain", ` [{"a":1}]`, ` [{"a":1}]`, ""},
		{"json undeclared", "", `{"a":1}`, `{"a":1}`, ""},
		{"json in a broken declaration", "application/json; charset", `{"a":1}`, `{"a":1}`, ""},
		{"json cut off", "application/json", `{"a":"Anna`, "", "at byte 10"},
		{"two json values", "application/json", `{"a":1}{"a":2}`, "", "at byte 8"},
		{"json with a control character", "application/json", "{\"a\":\"\x00\"}", "", "not JSON"},
		{"not UTF-8", "application/json", "{\"a\":\"\xff\"}", "", "not text in UTF-8"},
		{"deep enough", "application/json", strings.Repeat("[", 100) + strings.Repeat("]", 100), strings.Repeat("[", 100) + strings.Repeat("]", 100), ""},
		{"too deep", "application/json", strings.Repeat("[", 101) + strings.Repeat("]", 101), "", "100 levels"},
		{"wide is not deep", "application/json", "[" + strings.Repeat(`{"a":"[[{\"[["},`, 200) + "{}]", "[" + strings.Repeat(`{"a":"[[{\"[["},`, 200) + "{}]", ""},
		{"form", form, "a=1&b=x+y%26&b=2&c=", `{"a":"1","b":["x y&","2"],"c":""}`, ""},
		{"form with brackets", form, "line[0][price]=5", `{"line[0][price]":"5"}`, ""},
		{"form with markup", form, "a=<b>&c=", `{"a":"<b>","c":""}`, ""},
		{"form with semicolons", form, "a=1;b=2", "", "form"},
		{"form with a broken escape", form, "a=%zz", "", "escape"},
		{"form in another encoding", form, "a=%e0%e1", "", "UTF-8"},
		{"form of too many fields", form, strings.Repeat("a=1&", 1000), "", "1000 fields"},
		{"multipart", multi, part(`name="a"`, "1") + part(`name="b"`, "x") + part(`name="b"`, "y") + part(`name="f"; filename="x.pdf"`, "\xff") + "--" + boundary + "--",
			`{"a":"1","b":["x","y"]}`, ""},
		{"multipart cut off", multi, part(`name="a"`, "1")[:30], "", "parts"},
		{"multipart without its end", multi, part(`name="a"`, "1"), "", "parts"},
		{"multipart without a boundary", "multipart/form-data", part(`name="a"`, "1"), "", "parts"},
		{"multipart in another encoding", multi, part(`name="a"`, "\xff") + "--" + boundary + "--", "", "UTF-8"},
		{"multipart of too many fields", multi, strings.Repeat(part(`name="a"`, "1"), 1001) + "--" + boundary + "--", "", "1000 fields"},
		{"xml", xml, `<?xml version="1.0"?><!-- c --><order id="7"><line>a</line><line>b</line><line/><note lang="is"> Takk </note></order>` + "\n",
			`{"order":{"@id":"7","line":["a","b",""],"note":{"#text":"Takk","@lang":"is"}}}`, ""},
		{"xml as text", "text/xml; charset=utf-8", `<a>x &amp; <![CDATA[<y>]]></a>`, `{"a":"x & <y>"}`, ""},
		{"xml with name spaces", "application/soap+xml", `<s:E xmlns:s="urn:s" xmlns="urn:d" s:a="1"><b xmlns="">c</b></s:E>`, `{"E":{"@a":"1","b":"c"}}`, ""},
		{"xml with text between", xml, `<a>x<b>1</b>y</a>`, `{"a":{"#text":"xy","b":"1"}}`, ""},
		{"xml with lists in lists", xml, `<a><b><c>1</c><c>2</c></b><b><c>3</c></b></a>`, `{"a":{"b":[{"c":["1","2"]},{"c":"3"}]}}`, ""},
		{"xml with an entity of its own", xml, `<!DOCTYPE a [<!ENTITY e "Anna">]><a>&e;</a>`, "", "not XML"},
		{"xml with an outside entity", xml, `<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>`, "", "not XML"},
		{"xml in another encoding", xml, `<?xml version="1.0" encoding="windows-1251"?><a>x</a>`, "", "not XML"},
		{"xml cut off", xml, `<a><b>Anna`, "", "near byte 10"},
		{"xml with two roots", xml, `<a/><b/>`, "", "not XML"},
		{"xml that is empty", xml, `<?xml version="1.0"?>`, "", "empty XML"},
		{"xml too deep", xml, strings.Repeat("<a>", 101) + strings.Repeat("</a>", 101), "", "100 levels"},
		{"xml too large", xml, "<a>" + strings.Repeat("<b/>", 10_000) + "</a>", "", "10000 elements"},
		{"text", "text/plain", "Anna Lind", "", `"text/plain"`},
		{"undeclared", "", "Anna Lind", "", "Content-Type is missing"},
		{"too long", "application/json", `"` + strings.Repeat("x", 1<<20) + `"`, "", "1 MB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := inbound(t, nil, nil, http.Header{"Content-Type": {tt.kind}}, tt.body)
			event := one(t, in)
			if tt.wrong != "" {
				if !strings.Contains(event.Unreadable, tt.wrong) || event.Data != nil {
					t.Errorf("why: %q, data %s, want %q", event.Unreadable, event.Data, tt.wrong)
				}
				if strings.Contains(event.Unreadable, "Anna") {
					t.Errorf("the reason repeats what was sent: %q", event.Unreadable)
				}
				return
			}
			if event.Unreadable != "" {
				t.Fatal(event.Unreadable)
			}
			if diff := cmp.Diff(tt.want, string(event.Data)); diff != "" {
				t.Errorf("data (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadQuery(t *testing.T) {
	t.Parallel()
	in := inbound(t, nil, nil, nil, "")
	in.Query = url.Values{"id": {"7"}, "tag": {"a", "b"}}
	if got := string(one(t, in).Data); got != `{"id":"7","tag":["a","b"]}` {
		t.Errorf("%s", got)
	}
}

// FuzzReceive: no body of any kind makes it panic, every one is one event, and what it calls data is JSON in UTF-8 of bounded depth.
func FuzzReceive(f *testing.F) {
	kinds := []string{"application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=" + boundary, "text/xml", "text/plain", ""}
	for i, body := range []string{
		`{"a":[1,{"b":"\u0000\ud800"}]}`, "a=1&b=%20", part(`name="a"`, "1") + "--" + boundary + "--", `<a b="1"><c/>x<!-- --></a>`, "x", "[]",
		strings.Repeat("[", 150), `<a xmlns:x="y" x:b="1" b="2"/>`, `<![CDATA[x]]>`,
	} {
		f.Add(byte(i), body)
	}
	f.Fuzz(func(t *testing.T, kind byte, body string) {
		in := inbound(t, nil, nil, http.Header{"Content-Type": {kinds[int(kind)%len(kinds)]}}, body)
		event := one(t, in)
		if event.Dedupe == "" || event.Type == "" || (event.Unreadable == "") != (event.Data != nil) {
			t.Fatalf("%+v", event)
		}
		if event.Data == nil {
			return
		}
		if !json.Valid(event.Data) || !utf8.Valid(event.Data) {
			t.Fatalf("data %q", event.Data)
		}
		if depth := depthOf(event.Data); depth > maxDepth+2 { // an object around, and a list inside
			t.Fatalf("depth %d", depth)
		}
		if again := one(t, in); string(again.Data) != string(event.Data) || again.Dedupe != event.Dedupe {
			t.Fatalf("twice is not the same: %s %s", event.Data, again.Data)
		}
	})
}

// depthOf counts by the standard library's own reader.
func depthOf(data []byte) int {
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	depth, deepest := 0, 0
	for {
		token, err := decoder.Token()
		if err != nil {
			return deepest
		}
		switch fmt.Sprint(token) {
		case "{", "[":
			if _, ok := token.(json.Delim); ok {
				depth++
				deepest = max(deepest, depth)
			}
		case "}", "]":
			if _, ok := token.(json.Delim); ok {
				depth--
			}
		}
	}
}
