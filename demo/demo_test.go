package demo

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/connectors/googlesheets"
	"github.com/tengi/tengi/connectors/imoje"
	"github.com/tengi/tengi/connectors/payday"
	"github.com/tengi/tengi/recipes"
)

// quick are stories in which nobody waits longer than needed, on a machine that may be overloaded.
func quick() Options { return Options{NumberAfter: 10 * time.Millisecond, Patience: 10 * time.Minute} }

func TestTell(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	all := recipes.All()
	if err := Tell(t.Context(), &out, all, quick()); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	text, at := out.String(), -1
	for _, r := range all {
		heading := r.Title("en") + " (" + r.Key + ")\n"
		next := strings.Index(text, heading)
		if next <= at {
			t.Errorf("%s is not told where it should be:\n%s", r.Key, text)
		}
		at = next
	}
	if strings.Contains(text, "WRONG") || strings.Contains(text, "%!") || !strings.HasSuffix(text, "\nEverything came out as it should; all of it was read back from the stand-ins.\n") {
		t.Errorf("it does not end well:\n%s", text)
	}
	for pattern, want := range map[string]int{
		`Payday has invoice \d+ over 39800 ISK.*: issued\.`:                         2,
		`Payday has invoice \d+ over 39800 ISK.*: cancelled, which made its credit`: 1,
		`Caspit has invoice/receipt 98/\d+ over 222 ILS, 33\.86 of it VAT: closed`:  2,
		`Caspit mailed it to anna@example\.com in English`:                          2,
		`letter to owner@fjordur\.example`:                                          2,
		`Stripe has an item ".*" over (\d+ ISK), and invoice FJR-\d+ with it`:       2,
		`Portmone has bill B-\d+-1-[A-Z2-7]{6} over`:                                2,
		`Portmone has bill F-[0-9A-F]{8}-1-[A-Z2-7]{6} over`:                        2,
		`SMS service took a message to \+380\d{9}: “Fjörður Tours: до сплати`:       2,
		`imoje has the link https://`:                                               3,
		`The booking tool knows it as (paid|cancelled|refunded)\.`:                  3,
	} {
		if found := len(regexp.MustCompile(pattern).FindAllString(text, -1)); found != want {
			t.Errorf("%q is told %d times, want %d:\n%s", pattern, found, want, text)
		}
	}
}

// on plays the story of a recipe and hands over its stage.
func on(t *testing.T, key string, prepare func(*stage)) (*stage, story) {
	t.Helper()
	r, ok := recipes.Find(key)
	if !ok {
		t.Fatalf("there is no recipe %s", key)
	}
	ctx, cancel := context.WithTimeout(t.Context(), quick().Patience)
	t.Cleanup(cancel)
	s, err := open(ctx, r, quick())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	if prepare != nil {
		prepare(s)
	}
	play := storyOf(key)
	if err := play.play(ctx, s); err != nil {
		t.Fatal(err)
	}
	return s, play
}

