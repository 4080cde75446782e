package portmone

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tengi/tengi/connector"
)

// newLink is a signed request for a link (documentation of the gateway, section 12.5, as Portmone's own plugins fill it). Login, time and signature are put
// in when it is sent.
type newLink struct {
	Method       string            `json:"method"`
	PaymentTypes map[string]string `json:"paymentTypes"`
	Payee        map[string]string `json:"payee"`
	Order        linkOrder         `json:"order"`
	Token        map[string]string `json:"token"`
	Payer        linkPayer         `json:"payer"`
}

type linkOrder struct {
	Description     string `json:"description"`
	ShopOrderNumber string `json:"shopOrderNumber"`
	BillAmount      string `json:"billAmount"`
	BillCurrency    string `json:"billCurrency"`
	SuccessURL      string `json:"successUrl,omitempty"`
	FailureURL      string `json:"failureUrl,omitempty"`
	PreauthFlag     string `json:"preauthFlag"`
	ExpTime         string `json:"expTime,omitempty"` // seconds
	Encoding        string `json:"encoding"`
}

type linkPayer struct {
	Lang         string `json:"lang"`
	EmailAddress string `json:"emailAddress,omitempty"` // fills the field of the page, for Portmone's receipt; it sends nothing before
	ShowEmail    string `json:"showEmail"`
}

// signed asks for a link that the shop's key vouches for.
func (r request) signed(c *connector.Client) connector.Change {
	body := newLink{
		Method:       methodCreateLink,
		PaymentTypes: map[string]string{},
		Payee:        map[string]string{"payeeId": c.Settings.Text("payee_id"), "shopSiteId": ""},
		Order: linkOrder{
			Description: r.title, ShopOrderNumber: r.order, BillAmount: r.amount, BillCurrency: "UAH", PreauthFlag: "N", Encoding: "UTF-8",
			SuccessURL: r.values.Text("return_url"), FailureURL: r.values.Text("return_url"),
		},
		Token: map[string]string{"tokenFlag": "N", "returnToken": "N"},
		Payer: linkPayer{Lang: pageLanguage(r.values.Text("language")), EmailAddress: r.values.Text("customer_email"), ShowEmail: "Y"},
	}
	for way := range strings.SplitSeq(first(r.values.Text("methods"), "card, gpay"), ",") {
		body.PaymentTypes[strings.TrimSpace(way)] = "Y"
	}
	if hours := r.values.Int("hours"); hours > 0 {
		body.Order.ExpTime = strconv.FormatInt(hours*3600, 10)
	}
	return connector.Change{Name: "link", Request: connector.Request{Method: http.MethodPost, Path: gatewayPath, Header: jsonHeader(), JSON: body}}
}

// pageLanguage is the language of the page on which one pays.
func pageLanguage(language string) string {
	switch short, _, _ := strings.Cut(strings.ToLower(language), "-"); short {
	case "", "uk", "ua":
		return "uk"
	default:
		return "en"
	}
}

// ownMethods are methods that do something else. One of them in the account's settings would be an accident.
var ownMethods = []string{"closeInvoice", "confirmPreauth", methodCreateLink, "getLinkInvoice", "rejectPreauth", "result", "return"}

// sent has Portmone make the invoice and send it in one call. Nothing proves that a lost one was not sent, so it is never asked for twice.
func (r request) sent(c *connector.Client) (connector.Change, error) {
	method, parameter, key := c.Settings.Text(keyEmailMethod), c.Settings.Text(keyEmailParameter), "customer_email"
	to := r.values.Text(key)
	if r.values.Text("channel") == channelSMS {
		method, parameter, key = c.Settings.Text(keySMSMethod), c.Settings.Text(keySMSParameter), "customer_phone"
		to = ukrainian(r.values.Text(key))
	}
	data := r.data(c)
	_, taken := data[parameter]
	switch {
	case method == "" || parameter == "":
		return connector.Change{}, connector.Refusal("not_set_up", "delivery", "ask Portmone's support for the method that sends invoices and for the name of its parameter, and write both into the account; or let this hub send the link")
	case slices.Contains(ownMethods, method), taken, parameter == "login", parameter == "password":
		return connector.Change{}, connector.Refusal("not_set_up", "delivery", "the method or the parameter that stands in the account is one with another meaning at Portmone: compare it with what its support wrote")
	case to == "":
		return connector.Change{}, connector.Refusal("recipient", key, "there is no address that Portmone could send to; a phone number must be Ukrainian, as in +380 44 123 45 67")
	}
	data[parameter] = to
	change := r.change("send", method, data)
	change.Accept = func(resp *connector.Response) error {
		f, err := flat(resp.Body)
		if err != nil {
			return lost()
		}
		if err := refusedIn(f); err != nil {
			return err
		}
		var answer struct{ Result json.RawMessage }
		if err := json.Unmarshal(resp.Body, &answer); err != nil || len(answer.Result) == 0 || string(answer.Result) == "null" || string(answer.Result) == "false" {
			return lost()
		}
		return nil
	}
	return change, nil
}

// ukrainian writes a Ukrainian number as twelve digits, 380 first; empty when it is none.
func ukrainian(phone string) string {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, phone)
	switch {
	case len(digits) == 12 && strings.HasPrefix(digits, "380"):
		return digits
	case len(digits) == 10 && digits[0] == '0':
		return "38" + digits
	}
	return ""
}

// linkIn is the link in an answer. Status 200 proves nothing: only an address of Portmone's own is a success, and only an error with a number is a refusal.
func linkIn(resp *connector.Response) (string, error) {
	f, err := flat(resp.Body)
	if err != nil {
		return "", lost()
	}
	if err := refusedIn(f); err != nil {
		return "", err
	}
	link := first(f["linkinvoice"], f["linkpayment"])
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Host != "portmone.com.ua" && !strings.HasSuffix(u.Host, ".portmone.com.ua") {
		return "", lost()
	}
	return link, nil
}

// refusedIn is the refusal that an answer states.
func refusedIn(f map[string]string) error {
	if code := f["errorcode"]; code != "" && strings.Trim(code, "0") != "" {
		return refusal(code, first(f["errormessage"], f["error"]))
	}
	return nil
}
