package payday

import "strings"

// kennitala is an Icelandic identification number: ten digits, of a person DDMMYYNNCX, of a company with 40 added to the day, of somebody not
// resident anything beginning with 8 or 9 (https://www.skra.is, "Kennitölur").
type kennitala string

// parseKennitala reads a kennitala as people write it. The only hard rule is the form: ten digits that are not all the same. A shop fills in
// 0000000000 or 9999999999 when it has none (observed in practice).
func parseKennitala(text string) (kennitala, bool) {
	text = strings.NewReplacer("-", "", " ", "", "\u00a0", "", "\u2013", "").Replace(text)
	if len(text) != 10 || strings.Trim(text, "0123456789") != "" || strings.Count(text, text[:1]) == 10 {
		return "", false
	}
	return kennitala(text), true
}

// checks says whether the ninth digit fits the first eight. Numbers issued from 18 February 2026 on need not have a check digit, and system
// numbers never had one, so a failure is worth a remark and no more (https://www.skra.is).
func (k kennitala) checks() bool {
	if k[0] >= '8' {
		return true
	}
	weights := [8]int{3, 2, 7, 6, 5, 4, 3, 2}
	sum := 0
	for i, w := range weights {
		sum += int(k[i]-'0') * w
	}
	digit := (11 - sum%11) % 11 // 10 is never issued
	return digit == int(k[8]-'0')
}

// String is the number as it may be shown where everybody reads it.
func (k kennitala) String() string {
	if len(k) != 10 {
		return ""
	}
	return string(k[:6]) + "-****"
}

// is says whether a number as Payday holds it is this one.
func (k kennitala) is(held words) bool {
	other, ok := parseKennitala(string(held))
	return ok && other == k
}
