package bokun

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// inbound is a notice to an account with the stand-in's app secret.
func inbound(n Notice, change ...func(*connector.Inbound)) *connector.Inbound {
	in := &connector.Inbound{
		Method: http.MethodPost, Header: n.Header, Body: n.Body, ReceivedAt: time.Date(2026, 7, 2, 9, 14, 6, 0, time.UTC), Settings: field.Values{},
		Account: &tengi.Account{Secrets: map[string]string{"app_secret": fakeAppSecret}},
	}
	for _, apply := range change {
		apply(in)
	}
	return in
}

func plainBody(body string) Notice {
	return Notice{Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
}

// receiveOne expects one event.
func receiveOne(t *testing.T, in *connector.Inbound) tengi.Event {
	t.Helper()
	events, err := receive(in)
	if err != nil || len(events) != 1 {
		t.Fatalf("receive = %d events, %v; want one", len(events), err)
	}
	return events[0]
}

// The signature of the headers below, made with another implementation of HMAC-SHA256 and the key tengi-test-secret.
const (
	vectorMessage = "x-bokun-apikey=0123456789abcdef&x-bokun-booking-id=Qm9va2luZzo1MTY1NDIz&x-bokun-topic=bookings/create&x-bokun-vendor-id=VmVuZG9yOjMwMzg"
	vectorHex     = "4e8722ab37a3beab6ca6b7bc70dd779ef643b7c03ca1f3273fcb0c83b5c73bbd"
	vectorBase64  = "Tociqzejvqtspre8cN13nvZDt8A8ofMnP8sMg7XHO70="
)

func vector(signature string) *connector.Inbound {
	in := inbound(Notice{Header: http.Header{}, Body: []byte(`{"timestamp":"2026-07-02T09:14:05.120","bookingId":"Qm9va2luZzo1MTY1NDIz"}`)})
	for _, pair := range strings.Split(vectorMessage, "&") {
		name, value, _ := strings.Cut(pair, "=")
		in.Header.Set(name, value)
	}
	in.Header.Set(headerSignature, signature)
	in.Account.Secrets["app_secret"] = "tengi-test-secret"
	return in
}

func TestSignedNotice(t *testing.T) {
	t.Parallel()
	for name, signature := range map[string]string{
		"hex": vectorHex, "upper-case hex": strings.ToUpper(vectorHex), "base64": vectorBase64, "base64 without padding": strings.TrimRight(vectorBase64, "="),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event := receiveOne(t, vector(signature))
			if event.Object != "booking/5165423" || event.Type != typeChanged || !event.NeedsLoad || !strings.HasPrefix(event.Dedupe, "notice:") {
				t.Errorf("event = %+v", event)
			}
			if event.ReceivedAt.IsZero() {
				t.Error("the event does not know when it was received")
			}
		})
	}
}

func TestSignedNoticeRefused(t *testing.T) {
	t.Parallel()
	flipped := "5" + vectorHex[1:]
	for name, change := range map[string]func(*connector.Inbound){
		"another signature":        func(in *connector.Inbound) { in.Header.Set(headerSignature, flipped) },
		"a signature cut short":    func(in *connector.Inbound) { in.Header.Set(headerSignature, vectorHex[:62]) },
		"not a signature":          func(in *connector.Inbound) { in.Header.Set(headerSignature, "none") },
		"another booking":          func(in *connector.Inbound) { in.Header.Set(headerBooking, "Qm9va2luZzo1MTY1NDI0") },
		"another topic":            func(in *connector.Inbound) { in.Header.Set(headerTopic, "bookings/cancel") },
		"a header more":            func(in *connector.Inbound) { in.Header.Set(headerExperience, "1") },
		"a header less":            func(in *connector.Inbound) { in.Header.Del("x-bokun-vendor-id") },
		"a body that differs":      func(in *connector.Inbound) { in.Body = []byte(`{"bookingId":"Qm9va2luZzo1MTY1NDI0"}`) },
		"a body that is no id":     func(in *connector.Inbound) { in.Body = []byte(`{"bookingId":"/../x"}`) },
		"another secret":           func(in *connector.Inbound) { in.Account.Secrets["app_secret"] = "tengi-test-secres" },
		"no secret in the account": func(in *connector.Inbound) { delete(in.Account.Secrets, "app_secret") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := vector(vectorHex)
			change(in)
			events, err := receive(in)
			if !connector.IsUnverified(err) || len(events) != 0 {
				t.Errorf("receive = %v, %v; want it refused as not verified", events, err)
			}
			if err != nil && strings.Contains(err.Error(), "tengi-test-secret") {
				t.Errorf("the refusal names the secret: %v", err)
			}
		})
	}
}

