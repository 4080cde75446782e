package imoje

import (
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/money"
)

// formSignature signs the fields that a browser sends to the payment page: a plain hash of the fields by name, as they are and not encoded,
// followed by the shop key. alg is sha224, sha256, sha384 or sha512; another gives an empty signature. A field called signature is not signed.
func formSignature(fields map[string]string, key, alg string) string {
	sum := algorithm(alg)
	if sum == nil {
		return ""
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != "signature" {
			pairs = append(pairs, name+"="+fields[name])
		}
	}
	sum.Write([]byte(strings.Join(pairs, "&")))
	sum.Write([]byte(key))
	return hex.EncodeToString(sum.Sum(nil)) + ";" + strings.ToLower(alg)
}

// pagePrefix tells signed pages from links in the ledger.
const pagePrefix = "page:"

// signedPage is a payment page whose address holds everything, signed. Nothing is sent to make it, and making it again makes nothing new at imoje.
func signedPage(c *connector.Client, link newLink) tengi.Document {
	query := url.Values{}
	for name, value := range formFields(c, link) {
		query.Set(name, value)
	}
	_, paywall := hosts(c.Settings)
	return tengi.Document{
		Kind: tengi.PaymentRequest, ExternalID: pagePrefix + link.OrderID, Number: link.OrderID, URL: paywall + "?" + query.Encode(), Status: "new",
		Amount: money.New(cents(link.Amount).decimal(), link.Currency), Data: map[string]any{"order_id": link.OrderID},
	}
}

// formFields are the signed fields of a page for what a link would be made of.
func formFields(c *connector.Client, link newLink) map[string]string {
	fields := map[string]string{
		"serviceId": link.ServiceID, "merchantId": c.Settings.Text("merchant_id"), "amount": strconv.FormatInt(link.Amount, 10), "currency": link.Currency,
		"orderId": link.OrderID, "customerFirstName": link.Customer.FirstName, "customerLastName": link.Customer.LastName, "customerEmail": link.Customer.Email,
		"customerPhone": link.Customer.Phone, "orderDescription": link.Title, "additionalDescription": link.Description,
		"urlReturn": link.ReturnURL, "urlSuccess": link.SuccessURL, "urlFailure": link.FailureURL,
		"visibleMethod": strings.Join(link.Methods, ","), "validTo": strconv.FormatInt(link.ValidTo, 10),
	}
	maps.DeleteFunc(fields, func(_, value string) bool { return value == "" }) // left out of the page and of the signature alike
	fields["signature"] = formSignature(fields, c.Secret("service_key"), "sha256")
	return fields
}
