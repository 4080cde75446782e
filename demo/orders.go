package demo

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connectors/sms"
)

// orders is the story of Form → Portmone.
type orders struct {
	first, second visit
	incomplete    int // the status by which a form without an amount came back
}

// visit is a form that somebody opens and fills in.
type visit struct{ name, phone, amount string }

func (o *orders) play(ctx context.Context, s *stage) error {
	o.first = visit{"Анна Лінд", "+380 67 123 45 67", "1250,50"}
	o.second = visit{"Йон Йонссон", "067 765 43 21", "900"}
	for _, v := range []visit{o.first, o.second} {
		page, err := s.openForm(ctx, "order")
		if err != nil {
			return err
		}
		for range 2 { // people press the button twice
			if err := insist(ctx, func() error {
				status, err := s.fillIn(ctx, "order", page, v)
				if err == nil && status != http.StatusOK {
					err = fmt.Errorf("the form that was filled in came back with status %d", status)
				}
				return err
			}); err != nil {
				return err
			}
		}
	}
	page, err := s.openForm(ctx, "order")
	if err != nil {
		return err
	}
	if o.incomplete, err = s.fillIn(ctx, "order", page, visit{name: "Анна Лінд", phone: "+380 67 123 45 67"}); err != nil {
		return err
	}
	return s.rest(ctx)
}

// hidden finds what a page carries along for each opening of it.
var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// openForm opens an account's form as a browser does, and gives what the page carries along.
func (s *stage) openForm(ctx context.Context, account string) (url.Values, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.hooks[account], http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("open the form: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("open the form: %w", err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("open the form: answered %s: %w", resp.Status, err)
	}
	inputs := url.Values{}
	for _, found := range hidden.FindAllStringSubmatch(string(page), -1) {
		inputs.Set(found[1], found[2])
	}
	return inputs, nil
}

// fillIn sends a form as a browser does, and gives the status of the answer.
func (s *stage) fillIn(ctx context.Context, account string, page url.Values, v visit) (int, error) {
	inputs := url.Values{"name": {v.name}, "phone": {v.phone}, "day": {"2026-12-05"}, "amount": {v.amount}}
	for key, values := range page {
		inputs[key] = values
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.hooks[account], strings.NewReader(inputs.Encode()))
	if err != nil {
		return 0, fmt.Errorf("send the form: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "text/html")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("send the form: %w", err)
	}
	return resp.StatusCode, resp.Body.Close()
}

func (o *orders) tell(s *stage) error {
	made, err := holds[portmoneBill](s, "portmone", "invoices")
	if err != nil {
		return err
	}
	messages, err := holds[sms.Message](s, "sms", "messages")
	if err != nil {
		return err
	}
	for _, v := range []visit{o.first, o.second} {
		s.begin("%s fills in the form over %s UAH, and presses the button twice.", v.name, v.amount)
		found, sent := 0, 0
		for _, bill := range made {
			if !same(bill.Amount, v.amount) {
				continue
			}
			found++
			s.says("Portmone has bill %s over %s UAH: %s", bill.Order, bill.Amount, bill.Link)
			for _, m := range messages {
				if strings.Contains(m.Text, bill.Link) && strings.HasSuffix(m.To, lastDigits(v.phone)) {
					sent++
					s.says("The SMS service took a message to %s: “%s”.", m.To, m.Text)
				}
			}
		}
		s.want(found == 1 && sent == 1, "there should be one bill and one message")
	}
	s.begin("Somebody leaves the amount out.")
	s.says("The form comes back with what is missing, and nothing was made.")
	s.want(o.incomplete == http.StatusUnprocessableEntity && len(made) == 2 && len(messages) == 2,
		"the answer was %d, and there are %d bills and %d messages in all; there should be 2 and 2", o.incomplete, len(made), len(messages))
	return nil
}

// lastDigits are the digits of a phone number that stay the same however it is written.
func lastDigits(phone string) string {
	digits := strings.NewReplacer(" ", "", "+", "").Replace(phone)
	return digits[max(len(digits)-9, 0):]
}

// same says whether two amounts are the same, one as a service writes it and the other as a person does.
func same(service, person string) bool {
	a, err := decimal.NewFromString(service)
	b, wrong := decimal.NewFromString(strings.ReplaceAll(person, ",", "."))
	return err == nil && wrong == nil && a.Equal(b)
}
