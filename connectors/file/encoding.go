package file

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// encodings are those that programs in our countries write, beside UTF-8 (https://www.unicode.org/Public/MAPPINGS/VENDORS/MICSFT/WINDOWS/).
var encodings = map[string]encoding.Encoding{
	"windows-1250": charmap.Windows1250, "windows-1251": charmap.Windows1251, "windows-1252": charmap.Windows1252, "windows-1255": charmap.Windows1255,
}

var (
	errUnknownEncoding = errors.New("its letters could be of several alphabets: choose the encoding in the account's settings, or save it as UTF-8")
	errWrongEncoding   = errors.New("it is not in the encoding that the account's settings say")
)

// decode makes UTF-8 of a text file. Without a choice it goes by the mark at the beginning, then takes UTF-8 for what it is, and then looks at which
// letters occur; where those leave a doubt it asks, because a wrong guess puts wrong names on documents.
func decode(text []byte, choice string) (string, error) {
	switch {
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		text, choice = text[3:], "utf-8"
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")): // what Excel calls Unicode text
		decoded, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(text)
		if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
			return "", errors.New("it begins as UTF-16 and does not go on so")
		}
		return string(decoded), nil
	}
	if choice == auto || choice == "" {
		if choice = "utf-8"; !utf8.Valid(text) {
			choice = guess(text)
		}
	}
	if choice == "utf-8" {
		if !utf8.Valid(text) {
			return "", errWrongEncoding
		}
		return string(text), nil
	}
	known, ok := encodings[choice]
	if !ok {
		return "", errUnknownEncoding
	}
	decoded, err := known.NewDecoder().Bytes(text)
	if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
		return "", errWrongEncoding
	}
	return string(decoded), nil
}

// Letters that tell the encodings apart, as bytes. The same byte is another letter in each: B3 is ł in central Europe, і in Ukraine.
const (
	centralLetters  = "\xb9\xb3\xbf\x9c\x9f\xa3\xea\xa5\xca\x8c\x8f\xaf\xf1\xd1" // ą ł ż ś ź Ł ę Ą Ę Ś Ź Ż ń Ń
	westernLetters  = "\xfe\xde\xf0\xd0\xf5\xd5\xe5\xc5\xf8\xd8"                 // þ Þ ð Ð õ Õ å Å ø Ø
	cyrillicLetters = "\xb3\xb2\xbf\xaf\xba\xaa\xb4\xa5"                         // і І ї Ї є Є ґ Ґ
)

// guess tells by the letters which encoding a text is in; empty = it cannot be told. Words in Cyrillic and Hebrew are letters beyond ASCII throughout,
// and Hebrew has 27 of them; in the others such letters stand among plain ones.
func guess(text []byte) string {
	foreign, mixed := count(text)
	var outside, central, western int
	alike := true // whether both Latin encodings have the same letters here
	for _, c := range text {
		if c < 0x80 {
			continue
		}
		if c >= 0xc0 && c < 0xe0 || c > 0xfa || strings.IndexByte(cyrillicLetters, c) >= 0 {
			outside++ // of the Hebrew alphabet
		}
		if strings.IndexByte(centralLetters, c) >= 0 {
			central++
		}
		if strings.IndexByte(westernLetters, c) >= 0 {
			western++
		}
		alike = alike && charmap.Windows1250.DecodeByte(c) == charmap.Windows1252.DecodeByte(c)
	}
	switch {
	case foreign >= 2 && foreign >= 4*mixed && outside == 0:
		return "windows-1255"
	case foreign >= 2 && foreign >= 4*mixed:
		return "windows-1251"
	case mixed < 4*foreign || mixed == 0: // neither one nor the other, or too little of it
		return ""
	case alike, western > 0 && central == 0:
		return "windows-1252"
	case central > 0 && western == 0:
		return "windows-1250"
	}
	return ""
}

// count counts the words that are letters beyond ASCII throughout, and those that have plain letters too.
func count(text []byte) (foreign, mixed int) {
	plain, beyond := 0, 0
	for i := range len(text) + 1 {
		c := byte(' ') // ends the last word
		if i < len(text) {
			c = text[i]
		}
		switch {
		case c >= 0x80:
			beyond++
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			plain++
		default:
			if beyond > 1 && plain == 0 {
				foreign++
			}
			if beyond > 0 && plain > 0 {
				mixed++
			}
			plain, beyond = 0, 0
		}
	}
	return foreign, mixed
}
