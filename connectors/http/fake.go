package http

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/tengi/tengi/connector/fake"
)

// fakeToken is the login that the stand-in accepts.
const fakeToken = "http-stand-in-token"

// maxFakeBody is the longest request taken, in bytes.
const maxFakeBody = 1 << 20

// Fake is a stand-in for a service with a plain REST interface. It keeps orders:
//
//	POST   /orders               makes one: {"id": "1", "number": "A-1001", "reference": ..., "status": "open", "content": ...}
//	PUT    /orders/{id}          sets its content, making it where it is not there
//	DELETE /orders/{id}          removes it
//	GET    /orders/{id}
//	GET    /orders?reference=    those with a reference: {"items": [...]}
//	GET    /me                   who the token belongs to
//
// A reference stands in the content as "reference", or as a form's field of that name. With IdempotencyKeys(true) it keeps to the header
// Idempotency-Key. It is safe for concurrent use, and light: tests and benchmarks send it many requests.
type Fake struct {
	faults  fake.Faults
	handler http.Handler

	mu      sync.Mutex
	keyed   bool
	made    int
	orders  map[string]*Order
	answers map[string]*keyedAnswer
}

var _ fake.Service = (*Fake)(nil)

// Order is one order of the stand-in.
type Order struct {
	ID        string          `json:"id"`
	Number    string          `json:"number"`
	Reference string          `json:"reference,omitempty"`
	Status    string          `json:"status"`
	URL       string          `json:"url"`
	Content   json.RawMessage `json:"content,omitempty"`
}

// keyedAnswer is what was answered under an idempotency key, and to what.
type keyedAnswer struct {
	request []byte
	order   *Order
}