// A story that does not come out as it is told says so: its last word is what the stand-ins hold, whatever the hub believes.
func TestTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		recipe string
		tamper func(*testing.T, *stage)
		want   string
	}{
		"invoices are gone": {"bokun-payday", func(_ *testing.T, s *stage) { stand[*payday.Fake](s, "payday").Forget() }, "there should be 1 issued and 0 cancelled"},
		"an invoice is cancelled by hand": {"bokun-payday", func(t *testing.T, s *stage) {
			f := stand[*payday.Fake](s, "payday")
			for _, invoice := range f.Invoices() {
				if invoice.Status == invoiceSent {
					if err := f.ByHand(invoice.ID, invoiceCancelled); err != nil {
						t.Fatal(err)
					}
				}
			}
		}, "there should be 1 issued"},
		"a letter too many": {"paypal-caspit", func(t *testing.T, s *stage) { repeatLetter(t, s) }, "there should be 1 documents, 1 mails to the customer and 1 to the merchant"},
		"the booking tool is told otherwise": {"booking-imoje", func(t *testing.T, s *stage) {
			enter(t, s, "R-2041", `{"status": "cancelled"}`)
		}, "it should be paid"},
		"a booking too many": {"booking-imoje", func(t *testing.T, s *stage) { enter(t, s, "R-2049", `{"status": "paid"}`) }, "4 bookings and 7 letters in all"},
		"a row is emptied": {"sheet-stripe", func(_ *testing.T, s *stage) {
			stand[*googlesheets.Fake](s, "googlesheets").Edit(func(cells [][]any) [][]any {
				for _, row := range cells[1:] {
					for i := range row[sendColumn:] {
						row[sendColumn+i] = ""
					}
				}
				return cells
			})
		}, "and the row should say so"},
		"a row is written to": {"sheet-portmone", func(_ *testing.T, s *stage) {
			stand[*googlesheets.Fake](s, "googlesheets").Edit(func(cells [][]any) [][]any {
				cells[1] = append(cells[1], "sent")
				return cells
			})
		}, `its status is "sent"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, play := on(t, tt.recipe, nil)
			tt.tamper(t, s)
			text, err := s.report(t.Context(), play)
			if err == nil || !strings.Contains(err.Error(), "not as they should be") || !strings.Contains(text, "WRONG: ") || !strings.Contains(text, tt.want) {
				t.Errorf("%v\n%s", err, text)
			}
		})
	}
}

// What a service refuses is in the error, with the reason, so that nobody has to guess why a story does not come out.
func TestTellsWhy(t *testing.T) {
	t.Parallel()
	s, play := on(t, "form-portmone", func(s *stage) {
		s.services["sms"].Faults().Add(fake.Fault{Kind: fake.Refuse, Times: -1, Status: http.StatusBadRequest, Body: `{"code": 21211, "message": "not a number", "status": 400}`})
	})
	text, err := s.report(t.Context(), play)
	if err == nil || !strings.Contains(err.Error(), "submission/") || !strings.Contains(err.Error(), "failed") || !strings.Contains(text, "there should be one bill and one message") {
		t.Errorf("%v\n%s", err, text)
	}
}

// A notice that the hub refuses ends the story at once.
func TestNoticeRefused(t *testing.T) {
	t.Parallel()
	s, _ := on(t, "booking-imoje", nil)
	f := stand[*imoje.Fake](s, "imoje")
	links, err := holds[paymentLink](s, "imoje", "links")
	if err != nil {
		t.Fatal(err)
	}
	body, _, err := f.Notice(links[0].ID, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.notice(t.Context(), "imoje", http.Header{"X-Imoje-Signature": {imoje.Signed([]byte("other"))}}, body); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("a forged notice: %v", err)
	}
	if _, err := s.notice(t.Context(), "nobody", http.Header{}, nil); err == nil {
		t.Error("an account without an address took a notice")
	}
}

// Every recipe has a story; one that has none is an error, and so is a story that nobody can write down. The others are told all the same.
func TestTellFails(t *testing.T) {
	t.Parallel()
	for _, r := range recipes.All() {
		if storyOf(r.Key) == nil {
			t.Errorf("%s has no story", r.Key)
		}
	}
	form, _ := recipes.Find("form-portmone")
	var out strings.Builder
	err := Tell(t.Context(), &out, []recipes.Recipe{{Key: "none"}, form}, quick())
	if err == nil || !strings.Contains(err.Error(), "the story of none") || !strings.Contains(out.String(), "form-portmone") || strings.Contains(out.String(), "Everything came out") {
		t.Errorf("%v\n%s", err, out.String())
	}
	broken, _ := recipes.Find("form-portmone")
	broken.Text = strings.Replace(broken.Text, "invoice.create", "invoice.crate", 1)
	if err := Tell(t.Context(), io.Discard, []recipes.Recipe{broken}, quick()); err == nil || !strings.Contains(err.Error(), "invoice.crate") {
		t.Errorf("a recipe with a fault: %v", err)
	}
	if err := Tell(t.Context(), full{}, []recipes.Recipe{form}, quick()); !errors.Is(err, errFull) {
		t.Errorf("a disk that is full: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Tell(ctx, io.Discard, []recipes.Recipe{form}, quick()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

var errFull = errors.New("the disk is full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }
