package portmone

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tengi/tengi/connector"
)

// envelope is a request as nearly all methods want it (documentation of the gateway). ID is the caller's own; Portmone gives no promise about a repeat of it.
type envelope struct {
	Method string `json:"method"`
	Params params `json:"params"`
	ID     string `json:"id"`
}

type params struct {
	Data map[string]string `json:"data"`
}

// methodCreateLink is the one method whose request is built otherwise, and signed.
const methodCreateLink = "createLinkPayment"

// jsonHeader is what the gateway wants to be told of a body.
func jsonHeader() http.Header {
	return http.Header{"Content-Type": {"application/json; charset=UTF-8"}}
}

// sign puts login and password into the body, or the signature. So none of them is ever journaled.
func sign(_ context.Context, c *connector.Client, r *http.Request) error {
	if r.GetBody == nil {
		return nil
	}
	reader, err := r.GetBody()
	if err != nil {
		return fmt.Errorf("read the request to sign: %w", err)
	}
	body, err := io.ReadAll(reader)
	if err != nil {
		return fmt.Errorf("read the request to sign: %w", err)
	}
	l := login{name: c.Settings.Text("login"), password: c.Secret("password"), key: c.Secret("signing_key")}
	signed, err := l.put(body, c.Now())
	if err != nil {
		return fmt.Errorf("sign the request: %w", err)
	}
	connector.SetBody(r, signed)
	return nil
}

// login is what proves a shop.
type login struct{ name, password, key string }

// put gives the body with the login in it.
func (l login) put(body []byte, now time.Time) ([]byte, error) {
	var whole map[string]json.RawMessage
	var told struct{ Method string }
	if err := json.Unmarshal(body, &whole); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(body, &told); err != nil {
		return nil, err
	}
	name, put := "params", l.params
	if told.Method == methodCreateLink {
		name, put = "payee", l.payee
	}
	part, err := put(whole, now)
	if err != nil {
		return nil, err
	}
	if whole[name], err = json.Marshal(part); err != nil {
		return nil, err
	}
	return json.Marshal(whole)
}

// params is the part of an ordinary request that proves the shop.
func (l login) params(whole map[string]json.RawMessage, _ time.Time) (any, error) {
	var p params
	if err := json.Unmarshal(whole["params"], &p); err != nil {
		return nil, err
	}
	if p.Data == nil {
		return nil, errors.New("a request without data")
	}
	p.Data["login"], p.Data["password"] = l.name, l.password
	return p, nil
}

// payee is the part of a signed request that proves the shop.
func (l login) payee(whole map[string]json.RawMessage, now time.Time) (any, error) {
	var order struct{ ShopOrderNumber, BillAmount string }
	payee := map[string]string{}
	if err := json.Unmarshal(whole["order"], &order); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(whole["payee"], &payee); err != nil {
		return nil, err
	}
	payee["login"], payee["dt"] = l.name, now.In(kyiv()).Format("20060102150405")
	payee["signature"] = signature(payee["payeeId"], payee["dt"], order.ShopOrderNumber, order.BillAmount, l.name, l.key)
	return payee, nil
}

// signature is Portmone's (its plugins for WooCommerce and OpenCart). The amount is signed as the very text that is sent: 150.00 is not 150.0.
func signature(payee, dt, order, amount, name, key string) string {
	text := strings.ToUpper(payee+dt+hex.EncodeToString([]byte(order))+amount) + strings.ToUpper(hex.EncodeToString([]byte(name)))
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return strings.ToUpper(hex.EncodeToString(mac.Sum(nil)))
}

// kyiv is the time that Portmone goes by (observed in practice). The table of zones is read once.
var kyiv = sync.OnceValue(func() *time.Location {
	for _, name := range []string{"Europe/Kyiv", "Europe/Kiev"} { // older tables of zones know only the second
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	return time.FixedZone("EET", 2*60*60)
})
