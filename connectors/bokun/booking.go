package bokun

import (
	"encoding/json"
	"strings"
	"time"
)

// booking is what is read of v1's booking (BookingDetailsDto in Bókun's OpenAPI description; some fields were only observed in practice).
type booking struct {
	ID                id                `json:"bookingId"`
	Code              text              `json:"confirmationCode"`
	Created           moment            `json:"creationDate"`
	Status            text              `json:"status"`
	Language          text              `json:"language"`
	Currency          text              `json:"currency"`
	TotalPrice        amount            `json:"totalPrice"`
	PaymentType       text              `json:"paymentType"`
	ExternalReference text              `json:"externalBookingReference"`
	ExternalEntity    text              `json:"externalBookingEntityName"`
	Customer          *traveller        `json:"customer"`
	Seller            *vendor           `json:"seller"`
	Agent             *agent            `json:"agent"`
	Channel           *channel          `json:"bookingChannel"`
	Promo             *promo            `json:"promoCode"`
	Payments          []payment         `json:"customerPayments"` // nil when the key cannot see them
	Invoice           *oldBill          `json:"invoice"`
	AgentInvoice      *oldBill          `json:"agentInvoice"`
	Activities        []item            `json:"activityBookings"`
	Accommodations    []item            `json:"accommodationBookings"`
	Cars              []item            `json:"carRentalBookings"`
	Routes            []item            `json:"routeBookings"`
	GiftCards         []json.RawMessage `json:"giftCardBookings"`
}

// traveller is the customer of a booking. For bookings of an OTA everything may be null.
type traveller struct {
	FirstName     text `json:"firstName"`
	LastName      text `json:"lastName"`
	Organization  text `json:"organization"`
	PersonalID    text `json:"personalIdNumber"`
	Email         text `json:"email"`
	Phone         text `json:"phoneNumber"`
	PhoneCountry  text `json:"phoneNumberCountryCode"`
	Language      text `json:"language"`
	Nationality   text `json:"nationality"`
	Country       text `json:"country"`
	Address       text `json:"address"`
	PostCode      text `json:"postCode"`
	Place         text `json:"place"`
	DetailsHidden flag `json:"contactDetailsHidden"`
}

// vendor is a company at Bókun: the seller or the supplier of a booking.
type vendor struct {
	ID       id   `json:"id"`
	Title    text `json:"title"`
	Email    text `json:"emailAddress"`
	Phone    text `json:"phoneNumber"`
	Country  text `json:"countryCode"`
	TaxID    text `json:"invoiceIdNumber"` // of an Icelandic company its kennitala, with or without a hyphen
	TimeZone text `json:"timeZone"`
}

type agent struct {
	ID    id   `json:"id"`
	Title text `json:"title"`
	TaxID text `json:"idNumber"`
	Email text `json:"email"`
}

type channel struct {
	Title text `json:"title"`
	Type  text `json:"type"` // "OTA" for the big marketplaces (observed in practice)
}

type promo struct {
	Code text `json:"code"`
}

// payment is money received from the customer, in v1's words and in v2's.
type payment struct {
	Amount    amount `json:"amount"`
	Currency  text   `json:"currency"`
	Type      text   `json:"paymentType"`
	Reference text   `json:"paymentReferenceId"`
	PaidAt    moment `json:"transactionDate"` // v1
	CreatedAt moment `json:"creationDate"`    // v2
	Refunded  amount `json:"totalRefundedAmount"`
}

// item is one product booking within a booking.
type item struct {
	BookingID     id       `json:"bookingId"` // observed in practice; the OpenAPI description has id
	OtherID       id       `json:"id"`
	ParentID      id       `json:"parentBookingId"`
	Code          text     `json:"productConfirmationCode"`
	Status        text     `json:"status"`
	Title         text     `json:"title"`
	Product       *product `json:"product"`
	Supplier      *vendor  `json:"supplier"`
	PaidType      text     `json:"paidType"`
	Price         amount   `json:"totalPrice"`
	Reduced       amount   `json:"priceWithDiscount"`
	Roles         []text   `json:"bookingRoles"` // SELLER, SUPPLIER: ours in this item (observed in practice)
	DateString    text     `json:"dateString"`   // "Fri 10.Jul 2026"
	StartTime     text     `json:"startTime"`
	StartsAt      moment   `json:"startDateTime"`
	EndsAt        moment   `json:"endDateTime"`
	Date          moment   `json:"date"`
	StartDate     moment   `json:"startDate"` // of accommodation
	EndDate       moment   `json:"endDate"`
	Participants  amount   `json:"totalParticipants"`
	SellerInvoice *oldBill `json:"sellerInvoice"`
	AgentInvoice  *oldBill `json:"agentInvoice"`
}

type product struct {
	ID         id   `json:"id"`
	Title      text `json:"title"`
	ExternalID text `json:"externalId"`
}

// items are all product bookings, whatever their kind, in the order Bókun lists them.
func (b *booking) items() []item {
	all := make([]item, 0, len(b.Activities)+len(b.Accommodations)+len(b.Cars)+len(b.Routes))
	for _, list := range [][]item{b.Activities, b.Accommodations, b.Cars, b.Routes} {
		all = append(all, list...)
	}
	return all
}

// id is the item's own number.
func (it *item) id() id {
	if it.BookingID > 0 {
		return it.BookingID
	}
	return it.OtherID
}

func (it *item) title() string {
	if it.Title == "" && it.Product != nil {
		return string(it.Product.Title)
	}
	return string(it.Title)
}

// start is the first day of the item's service, YYYY-MM-DD, by the clocks where it takes place; empty when unknown. The printed date is
// preferred: it needs no time zone.
func (it *item) start(zone *time.Location) string {
	if day, err := time.Parse("Mon 2.Jan 2006", string(it.DateString)); err == nil {
		return day.Format(time.DateOnly)
	}
	switch {
	case !it.StartsAt.IsZero():
		return it.StartsAt.In(zone).Format(time.DateOnly)
	case !it.StartDate.IsZero():
		return it.StartDate.Format(time.DateOnly)
	case !it.Date.IsZero():
		return it.Date.Format(time.DateOnly)
	}
	return ""
}

// end is the last day, empty when unknown.
func (it *item) end(zone *time.Location) string {
	switch {
	case !it.EndsAt.IsZero():
		return it.EndsAt.In(zone).Format(time.DateOnly)
	case !it.EndDate.IsZero():
		return it.EndDate.Format(time.DateOnly)
	}
	return ""
}

// channelTitle is where the booking was sold.
func (b *booking) channelTitle() string {
	if b.Channel == nil {
		return ""
	}
	return string(b.Channel.Title)
}

// ota says whether the booking was sold by an online travel agency: Bókun says so itself, or the channel has one of the given names.
func (b *booking) ota(names []string) bool {
	if b.Channel != nil && strings.EqualFold(string(b.Channel.Type), "OTA") {
		return true
	}
	return named(b.channelTitle(), names) || named(string(b.ExternalEntity), names)
}

// named says whether a title contains one of the names, whatever the case.
func named(title string, names []string) bool {
	title = strings.ToLower(title)
	for _, name := range names {
		if name != "" && strings.Contains(title, strings.ToLower(name)) {
			return true
		}
	}
	return false
}
