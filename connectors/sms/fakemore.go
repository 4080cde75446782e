package sms

import (
	"net/http"
	"slices"

	"github.com/tengi/tengi/connector/fake"
)

// SMSAPI.

func (f *Fake) smsapi(mux *http.ServeMux) {
	mux.HandleFunc("POST /sms.do", f.atSMSAPI(f.smsapiSend))
	mux.HandleFunc("GET /sms.do", f.atSMSAPI(f.smsapiStatus))
	mux.HandleFunc("GET /profile", f.atSMSAPI(func(w http.ResponseWriter, _ *http.Request) {
		fake.JSON(w, http.StatusOK, map[string]any{"name": "Fjörður Tours", "username": "fjordur", "email": fakeUserMail, "payment_type": "prepaid", "points": jsonNumber(f.balance)})
	}))
}

const fakeUserMail = "hello@fjordur.example"

// jsonNumber is a number that is written as it stands.
type jsonNumber string

// MarshalJSON writes the number.
func (n jsonNumber) MarshalJSON() ([]byte, error) { return []byte(n), nil }

func smsapiError(w http.ResponseWriter, status, code int, words string) {
	fake.JSON(w, status, map[string]any{"error": code, "message": words, "invalid_numbers": nil})
}

func (f *Fake) atSMSAPI(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+fakeToken {
			smsapiError(w, http.StatusUnauthorized, 101, "Authorization failed")
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		next(w, r)
	}
}

// smsapiSend answers errors under status 200, as the interface always has; that of a repeated idx comes under 400 when the stand-in holds an odd number
// of messages: clients have met both.
func (f *Fake) smsapiSend(w http.ResponseWriter, r *http.Request) {
	to, text, idx := r.PostFormValue("to"), r.PostFormValue("message"), r.PostFormValue("idx")
	from := r.PostFormValue("from")
	taken := slices.ContainsFunc(f.messages, func(m Message) bool { return m.Service == smsapi && m.Idx == idx && idx != "" })
	switch {
	case r.PostFormValue("format") != "json", r.PostFormValue("encoding") != "utf-8":
		smsapiError(w, http.StatusOK, 8, "Error in request")
	case f.balance == "0":
		smsapiError(w, http.StatusOK, 103, "Insufficient credits on your account")
	case text == "":
		smsapiError(w, http.StatusOK, 11, "Message too long or there is no message")
	case !plainTel.MatchString(to), to == fakeNowhere:
		smsapiError(w, http.StatusOK, 13, "No valid phone numbers")
	case from != "" && from != fakeSender:
		smsapiError(w, http.StatusOK, 14, "Invalid from field")
	case taken && r.PostFormValue("check_idx") == "1":
		status := http.StatusOK
		if len(f.messages)%2 == 1 {
			status = http.StatusBadRequest
		}
		smsapiError(w, status, sentBefore, "Not unique idx")
	default:
		m := f.keep(Message{Service: smsapi, To: to, From: from, Text: text, Idx: idx, Status: "QUEUE"}, "64A7"+fakeIDFormat)
		fake.JSON(w, http.StatusOK, map[string]any{"count": 1, "list": []any{smsapiView(m)}})
	}
}

func smsapiView(m Message) map[string]any {
	return map[string]any{
		"id": m.ID, "points": 0.165, "number": m.To, "date_sent": m.At.Unix(), "submitted_number": m.To, "status": m.Status, "error": nil, "idx": m.Idx,
		"parts": measure(m.Text).parts,
	}
}

func (f *Fake) smsapiStatus(w http.ResponseWriter, r *http.Request) {
	m, ok := f.find(smsapi, r.URL.Query().Get("status"))
	if !ok {
		smsapiError(w, http.StatusOK, 301, "Not existing ID")
		return
	}
	fake.JSON(w, http.StatusOK, map[string]any{"count": 1, "list": []any{smsapiView(m)}})
}

// TurboSMS.

func (f *Fake) turbo(mux *http.ServeMux) {
	mux.HandleFunc("POST /message/send.json", f.atTurbo(f.turboSend))
	mux.HandleFunc("POST /message/status.json", f.atTurbo(f.turboStatus))
	mux.HandleFunc("POST /user/balance.json", f.atTurbo(func(w http.ResponseWriter, _ *http.Request) {
		turboSay(w, 0, "OK", map[string]any{"balance": jsonNumber(f.balance)})
	}))
}

// turboSay answers: always with status 200, with the outcome inside.
func turboSay(w http.ResponseWriter, code int, status string, result any) {
	fake.JSON(w, http.StatusOK, map[string]any{"response_code": code, "response_status": status, "response_result": result})
}

func (f *Fake) atTurbo(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get("Authorization") {
		case "":
			turboSay(w, 103, "REQUIRED_TOKEN", nil)
			return
		case "Bearer " + fakeToken:
		default:
			turboSay(w, 301, "INVALID_TOKEN", nil)
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		next(w, r)
	}
}

func (f *Fake) turboSend(w http.ResponseWriter, r *http.Request) {
	var in turboMessage
	one := func(to string, code int, status string, id any) {
		top, said := 802, "SUCCESS_MESSAGE_PARTIAL_ACCEPTED"
		if code == 0 {
			top, said = 800, "SUCCESS_MESSAGE_ACCEPTED"
		}
		turboSay(w, top, said, []any{map[string]any{"phone": to, "response_code": code, "message_id": id, "response_status": status}})
	}
	switch {
	case !decodeJSON(r, &in):
		turboSay(w, 300, "INVALID_REQUEST", nil)
	case f.balance == "0":
		turboSay(w, 203, "REQUIRED_BALANCE", nil)
	case in.SMS.Sender == "":
		turboSay(w, 200, "REQUIRED_MESSAGE_SENDER", nil)
	case in.SMS.Sender != fakeSender:
		turboSay(w, 400, "NOT_ALLOWED_MESSAGE_SENDER", nil)
	case in.SMS.Text == "":
		turboSay(w, 201, "REQUIRED_MESSAGE_TEXT", nil)
	case len(in.Recipients) != 1:
		turboSay(w, 202, "REQUIRED_MESSAGE_RECIPIENT", nil)
	case !plainTel.MatchString(in.Recipients[0]), in.Recipients[0] == fakeNowhere:
		one(in.Recipients[0], 305, "INVALID_PHONE", nil)
	case in.Recipients[0] == fakeBlocked:
		one(in.Recipients[0], 404, "NOT_ALLOWED_NUMBER_STOPLIST", nil)
	default:
		m := f.keep(Message{Service: turbosms, To: in.Recipients[0], From: in.SMS.Sender, Text: in.SMS.Text, Status: "Queued"}, "f83f8868-5e46-c6cf-e4fb-%012x")
		one(m.To, 0, "OK", m.ID)
	}
}

func (f *Fake) turboStatus(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Messages []string `json:"messages"`
	}
	if !decodeJSON(r, &in) {
		turboSay(w, 300, "INVALID_REQUEST", nil)
		return
	}
	results := []any{}
	for _, id := range in.Messages {
		if m, ok := f.find(turbosms, id); ok {
			results = append(results, map[string]any{"message_id": id, "recipient": m.To, "response_code": 0, "response_status": "OK", "status": m.Status})
		}
	}
	turboSay(w, 0, "OK", results)
}
