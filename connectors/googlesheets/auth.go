package googlesheets

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tengi/tengi/connector"
)

const (
	// tokenURI is where tokens are fetched, and whom an assertion is for (https://developers.google.com/identity/protocols/oauth2/service-account).
	tokenURI  = "https://oauth2.googleapis.com/token"
	tokenPath = "/token"
	grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	// scope lets the service account read and write the spreadsheets that are shared with it, and nothing else.
	scope = "https://www.googleapis.com/auth/spreadsheets"
	// assertionLife is as long as Google lets an assertion live.
	assertionLife = time.Hour
)

// serviceKey is what matters in the JSON file of a service account's key.
type serviceKey struct {
	Type         string `json:"type"`
	ClientEmail  string `json:"client_email"`
	PrivateKey   string `json:"private_key"` // PKCS #8 in PEM
	PrivateKeyID string `json:"private_key_id"`
	TokenURI     string `json:"token_uri"`
}

// readKey reads the account's key. Its errors say nothing of what stands in it.
func readKey(text string) (serviceKey, *rsa.PrivateKey, error) {
	refuse := func(why string) (serviceKey, *rsa.PrivateKey, error) {
		return serviceKey{}, nil, &connector.Error{Kind: connector.Attention, Code: "bad_key", Field: "service_account", Message: why}
	}
	var key serviceKey
	if err := json.Unmarshal([]byte(text), &key); err != nil {
		return refuse("the service account key is not the JSON file that Google gives: paste its whole content, from { to }")
	}
	switch {
	case key.Type != "service_account":
		return refuse("the key is not one of a service account: in the Google Cloud console open the service account, then Keys, and add a key of the kind JSON")
	case key.ClientEmail == "" || key.PrivateKey == "":
		return refuse("the service account key is not whole: paste the whole content of the file")
	case key.TokenURI != "" && key.TokenURI != tokenURI:
		return refuse("the service account key is for another system than Google's")
	}
	block, _ := pem.Decode([]byte(key.PrivateKey))
	if block == nil {
		return refuse("the private key in the service account key is damaged: paste the file once more, or make a new key")
	}
	var private *rsa.PrivateKey
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		private, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	} else if rsaKey, ok := parsed.(*rsa.PrivateKey); ok {
		private = rsaKey
	}
	if err != nil || private == nil {
		return refuse("the private key in the service account key is damaged: paste the file once more, or make a new key")
	}
	return key, private, nil
}

// sign puts the access token onto a request.
func sign(ctx context.Context, c *connector.Client, r *http.Request) error {
	token, err := c.Session().Token(ctx, "access", c.Now(), func(ctx context.Context) (string, time.Duration, error) { return login(ctx, c) })
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}

// login exchanges a signed assertion for a token, which lives an hour.
func login(ctx context.Context, c *connector.Client) (string, time.Duration, error) {
	key, private, err := readKey(c.Secret("service_account"))
	if err != nil {
		return "", 0, err
	}
	assertion, err := assert(key, private, c.Now())
	if err != nil {
		return "", 0, err
	}
	address := tokenURI
	if c.Settings.Text("base_url") != "" { // a stand-in or a proxy answers for all of Google
		address = tokenPath
	}
	resp, err := c.Read(ctx, connector.Request{Method: http.MethodPost, Path: address, Private: true,
		Form: url.Values{"grant_type": {grantType}, "assertion": {assertion}}})
	if err != nil {
		return "", 0, err
	}
	var answer struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"` // seconds
	}
	if err := json.Unmarshal(resp.Body, &answer); err != nil || answer.AccessToken == "" {
		return "", 0, &connector.Error{Kind: connector.Temporary, Code: connector.CodeBadAnswer, Message: "Google's answer to the login could not be read"}
	}
	return answer.AccessToken, time.Duration(min(max(answer.ExpiresIn, 60), 3600)) * time.Second, nil
}

// assert makes the signed statement of who asks for what: a JSON Web Token signed with RS256 (RFC 7523, RFC 7518 section 3.3).
func assert(key serviceKey, private *rsa.PrivateKey, now time.Time) (string, error) {
	header, err := json.Marshal(map[string]string{"alg": "RS256", "typ": "JWT", "kid": key.PrivateKeyID})
	if err != nil {
		return "", fmt.Errorf("write the header of the assertion: %w", err)
	}
	claims, err := json.Marshal(map[string]any{"iss": key.ClientEmail, "scope": scope, "aud": tokenURI, "iat": now.Unix(), "exp": now.Add(assertionLife).Unix()})
	if err != nil {
		return "", fmt.Errorf("write the claims of the assertion: %w", err)
	}
	text := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, private, crypto.SHA256, sum[:])
	if err != nil {
		return "", &connector.Error{Kind: connector.Attention, Code: "bad_key", Field: "service_account", Message: "the private key in the service account key cannot sign: make a new key",
			Err: errors.New("signing failed")}
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// check signs in and opens the spreadsheet.
func check(ctx context.Context, c *connector.Client) (connector.Identity, error) {
	b, err := openBook(ctx, c)
	if err != nil {
		if e := connector.AsError(err); e.Code == codeNotShared || e.Code == codeNotFound {
			if key, _, keyErr := readKey(c.Secret("service_account")); keyErr == nil {
				told := *e
				told.Message += ": open it in the browser, choose Share, and enter " + key.ClientEmail
				return connector.Identity{}, &told
			}
		}
		return connector.Identity{}, err
	}
	key, _, err := readKey(c.Secret("service_account"))
	if err != nil {
		return connector.Identity{}, err
	}
	identity := connector.Identity{Name: fmt.Sprintf("%s (%s)", b.Properties.Title, key.ClientEmail)}
	if strings.TrimSpace(b.Properties.Title) == "" {
		identity.Name = key.ClientEmail
	}
	return identity, nil
}
