package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/connectors/bokun"
	"github.com/tengi/tengi/money"
)

// Hook is where a stand-in's notices go and what they look like.
type Hook struct {
	URL   string `json:"url,omitempty"`
	Kind  string `json:"kind,omitempty"`  // A: an app's, signed, with ids only; B (the default): unsigned, with the booking
	Shape int    `json:"shape,omitempty"` // of kind B: 1 (the default) the booking, 2 a notice for each item with the booking inside
}

// check refuses what cannot be meant.
func (h Hook) check() error {
	if u, err := url.Parse(h.URL); h.URL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return errors.New("url: write a whole address, such as http://127.0.0.1:8080/hooks/TOKEN")
	}
	if h.Kind != "" && h.Kind != "A" && h.Kind != "B" {
		return errors.New("kind: write A or B")
	}
	if h.Shape < 0 || h.Shape > 2 || h.Kind == "A" && h.Shape != 0 {
		return errors.New("shape: write 1 or 2, with kind B")
	}
	return nil
}

// over is a hook in which what other says comes first.
func (h Hook) over(other Hook) Hook {
	if other.URL != "" {
		h.URL = other.URL
	}
	if other.Kind != "" {
		h.Kind, h.Shape = other.Kind, 0
	}
	if other.Shape != 0 {
		h.Kind, h.Shape = "B", other.Shape
	}
	return h
}

// bookings directs the stand-in for Bókun.
type bookings struct {
	fake *bokun.Fake

	mu   sync.Mutex
	hook Hook
}

func (b *bookings) routes(mux *http.ServeMux) {
	at := control + b.fake.Name()
	mux.HandleFunc("PUT "+at+"/hook", b.setHook)
	mux.HandleFunc("POST "+at+"/bookings", b.book)
	mux.HandleFunc("POST "+at+"/bookings/{id}/cancel", b.cancel)
	mux.HandleFunc("POST "+at+"/bookings/{id}/price", b.price)
	mux.HandleFunc("POST "+at+"/bookings/{id}/fire", b.again)
}

