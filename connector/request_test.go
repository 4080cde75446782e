package connector

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestSendOnce: of a change, net/http may repeat only what it never wrote. For that it needs GetBody, which it must not have where it repeats more.
func TestSendOnce(t *testing.T) {
	t.Parallel()
	tests := []struct {
		method, header, body string
		rewind               bool
	}{
		{"POST", "", "x", true},
		{"POST", "", "", true},
		{"PUT", "", "x", true},
		{"DELETE", "", "", true},
		{"POST", "Idempotency-Key", "x", false},
		{"POST", "X-Idempotency-Key", "", false},
		{"GET", "", "", false},
		{"HEAD", "", "", false},
		{"OPTIONS", "", "", false},
		{"TRACE", "", "", false},
	}
	for _, tt := range tests {
		req, err := http.NewRequestWithContext(t.Context(), tt.method, "https://example.com", nil)
		if err != nil {
			t.Fatal(err)
		}
		if tt.header != "" {
			req.Header.Set(tt.header, "k")
		}
		SetBody(req, []byte(tt.body))
		sendOnce(req)
		replayable := req.Body == http.NoBody && (tt.header != "" || tt.method != "POST" && tt.method != "DELETE")
		if (req.GetBody != nil) != tt.rewind || replayable {
			t.Errorf("%+v: GetBody %t, NoBody %t", tt, req.GetBody != nil, req.Body == http.NoBody)
		}
		if got, err := io.ReadAll(req.Body); string(got) != tt.body || err != nil {
			t.Errorf("%+v: body %q, %v", tt, got, err)
		}
	}
}

// TestShapeFault: the place is named, the value is not.
func TestShapeFault(t *testing.T) {
	t.Parallel()
	var into struct {
		A struct {
			B int64 `json:"b"`
		} `json:"a"`
		C []string `json:"c"`
	}
	for body, want := range map[string]string{
		`{"a":{"b":"1201743399"}}`:       `"a.b" is a string, expected int64`,
		`{"a":{"b":12017.43399}}`:        `"a.b" is a number, expected int64`,
		`{"a":{"b":1201743399001201743}`: `not JSON at byte 30`,
		`<html>Anna Lind</html>`:         `not JSON at byte 1`,
		``:                               `not JSON at byte 0`,
		`{"c":{"x":1}}`:                  `"c" is a object, expected []string`,
	} {
		err := (&Response{Status: 200, Body: []byte(body)}).JSON(&into)
		e := AsError(err)
		if e.Kind != Temporary || e.Code != CodeBadAnswer || e.Err.Error() != want {
			t.Errorf("%s: %s %q, want %q", body, e.Kind, e.Err, want)
		}
		for _, value := range []string{"1201743399", "12017.43399", "Anna"} {
			if strings.Contains(err.Error(), value) {
				t.Errorf("%s: the error repeats the value: %v", body, err)
			}
		}
	}
}
