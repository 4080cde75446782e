package crash

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/connectors/bokun"
	"github.com/tengi/tengi/connectors/payday"
	"github.com/tengi/tengi/secret"
	"github.com/tengi/tengi/setup"
)

// bookings is the main job: a Bókun whose bookings are told of until the hub acknowledges, and the Payday that is counted.
const bookings = `workspace: {name: Fjörður Tours, country: IS, currency: ISK, timezone: Atlantic/Reykjavik, language: is}
accounts:
  - {key: bokun, connector: bokun, base_url: "%s", access_key: {env: access_key}, secret_key: {env: secret_key}}
  - {key: payday, connector: payday, base_url: "%s", client_id: {env: client_id}, client_secret: {env: client_secret}}
connections:
  - key: bookings
    source: {account: bokun, trigger: booking, filter: 'sale.total > 0'}
    steps:
      - {key: invoice, account: payday, action: invoice.create, when: 'sale.status == "confirmed"', fields: {description: 'Bókun {{ sale.reference }}'}}
    on_cancel: undo
    on_change: redo
`

// newBookingRig is a rig whose shop is a stand-in Bókun and whose bookkeeper is a stand-in Payday.
func newBookingRig(t *testing.T, database string) (*rig, *bokun.Fake, *payday.Fake, string) {
	t.Helper()
	r := newRig(t, database, "find")
	source, destination := bokun.NewFake(), payday.NewFake()
	bokunServer, paydayServer := httptest.NewServer(source), httptest.NewServer(destination)
	t.Cleanup(bokunServer.Close)
	t.Cleanup(paydayServer.Close)
	r.base.Real = true
	st := r.open()
	box, err := secret.Open(filepath.Join(r.base.Data, "key"), "")
	must(t, err)
	in := setup.Gather([]setup.File{{Name: "bookings.yaml", Text: fmt.Sprintf(bookings, bokunServer.URL, paydayServer.URL)}}, setup.Look{
		Env:  func(name string) (string, bool) { return login(name, source, destination) },
		File: os.ReadFile,
	})
	target := setup.Target{Store: st, Secrets: box, Connectors: []*connector.Connector{bokun.Connector(), payday.Connector()},
		HookURL: func(token string) string { return "http://" + r.hub.address + "/hooks/" + token }}
	report, err := setup.Apply(t.Context(), target, in, false)
	must(t, err)
	must(t, st.Close())
	for _, change := range report.Changes {
		if change.HookURL != "" {
			return r, source, destination, change.HookURL
		}
	}
	t.Fatal("no webhook address")
	return nil, nil, nil, ""
}

// login is one setting or secret of the stand-ins' accounts.
func login(name string, services ...fake.Service) (string, bool) {
	for _, s := range services {
		settings, secrets := s.Login()
		if value, ok := secrets[name]; ok {
			return value, true
		}
		if value, ok := settings[name].(string); ok {
			return value, true
		}
	}
	return "", false
}

// tellOf sends a booking's notice until it is acknowledged, or the selling stops.
func (r *rig) tellOf(source *bokun.Fake, address string, id int64, action string) bool {
	for {
		notice, err := source.BookingNotice(id, action)
		if err == nil {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			err = source.Fire(ctx, address, notice)
			cancel()
		}
		if err == nil {
			return true
		}
		select {
		case <-r.stop:
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// book has travellers book, one after the other, and cancel every third booking.
func (r *rig) book(source *bokun.Fake, address string, travellers int) {
	for range travellers {
		r.selling.Go(func() {
			for n := 0; r.goOn(); n++ {
				b := source.MakeBooking(bokun.Order{})
				if !r.tellOf(source, address, b.ID, "BOOKING_CONFIRMED") {
					return
				}
				r.mark(b.Code, confirmed)
				if n%3 != 2 {
					continue
				}
				r.mark(b.Code, cancelling)
				if source.CancelBooking(b.ID) == nil && r.tellOf(source, address, b.ID, "BOOKING_ITEM_CANCELLED") {
					r.mark(b.Code, cancelled)
				}
			}
		})
	}
}

func TestCrashBokunToPayday(t *testing.T) {
	t.Parallel()
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			r, source, destination, address := newBookingRig(t, database)
			r.made = func() int { return len(destination.Invoices()) }
			r.book(source, address, 4)
			for range kills(t, 4) {
				r.hub.start()
				r.hub.killAfter(between(50*time.Millisecond, 450*time.Millisecond))
			}
			r.finish()
			made := map[string][]payday.FakeInvoice{}
			for _, i := range destination.Invoices() {
				parts := strings.Split(i.Reference, "-") // CODE-ISSUE-MARK, and the code has hyphens of its own
				code := strings.Join(parts[:len(parts)-2], "-")
				made[code] = append(made[code], i)
			}
			v := verdict{acknowledged: len(r.acked), invoices: len(destination.Invoices()), kills: r.kills.Load()}
			for code, fate := range r.acked {
				standing := 0
				for _, i := range made[code] {
					if i.Status == "SENT" {
						standing++
					}
				}
				switch {
				case len(made[code]) > 1:
					v.doubled++
					v.examples = append(v.examples, fmt.Sprintf("%s: %+v", code, made[code]))
				case fate == confirmed && standing != 1, fate == cancelled && standing != 0:
					v.lost++
					v.examples = append(v.examples, fmt.Sprintf("%s: %+v", code, made[code]))
				}
			}
			v.mustBeClean(t)
		})
	}
}