// TestSignatureOfRepeatedHeader: the first value of a repeated header counts.
func TestSignatureOfRepeatedHeader(t *testing.T) {
	t.Parallel()
	in := vector(vectorHex)
	in.Header.Add(headerTopic, "bookings/cancel")
	receiveOne(t, in)
}

func TestTopics(t *testing.T) {
	t.Parallel()
	f := NewFake()
	item := map[string]string{headerTopic: TopicUpdate, headerExperience: global("ExperienceBooking", 90120001)}
	both := map[string]string{headerTopic: TopicUpdate, headerExperience: "90120001", headerBooking: "71500321"}
	for _, tc := range []struct {
		name, object, kind string
		notice             Notice
	}{
		{"create", "booking/71500321", typeChanged, f.SignedNotice(TopicCreate, 71500321)},
		{"update", "booking/71500321", typeChanged, f.SignedNotice(TopicUpdate, 71500321)},
		{"cancel", "booking/71500321", typeChanged, f.SignedNotice(TopicCancel, 71500321)},
		{"item only", "item/90120001", typeChanged, signNotice(item, []byte(`{"timestamp":"2026-07-02T09:14:05.120"}`))},
		{"both", "booking/71500321", typeChanged, signNotice(both, []byte(`{"bookingId":71500321,"experienceBookingId":90120001}`))},
		{"uninstall", "app", typeRemoved, f.SignedNotice(TopicUninstall, 0)},
		{"a product changed", "", "", f.SignedNotice("experiences/update", 0)},
		{"availability changed", "", "", f.SignedNotice("experiences/availability_update", 0)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if tc.object == "" {
				if events, err := receive(inbound(tc.notice)); err != nil || len(events) != 0 {
					t.Errorf("receive = %v, %v; want nothing", events, err)
				}
				return
			}
			event := receiveOne(t, inbound(tc.notice))
			if event.Object != tc.object || event.Type != tc.kind || event.NeedsLoad != (tc.kind == typeChanged) {
				t.Errorf("event = %+v", event)
			}
		})
	}
	t.Run("no booking named", func(t *testing.T) {
		t.Parallel()
		if _, err := receive(inbound(f.SignedNotice(TopicUpdate, 0))); err == nil || connector.IsUnverified(err) {
			t.Errorf("receive: %v; want it kept", err)
		}
	})
}

func TestUnsignedNotice(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, body, object string }{
		{"booking level", `{"action":"BOOKING_CONFIRMED","bookingId":71500321,"confirmationCode":"FJR-71500321","activityBookings":[{"bookingId":90120001}]}`, "booking/71500321"},
		{"booking level, customer only", `{"bookingId":71500321,"customer":{"id":1}}`, "booking/71500321"},
		{"booking level, only a route", `{"bookingId":71500321,"routeBookings":[{}]}`, "booking/71500321"},
		{"item level", `{"action":"BOOKING_CONFIRMED","bookingId":90120001,"productConfirmationCode":"FJR-T90120001","parentBooking":{"bookingId":71500321,"customer":{}}}`, "booking/71500321"},
		{"item level, inner id", `{"bookingId":90120001,"parentBooking":{"id":71500321}}`, "booking/71500321"},
		{"item level, parent id only", `{"bookingId":90120001,"parentBookingId":71500321}`, "booking/71500321"},
		{"item level with a customer", `{"bookingId":90120001,"parentBookingId":71500321,"customer":{"id":1}}`, "booking/71500321"},
		{"item level, ids as text", `{"bookingId":"90120001","parentBookingId":"71500321"}`, "booking/71500321"},
		{"wrapped", `{"action":"BOOKING_UPDATED","booking":{"bookingId":71500321}}`, "booking/71500321"},
		{"wrapped, id", `{"booking":{"id":71500321}}`, "booking/71500321"},
		{"only an item", `{"bookingId":90120001,"productConfirmationCode":"FJR-T90120001"}`, "item/90120001"},
		{"only an item, null customer", `{"bookingId":90120001,"customer":null,"activityBookings":null}`, "item/90120001"},
		{"only an item by id", `{"id":90120001,"title":"Glacier walk"}`, "item/90120001"},
		{"an app's body without its headers", `{"timestamp":"2026-07-02T09:14:05.120","bookingId":"Qm9va2luZzo1MTY1NDIz"}`, "booking/5165423"},
		{"an app's body with a plain number", `{"timestamp":"2026-07-02T09:14:05.120","bookingId":5165423}`, "booking/5165423"},
		{"only a code", `{"confirmationCode":"FJR-71500321"}`, "code/FJR-71500321"},
		{"dates as arrays", `{"bookingId":71500321,"customer":{},"creationDate":[2019,6,17,9,11,51,717000000]}`, "booking/71500321"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			event := receiveOne(t, inbound(plainBody(tc.body)))
			if event.Object != tc.object || !event.NeedsLoad || event.Sale != nil {
				t.Errorf("event = %+v, want object %s", event, tc.object)
			}
			if again := receiveOne(t, inbound(plainBody(tc.body))); again.Dedupe != event.Dedupe {
				t.Error("the same notice has another dedupe key")
			}
		})
	}
}

