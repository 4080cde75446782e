package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestReadAnswer(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nOK\n"
	for _, c := range []struct {
		name   string
		text   string
		status int
		closes bool
		err    error
	}{
		{"ok", ok, 200, false, nil},
		{"another follows", ok + ok, 200, false, nil},
		{"no reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, false, nil},
		{"bare line feeds", "HTTP/1.1 503 Service Unavailable\nRetry-After: 2\ncontent-length: 1\n\nx", 503, false, nil},
		{"closes", "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n", 200, true, nil},
		{"the same length twice", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 200, false, nil},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 0, false, errAnswer},
		{"no length", "HTTP/1.1 200 OK\r\n\r\n", 0, false, errAnswer},
		{"negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", 0, false, errAnswer},
		{"huge length", "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", 0, false, errAnswer},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0, false, errAnswer},
		{"another protocol", "HTTP/2 200\r\n\r\n", 0, false, errAnswer},
		{"status of letters", "HTTP/1.1 2x0 OK\r\n\r\n", 0, false, errAnswer},
		{"status too long", "HTTP/1.1 2000 OK\r\n\r\n", 0, false, errAnswer},
		{"continue", "HTTP/1.1 100 Continue\r\n\r\n", 0, false, errAnswer},
		{"header without colon", "HTTP/1.1 200 OK\r\nContent-Length\r\n\r\n", 0, false, errAnswer},
		{"header line without end", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 5000), 0, false, bufio.ErrBufferFull},
		{"body cut", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nO", 0, false, io.EOF},
		{"head cut", "HTTP/1.1 200 OK\r\nContent-Le", 0, false, io.EOF},
		{"nothing", "", 0, false, io.EOF},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := bufio.NewReaderSize(strings.NewReader(c.text), 4<<10)
			status, closes, err := readAnswer(r)
			if status != c.status || closes != c.closes || !errors.Is(err, c.err) {
				t.Errorf("got %d, %v, %v; want %d, %v, %v", status, closes, err, c.status, c.closes, c.err)
			}
			if c.name == "another follows" {
				if status, _, err := readAnswer(r); status != 200 || err != nil {
					t.Errorf("the second: %d, %v", status, err)
				}
			}
		})
	}
}

// What this reader takes, the standard one reads the same way, and leaves as much behind.
func FuzzReadAnswer(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nOK\nHTTP/1.1")
	f.Add("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Type: text/plain\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	f.Add("HTTP/1.1 204 No Content\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		r := bufio.NewReader(strings.NewReader(text))
		status, _, err := readAnswer(r)
		if err != nil {
			return
		}
		standard := bufio.NewReader(strings.NewReader(text))
		resp, err := http.ReadResponse(standard, nil)
		if err != nil {
			return // stricter than we need to be with a server of our own
		}
		defer resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("status %d, the standard library reads %d", status, resp.StatusCode)
		}
		if status == http.StatusNoContent || status == http.StatusNotModified {
			return // they have no body whatever their header says
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Errorf("the standard library finds the body incomplete: %v", err)
		}
		ours, _ := io.ReadAll(r)
		theirs, _ := io.ReadAll(standard)
		if !bytes.Equal(ours, theirs) {
			t.Errorf("%q is left behind, the standard library leaves %q", ours, theirs)
		}
	})
}
