package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestNotice(t *testing.T) {
	t.Parallel()
	first := newNotice("127.0.0.1:1", "/hooks/x", "secret")
	second := first.copy()
	first.number(1234567890)
	second.number(42)
	for order, n := range map[int64]notice{1234567890: first, 42: second} {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(n.request)))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if int64(len(body)) != r.ContentLength || len(body) < 1800 || len(body) > 2400 {
			t.Errorf("the body has %d bytes and says %d; about 2 KB are wanted", len(body), r.ContentLength)
		}
		if r.URL.Path != "/hooks/x" || r.Header.Get(tokenHeader) != "secret" {
			t.Errorf("%s with token %q", r.URL.Path, r.Header.Get(tokenHeader))
		}
		var said struct{ Number string }
		if err := json.Unmarshal(body, &said); err != nil || len(said.Number) != digits {
			t.Errorf("number %q, %v", said.Number, err)
		}
		if got, ok := numberIn(body); !ok || got != order {
			t.Errorf("order %d is read as %d, %v", order, got, ok)
		}
	}
}

func TestNumberIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		body string
		want int64
		ok   bool
	}{
		{`{"number":"0000000007"}`, 7, true},
		{`{"number":"000000000"}`, 0, false}, // too short
		{`{"number":"00000000x0"}`, 0, false},
		{`{"number":"-000000001"}`, 0, false},
		{`{"number":"`, 0, false},
		{``, 0, false},
	} {
		if got, ok := numberIn([]byte(c.body)); ok != c.ok || ok && got != c.want {
			t.Errorf("%s: %d, %v", c.body, got, ok)
		}
	}
}

// The older events must look like those that the run makes, or they would weigh something else in the store.
func TestOlderEventsFitTheConfiguration(t *testing.T) {
	t.Parallel()
	if !json.Valid([]byte(olderSent)) || !json.Valid([]byte(olderAnswer)) {
		t.Error("what is stored of the past is not JSON")
	}
	var sent map[string]any
	if err := json.Unmarshal([]byte(olderSent), &sent); err != nil {
		t.Fatal(err)
	}
	for name := range sent {
		if !strings.Contains(configuration, `"`+name+`":`) {
			t.Errorf("%s is in the older requests and not in bench.yaml", name)
		}
	}
}
