package connector

import (
	"net/http"
	"strings"
	"time"
)

// maxRecorded is how much of a body an exchange keeps.
const maxRecorded = 16 << 10

// maxBodies is how many exchanges of one piece of work keep their bodies. A long poll has hundreds, and what went wrong stands in the first or in
// the last, whose error is kept in any case.
const maxBodies = 100

// Exchange is one request and its answer as a person may see it: secrets masked, bodies capped, the login left out.
type Exchange struct {
	Method         string            `json:"method"`
	URL            string            `json:"url"`
	RequestHeader  map[string]string `json:"request_header,omitempty"`
	RequestBody    string            `json:"request_body,omitempty"`
	Status         int               `json:"status,omitempty"`
	ResponseHeader map[string]string `json:"response_header,omitempty"`
	ResponseBody   string            `json:"response_body,omitempty"`
	StartedAt      time.Time         `json:"started_at"`
	Took           time.Duration     `json:"took"` // nanoseconds
	Error          string            `json:"error,omitempty"`
}

// Recorder keeps the exchanges of one piece of work. Like the Client it belongs to one goroutine.
type Recorder struct {
	exchanges []Exchange
	masks     *masks
}

// recording is one exchange under way.
type recording struct {
	recorder *Recorder
	index    int
	bodies   bool
}

func (r *Recorder) begin(now time.Time, req *Request, out *outgoing) recording {
	e := Exchange{Method: out.method, URL: r.masks.mask(out.url), RequestHeader: r.headers(out.header), StartedAt: now}
	rec := recording{recorder: r, index: len(r.exchanges), bodies: !req.Private && len(r.exchanges) < maxBodies}
	if rec.bodies {
		e.RequestBody = r.masks.body(out.body, maxRecorded)
	}
	r.exchanges = append(r.exchanges, e)
	return rec
}

// fail ends an exchange that had no answer.
func (rec recording) fail(now time.Time, err error) {
	e := &rec.recorder.exchanges[rec.index]
	e.Took, e.Error = now.Sub(e.StartedAt), rec.recorder.masks.mask(err.Error())
}

// finish ends an exchange that had an answer; err says why its body could not be read whole.
func (rec recording) finish(now time.Time, resp *http.Response, body []byte, err error) {
	e := &rec.recorder.exchanges[rec.index]
	e.Took, e.Status, e.ResponseHeader = now.Sub(e.StartedAt), resp.StatusCode, rec.recorder.headers(resp.Header)
	if err != nil {
		e.Error = rec.recorder.masks.mask(err.Error())
	}
	if rec.bodies {
		e.ResponseBody = rec.recorder.masks.body(body, maxRecorded)
	}
}

// headers keeps what helps to understand an exchange and drops what may be a credential.
func (r *Recorder) headers(header http.Header) map[string]string {
	kept := make(map[string]string, len(header))
	for name, values := range header {
		switch name {
		case "Authorization", "Cookie", "Set-Cookie", "Proxy-Authorization":
		default:
			kept[name] = r.masks.mask(strings.Join(values, ", "))
		}
	}
	return kept
}
