package http

import (
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// The kinds of content.
const (
	contentJSON   = "json"
	contentFields = "fields"
	contentForm   = "form"
	contentText   = "text"
	contentNone   = "none"
)

// The ways of resolving a lost answer.
const (
	recoverAsk    = "ask"
	recoverKey    = "key"
	recoverFind   = "find"
	recoverRepeat = "repeat"
)

// refMark stands for our reference in what is sent and looked up: it is the same at every try and different for every document.
const refMark = "{ref}"

// requestFields are what the user says of a request: what to send, where to read in the answer, and what a lost answer means.
func requestFields() field.Set {
	set := field.Set{}
	set = append(set, sentFields()...)
	set = append(set, readFields()...)
	return append(set, recoverFields()...)
}

func sentFields() field.Set {
	only := func(kinds ...string) *field.Condition { return &field.Condition{Key: "content", Values: kinds} }
	return field.Set{
		{Key: "method", Type: field.Select, Label: "Method", Default: "POST", Options: []field.Option{
			{Value: "POST", Label: "POST"}, {Value: "PUT", Label: "PUT"}, {Value: "PATCH", Label: "PATCH"}, {Value: "DELETE", Label: "DELETE"}, {Value: "GET", Label: "GET"},
		}},
		{Key: "url", Type: field.Text, Label: "Path or address", Required: true, Max: "2000", Example: "/orders",
			Help: "A path below the account's address, or a whole address. " + refMark + " stands for our reference, here and in the content."},
		{Key: "headers", Type: field.Pairs, Label: "Headers", Advanced: true, Max: "50",
			Help: "Besides those that the content and the account's login bring. A login does not belong here."},
		{Key: "content", Type: field.Select, Label: "Content", Default: contentJSON, Options: []field.Option{
			{Value: contentFields, Label: "JSON, field by field"}, {Value: contentJSON, Label: "JSON, written out"}, {Value: contentForm, Label: "Form"},
			{Value: contentText, Label: "Text"}, {Value: contentNone, Label: "None"},
		}},
		{Key: "fields", Type: field.Pairs, Label: "Fields", DependsOn: only(contentFields, contentForm), Max: "500",
			Help: "In JSON customer.name stands inside customer, and total:number is a number; :bool and :json are the others. All else is text, whatever stands in it."},
		{Key: "body", Type: field.LongText, Label: "Text of the content", DependsOn: only(contentJSON, contentText), Max: "1000000",
			Example: `{"reference": "{ref}", "total": {{ sale.total }}}`,
			Help:    "JSON must be right after the expressions were filled in. For texts that people wrote, which may hold quotes, JSON field by field is safer."},
	}
}

// dotted is a path into JSON: names and places from 0, with dots between them.
const dotted = `[^.\s]+(\.[^.\s]+)*`

func readFields() field.Set {
	path := func(key, label, example, help string) field.Field {
		return field.Field{Key: key, Type: field.Text, Label: label, Pattern: dotted, Max: "200", Example: example, Help: help, Advanced: key != "id_path"}
	}
	return field.Set{
		{Key: "success", Type: field.Text, Label: "Statuses that mean success", Default: "2xx", Advanced: true, Max: "100", Pattern: statusList, Example: "200, 201, 409",
			Help: "A status of 300 and above is named by its number."},
		path("error_path", "Where the answer tells of an error", "error.message", "For services that answer 200 and an error: when something stands there, the request counts as refused."),
		path("id_path", "Where the id stands", "data.id", "Names with dots between them; items.0.id is the id of the first item."),
		path("number_path", "Where the number stands", "data.number", "The number that people see."),
		path("link_path", "Where the link stands", "data.url", ""),
		path("status_path", "Where the status stands", "data.status", ""),
		path("amount_path", "Where the amount stands", "data.total", "When set, it must equal the total of the sale."),
		path("currency_path", "Where the currency stands", "data.currency", "Empty: the currency is the workspace's."),
	}
}

func recoverFields() field.Set {
	only := func(means ...string) *field.Condition { return &field.Condition{Key: "recovery", Values: means} }
	return field.Set{
		{Key: "recovery", Type: field.Select, Label: "When an answer is lost", Default: recoverAsk,
			Help: "The request may have been carried out although no answer came. Choose what the service really offers: a wrong choice makes things twice.",
			Options: []field.Option{
				{Value: recoverAsk, Label: "Ask a person"},
				{Value: recoverKey, Label: "Send it again: the service knows idempotency keys"},
				{Value: recoverFind, Label: "Look it up by our reference"},
				{Value: recoverRepeat, Label: "Send it again: it only sets a state"},
			}},
		{Key: "idempotency_header", Type: field.Text, Label: "Header with the idempotency key", Default: "Idempotency-Key", DependsOn: only(recoverKey), Required: true,
			Pattern: "[A-Za-z0-9-]+", Max: "100"},
		{Key: "key_life_hours", Type: field.Int, Label: "Hours for which the service remembers a key", Default: "24", DependsOn: only(recoverKey), Min: "1", Max: "720"},
		{Key: "find_url", Type: field.Text, Label: "Path or address of the look-up", Required: true, DependsOn: only(recoverFind), Max: "2000", Example: "/orders?reference={ref}",
			Help: "A GET that shows what was made under our reference. It must show it at once, and all of it: a list in pages will not do."},
		{Key: "find_list", Type: field.Text, Label: "Where the list stands", DependsOn: only(recoverFind), Pattern: dotted, Max: "200", Example: "items",
			Help: "Empty: the answer is the list, or the thing itself."},
		{Key: "find_match", Type: field.Text, Label: "Where our reference stands in an entry", DependsOn: only(recoverFind), Pattern: dotted, Max: "200", Example: "reference",
			Help: "Only an entry with our reference there counts. Empty: any entry counts."},
		{Key: "settle_seconds", Type: field.Int, Label: "Seconds until a look-up is sure", Default: "60", DependsOn: only(recoverFind), Min: "60", Max: "86400",
			Help: "Longer than the service ever takes to carry out a request, plus half a minute."},
	}
}

// refusedHeaders are those that a request brings itself, or that are a login.
var refusedHeaders = map[string]string{
	"Accept-Encoding": "is set by the client", "Connection": "is set by the client", "Content-Length": "is set by the client", "Host": "follows from the address",
	"Te": "is set by the client", "Trailer": "is set by the client", "Transfer-Encoding": "is set by the client", "Upgrade": "is set by the client",
	"Authorization": "is a login; put it into the account", "Cookie": "is a login; put it into the account", "Proxy-Authorization": "is a login; put it into the account",
}

func refuse(code, path, message string) error { return connector.Refusal(code, path, message) }
