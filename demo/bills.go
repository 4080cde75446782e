package demo

import (
	"context"
	"strings"

	"github.com/tengi/tengi/connectors/email"
)

// bills is the story of Google Sheets → Portmone.
type bills struct{ sheet sheetStory }

// portmoneBill is a link as Portmone holds it.
type portmoneBill struct {
	Order  string `json:"order"`
	Amount string `json:"amount"`
	Title  string `json:"title"`
	Link   string `json:"link"`
}

func (b *bills) play(ctx context.Context, s *stage) error {
	b.sheet = sheetStory{
		old:    written{"B-1020", "Анна Лінд", "anna@example.com", "Похід на льодовик", "1290", "yes"},
		sent:   written{"B-1021", "Анна Лінд", "anna@example.com", "Золоте кільце", "1490.50", ""},
		second: written{"B-1022", "Анна Лінд", "anna@example.com", "Спостереження за китами", "2980", ""},
		waits:  written{"B-1023", "Анна Лінд", "anna@example.com", "Каяки", "990", ""},
	}
	return b.sheet.play(ctx, s)
}

func (b *bills) tell(s *stage) error {
	made, err := holds[portmoneBill](s, "portmone", "invoices")
	if err != nil {
		return err
	}
	letters, err := holds[email.Mail](s, "email", "mail")
	if err != nil {
		return err
	}
	rows, err := b.sheet.rows(s)
	if err != nil {
		return err
	}
	for _, w := range []written{b.sheet.sent, b.sheet.second} {
		s.begin("%s", b.sheet.title(w))
		row, found, mailed := rows[w.number], 0, 0
		for _, bill := range made {
			if bill.Title != w.text {
				continue
			}
			s.says("Portmone has bill %s over %s UAH: %s", bill.Order, bill.Amount, bill.Link)
			for _, m := range letters {
				if strings.Contains(m.Text, bill.Link) && mailedTo(m.EnvelopeTo, w.email) {
					mailed++
					s.says("The mail server took a letter with the link to %s: “%s”.", w.email, m.Subject)
				}
			}
			s.says("The sheet says of the row: %s, %s", row.Status, row.Link)
			if same(bill.Amount, w.amount) && row.Status == "sent" && row.Link == bill.Link {
				found++
			}
		}
		s.want(found == 1 && mailed == 1, "there should be one bill over %s UAH, mailed once, and the row should say so", w.amount)
	}
	b.sheet.untouched(s, rows, func(w written) (count int) {
		for _, bill := range made {
			if bill.Title == w.text {
				count++
			}
		}
		return count
	})
	s.want(len(made) == 2 && len(letters) == 2 && len(rows) == 4, "there are %d bills, %d letters and %d rows in all; there should be 2, 2 and 4", len(made), len(letters), len(rows))
	return nil
}