// TestRepeatedNotice: the same bytes again are a repeat while they come close together, or when they say themselves when they were written. Later they
// are news: a price that was changed back is told of as it was the first time.
func TestRepeatedNotice(t *testing.T) {
	t.Parallel()
	f := NewFake()
	booked := f.MakeBooking(Order{})
	plain, err := f.BookingNotice(booked.ID, ActionUpdated)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{headerTopic: TopicUpdate, headerBooking: global("Booking", booked.ID)}
	start := time.Date(2026, 7, 2, 9, 14, 0, 0, time.UTC).Truncate(repeatWindow)
	for _, tc := range []struct {
		name   string
		notice Notice
		timed  bool // it says when it was written
	}{
		{"unsigned", plain, false},
		{"unsigned, with a time", plainBody(`{"timestamp":"2026-07-02T09:14:05.120","bookingId":"Qm9va2luZzo1MTY1NDIz"}`), true},
		{"signed", signNotice(ids, []byte(`{"timestamp":"2026-07-02T09:14:05.120"}`)), true},
		{"signed, without a time", signNotice(ids, []byte(`{}`)), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			key := func(after time.Duration) string {
				return receiveOne(t, inbound(tc.notice, func(in *connector.Inbound) { in.ReceivedAt = start.Add(after).In(time.FixedZone("", 3600)) })).Dedupe
			}
			if key(0) != key(repeatWindow-time.Millisecond) {
				t.Error("a repeat at once is taken for something new")
			}
			for _, after := range []time.Duration{repeatWindow, 10 * time.Minute, 24 * time.Hour} {
				if again := key(after) == key(0); again != tc.timed {
					t.Errorf("after %s it is taken for a repeat: %t", after, again)
				}
			}
		})
	}
}

// TestUnreadableNotice: what cannot be understood is kept for a person, not refused.
func TestUnreadableNotice(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, `hello`, `[]`, `null`, `{}`, `{"bookingId":0}`, `{"bookingId":-5,"customer":{}}`, `{"bookingId":1.5,"customer":{}}`,
		`{"bookingId":"71500321/abort-reserved","customer":{}}`, `{"confirmationCode":"../71500321/abort-reserved"}`, `{"confirmationCode":"FJR 1"}`,
		`{"bookingId":99999999999999999999,"customer":{}}`, `{"parentBooking":[1]}`,
	} {
		events, err := receive(inbound(plainBody(body)))
		if err == nil || connector.IsUnverified(err) || len(events) != 0 {
			t.Errorf("receive(%s) = %v, %v; want a plain error", body, events, err)
		}
	}
}

