package hooks

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/store"
)

// order is a notice of the shop.
func order(id string) string {
	return fmt.Sprintf(`{"id":%q,"notice":%q,"status":"confirmed","total":"1"}`, id, id)
}

// full is the error of a SQLite database that may not grow any more.
func full(t *testing.T) error {
	t.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	must(t, err)
	defer func() { must(t, db.Close()) }()
	db.SetMaxOpenConns(1)
	for _, statement := range []string{"PRAGMA max_page_count = 2", "CREATE TABLE t (x BLOB)"} {
		_, err := db.ExecContext(t.Context(), statement)
		must(t, err)
	}
	_, err = db.ExecContext(t.Context(), "INSERT INTO t VALUES (zeroblob(100000))")
	if !store.IsFull(err) {
		t.Fatalf("the database took it, or says otherwise that it is full: %v", err)
	}
	return err
}

// TestStoreRefuses: whatever the store answers but success, the sender is asked to repeat.
func TestStoreRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		accept func() error
		status int
		text   string
	}{
		{"busy", func() error { return fmt.Errorf("store events: %w", store.ErrBusy) }, 503, "not stored, repeat shortly\n"},
		{"closed", func() error { return store.ErrClosed }, 503, "not stored, repeat shortly\n"},
		{"full", func() error { return fmt.Errorf("store events: %w", full(t)) }, 503, "not stored, repeat shortly\n"},
		{"a file system that is full", func() error { return errors.New("write: no space left on device") }, 503, "not stored, repeat shortly\n"},
		{"anything else", func() error { return errors.New("disk I/O error") }, 503, "not known to be stored, repeat shortly\n"},
		{"a fault", func() error { panic("Anna Lind") }, 500, "not stored: this program has a fault\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := setup(t, patient)
			whole := d.receiver.accept
			d.receiver.accept = func(context.Context, *engine.Account, []tengi.Event) ([]store.Ingested, error) {
				return nil, tt.accept()
			}
			got := d.hooked("shop", order("A"))
			if got.status != tt.status || got.body != tt.text || (got.header.Get("Retry-After") == "2") != (tt.status == 503) {
				t.Errorf("%+v", got)
			}
			if len(d.events()) != 0 || d.counted()[fmt.Sprintf("shop %d", tt.status)] != 1 {
				t.Errorf("%d events, counted %v", len(d.events()), d.counted())
			}
			if log := d.log.String(); !strings.Contains(log, "account=shop") || strings.Contains(log, "Anna") {
				t.Errorf("logged: %s", log)
			}
			d.receiver.accept = whole
			if got := d.hooked("shop", order("A")); got.status != 200 || d.event().Object != "order/A" {
				t.Errorf("the repeat: %+v", got)
			}
		})
	}
}

// TestStoreClosed: a real store that is closed.
func TestStoreClosed(t *testing.T) {
	t.Parallel()
	d := setup(t, patient)
	must(t, d.store.Close())
	if got := d.hooked("shop", order("A")); got.status != 503 || got.header.Get("Retry-After") == "" || got.body != notStored.text+"\n" {
		t.Errorf("%+v", got)
	}
}

// TestStallAtTheLimit: while the store stalls nobody gets 200, those beyond the limit get 503 at once, and those who wait get 200 when it goes on.
func TestStallAtTheLimit(t *testing.T) {
	t.Parallel()
	const limit, senders = 6, 20
	d := setup(t, Limits{AtOnce: limit, Patience: time.Hour})
	release := make(chan struct{})
	d.gate = func() { <-release }
	answers := make(chan reply, senders)
	for i := range senders {
		go func() {
			got, err := d.try(t.Context(), http.MethodPost, "/hooks/"+token("shop"), strings.NewReader(order(fmt.Sprint(i))))
			if err != nil {
				t.Error(err)
			}
			answers <- got
		}()
	}
	for range senders - limit {
		if got := <-answers; got.status != 503 || got.header.Get("Retry-After") != "2" || got.body != tooMuch.text+"\n" {
			t.Errorf("while the store stalls: %+v", got)
		}
	}
	if got := d.send("/hooks/x", ""); got.status != 404 { // takes no seat
		t.Errorf("an unknown address: %+v", got)
	}
	if n := len(d.events()); n != 0 || len(answers) != 0 {
		t.Errorf("%d events, %d more answers", n, len(answers))
	}
	close(release)
	for range limit {
		if got := <-answers; got.status != 200 {
			t.Errorf("after the stall: %+v", got)
		}
	}
	if n := len(d.events()); n != limit {
		t.Errorf("%d events, want %d", n, limit)
	}
	if diff := cmp.Diff(map[string]float64{"shop 200": limit, "shop 503": senders - limit, " 404": 1}, d.counted()); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}

// TestPatience: a sender is not kept for ever. It is told to repeat, the notice is stored when the store goes on, and the repeat is recognised.
func TestPatience(t *testing.T) {
	t.Parallel()
	d := setup(t, Limits{AtOnce: 1, Patience: time.Millisecond})
	release := make(chan struct{})
	d.gate = func() { <-release }
	got := d.hooked("shop", order("A"))
	if got.status != 503 || got.header.Get("Retry-After") != "2" || got.body != fateUnsure.text+"\n" {
		t.Errorf("%+v", got)
	}
	if got := d.hooked("shop", order("B")); got.status != 503 || got.body != tooMuch.text+"\n" { // its seat is still taken
		t.Errorf("%+v", got)
	}
	if !strings.Contains(d.log.String(), "store stalls") {
		t.Errorf("logged: %s", d.log)
	}
	close(release)
	d.receiver.Close()
	if e := d.event(); e.Object != "order/A" {
		t.Errorf("%+v", e)
	}
	account, _ := d.engine.Hook(token("shop"))
	e := d.event()
	if again, err := d.engine.Accept(t.Context(), account, []tengi.Event{{Type: e.Type, Object: e.Object, Dedupe: e.Dedupe}}); err != nil || !again[0].Duplicate {
		t.Errorf("the repeat: %+v %v", again, err)
	}
}

// TestRoom: bodies under way share their memory; one that finds none is refused, and those there are not disturbed.
func TestRoom(t *testing.T) {
	t.Parallel()
	d := setup(t, Limits{Bytes: 100 << 10, Patience: time.Hour})
	whole, half := io.Pipe()
	first := make(chan reply, 1)
	go func() {
		got, err := d.try(t.Context(), http.MethodPost, "/hooks/"+token("moody"), whole)
		if err != nil {
			t.Error(err)
		}
		first <- got
	}()
	_, err := io.WriteString(half, "first ")
	must(t, err)
	if got := d.hooked("moody", "big "+strings.Repeat("x", 200<<10)); got.status != 503 || got.body != tooMuch.text+"\n" || got.header.Get("Retry-After") != "2" {
		t.Errorf("%+v", got)
	}
	if got := d.hooked("moody", "big "+strings.Repeat("x", 30<<10)); got.status != 200 {
		t.Errorf("%+v", got)
	}
	_, err = io.WriteString(half, "whole")
	must(t, err)
	must(t, half.Close())
	if got := <-first; got.status != 200 {
		t.Errorf("%+v", got)
	}
	d.receiver.Close()
	if free := d.receiver.room.bytes; free != 100<<10 {
		t.Errorf("%d bytes are free at the end", free)
	}
	if got := d.hooked("moody", "late"); got.status != 503 || got.header.Get("Retry-After") != "2" {
		t.Errorf("after the end: %+v", got)
	}
	if n := len(d.events()); n != 2 {
		t.Errorf("%d events", n)
	}
}
