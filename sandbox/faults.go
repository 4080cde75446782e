package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/tengi/tengi/connector/fake"
)

// maxBody is the longest request that directs a stand-in, in bytes.
const maxBody = 1 << 20

// kinds are the faults there are.
var kinds = []fake.FaultKind{fake.Refuse, fake.RateLimit, fake.Fail, fake.Unavailable, fake.Slow, fake.SlowAct, fake.DropAnswer, fake.FailActed, fake.DropRequest, fake.LoginFails}

// addFault plans a fault.
func addFault(w http.ResponseWriter, r *http.Request, faults *fake.Faults) {
	var in struct {
		fake.Fault
		Delay duration `json:"delay"`
	}
	if !decode(w, r, &in) {
		return
	}
	in.Fault.Delay = time.Duration(in.Delay)
	if !slices.Contains(kinds, in.Kind) {
		refuse(w, http.StatusUnprocessableEntity, fmt.Sprintf("kind: there is no such fault; there are %v", kinds))
		return
	}
	faults.Add(in.Fault)
	fake.JSON(w, http.StatusCreated, in.Fault)
}

// duration is written as people do ("2s"), or as nanoseconds.
type duration time.Duration

// UnmarshalJSON reads either form.
func (d *duration) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		return json.Unmarshal(data, (*int64)(d))
	}
	parsed, err := time.ParseDuration(text)
	*d = duration(parsed)
	return err
}

// decode reads a JSON object; an empty body is an empty one. What it does not know is refused: a mistyped name would do nothing.
func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil {
		if _, more := dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the JSON object")
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		refuse(w, http.StatusBadRequest, "the body is not what is expected here: "+err.Error())
		return false
	}
	return true
}

// refuse says what is wrong.
func refuse(w http.ResponseWriter, status int, problem string) {
	fake.JSON(w, status, map[string]string{"error": problem})
}