// NewFake makes a stand-in without orders.
func NewFake() *Fake {
	f := &Fake{orders: map[string]*Order{}, answers: map[string]*keyedAnswer{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", f.post)
	mux.HandleFunc("PUT /orders/{id}", f.put)
	mux.HandleFunc("DELETE /orders/{id}", f.remove)
	mux.HandleFunc("GET /orders/{id}", f.get)
	mux.HandleFunc("GET /orders", f.list)
	mux.HandleFunc("GET /me", func(w http.ResponseWriter, _ *http.Request) {
		fake.JSON(w, http.StatusOK, map[string]string{"name": "Fjörður Tours"})
	})
	f.handler = f.faults.Wrap(signedIn(mux))
	return f
}

// IdempotencyKeys says whether the stand-in keeps to the header Idempotency-Key; without, it ignores it.
func (f *Fake) IdempotencyKeys(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keyed = on
}

// Name is the connector's name.
func (f *Fake) Name() string { return "http" }

// Login is an account that the stand-in accepts.
func (f *Fake) Login() (settings map[string]any, secrets map[string]string) {
	return map[string]any{"auth": authBearer, "check_path": "/me"}, map[string]string{"secret": fakeToken}
}

// Faults are the faults it is to commit.
func (f *Fake) Faults() *fake.Faults { return &f.faults }

// ServeHTTP is the service's interface.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// Holdings are the orders, in the order in which they were made.
func (f *Fake) Holdings() map[string]any { return map[string]any{"orders": f.Orders()} }

// Orders are the orders, in the order in which they were made.
func (f *Fake) Orders() []Order {
	f.mu.Lock()
	defer f.mu.Unlock()
	orders := make([]Order, 0, len(f.orders))
	for _, order := range f.orders {
		orders = append(orders, *order)
	}
	slices.SortFunc(orders, func(a, b Order) int {
		if len(a.ID) != len(b.ID) {
			return len(a.ID) - len(b.ID)
		}
		return strings.Compare(a.ID, b.ID)
	})
	return orders
}

// References counts the orders by reference: a count above one is an order made twice.
func (f *Fake) References() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	counts := make(map[string]int, len(f.orders))
	for _, order := range f.orders {
		counts[order.Reference]++
	}
	return counts
}

func signedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+fakeToken {
			fake.JSON(w, http.StatusUnauthorized, map[string]string{"message": "unknown token"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// post makes an order, once for each idempotency key when it keeps to those.
func (f *Fake) post(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFakeBody))
	if err != nil {
		fake.JSON(w, http.StatusRequestEntityTooLarge, map[string]string{"message": "too long"})
		return
	}
	order := parseOrder(r, body)
	if order == nil {
		fake.JSON(w, http.StatusBadRequest, map[string]string{"message": "the body is not JSON"})
		return
	}
	f.mu.Lock()
	if key := r.Header.Get("Idempotency-Key"); f.keyed && key != "" {
		if before, ok := f.answers[key]; ok {
			f.mu.Unlock()
			again(w, before, body)
			return
		}
		f.answers[key] = &keyedAnswer{request: body, order: order}
	}
	f.made++
	order.ID, order.Status = strconv.Itoa(f.made), "open"
	order.Number, order.URL = "A-"+strconv.Itoa(1000+f.made), "https://orders.example.com/"+order.ID
	f.orders[order.ID] = order
	answer := *order
	f.mu.Unlock()
	fake.JSON(w, http.StatusCreated, answer)
}

// again answers a request whose key is known: the same answer to the same request, a refusal to another
// (draft-ietf-httpapi-idempotency-key-header section 2.7).
func again(w http.ResponseWriter, before *keyedAnswer, body []byte) {
	if !bytes.Equal(before.request, body) {
		fake.JSON(w, http.StatusUnprocessableEntity, map[string]string{"message": "the key was used for another request"})
		return
	}
	fake.JSON(w, http.StatusCreated, before.order)
}

// parseOrder reads an order's content and its reference; nil when it is neither JSON nor a form.
func parseOrder(r *http.Request, body []byte) *Order {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		r.Body = io.NopCloser(bytes.NewReader(body))
		if err := r.ParseForm(); err != nil {
			return nil
		}
		fields := map[string]string{}
		for name := range r.PostForm {
			fields[name] = r.PostForm.Get(name)
		}
		content, err := json.Marshal(fields)
		if err != nil {
			return nil
		}
		return &Order{Reference: fields["reference"], Content: content}
	}
	if len(body) == 0 {
		return &Order{}
	}
	var said struct {
		Reference string `json:"reference"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		return nil
	}
	return &Order{Reference: said.Reference, Content: body}
}

func (f *Fake) put(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFakeBody))
	order := parseOrder(r, body)
	if err != nil || order == nil {
		fake.JSON(w, http.StatusBadRequest, map[string]string{"message": "the body is not JSON"})
		return
	}
	id := r.PathValue("id")
	order.ID, order.Number, order.Status, order.URL = id, "A-"+id, "open", "https://orders.example.com/"+id
	f.mu.Lock()
	f.orders[id] = order
	f.mu.Unlock()
	fake.JSON(w, http.StatusOK, order)
}

func (f *Fake) remove(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	_, there := f.orders[r.PathValue("id")]
	delete(f.orders, r.PathValue("id"))
	f.mu.Unlock()
	if !there {
		fake.JSON(w, http.StatusNotFound, map[string]string{"message": "there is no such order"})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (f *Fake) get(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	order, there := f.orders[r.PathValue("id")]
	f.mu.Unlock()
	if !there {
		fake.JSON(w, http.StatusNotFound, map[string]string{"message": "there is no such order"})
		return
	}
	fake.JSON(w, http.StatusOK, order)
}

func (f *Fake) list(w http.ResponseWriter, r *http.Request) {
	reference := r.URL.Query().Get("reference")
	f.mu.Lock()
	found := []*Order{}
	for _, id := range slices.Sorted(maps.Keys(f.orders)) {
		if f.orders[id].Reference == reference {
			found = append(found, f.orders[id])
		}
	}
	f.mu.Unlock()
	fake.JSON(w, http.StatusOK, map[string]any{"items": found})
}
