package field

import (
	"encoding/json"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/money"
)

// maxURL is the longest address that servers and browsers are sure to take.
const maxURL = 2048

// maxEmail is the longest e-mail address, in bytes (RFC 5321, 4.5.3.1.3 less the angle brackets).
const maxEmail = 254

// textOf reads the types whose value is a text.
func textOf(t Type, x any) (any, *problem) {
	text, wrong := textFrom(x)
	if wrong != nil {
		return nil, wrong
	}
	if t == LongText {
		return longText(text)
	}
	if text, wrong = oneLine(text, -1); wrong != nil {
		return nil, wrong
	}
	switch t {
	case Currency:
		text = strings.ToUpper(text)
		if _, ok := money.Exponent(text); !ok {
			wrong = &problem{code: CodeOption, message: "must be the three-letter code of a currency, such as ISK"}
		}
	case Email:
		wrong = email(text)
	case Phone:
		wrong = phone(text)
	case URL:
		wrong = address(text)
	}
	if wrong != nil {
		return nil, wrong
	}
	return text, nil
}

// textFrom makes a text of what decoders make of a text without quotes. A number keeps all its digits or is refused.
func textFrom(x any) (string, *problem) {
	quoted := &problem{code: CodeType, message: "must be a text; put it in quotes"}
	switch x := x.(type) {
	case string:
		return x, nil
	case json.Number:
		return string(x), nil
	case int64, uint64, decimal.Decimal:
		d, wrong := numberOf(x)
		return d.String(), wrong
	case float64:
		d, wrong := numberOf(x)
		if wrong != nil || !d.IsInteger() {
			return "", quoted // 1.10 has become 1.1 by now
		}
		return d.String(), nil
	case bool:
		return "", quoted
	}
	return "", &problem{code: CodeType, message: "must be a text"}
}

// optionOf reads a Select, whose options may look like numbers and bools to a decoder.
func optionOf(f *Field, x any) (any, *problem) {
	if yes, ok := x.(bool); ok {
		x = conditionText(yes)
	}
	text, wrong := textFrom(x)
	if wrong != nil {
		return nil, wrong
	}
	text = strings.TrimSpace(text)
	if slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == text }) {
		return text, nil
	}
	values := make([]string, len(f.Options))
	for i, option := range f.Options {
		values[i] = option.Value
	}
	return nil, &problem{code: CodeOption, message: "must be one of " + strings.Join(values, ", ")}
}

// oneLine takes the blanks around a text away and refuses control characters and line ends. most < 0 leaves the length to the bounds.
func oneLine(text string, most int) (string, *problem) {
	if !utf8.ValidString(text) {
		return "", &problem{code: CodeType, message: "is not valid UTF-8 text"}
	}
	text = strings.TrimSpace(text)
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }) {
		return "", &problem{code: CodeType, message: "must be one line without control characters"}
	}
	if most >= 0 && utf8.RuneCountInString(text) > most {
		return "", &problem{code: CodeTooLong, message: "is too long"}
	}
	return text, nil
}

// longText keeps a text as it is given, line ends and all.
func longText(text string) (any, *problem) {
	if !utf8.ValidString(text) {
		return nil, &problem{code: CodeType, message: "is not valid UTF-8 text"}
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }) {
		return nil, &problem{code: CodeType, message: "must not contain control characters"}
	}
	return text, nil
}

// pairText reads the text of an entry of Pairs; it may be empty.
func pairText(x any) (string, *problem) {
	x = plain(x)
	if x == nil {
		return "", nil
	}
	text, wrong := textFrom(x)
	if wrong != nil {
		return "", wrong
	}
	return oneLine(text, MaxText)
}

// email wants exactly one plain address that a mail server takes: RFC 5321 allows 64 bytes before the @. Names, comments,
// quoted parts and addresses of machines by number are legal in a mail header but nothing a customer has.
func email(text string) *problem {
	local, domain, _ := strings.Cut(text, "@")
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text || len(text) > maxEmail || len(local) > 64 || !hostName(domain) {
		return &problem{code: CodeType, message: "must be one e-mail address, such as anna@example.is"}
	}
	return nil
}

// hostName says whether a text is a name of the Internet with at least one dot. Names in other scripts are taken as they are written.
func hostName(name string) bool {
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if r != '-' && !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) {
				return false
			}
		}
	}
	top := labels[len(labels)-1]
	return len(labels) > 1 && strings.ContainsFunc(top, unicode.IsLetter)
}

// phone is loose on purpose: every service has its own idea of a number, and connectors bring it into that form.
func phone(text string) *problem {
	digits := 0
	for i, r := range text {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '+' && strings.Trim(text[:i], " (\u00a0") == "":
		case strings.ContainsRune(" \u00a0()-./", r):
		default:
			return &problem{code: CodeType, message: "must be a phone number, such as +354 555 1234"}
		}
	}
	if digits < 5 || digits > 20 {
		return &problem{code: CodeType, message: "must be a phone number of 5 to 20 digits"}
	}
	return nil
}

// address wants an absolute web address. A login inside it would end up in logs; it belongs into fields of its own.
func address(text string) *problem {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.ContainsFunc(text, unicode.IsSpace) {
		return &problem{code: CodeType, message: "must be a complete web address, such as https://example.is/path"}
	}
	if u.User != nil {
		return &problem{code: CodeType, message: "must not contain a user name or password"}
	}
	if len(text) > maxURL {
		return &problem{code: CodeTooLong, message: "must have at most 2048 characters"}
	}
	return nil
}