func (b *bookings) setHook(w http.ResponseWriter, r *http.Request) {
	var hook Hook
	if !decode(w, r, &hook) {
		return
	}
	if err := hook.check(); err != nil {
		refuse(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	b.mu.Lock()
	b.hook = hook
	b.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

// Order is a booking to make.
type Order struct {
	Sample   bool      `json:"sample,omitempty"` // a glacier walk for two by Anna Lind, paid
	Customer *Customer `json:"customer,omitempty"`
	Title    string    `json:"title,omitempty"` // of what is booked; default "Tour"
	Date     string    `json:"date,omitempty"`  // of the tour, YYYY-MM-DD
	Lines    []Line    `json:"lines,omitempty"`
	Currency string    `json:"currency,omitempty"` // default ISK
	Status   string    `json:"status,omitempty"`   // default CONFIRMED
	Channel  string    `json:"channel,omitempty"`
	Silent   bool      `json:"silent,omitempty"` // send no notice
}

// Customer is who books.
type Customer struct {
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phone,omitempty"`
	Country   string `json:"country,omitempty"`
	Language  string `json:"language,omitempty"`
	Kennitala string `json:"kennitala,omitempty"`
}

// Line is a price times a quantity, VAT included.
type Line struct {
	Title    string `json:"title"`
	Quantity int64  `json:"quantity"`
	Unit     string `json:"unit"`          // price of one
	VAT      string `json:"vat,omitempty"` // per cent; empty = untaxed
}

// order turns an Order into the stand-in's words, after checking what the stand-in takes on trust.
func (o Order) order() (bokun.Order, error) {
	if o.Sample == (len(o.Lines) > 0) {
		return bokun.Order{}, errors.New(`give either "sample": true or lines`)
	}
	if _, ok := money.Exponent(o.Currency); !ok && o.Currency != "" {
		return bokun.Order{}, errors.New("currency: write three capital letters, such as ISK")
	}
	if _, err := time.Parse(time.DateOnly, o.Date); err != nil && o.Date != "" {
		return bokun.Order{}, errors.New("date: write it like 2026-07-10")
	}
	made := bokun.Order{Status: o.Status, Currency: o.Currency, Channel: o.Channel}
	if c := o.Customer; c != nil {
		made.Guest = bokun.Guest{FirstName: c.FirstName, LastName: c.LastName, Email: c.Email, Phone: c.Phone, Country: c.Country, Language: c.Language, PersonalID: c.Kennitala}
	}
	if o.Sample {
		return made, nil
	}
	item := bokun.Product{Title: o.Title, Date: o.Date, Time: "09:00"}
	if item.Title == "" {
		item.Title = "Tour"
	}
	if item.Date == "" {
		item.Date = "2026-07-10"
	}
	for i, l := range o.Lines {
		if err := amount(l.Unit); err != nil || l.Quantity < 1 || l.Quantity > 1000 || l.VAT != "" && amount(l.VAT) != nil {
			return bokun.Order{}, fmt.Errorf("lines[%d]: give a title, a quantity from 1 to 1000, a unit price and a VAT rate, as texts", i)
		}
		price := bokun.Price{Title: l.Title, Quantity: l.Quantity, Unit: l.Unit}
		if l.VAT != "" {
			price.VAT = []string{l.VAT}
		}
		item.Prices = append(item.Prices, price)
	}
	made.Items = []bokun.Product{item}
	return made, nil
}

// amount refuses what is no plain number of a reasonable size.
func amount(text string) error {
	d, err := decimal.NewFromString(text)
	if err != nil || d.IsNegative() || d.GreaterThan(decimal.New(1, 12)) || d.Exponent() < -6 {
		return errors.New("this is not an amount")
	}
	return nil
}

// Answer is what became of a booking, and of the notice of it.
type Answer struct {
	ID       int64  `json:"id"`
	Code     string `json:"code,omitempty"`
	Notified bool   `json:"notified"`          // every notice was answered with 2xx
	Problem  string `json:"problem,omitempty"` // why not
}

func (b *bookings) book(w http.ResponseWriter, r *http.Request) {
	var o Order
	if !decode(w, r, &o) {
		return
	}
	order, err := o.order()
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	made := b.fake.MakeBooking(order)
	answer := Answer{ID: made.ID, Code: made.Code}
	if !o.Silent {
		answer.notify(b.fire(r.Context(), made.ID, Hook{}, created))
	}
	fake.JSON(w, http.StatusCreated, answer)
}

func (b *bookings) cancel(w http.ResponseWriter, r *http.Request) {
	in := struct {
		Keep string `json:"keep"`
	}{Keep: "0"}
	b.change(w, r, &in, cancelled, func(id int64) error {
		if err := amount(in.Keep); err != nil {
			return fmt.Errorf("keep: %w", err)
		}
		return b.fake.CancelKeeping(id, in.Keep)
	})
}

func (b *bookings) price(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Unit string `json:"unit"`
	}
	b.change(w, r, &in, updated, func(id int64) error {
		if err := amount(in.Unit); err != nil {
			return fmt.Errorf("unit: %w", err)
		}
		items, err := b.items(id)
		if err != nil {
			return err
		}
		return b.fake.ChangePrice(id, items[0], in.Unit)
	})
}

// again sends a booking's notice once more.
func (b *bookings) again(w http.ResponseWriter, r *http.Request) {
	var hook Hook
	id, ok := bookingID(w, r)
	if !ok || !decode(w, r, &hook) {
		return
	}
	if err := hook.check(); err != nil {
		refuse(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	if _, err := b.items(id); err != nil {
		refuse(w, http.StatusNotFound, err.Error())
		return
	}
	answer := Answer{ID: id}
	answer.notify(b.fire(r.Context(), id, hook, created))
	fake.JSON(w, http.StatusOK, answer)
}

// change changes a booking and sends a notice of it.
func (b *bookings) change(w http.ResponseWriter, r *http.Request, in any, what happening, apply func(id int64) error) {
	id, ok := bookingID(w, r)
	if !ok || !decode(w, r, in) {
		return
	}
	if _, err := b.items(id); err != nil {
		refuse(w, http.StatusNotFound, err.Error())
		return
	}
	if err := apply(id); err != nil {
		refuse(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	answer := Answer{ID: id}
	answer.notify(b.fire(r.Context(), id, Hook{}, what))
	fake.JSON(w, http.StatusOK, answer)
}

func bookingID(w http.ResponseWriter, r *http.Request) (int64, bool) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		refuse(w, http.StatusNotFound, "a booking is named by its number")
	}
	return id, err == nil
}

// items are the ids of what is booked.
func (b *bookings) items(id int64) ([]int64, error) {
	list, _ := b.fake.Holdings()["bookings"].([]map[string]any)
	for _, booking := range list {
		if booking["id"] != id {
			continue
		}
		var ids []int64
		items, _ := booking["items"].([]map[string]any)
		for _, item := range items {
			if n, ok := item["id"].(int64); ok {
				ids = append(ids, n)
			}
		}
		return ids, nil
	}
	return nil, fmt.Errorf("there is no booking %d", id)
}

// happening is what a notice tells, in the words of its two kinds.
type happening struct{ action, topic string }

var (
	created   = happening{bokun.ActionConfirmed, bokun.TopicCreate}
	updated   = happening{bokun.ActionUpdated, bokun.TopicUpdate}
	cancelled = happening{bokun.ActionItemCancelled, bokun.TopicCancel}
)

// fire sends the notice of a booking, by the hook as it is set and what other changes about it.
func (b *bookings) fire(ctx context.Context, id int64, other Hook, what happening) error {
	b.mu.Lock()
	hook := b.hook.over(other)
	b.mu.Unlock()
	if hook.URL == "" {
		return fmt.Errorf("no hook is set: PUT one to %s%s/hook", control, b.fake.Name())
	}
	var notices []bokun.Notice
	var err error
	switch {
	case hook.Kind == "A":
		notices = []bokun.Notice{b.fake.SignedNotice(what.topic, id)}
	case hook.Shape == 2:
		notices, err = b.fake.ItemNotices(id, what.action)
	default:
		notices = make([]bokun.Notice, 1)
		notices[0], err = b.fake.BookingNotice(id, what.action)
	}
	if err != nil {
		return err
	}
	return b.fake.Fire(ctx, hook.URL, notices...)
}

// notify notes whether the notices were taken.
func (a *Answer) notify(err error) {
	a.Notified = err == nil
	if err != nil {
		a.Problem = err.Error()
	}
}
