package googlesheets

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tengi/tengi/connector/fake"
)

// token exchanges an assertion for a token, with Google's own refusals
// (https://developers.google.com/identity/protocols/oauth2/service-account#jwt-error-codes).
func (f *Fake) token(w http.ResponseWriter, r *http.Request) {
	refuse := func(code, why string) {
		fake.JSON(w, http.StatusBadRequest, map[string]string{"error": code, "error_description": why})
	}
	if r.ParseForm() != nil || r.PostForm.Get("grant_type") != grantType {
		refuse("unsupported_grant_type", "Invalid grant_type: "+r.PostForm.Get("grant_type"))
		return
	}
	header, claims, why := openAssertion(r.PostForm.Get("assertion"))
	now := f.now()
	issued, until := time.Unix(claims.IssuedAt, 0), time.Unix(claims.Expires, 0)
	switch {
	case why != "":
		refuse("invalid_grant", why)
	case header.Algorithm != "RS256" || header.Type != "JWT" || header.KeyID != fakeKeyID:
		refuse("invalid_grant", "Invalid JWT Signature.")
	case claims.Issuer != fakeEmail:
		refuse("invalid_grant", "Invalid grant: account not found")
	case claims.Audience != tokenURI:
		refuse("invalid_grant", "Invalid JWT: Failed audience check. The right audience is "+tokenURI)
	case issued.After(now.Add(5 * time.Minute)), !until.After(now), until.Sub(issued) > time.Hour:
		refuse("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.")
	case claims.Scope != scope:
		refuse("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
	default:
		f.issued++
		token := fmt.Sprintf("ya29.stand-in-%d-%d", f.issued, now.UnixNano())
		f.tokens[token] = now.Add(time.Hour)
		fake.JSON(w, http.StatusOK, map[string]any{"access_token": token, "expires_in": 3599, "token_type": "Bearer"})
	}
}

// jwtHeader and jwtClaims are the parts of an assertion (RFC 7519).
type jwtHeader struct {
	Algorithm string `json:"alg"`
	Type      string `json:"typ"`
	KeyID     string `json:"kid"`
}

type jwtClaims struct {
	Issuer   string `json:"iss"`
	Scope    string `json:"scope"`
	Audience string `json:"aud"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

// openAssertion reads an assertion and checks its signature; why says what is wrong with it.
func openAssertion(text string) (header jwtHeader, claims jwtClaims, why string) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return header, claims, "Bad Request"
	}
	for i, into := range []any{&header, &claims} {
		decoded, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || json.Unmarshal(decoded, into) != nil {
			return header, claims, "Bad Request"
		}
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return header, claims, "Bad Request"
	}
	block, _ := pem.Decode([]byte(standInKey))
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok {
		panic("the stand-in's key is damaged")
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], signature) != nil {
		return header, claims, "Invalid JWT Signature."
	}
	return header, claims, ""
}
