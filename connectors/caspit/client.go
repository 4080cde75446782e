package caspit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
)

const (
	tokenPath   = "/Token"
	tokenHeader = "Caspit-Token"
	// tokenLife is how long a token is good for when nothing is asked; every request begins it anew (https://app.caspit.biz/ApiHelp, Token).
	tokenLife = 10 * time.Minute
	// catalogLife is how long VAT rates and kinds of payment are believed before they are read again.
	catalogLife = time.Hour
	readTimeout = 15 * time.Second
)

// tokenLike is the form of a token: 48 hexadecimal digits, formerly a GUID.
var tokenLike = regexp.MustCompile(`^[0-9A-Za-z-]{16,128}$`)

// sign puts the token onto a request; in a header, since addresses are logged on the way.
func sign(ctx context.Context, c *connector.Client, req *http.Request) error {
	token, err := c.Session().Token(ctx, "access", c.Now(), func(ctx context.Context) (string, time.Duration, error) { return login(ctx, c) })
	if err != nil {
		return err
	}
	req.Header.Set(tokenHeader, token)
	return nil
}

// login asks for a token. It stands for one business.
func login(ctx context.Context, c *connector.Client) (string, time.Duration, error) {
	body := map[string]string{"UserName": c.Settings.Text("user_name"), "Password": c.Secret("password")}
	if number := c.Settings.Text("business_number"); number != "" {
		body["OsekMorsheNumber"] = number
	}
	resp, err := c.Read(ctx, connector.Request{Method: http.MethodPost, Path: tokenPath, Private: true, JSON: body})
	if err != nil {
		return "", 0, err
	}
	token := strings.Trim(strings.TrimSpace(string(resp.Body)), `"`)
	if !tokenLike.MatchString(token) {
		return "", 0, badAnswer("the login", errShape)
	}
	return token, tokenLife, nil
}

// documentPath is where a document is found by its key.
func documentPath(id string) string { return "/documents/" + url.PathEscape(id) }

// readDocument reads a document by the key it was made with.
func readDocument(ctx context.Context, c *connector.Client, id string) (document, error) {
	body, err := readBytes(ctx, c, id)
	if err != nil {
		return document{}, err
	}
	d, err := decodeDocument(body)
	if err != nil {
		return document{}, badAnswer("the document", err)
	}
	if string(d.ID) != id {
		return document{}, badAnswer("the document", errors.New("it is another one"))
	}
	return d, nil
}

func readBytes(ctx context.Context, c *connector.Client, id string) ([]byte, error) {
	resp, err := c.Read(ctx, connector.Request{Path: documentPath(id), Timeout: readTimeout})
	if err != nil {
		return nil, fmt.Errorf("caspit: read the document: %w", err)
	}
	return resp.Body, nil
}

var errNotKept = errors.New("not kept")

// catalog reads a list that rarely changes. The account's session keeps it for an hour. The list stays out of the record, because pages of a list
// name the next one by an address that holds the token.
func catalog(ctx context.Context, c *connector.Client, what, path string, query url.Values) ([]row, error) {
	name := path + "?" + query.Encode()
	kept, err := c.Session().Token(ctx, name, c.Now(), func(context.Context) (string, time.Duration, error) { return "", 0, errNotKept })
	if err == nil {
		return decodeRows([]byte(kept))
	}
	resp, err := c.Read(ctx, connector.Request{Path: path, Query: query, Private: true, Timeout: readTimeout})
	if err != nil {
		return nil, fmt.Errorf("caspit: read %s: %w", what, err)
	}
	rows, err := decodeRows(resp.Body)
	if err != nil {
		return nil, badAnswer(what, err)
	}
	// Not being kept costs another read and nothing else.
	_, _ = c.Session().Token(ctx, name, c.Now(), func(context.Context) (string, time.Duration, error) { return string(resp.Body), catalogLife, nil })
	return rows, nil
}

// vatRate is Caspit's rate for a date, per cent.
func vatRate(ctx context.Context, c *connector.Client, date string) (decimal.Decimal, error) {
	rows, err := catalog(ctx, c, "the VAT rate", "/VatRate", url.Values{"date": {date}})
	if err != nil {
		return decimal.Decimal{}, err
	}
	for _, r := range rows {
		rate, err := decimal.NewFromString(r.text("VatRatePercent"))
		if err == nil && !rate.IsNegative() && rate.LessThan(decimal.NewFromInt(100)) && rate.Exponent() >= -4 {
			return rate, nil
		}
	}
	return decimal.Decimal{}, badAnswer("the VAT rate", errShape)
}

// check proves the login and that documents may be read, which a missing licence does not allow.
func check(ctx context.Context, c *connector.Client) (connector.Identity, error) {
	var id connector.Identity
	if _, err := vatRate(ctx, c, c.Today()); err != nil {
		return id, err
	}
	query := url.Values{"trxtypeid": {fmt.Sprint(invoiceReceipt.trxType)}, "page": {"0"}}
	if _, err := c.Read(ctx, connector.Request{Path: "/documents", Query: query, Private: true, Timeout: readTimeout}); err != nil {
		return id, fmt.Errorf("caspit: read the list of documents: %w", err)
	}
	user, number := c.Settings.Text("user_name"), c.Settings.Text("business_number")
	id.Name = strings.TrimSpace(user + " " + number)
	if strings.EqualFold(user, demoUser) {
		id.Warnings = append(id.Warnings, "This is Caspit's public demo business: its documents are not real, and everybody can see them.")
	} else if number != "" && !validBusinessNumber(number) {
		id.Warnings = append(id.Warnings, "The business number does not pass its check digit: look whether it is typed correctly.")
	}
	if c.Workspace.Country != "" && c.Workspace.Country != "IL" {
		id.Warnings = append(id.Warnings, "The workspace is not in Israel: dates of documents follow its time zone, so check that it is Asia/Jerusalem.")
	}
	return id, nil
}

// validBusinessNumber says whether an Israeli number of up to nine digits passes its check digit: digits times 1, 2, 1, 2 ..., the digits of the
// products added, divisible by ten. It is only ever a warning: numbers in use were seen that do not pass.
func validBusinessNumber(text string) bool {
	if len(text) == 0 || len(text) > 9 || strings.Trim(text, "0123456789") != "" {
		return false
	}
	text = strings.Repeat("0", 9-len(text)) + text
	sum := 0
	for i, digit := range text {
		n := int(digit-'0') * (1 + i%2)
		sum += n/10 + n%10
	}
	return sum%10 == 0
}
