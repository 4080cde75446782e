package caspit

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// contactBody is a customer card (https://app.caspit.biz/ApiHelp, Contacts). Its type is left to Caspit: what its numbers mean is not documented.
type contactBody struct {
	ContactID string `json:"ContactId"`
	Name      string `json:"BusinessName"`
	TaxID     string `json:"OsekMorshe,omitempty"`
	Address   string `json:"Address1,omitempty"`
	City      string `json:"City,omitempty"`
	PostCode  string `json:"PostalCode,omitempty"`
	Country   string `json:"Country,omitempty"`
	Phone     string `json:"Phone,omitempty"`
	Email     string `json:"Email,omitempty"`
}

// cardKey is the key of the customer's card: the one given, else one that the same customer always has. Names are not looked at: two people with
// one name are more common than one person with two e-mails.
func cardKey(v field.Values) (string, error) {
	if key := strings.TrimSpace(v.Text("contact_id")); key != "" {
		return key, nil
	}
	who := strings.TrimSpace(v.Text("customer_tax_id"))
	if who == "" {
		who = strings.ToLower(strings.TrimSpace(v.Text("customer_email")))
	}
	if who == "" {
		return "", connector.Refusal(codeKey, "contact_id", "a customer card needs a business number, an e-mail or a key of its own")
	}
	sum := sha256.Sum256([]byte(who))
	return "tengi-" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:20]), nil
}

func composeContact(key string, v field.Values) contactBody {
	var d documentBody
	setCustomer(&d, v)
	return contactBody{ContactID: key, Name: d.Name, TaxID: d.TaxID, Address: d.Address, City: d.City, PostCode: d.PostCode, Country: d.Country, Phone: d.Phone, Email: d.Email}
}

// cardFor is the card that a document is entered on; empty = none. A card that is there may have been mended by hand and stays as it is.
func cardFor(ctx context.Context, c *connector.Client, v field.Values) (string, error) {
	if !v.Bool("make_contact") {
		return strings.TrimSpace(v.Text("contact_id")), nil
	}
	key, err := cardKey(v)
	if err != nil {
		return "", err
	}
	_, err = c.Read(ctx, connector.Request{Path: "/Contacts/" + url.PathEscape(key), Timeout: readTimeout})
	switch {
	case err == nil:
		return key, nil
	case !notFound(err):
		return "", fmt.Errorf("caspit: read the customer card: %w", err)
	}
	card, err := sendContact(ctx, c, composeContact(key, v))
	return card.id, err
}

// card is what is read of a customer card.
type card struct{ id, number string }

// sendContact makes the card or updates the one with the key; the same request again leads to the same card (Caspit's questions and answers).
func sendContact(ctx context.Context, c *connector.Client, body contactBody) (card, error) {
	resp, err := c.Change(ctx, connector.Change{
		Name:    "contact",
		Request: connector.Request{Method: http.MethodPost, Path: "/Contacts/", JSON: body},
		Recover: connector.Recovery{Repeatable: true},
	})
	if err != nil {
		return card{}, fmt.Errorf("caspit: save the customer card: %w", err)
	}
	var answer struct {
		ContactID words `json:"ContactId"`
		Number    words `json:"Number"`
	}
	if err := resp.JSON(&answer); err != nil {
		return card{}, fmt.Errorf("caspit: save the customer card: %w", err)
	}
	made := card{id: string(answer.ContactID), number: string(answer.Number)}
	if made.id == "" {
		made.id = body.ContactID
	}
	return made, nil
}

// saveContact is the Do of contact.save.
func saveContact(ctx context.Context, c *connector.Client, _ tengi.Ref, v field.Values) (tengi.Document, error) {
	key, err := cardKey(v)
	if err != nil {
		return tengi.Document{}, err
	}
	made, err := sendContact(ctx, c, composeContact(key, v))
	if err != nil {
		return tengi.Document{}, err
	}
	return tengi.Document{Kind: tengi.CustomerRecord, ExternalID: made.id, Number: made.number, Customer: made.id}, nil
}
