package sms

import (
	"strings"
	"unicode/utf16"
)

// size is how long a text is, and what it costs.
type size struct {
	characters int    // as the network counts them
	parts      int    // messages
	alphabet   string // gsm7 or ucs2
}

// The alphabet of phones (3GPP TS 23.038 section 6.2.1): a character takes one place, those behind the escape two. One letter beyond it makes the whole
// text UCS-2. The services may replace letters to save parts; what they do then is not known here and costs less, never more.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmMore  = "\f^{}\\[~]|€"
)

// Places in a single message, and in each part of a longer one, where the parts' order takes the rest (3GPP TS 23.040 section 9.2.3.24.1).
const (
	gsmSingle, gsmPart = 160, 153
	ucsSingle, ucsPart = 70, 67
)

// measure counts the places that a text takes and the messages it becomes.
func measure(text string) size {
	widths := make([]int, 0, len(text))
	for _, r := range text {
		switch {
		case strings.ContainsRune(gsmBasic, r):
			widths = append(widths, 1)
		case strings.ContainsRune(gsmMore, r):
			widths = append(widths, 2)
		default:
			return measureUCS(text)
		}
	}
	return split(widths, gsmSingle, gsmPart, "gsm7")
}

func measureUCS(text string) size {
	widths := make([]int, 0, len(text))
	for _, r := range text {
		widths = append(widths, max(utf16.RuneLen(r), 1))
	}
	return split(widths, ucsSingle, ucsPart, "ucs2")
}

// split fills parts; a character of two places is not cut in two.
func split(widths []int, single, part int, alphabet string) size {
	s := size{parts: 1, alphabet: alphabet}
	for _, w := range widths {
		s.characters += w
	}
	if s.characters <= single {
		return s
	}
	used := 0
	for _, w := range widths {
		if used+w > part {
			s.parts, used = s.parts+1, 0
		}
		used += w
	}
	return s
}
