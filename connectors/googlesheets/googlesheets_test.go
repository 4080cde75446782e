package googlesheets

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
)

func newFake(clock *connectortest.Clock) fake.Service { return NewFake(clock.Now) }

// counted counts the rows that have a text in a column.
func counted(column, text string) func(fake.Service) int {
	return func(svc fake.Service) int {
		n := 0
		for _, row := range svc.Holdings()["rows"].([]map[string]any) {
			if row[column] == text {
				n++
			}
		}
		return n
	}
}

// hint is a notice of the script.
func hint(body string) connectortest.Notice {
	mac := hmac.New(sha256.New, []byte(fakeSecret))
	mac.Write([]byte(body))
	_, secrets := (&Fake{}).Login()
	return connectortest.Notice{Name: "edited", Body: body, Header: http.Header{headerSignature: {hex.EncodeToString(mac.Sum(nil))}}, Signed: true,
		Settings: map[string]any{"spreadsheet": fakeBook}, Secrets: secrets}
}

func TestConnector(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, Connector(), newFake,
		connectortest.Case{
			Action: "row.append", Made: connectortest.Held("rows"), Undone: counted(columnStatus, statusCancelled),
			Values: map[string]any{"reference": "FJR-1", "name": "=1+1", "amount": "14900.50", "currency": "EUR", "date": "2026-07-12", "cells": map[string]any{"phone": "+354 555 0123"}},
		},
		connectortest.Case{
			Action: "row.update", Made: counted(columnStatus, "paid"),
			Values: map[string]any{"key": "r-2", "status": "paid", "number": "1047", "link": "https://example.com/1047"},
		},
		hint(`{"sheetId":0}`),
	)
}

// The vectors of RFC 7515 appendix A.2 are not used: what Google takes is more than a signature. The stand-in takes an assertion apart as Google does.
func TestLogin(t *testing.T) {
	t.Parallel()
	good := func() map[string]any {
		_, secrets := (&Fake{}).Login()
		var key map[string]any
		if err := json.Unmarshal([]byte(secrets["service_account"]), &key); err != nil {
			t.Fatal(err)
		}
		return key
	}
	for name, c := range map[string]struct {
		change func(map[string]any)
		raw    string
		want   string
	}{
		"good":                {},
		"not JSON":            {raw: "-----BEGIN PRIVATE KEY-----", want: "is not the JSON file"},
		"a user's login":      {change: func(k map[string]any) { k["type"] = "authorized_user" }, want: "not one of a service account"},
		"cut off":             {change: func(k map[string]any) { delete(k, "private_key") }, want: "not whole"},
		"no PEM":              {change: func(k map[string]any) { k["private_key"] = "abc" }, want: "damaged"},
		"half a key":          {change: func(k map[string]any) { k["private_key"] = strings.Replace(standInKey, "\n", "\nAAAA", 3) }, want: "damaged"},
		"another system":      {change: func(k map[string]any) { k["token_uri"] = "https://example.com/token" }, want: "another system"},
		"another account":     {change: func(k map[string]any) { k["client_email"] = "x@y.iam.gserviceaccount.com" }, want: "refused the service account's key"},
		"a key that is gone":  {change: func(k map[string]any) { k["private_key_id"] = "0" }, want: "refused the service account's key"},
		"token_uri left away": {change: func(k map[string]any) { delete(k, "token_uri") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key := good()
			if c.change != nil {
				c.change(key)
			}
			text, err := json.Marshal(key)
			if err != nil {
				t.Fatal(err)
			}
			if c.raw != "" {
				text = []byte(c.raw)
			}
			clock := connectortest.NewClock()
			_, err = check(t.Context(), connectortest.Client(t, Connector(), NewFake(clock.Now), connectortest.WithClock(clock), connectortest.WithSecret("service_account", string(text))))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "PRIVATE") {
				t.Errorf("the error quotes the key: %v", err)
			}
		})
	}
}
