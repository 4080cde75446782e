package bokun

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tengi/tengi/connector/fake"
)

// The login that the stand-in accepts.
const (
	fakeAccessKey = "de235a6a15c340b6b1e1cb5f3687d04a"
	fakeSecretKey = "23e2c7da7f7048e5b46f96bc91324800"
	fakeAppKey    = "0123456789abcdef"
	fakeAppSecret = "fake-app-secret"
	fakeVendor    = 3038
)

// Fake is a stand-in for Bókun. It holds bookings, answers the REST calls that the connector makes, as strict about signatures as Bókun is, and
// writes the notices that Bókun would send. It is safe for use by many goroutines.
type Fake struct {
	faults  fake.Faults
	handler http.Handler

	mu       sync.RWMutex
	now      func() time.Time
	bookings map[int64]*fakeBooking
	codes    map[string]int64 // confirmation code or item code to booking
	items    map[int64]int64  // item to booking
	order    []int64          // bookings as they were made
	lastID   int64
	appear   time.Duration
	index    time.Duration
	skew     time.Duration
	forbid   bool
}

var _ fake.Service = (*Fake)(nil)

// NewFake returns a Bókun without bookings, by the machine's clock.
func NewFake() *Fake {
	f := &Fake{now: time.Now, bookings: map[int64]*fakeBooking{}, codes: map[string]int64{}, items: map[int64]int64{}, lastID: 71500320}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /booking.json/booking/{key}", f.getBooking)
	for _, kind := range itemKinds {
		mux.HandleFunc("GET /booking.json/"+kind+"-booking/{key}", f.getItem(kind))
	}
	mux.HandleFunc("POST /booking.json/booking-search", f.search)
	mux.HandleFunc("GET /restapi/v2.0/booking/{key}/invoices", f.getInvoices)
	mux.HandleFunc("GET /restapi/v2.0/booking/{key}/payments", f.getPayments)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { answerOld(w, http.StatusNotFound, "not found") })
	f.handler = f.faults.Wrap(f.signed(mux))
	return f
}

// SetClock makes the stand-in live by another clock.
func (f *Fake) SetClock(now func() time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = now
}

// Lag makes bookings readable only so long after they were made, and found by searches only so long after they changed. Bókun takes
// seconds for the one and minutes for the other.
func (f *Fake) Lag(appear, index time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.appear, f.index = appear, index
}

// Tolerate makes requests whose date is further than this from the stand-in's clock be refused; 0 = any date will do.
func (f *Fake) Tolerate(skew time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.skew = skew
}

// ForbidInvoices says whether the key lacks the permission for v2's invoices and payments.
func (f *Fake) ForbidInvoices(forbid bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forbid = forbid
}

// Name is the connector's name.
func (f *Fake) Name() string { return "bokun" }

// Login is an account that the stand-in accepts.
func (f *Fake) Login() (settings map[string]any, secrets map[string]string) {
	return map[string]any{"access_key": fakeAccessKey, "vendor_id": fakeVendor},
		map[string]string{"secret_key": fakeSecretKey, "app_secret": fakeAppSecret}
}

// Faults are the faults it is to commit.
func (f *Fake) Faults() *fake.Faults { return &f.faults }

// ServeHTTP answers as Bókun's REST interfaces do.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// Holdings are the bookings, oldest first.
func (f *Fake) Holdings() map[string]any {
	f.mu.RLock()
	defer f.mu.RUnlock()
	list := make([]map[string]any, 0, len(f.order))
	for _, n := range f.order {
		b := f.bookings[n]
		items := make([]map[string]any, len(b.items))
		for i, it := range b.items {
			items[i] = map[string]any{"id": it.id, "code": it.code, "title": it.order.Title, "status": it.status}
		}
		list = append(list, map[string]any{
			"id": b.id, "code": b.code, "status": b.status, "currency": b.order.Currency, "total": b.bill().total.String(), "items": items,
		})
	}
	return map[string]any{"bookings": list}
}

// signed refuses what is not signed as Bókun wants it.
func (f *Fake) signed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.RLock()
		now, skew := f.now(), f.skew
		f.mu.RUnlock()
		w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
		if reason := refused(r, now, skew); reason != "" {
			if strings.HasPrefix(r.URL.Path, "/restapi/") {
				fake.JSON(w, http.StatusUnauthorized, map[string]any{"error": reason})
			} else {
				answerOld(w, http.StatusUnauthorized, reason)
			}
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refused says why a request's login does not count; empty when it does.
func refused(r *http.Request, now time.Time, skew time.Duration) string {
	date := r.Header.Get("X-Bokun-Date")
	at, err := time.Parse(dateLayout, date)
	if err != nil || at.Format(dateLayout) != date {
		return "X-Bokun-Date must be UTC in the form yyyy-MM-dd HH:mm:ss"
	}
	if skew > 0 && now.Sub(at).Abs() > skew {
		return "the request is too old or from the future"
	}
	path := r.RequestURI // as it was sent, also when a proxy stands before the stand-in
	if !strings.HasPrefix(path, "/") {
		path = r.URL.RequestURI()
	}
	access := r.Header.Get("X-Bokun-AccessKey")
	if access != fakeAccessKey || r.Header.Get("X-Bokun-Signature") != signature(fakeSecretKey, date, access, r.Method, path) {
		return "unknown access key or wrong signature"
	}
	if !strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "application/json") {
		return "Content-Type must be application/json;charset=UTF-8"
	}
	return ""
}

