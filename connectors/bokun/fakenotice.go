package bokun

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// Notice is a request as Bókun would make it to a webhook's address.
type Notice struct {
	Header http.Header
	Body   []byte
}

// The actions of unsigned notices, and the topics of an app's.
const (
	ActionConfirmed     = "BOOKING_CONFIRMED"
	ActionUpdated       = "BOOKING_UPDATED"
	ActionItemCancelled = "BOOKING_ITEM_CANCELLED"

	TopicCreate    = "bookings/create"
	TopicUpdate    = "bookings/update"
	TopicCancel    = "bookings/cancel"
	TopicUninstall = "apps/uninstall"
)

// BookingNotice is the unsigned notice of a whole booking; an empty action is left out, as it sometimes is.
func (f *Fake) BookingNotice(n int64, action string) (Notice, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	b := f.bookings[n]
	if b == nil {
		return Notice{}, fmt.Errorf("no booking %d", n)
	}
	body := b.oldBooking()
	if action != "" {
		body["action"] = action
	}
	return plain(body), nil
}

// ItemNotices are the unsigned notices of a booking whose vendor gets one for each item, with the booking inside.
func (f *Fake) ItemNotices(n int64, action string) ([]Notice, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	b := f.bookings[n]
	if b == nil {
		return nil, fmt.Errorf("no booking %d", n)
	}
	notices := make([]Notice, len(b.items))
	for i := range b.items {
		body := b.oldItem(&b.items[i])
		parent := maps.Clone(b.oldBooking()) // without the items: the item is what the notice is about
		delete(parent, "activityBookings")
		body["parentBooking"] = parent
		if action != "" {
			body["action"] = action
		}
		notices[i] = plain(body)
	}
	return notices, nil
}

// plain is an unsigned notice, with the app's headers present and empty as they have been seen.
func plain(body any) Notice {
	header := http.Header{"Content-Type": {"application/json"}}
	for _, name := range []string{"x-bokun-apikey", headerSignature, headerTopic, "x-bokun-vendor-id"} {
		header.Set(name, "")
	}
	return Notice{Header: header, Body: encode(body)}
}

// SignedNotice is an app's notice, of a booking or, with booking 0, of the app itself.
func (f *Fake) SignedNotice(topic string, booking int64) Notice {
	f.mu.RLock()
	now := f.now()
	f.mu.RUnlock()
	body := map[string]any{"timestamp": now.UTC().Format("2006-01-02T15:04:05.000")}
	headers := map[string]string{"x-bokun-apikey": fakeAppKey, headerTopic: topic, "x-bokun-vendor-id": global("Vendor", fakeVendor)}
	if booking != 0 {
		headers[headerBooking] = global("Booking", booking)
		body["bookingId"] = headers[headerBooking]
	}
	return signNotice(headers, encode(body))
}

// signNotice puts the signature over the headers.
func signNotice(headers map[string]string, body []byte) Notice {
	mac := hmac.New(sha256.New, []byte(fakeAppSecret))
	mac.Write([]byte(signedMessage(headers)))
	header := http.Header{"Content-Type": {"application/json"}}
	for name, value := range headers {
		header.Set(name, value)
	}
	header.Set(headerSignature, hex.EncodeToString(mac.Sum(nil)))
	return Notice{Header: header, Body: body}
}

// global is an id as apps get it, without padding as in the documentation's examples.
func global(kind string, n int64) string {
	return base64.RawStdEncoding.EncodeToString([]byte(kind + ":" + strconv.FormatInt(n, 10)))
}

// noticeTimeout is how long Bókun waits for a webhook's answer.
const noticeTimeout = 5 * time.Second

// Fire sends notices to a webhook's address, all at once as Bókun does with those of one booking. It follows no redirects, and whatever is not
// answered with 2xx is an error that says which notice it was.
func (f *Fake) Fire(ctx context.Context, address string, notices ...Notice) error {
	client := &http.Client{Timeout: noticeTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	failed := make([]error, len(notices))
	var all sync.WaitGroup
	for i := range notices {
		all.Go(func() {
			if err := notices[i].send(ctx, client, address); err != nil {
				failed[i] = fmt.Errorf("notice %d of %d: %w", i+1, len(notices), err)
			}
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

func (n Notice) send(ctx context.Context, client *http.Client, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(n.Body))
	if err != nil {
		return errors.New("the webhook's address cannot be used")
	}
	for name, values := range n.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	resp, err := client.Do(req)
	if err != nil {
		if failure, ok := errors.AsType[*url.Error](err); ok {
			return failure.Err // without the address: it is a secret
		}
		return errors.New("the notice could not be sent")
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("answered %d", resp.StatusCode)
	}
	return nil
}