func TestRequireSignature(t *testing.T) {
	t.Parallel()
	f := NewFake()
	booked := f.MakeBooking(Order{})
	notice, err := f.BookingNotice(booked.ID, ActionConfirmed)
	if err != nil {
		t.Fatal(err)
	}
	only := func(in *connector.Inbound) { in.Settings = field.Values{"require_signature": true} }
	if _, err := receive(inbound(notice, only)); !connector.IsUnverified(err) {
		t.Errorf("an unsigned notice was taken: %v", err)
	}
	receiveOne(t, inbound(f.SignedNotice(TopicCreate, booked.ID), only))
	receiveOne(t, inbound(notice))
}

// TestFakeNotices: both shapes of the stand-in's notices lead to the same booking, with and without an action.
func TestFakeNotices(t *testing.T) {
	t.Parallel()
	f := NewFake()
	booked := f.MakeBooking(Order{Items: []Product{{Title: "A", Date: "2026-07-10", Time: "09:00"}, {Title: "B", Date: "2026-07-11", Time: "10:00"}}})
	var notices []Notice
	for _, action := range []string{ActionConfirmed, ""} {
		whole, err := f.BookingNotice(booked.ID, action)
		if err != nil {
			t.Fatal(err)
		}
		items, err := f.ItemNotices(booked.ID, action)
		if err != nil || len(items) != 2 {
			t.Fatalf("%d notices, %v; want one for each item", len(items), err)
		}
		notices = append(append(notices, whole), items...)
	}
	seen := map[string]bool{}
	for _, n := range notices {
		event := receiveOne(t, inbound(n))
		if event.Object != "booking/71500321" {
			t.Errorf("object = %s", event.Object)
		}
		if seen[event.Dedupe] {
			t.Error("two different notices have one dedupe key")
		}
		seen[event.Dedupe] = true
	}
}

func TestGlobalID(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		given, kind string
		want        id
	}{
		{"Qm9va2luZzozNzY0OA", "Booking", 37648},
		{"Qm9va2luZzozNzY0OA==", "Booking", 37648},
		{" 37648 ", "", 37648},
		{base64.URLEncoding.EncodeToString([]byte("a?b>c:37648")), "a?b>c", 37648},
		{base64.StdEncoding.EncodeToString([]byte("a?b>c:37648")), "a?b>c", 37648},
		{base64.StdEncoding.EncodeToString([]byte("x:y:5")), "x:y", 5},
	} {
		kind, got, err := globalID(tc.given)
		if err != nil || kind != tc.kind || got != tc.want {
			t.Errorf("globalID(%q) = %q, %d, %v", tc.given, kind, got, err)
		}
	}
	for _, bad := range []string{"", "0", "-1", "Booking:5", hex.EncodeToString([]byte("Booking")), base64.StdEncoding.EncodeToString([]byte("Booking:x")), strings.Repeat("9", 19)} {
		if kind, got, err := globalID(bad); err == nil {
			t.Errorf("globalID(%q) = %q, %d; want an error", bad, kind, got)
		}
	}
}

// FuzzReceive: whatever arrives, a notice is an event with an object that can stand in an address, an error, or nothing; never a panic.
func FuzzReceive(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*/booking.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range seeds {
		body, err := os.ReadFile(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add("", "", "", "", body)
	}
	f.Add(vectorHex, "bookings/create", "Qm9va2luZzo1MTY1NDIz", "", []byte(`{"bookingId":"Qm9va2luZzo1MTY1NDIz"}`))
	f.Add("", "", "", "", []byte(`{"bookingId":1,"parentBooking":{"bookingId":2}}`))
	f.Fuzz(func(t *testing.T, signature, topic, booking, item string, body []byte) {
		for _, sign := range []bool{false, true} {
			headers := map[string]string{headerTopic: topic, headerBooking: booking, headerExperience: item}
			n := signNotice(headers, body)
			if !sign {
				n.Header.Set(headerSignature, signature)
			}
			in := inbound(n)
			events, err := receive(in)
			if err != nil {
				continue
			}
			for _, e := range events {
				if e.Dedupe == "" || e.Type == "" || !objectForm.MatchString(e.Object) {
					t.Errorf("event %+v", e)
				}
			}
			again, err := receive(in)
			if err != nil || len(again) != len(events) || (len(again) > 0 && again[0].Dedupe != events[0].Dedupe) {
				t.Errorf("the same notice gave %v and %v, %v", events, again, err)
			}
		}
	})
}
