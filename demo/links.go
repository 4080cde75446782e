package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/tengi/tengi/connectors/email"
	connectorhttp "github.com/tengi/tengi/connectors/http"
	"github.com/tengi/tengi/connectors/imoje"
)

// links is the story of bookings that are paid through imoje.
type links struct{ acts []*reservation }

// reservation is one booking at the booking tool, and what must have come of it.
type reservation struct {
	title    string
	id       string
	customer string // their e-mail
	repeats  int    // how often the booking tool tells of it
	status   string // what the booking tool must know of the payment in the end
	told     int    // letters to the merchant
}

// paymentLink is a link as imoje holds it.
type paymentLink struct {
	ID      string `json:"id"`
	OrderID string `json:"orderId"`
	URL     string `json:"url"`
	Status  string `json:"status"`
}

func (l *links) play(ctx context.Context, s *stage) error {
	stand, ok := s.services["imoje"].(*imoje.Fake)
	if !ok {
		return errors.New("there is no stand-in for imoje")
	}
	l.acts = []*reservation{
		{title: "is told of twice, one try to pay fails, the next is settled, and imoje tells of that three times", id: "R-2041", customer: "anna@example.com", repeats: 2, status: "paid", told: 1},
		{title: "is never paid, and its link ends", id: "R-2042", customer: "jon@example.com", repeats: 1, status: "cancelled", told: 1},
		{title: "is paid, and the money is given back in imoje's panel", id: "R-2043", customer: "anna@example.com", repeats: 1, status: "refunded", told: 2},
	}
	for _, a := range l.acts {
		for range a.repeats {
			if err := l.book(ctx, s, a); err != nil {
				return err
			}
		}
	}
	if err := s.rest(ctx); err != nil {
		return err
	}
	made, err := holds[paymentLink](s, "imoje", "links")
	if err != nil {
		return err
	}
	of := map[string]string{}
	for _, link := range made {
		of[link.OrderID] = link.ID
	}
	if err := l.settle(ctx, s, stand, of[l.acts[0].id], "rejected", 1); err != nil {
		return err
	}
	if err := l.settle(ctx, s, stand, of[l.acts[0].id], "settled", 3); err != nil {
		return err
	}
	stand.End(of[l.acts[1].id])
	if err := l.fire(ctx, s, stand, of[l.acts[1].id], ""); err != nil {
		return err
	}
	if err := l.giveBack(ctx, s, stand, of[l.acts[2].id]); err != nil {
		return err
	}
	return s.rest(ctx)
}

// book has the booking tool enter a booking and tell of it.
func (l *links) book(ctx context.Context, s *stage, a *reservation) error {
	body, err := json.Marshal(map[string]any{
		"event": "booking.created", "id": a.id, "service": "Massage, 60 min", "total": "180.00", "currency": "PLN",
		"customer": map[string]string{"name": "Anna Lind", "email": a.customer, "phone": "+48 600 100 200"},
	})
	if err != nil {
		return fmt.Errorf("write the notice of booking %s: %w", a.id, err)
	}
	_, secrets := s.services["http"].Login()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, s.sandbox.URL()+"/http/orders/"+a.id, strings.NewReader(`{"status": "unpaid"}`))
	if err != nil {
		return fmt.Errorf("enter booking %s: %w", a.id, err)
	}
	req.Header.Set("Authorization", "Bearer "+secrets["secret"])
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("enter booking %s: %w", a.id, err)
	}
	_ = resp.Body.Close()
	return insist(ctx, func() error {
		_, err := s.notice(ctx, "bookings", http.Header{"Content-Type": {"application/json"}, "X-Webhook-Token": {webhookToken}}, body)
		return err
	})
}

// settle has the customer try to pay, and imoje tell of it so many times.
func (l *links) settle(ctx context.Context, s *stage, stand *imoje.Fake, link, status string, times int) error {
	transaction, err := stand.Pay(link, status)
	if err != nil {
		return fmt.Errorf("pay: %w", err)
	}
	for range times {
		if err := l.fire(ctx, s, stand, link, transaction); err != nil {
			return err
		}
	}
	return nil
}

// giveBack has the customer pay, and the owner give the money back by hand.
func (l *links) giveBack(ctx context.Context, s *stage, stand *imoje.Fake, link string) error {
	transaction, err := stand.Pay(link, "settled")
	if err != nil {
		return fmt.Errorf("pay: %w", err)
	}
	if err := l.fire(ctx, s, stand, link, transaction); err != nil {
		return err
	}
	back, err := stand.GiveBack(transaction)
	if err != nil {
		return fmt.Errorf("give the money back: %w", err)
	}
	return l.fire(ctx, s, stand, link, back)
}

// fire has imoje tell of a link, and of a transaction where one is named. It takes nothing for an answer but the words it waits for.
func (l *links) fire(ctx context.Context, s *stage, stand *imoje.Fake, link, transaction string) error {
	body, signature, err := stand.Notice(link, transaction)
	if err != nil {
		return fmt.Errorf("write imoje's notice: %w", err)
	}
	return insist(ctx, func() error {
		answer, err := s.notice(ctx, "imoje", http.Header{"Content-Type": {"application/json"}, "X-Imoje-Signature": {signature}}, body)
		if err == nil && !bytes.Equal(bytes.TrimSpace(answer), []byte(`{"status":"ok"}`)) {
			err = errors.New("imoje would send the notice again: it is not answered as it wants")
		}
		return err
	})
}

func (l *links) tell(s *stage) error {
	made, err := holds[paymentLink](s, "imoje", "links")
	if err != nil {
		return err
	}
	orders, err := holds[connectorhttp.Order](s, "http", "orders")
	if err != nil {
		return err
	}
	letters, err := holds[email.Mail](s, "email", "mail")
	if err != nil {
		return err
	}
	mailbox := s.services["email"]
	settings, _ := mailbox.Login()
	owner := fmt.Sprint(settings["merchant_email"])
	count := 0
	for _, a := range l.acts {
		s.begin("Booking %s %s.", a.id, a.title)
		link, requests, told := paymentLink{}, 0, 0
		for _, found := range made {
			if found.OrderID == a.id {
				link = found
				s.says("imoje has the link %s, %s.", found.URL, found.Status)
			}
		}
		for _, m := range letters {
			switch {
			case !strings.Contains(m.Text+m.Subject, a.id):
			case strings.Contains(strings.Join(m.EnvelopeTo, " "), owner):
				told++
				s.says("The mail server took a letter to the owner: “%s”.", m.Subject)
			case link.URL != "" && strings.Contains(m.Text, link.URL) && strings.Contains(strings.Join(m.EnvelopeTo, " "), a.customer):
				requests++
				s.says("The mail server took a letter with the link to %s: “%s”.", a.customer, m.Subject)
			}
		}
		known := status(orders, a.id)
		s.says("The booking tool knows it as %s.", known)
		s.want(known == a.status && requests == 1 && told == a.told, "it should be %s, with one letter to the customer and %d to the owner", a.status, a.told)
		count += 1 + a.told
	}
	s.want(len(made) == len(l.acts) && len(orders) == len(l.acts) && len(letters) == count,
		"there are %d links, %d bookings and %d letters in all; there should be %d, %d and %d", len(made), len(orders), len(letters), len(l.acts), len(l.acts), count)
	return nil
}

// status is what the booking tool knows of a booking's payment.
func status(orders []connectorhttp.Order, id string) string {
	for _, o := range orders {
		var said struct {
			Status string `json:"status"`
		}
		if o.ID == id && json.Unmarshal(o.Content, &said) == nil {
			return said.Status
		}
	}
	return "unknown"
}