// answerOld is a refusal in the words of v1.
func answerOld(w http.ResponseWriter, status int, message string) {
	fake.JSON(w, status, map[string]any{"message": message, "fields": map[string]any{}})
}

// visible finds a booking by the id or code in a request's path, if it can be read already. The caller holds the lock.
func (f *Fake) visible(r *http.Request) *fakeBooking {
	key := r.PathValue("key")
	n, ok := parseID(key)
	b := f.bookings[int64(n)]
	if !ok {
		b = f.bookings[f.codes[key]]
	}
	if b == nil || f.now().Before(b.made.Add(f.appear)) { // announced, but not readable yet
		return nil
	}
	return b
}

func (f *Fake) getBooking(w http.ResponseWriter, r *http.Request) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if b := f.visible(r); b != nil {
		writeJSON(w, b.old())
		return
	}
	answerOld(w, http.StatusNotFound, "booking not found")
}

func (f *Fake) getItem(kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f.mu.RLock()
		defer f.mu.RUnlock()
		n, _ := parseID(r.PathValue("key"))
		b := f.bookings[f.items[int64(n)]]
		if b == nil {
			b = f.bookings[f.codes[r.PathValue("key")]]
		}
		if kind == "activity" && b != nil && !f.now().Before(b.made.Add(f.appear)) {
			for i := range b.items {
				if it := &b.items[i]; it.id == int64(n) || it.code == r.PathValue("key") {
					fake.JSON(w, http.StatusOK, b.oldItem(it))
					return
				}
			}
		}
		answerOld(w, http.StatusNotFound, kind+" booking not found")
	}
}

func (f *Fake) getInvoices(w http.ResponseWriter, r *http.Request) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	b := f.visible(r)
	switch {
	case f.forbid:
		fake.JSON(w, http.StatusForbidden, map[string]any{"error": "the access key has no permission to view invoices"})
	case !slices.Contains([]string{"ALL", "CUSTOMER", "SELLER", "AGENT", "AFFILIATE"}, r.URL.Query().Get("invoiceType")):
		fake.JSON(w, http.StatusBadRequest, map[string]any{"error": "invoiceType is required"})
	case b == nil:
		fake.JSON(w, http.StatusNotFound, map[string]any{"error": "booking not found"})
	case r.URL.Query().Get("includeHistoric") == "true":
		writeJSON(w, b.newAll())
	default:
		writeJSON(w, b.newActive())
	}
}

func (f *Fake) getPayments(w http.ResponseWriter, r *http.Request) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	b := f.visible(r)
	switch {
	case f.forbid:
		fake.JSON(w, http.StatusForbidden, map[string]any{"error": "the access key has no permission to view payments"})
	case b == nil:
		fake.JSON(w, http.StatusNotFound, map[string]any{"error": "booking not found"})
	default:
		fake.JSON(w, http.StatusOK, b.newPayments())
	}
}

// search finds bookings by when they changed and by status, newest first. It counts fewer hits than there are, as Bókun has been seen to do.
func (f *Fake) search(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Modified *struct {
			From         time.Time `json:"from"`
			To           time.Time `json:"to"`
			IncludeLower bool      `json:"includeLower"`
			IncludeUpper bool      `json:"includeUpper"`
		} `json:"lastModifiedDateRange"`
		Code     string   `json:"confirmationCode"`
		Statuses []string `json:"bookingStatuses"`
		Page     int      `json:"page"`
		PageSize int      `json:"pageSize"`
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err == nil && len(body) > 0 {
		err = json.Unmarshal(body, &q)
	}
	if err != nil {
		answerOld(w, http.StatusBadRequest, fmt.Sprintf("the search cannot be read: %v", err))
		return
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	found := []map[string]any{}
	// Every booking is looked at: searches are rare, and an index would have to be kept under load.
	for _, n := range slices.Backward(f.order) {
		b := f.bookings[n]
		m := q.Modified
		after := m == nil || b.changed.After(m.From) || (m.IncludeLower && b.changed.Equal(m.From))
		before := m == nil || b.changed.Before(m.To) || (m.IncludeUpper && b.changed.Equal(m.To))
		if !after || !before || f.now().Before(b.changed.Add(f.index)) ||
			(q.Code != "" && q.Code != b.code) || (len(q.Statuses) > 0 && !slices.Contains(q.Statuses, b.status)) {
			continue
		}
		found = append(found, b.hit())
	}
	size := q.PageSize
	if size <= 0 {
		size = 50
	}
	from := min(max(q.Page-1, 0)*size, len(found))
	page := found[from:min(from+size, len(found))]
	fake.JSON(w, http.StatusOK, map[string]any{"items": page, "totalHits": len(found) / 2, "tookInMillis": 3})
}

func writeJSON(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(body)
}
