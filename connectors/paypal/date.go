package paypal

import (
	"strings"
	"time"
)

// zones are the zones that dates of IPN name. PayPal's clock is that of California: PST in winter, PDT in summer
// (https://developer.paypal.com/api/nvp-soap/ipn/IPNandPDTVariables/); the others have been seen. They are written out because Go reads an abbreviation
// that it does not know from the machine's own zone as one without an offset: the time would be eight hours off.
var zones = map[string]time.Duration{
	"PST": -8 * time.Hour, "PDT": -7 * time.Hour, "MST": -7 * time.Hour, "MDT": -6 * time.Hour, "GMT": 0, "UTC": 0,
}

// parseDate reads "HH:MM:SS Mmm DD, YYYY PST". The month may have a dot and the day one digit.
func parseDate(given string) (time.Time, bool) {
	at := strings.LastIndexByte(given, ' ')
	if at < 0 {
		return time.Time{}, false
	}
	offset, known := zones[strings.ToUpper(given[at+1:])]
	if !known {
		return time.Time{}, false
	}
	local, err := time.Parse("15:04:05 Jan 2, 2006", strings.ReplaceAll(given[:at], ".", ""))
	if err != nil || local.Year() < 1998 { // PayPal was founded then
		return time.Time{}, false
	}
	return local.Add(-offset).UTC(), true
}
