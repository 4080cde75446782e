package bokun

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

// Bókun sends notices of two kinds. Those of an app carry ids only and are signed, over their headers and not their body
// (https://bokun.dev, "Webhooks", and clients in use). Those that a vendor sets up under Settings → Webhooks carry the whole booking and are not
// signed at all: there the secret address is the credential (observed in practice). Either is only a hint: nothing but ids is taken from it.

const (
	headerPrefix     = "x-bokun-"
	headerSignature  = "x-bokun-hmac"
	headerTopic      = "x-bokun-topic"
	headerBooking    = "x-bokun-booking-id"
	headerExperience = "x-bokun-experiencebooking-id"
)

// receive turns a notice into at most one event.
func receive(in *connector.Inbound) ([]tengi.Event, error) {
	headers := bokunHeaders(in)
	var event tengi.Event
	var found bool
	var err error
	switch {
	// The headers of unsigned notices can be present and empty (observed in practice).
	case headers[headerSignature] != "":
		event, found, err = receiveSigned(in, headers)
	case in.Settings.Bool("require_signature"):
		return nil, connector.Unverified("the notice is not signed and the account takes only signed ones")
	default:
		event, found, err = receivePlain(in)
	}
	if err != nil || !found {
		return nil, err
	}
	event.ReceivedAt = in.ReceivedAt
	return []tengi.Event{event}, nil
}

// bokunHeaders are the headers whose names start with x-bokun-, in lower case, each with its first value.
func bokunHeaders(in *connector.Inbound) map[string]string {
	headers := map[string]string{}
	for name, values := range in.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, headerPrefix) && len(values) > 0 {
			headers[name] = values[0]
		}
	}
	return headers
}

