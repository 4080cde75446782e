package bokun

import (
	"strings"
	"time"

	"github.com/tengi/tengi/field"
)

// facts are what expressions may use of a booking beside the sale: {{ booking.channel }}. Their names are those of outputFields.
type facts struct {
	ID                string      `json:"id"`
	Code              string      `json:"code"`
	Status            string      `json:"status"`
	CreatedAt         string      `json:"created_at,omitempty"`
	Language          string      `json:"language"`
	Channel           string      `json:"channel"`
	ChannelType       string      `json:"channel_type"`
	BilledTo          string      `json:"billed_to"`
	Agent             string      `json:"agent"`
	Seller            string      `json:"seller"`
	Organization      string      `json:"organization"`
	ExternalReference string      `json:"external_reference"`
	PaymentType       string      `json:"payment_type"`
	PromoCode         string      `json:"promo_code"`
	Products          string      `json:"products"`
	StartDate         string      `json:"start_date"`
	StartTime         string      `json:"start_time"`
	EndDate           string      `json:"end_date"`
	Participants      int64       `json:"participants"`
	Items             []itemFacts `json:"items"`
}

// itemFacts is one product booking.
type itemFacts struct {
	ID           string `json:"id"`
	Code         string `json:"code"`
	Status       string `json:"status"`
	Title        string `json:"title"`
	StartDate    string `json:"start_date"`
	StartTime    string `json:"start_time"`
	Participants int64  `json:"participants"`
}

// outputFields declares facts.
func outputFields() field.Set {
	return field.Set{{Key: "booking", Type: field.Group, Label: "Booking", Children: field.Set{
		{Key: "id", Type: field.Text, Label: "Number at Bókun", Example: "71500321"},
		{Key: "code", Type: field.Text, Label: "Confirmation code", Example: "FJR-71500321"},
		{Key: "status", Type: field.Text, Label: "Status at Bókun", Example: "CONFIRMED",
			Help: "CART, REQUESTED, RESERVED, CONFIRMED, ARRIVED, NO_SHOW, CANCELLED, TIMEOUT, ABORTED, ERROR or REJECTED."},
		{Key: "created_at", Type: field.DateTime, Label: "Made at", Example: "2026-07-02T09:14:05Z"},
		{Key: "language", Type: field.Text, Label: "Language", Example: "en"},
		{Key: "channel", Type: field.Text, Label: "Booking channel", Example: "www.example.is"},
		{Key: "channel_type", Type: field.Text, Label: "Kind of channel", Help: "OTA for the big marketplaces; often empty.", Example: "OTA"},
		{Key: "billed_to", Type: field.Text, Label: "Who is billed", Help: "traveller, agent, reseller or ota.", Example: "traveller"},
		{Key: "agent", Type: field.Text, Label: "Agent"},
		{Key: "seller", Type: field.Text, Label: "Seller", Example: "Fjörður Tours ehf"},
		{Key: "organization", Type: field.Text, Label: "Traveller's organisation"},
		{Key: "external_reference", Type: field.Text, Label: "Reference of the channel", Example: "BR-118822"},
		{Key: "payment_type", Type: field.Text, Label: "Paid", Example: "PAID_IN_FULL",
			Help: "PAID_IN_FULL, DEPOSIT, FREE, NOT_PAID, OVERPAID, REFUND, INVOICED or GIFT_CARD."},
		{Key: "promo_code", Type: field.Text, Label: "Promo code"},
		{Key: "products", Type: field.Text, Label: "Products", Help: "The titles of everything booked that takes place.", Example: "Glacier walk"},
		{Key: "start_date", Type: field.Date, Label: "First day", Example: "2026-07-10"},
		{Key: "start_time", Type: field.Text, Label: "Time of the first start", Example: "09:00"},
		{Key: "end_date", Type: field.Date, Label: "Last day", Example: "2026-07-10"},
		{Key: "participants", Type: field.Int, Label: "Participants", Example: "2"},
		{Key: "items", Type: field.List, Label: "Everything booked", Children: field.Set{
			{Key: "id", Type: field.Text, Label: "Number at Bókun", Example: "90120001"},
			{Key: "code", Type: field.Text, Label: "Code", Example: "FJR-T90120001"},
			{Key: "status", Type: field.Text, Label: "Status at Bókun", Example: "CONFIRMED"},
			{Key: "title", Type: field.Text, Label: "Title", Example: "Glacier walk"},
			{Key: "start_date", Type: field.Date, Label: "Day", Example: "2026-07-10"},
			{Key: "start_time", Type: field.Text, Label: "Time", Example: "09:00"},
			{Key: "participants", Type: field.Int, Label: "Participants", Example: "2"},
		}},
	}}}
}

// facts gathers them from the booking.
func (w *work) facts() facts {
	b := w.booking
	f := facts{
		ID: b.ID.String(), Code: string(b.Code), Status: string(b.Status), Language: strings.ToLower(string(b.Language)),
		Channel: b.channelTitle(), BilledTo: w.payer.role, ExternalReference: string(b.ExternalReference), PaymentType: string(b.PaymentType),
		Items: []itemFacts{},
	}
	if !b.Created.IsZero() {
		f.CreatedAt = b.Created.Format(time.RFC3339)
	}
	if b.Channel != nil {
		f.ChannelType = string(b.Channel.Type)
	}
	if b.Agent != nil {
		f.Agent = string(b.Agent.Title)
	}
	if b.Seller != nil {
		f.Seller = string(b.Seller.Title)
	}
	if b.Customer != nil {
		f.Organization = string(b.Customer.Organization)
	}
	if b.Promo != nil {
		f.PromoCode = string(b.Promo.Code)
	}
	items := b.items()
	for i := range items {
		f.Items = append(f.Items, items[i].facts(w.zone))
	}
	w.addService(&f)
	return f
}

// addService adds what the items that take place have in common: products, days, people.
func (w *work) addService(f *facts) {
	f.StartDate, f.EndDate = w.days()
	var titles []string
	live := w.taking()
	for i := range live {
		it := &live[i]
		if title := it.title(); title != "" {
			titles = append(titles, title)
		}
		day := it.start(w.zone)
		if clock := string(it.StartTime); day == f.StartDate && clock != "" && (f.StartTime == "" || clock < f.StartTime) {
			f.StartTime = clock
		}
		f.Participants += it.Participants.IntPart()
	}
	f.Products = strings.Join(titles, ", ")
}

func (it *item) facts(zone *time.Location) itemFacts {
	return itemFacts{
		ID: it.id().String(), Code: string(it.Code), Status: string(it.Status), Title: it.title(),
		StartDate: it.start(zone), StartTime: string(it.StartTime), Participants: it.Participants.IntPart(),
	}
}
