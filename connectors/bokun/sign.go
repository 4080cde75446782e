package bokun

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the service prescribes HMAC-SHA1, which is not weakened by SHA-1's collisions
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// The addresses of Bókun's two installations (https://bokun.dev, "Configuring the platform for API usage and authentication").
const (
	liveURL = "https://api.bokun.io"
	testURL = "https://api.bokuntest.com"
)

// dateLayout is how X-Bokun-Date is written, in UTC.
const dateLayout = "2006-01-02 15:04:05"

func baseURL(settings field.Values) string {
	if settings.Text("environment") == "test" {
		return testURL
	}
	return liveURL
}

// sign puts the login onto a request: date, access key, and base64(HMAC-SHA1(secret, date + access key + method + path with query)).
// The body is not signed (https://bokun.dev, "Configuring the platform for API usage and authentication").
func sign(_ context.Context, c *connector.Client, req *http.Request) error {
	if !allowed(req.Method, pathBelow(c.Settings.Text("base_url"), req.URL)) {
		return errPath()
	}
	access, date := c.Settings.Text("access_key"), c.Now().UTC().Format(dateLayout)
	req.Header.Set("Content-Type", "application/json;charset=UTF-8")
	req.Header.Set("X-Bokun-Date", date)
	req.Header.Set("X-Bokun-AccessKey", access)
	req.Header.Set("X-Bokun-Signature", signature(c.Secret("secret_key"), date, access, req.Method, req.URL.RequestURI()))
	return nil
}

// signature is the value of X-Bokun-Signature. pathWithQuery is exactly as sent.
func signature(secret, date, access, method, pathWithQuery string) string {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(date + access + method + pathWithQuery))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// calls are the only requests ever signed. The list is a fence: among Bókun's v1 calls are GETs that change data
// (/booking.json/.../customer-status/..., abort-reserved, removals from a cart; https://bokun.dev, "Booking API (REST)").
var calls = []struct {
	method string
	path   *regexp.Regexp
}{
	{http.MethodGet, regexp.MustCompile(`^/booking\.json/booking/[A-Za-z0-9-]{1,64}$`)},
	{http.MethodGet, regexp.MustCompile(`^/booking\.json/(activity|route|accommodation)-booking/[0-9]{1,18}$`)},
	{http.MethodGet, regexp.MustCompile(`^/restapi/v2\.0/booking/[0-9]{1,18}/(invoices|payments)$`)},
	{http.MethodPost, regexp.MustCompile(`^/booking\.json/booking-search$`)},
}

// allowed says whether a request is in the list. path is escaped, as it will be sent.
func allowed(method, path string) bool {
	for _, call := range calls {
		if call.method == method && call.path.MatchString(path) {
			return true
		}
	}
	return false
}

func errPath() error {
	return connector.Refusal("path_refused", "", "this address of Bókun is not one that Tengi may call")
}

// pathBelow is the request's escaped path without the part that the account's own address puts before it.
func pathBelow(base string, target *url.URL) string {
	path := target.EscapedPath()
	if own, err := url.Parse(base); err == nil {
		path = strings.TrimPrefix(path, strings.TrimRight(own.EscapedPath(), "/"))
	}
	return path
}

// maxSkew is how far the clocks may be apart before a refused login is blamed on them. How much Bókun tolerates is not published.
const (
	maxSkew  = time.Minute
	codeSkew = "clock_skew"
)

// read sends a request that changes nothing. A refused login is compared with the clock: the date is part of the signature, so a clock that is
// wrong looks like a wrong key.
func read(ctx context.Context, c *connector.Client, req connector.Request) (*connector.Response, error) {
	method := req.Method
	if method == "" {
		method = http.MethodGet
	}
	if !allowed(method, req.Path) {
		return nil, errPath()
	}
	resp, err := c.Read(ctx, req)
	if err == nil || resp == nil || (resp.Status != http.StatusUnauthorized && resp.Status != http.StatusForbidden) {
		return resp, err
	}
	theirs, parseErr := http.ParseTime(resp.Header.Get("Date"))
	if parseErr != nil {
		return resp, err
	}
	skew := c.Now().Sub(theirs).Round(time.Second)
	if skew.Abs() <= maxSkew {
		return resp, err
	}
	direction := "ahead of"
	if skew < 0 {
		direction = "behind"
	}
	e := *connector.AsError(err)
	e.Code = codeSkew
	e.Message = "Bókun refused the login and this machine's clock is " + skew.Abs().String() + " " + direction +
		" Bókun's: set the clock (switch on time synchronisation), then check the account again"
	return resp, &e
}

// get reads path and decodes its answer.
func get(ctx context.Context, c *connector.Client, path string, query url.Values, into any) error {
	resp, err := read(ctx, c, connector.Request{Path: path, Query: query})
	if err != nil {
		return err
	}
	return resp.JSON(into)
}