// signedMessage is what the signature of an app's notice covers: every x-bokun- header but the signature, by name, as name=value joined
// with & and without any encoding (https://bokun.dev, "Webhooks"; the same in several clients in use).
func signedMessage(headers map[string]string) string {
	names := make([]string, 0, len(headers))
	for name := range headers {
		if name != headerSignature {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	pairs := make([]string, len(names))
	for i, name := range names {
		pairs[i] = name + "=" + headers[name]
	}
	return strings.Join(pairs, "&")
}

// verify compares the signature of an app's notice. The documentation says base64 and its example is hex, so both are read.
func verify(secret, message, given string) error {
	sum, err := hex.DecodeString(given)
	if err != nil || len(sum) != sha256.Size {
		if sum, err = decodeBase64(given); err != nil || len(sum) != sha256.Size {
			return connector.Unverified("the signature is neither hex nor base64 of 32 bytes")
		}
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(message)) // hash.Hash never fails to write
	if !hmac.Equal(sum, mac.Sum(nil)) {
		return connector.Unverified("the signature does not match: is the account's app secret that of the app?")
	}
	return nil
}

// receiveSigned reads an app's notice. The body is not covered by the signature, so the ids come from the headers and a body that says
// otherwise is refused.
func receiveSigned(in *connector.Inbound, headers map[string]string) (tengi.Event, bool, error) {
	secret := in.Secret("app_secret")
	if secret == "" {
		return tengi.Event{}, false, connector.Unverified("the notice is signed by an app, but the account holds no app secret")
	}
	message := signedMessage(headers)
	if err := verify(secret, message, headers[headerSignature]); err != nil {
		return tengi.Event{}, false, err
	}
	var body struct {
		Timestamp  text `json:"timestamp"`
		Booking    text `json:"bookingId"`
		Experience text `json:"experienceBookingId"`
	}
	if err := json.Unmarshal(in.Body, &body); err != nil {
		return tengi.Event{}, false, fmt.Errorf("read the body of a signed notice: %w", err)
	}
	dedupe := dedupeKey(message, string(body.Timestamp))
	if body.Timestamp == "" {
		dedupe = dedupeKey(message, string(in.Body), arrived(in))
	}
	topic := headers[headerTopic]
	switch {
	case topic == "apps/uninstall":
		return tengi.Event{Type: typeRemoved, Object: "app", Dedupe: dedupe, Data: json.RawMessage(`{}`)}, true, nil
	case !strings.HasPrefix(topic, "bookings/"):
		return tengi.Event{}, false, nil // experiences/*: nothing that is sold changed
	}
	object, err := signedObject(headers[headerBooking], headers[headerExperience], string(body.Booking), string(body.Experience))
	if err != nil {
		return tengi.Event{}, false, err
	}
	return changed(object, dedupe), true, nil
}

// signedObject names the booking, or the item of one, that a signed notice is about.
func signedObject(booking, item, bodyBooking, bodyItem string) (string, error) {
	kind, n, err := "booking", id(0), errors.New("a signed notice names no booking in its headers")
	switch {
	case booking != "":
		_, n, err = globalID(booking)
	case item != "":
		kind = "item"
		_, n, err = globalID(item)
	}
	if err != nil {
		return "", err
	}
	other := bodyBooking
	if kind == "item" {
		other = bodyItem
	}
	if other != "" {
		if _, m, err := globalID(other); err != nil || m != n {
			return "", connector.Unverified("the body names another booking than the signed headers")
		}
	}
	return kind + "/" + n.String(), nil
}

// globalID reads an id as apps get it: base64 of "Booking:5165423", with or without padding, or the digits alone.
func globalID(given string) (kind string, n id, err error) {
	given = strings.TrimSpace(given)
	if n, ok := parseID(given); ok {
		return "", n, nil
	}
	decoded, err := decodeBase64(given)
	if err != nil {
		return "", 0, errors.New("an id is neither digits nor base64")
	}
	name := string(decoded)
	if cut := strings.LastIndexByte(name, ':'); cut >= 0 {
		kind, name = name[:cut], name[cut+1:]
	}
	n, ok := parseID(name)
	if !ok {
		return "", 0, errors.New("an id holds no number")
	}
	return kind, n, nil
}

// decodeBase64 takes the ordinary and the address-safe alphabet, with or without padding.
func decodeBase64(given string) ([]byte, error) {
	given = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(given, "="))
	return base64.RawStdEncoding.DecodeString(given)
}

// plainNotice is what is read of an unsigned notice: ids, and what tells a booking from an item of one.
type plainNotice struct {
	Timestamp     text            `json:"timestamp"`
	BookingID     text            `json:"bookingId"`
	ID            id              `json:"id"`
	ParentID      id              `json:"parentBookingId"`
	Parent        json.RawMessage `json:"parentBooking"`
	Booking       json.RawMessage `json:"booking"`
	Code          text            `json:"confirmationCode"`
	ItemCode      text            `json:"productConfirmationCode"`
	Customer      json.RawMessage `json:"customer"`
	Activities    json.RawMessage `json:"activityBookings"`
	Accommodation json.RawMessage `json:"accommodationBookings"`
	Cars          json.RawMessage `json:"carRentalBookings"`
	Routes        json.RawMessage `json:"routeBookings"`
}

// receivePlain reads an unsigned notice. Its body is either the booking, or one item with the booking inside; `action` may be missing
// (observed in practice). The same number means the booking in one and the item in the other, and the two are counted apart, so a
// wrong guess would read somebody else's booking.
func receivePlain(in *connector.Inbound) (tengi.Event, bool, error) {
	var n plainNotice
	if err := json.Unmarshal(in.Body, &n); err != nil {
		return tengi.Event{}, false, fmt.Errorf("read the body of a notice: %w", err)
	}
	// The action is not read: it says what happened once, and the booking is read as it stands now.
	object, ok := n.object()
	if !ok {
		return tengi.Event{}, false, errors.New("a notice names no booking: no booking id, parent booking id or confirmation code in its body")
	}
	if n.Timestamp != "" {
		return changed(object, dedupeKey(string(in.Body))), true, nil
	}
	return changed(object, dedupeKey(string(in.Body), arrived(in))), true, nil
}

// confirmationCode is how Bókun writes one ("FJR-71500321"); it is put into an address, so nothing else passes.
var confirmationCode = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{2,63}$`)

// object names what the notice is about: a booking by id where it can, else an item by id, else a booking by its code.
func (n *plainNotice) object() (string, bool) {
	if parent, ok := inner(n.Parent); ok {
		return "booking/" + parent.String(), true
	}
	if n.ParentID > 0 {
		return "booking/" + n.ParentID.String(), true
	}
	kind, own, err := globalID(string(n.BookingID))
	if err != nil {
		own = n.ID
	}
	whole := present(n.Customer) || present(n.Activities) || present(n.Accommodation) || present(n.Cars) || present(n.Routes)
	// An app's body that lost its headers on the way names the booking itself.
	whole = whole || kind == "Booking" || (kind == "" && n.Timestamp != "" && n.ItemCode == "")
	if own > 0 && whole {
		return "booking/" + own.String(), true
	}
	if booking, ok := inner(n.Booking); ok {
		return "booking/" + booking.String(), true
	}
	switch {
	case own > 0:
		return "item/" + own.String(), true
	case confirmationCode.MatchString(string(n.Code)):
		return "code/" + string(n.Code), true
	}
	return "", false
}

// inner reads the id of a booking that stands inside a notice.
func inner(raw json.RawMessage) (id, bool) {
	var b struct {
		BookingID id `json:"bookingId"`
		ID        id `json:"id"`
	}
	if len(raw) == 0 || json.Unmarshal(raw, &b) != nil {
		return 0, false
	}
	if b.BookingID > 0 {
		return b.BookingID, true
	}
	return b.ID, b.ID > 0
}

func present(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) > 0 && !bytes.Equal(raw, []byte("null"))
}

// changed is the event of a booking about which nothing is known yet but that it changed.
func changed(object, dedupe string) tengi.Event {
	return tengi.Event{Type: typeChanged, Object: object, Dedupe: dedupe, NeedsLoad: true}
}

// repeatWindow is how long the same bytes are taken for the same notice when nothing in them says when they were written: the booking whose price was
// changed and changed back is told of in the bytes of the first time, and must be read again. It is short, because what is taken for a repeat is only
// found by the next poll, while a repeat that is taken for something new costs one reading of the booking, which then says that nothing changed.
const repeatWindow = 2 * time.Minute

// arrived is the window in which a notice came.
func arrived(in *connector.Inbound) string {
	return in.ReceivedAt.UTC().Truncate(repeatWindow).Format(time.RFC3339)
}

// dedupeKey recognises the very same notice. It saves work: a booking is always read again.
func dedupeKey(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return "notice:" + hex.EncodeToString(sum[:])
}
