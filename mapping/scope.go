package mapping

import (
	"reflect"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/sale"
)

// Scope says what expressions may name besides event, workspace and connection, which are always there.
type Scope struct {
	Sale  bool      // the source knows what was sold: expressions may name sale
	Data  field.Set // what the source declares of data; empty = data is free-form and any name may be asked of it
	Steps []string  // keys of the steps before this one: steps.KEY
	// Upstream are the keys of the steps of the connection that this one runs after: upstream.KEY is what it made of the same object.
	Upstream []string
	// Notice is for templates over a notice that is no event yet: besides data they may name its header and query, and nothing else.
	Notice bool
}

// Records of our own. Of their texts only the plain ones may be shown in a story: they are words of ours or of a service, not of a customer.
var (
	saleShape     = structShape("sale", reflect.TypeFor[sale.Sale](), "status", "currency", "vat_code", "method", "country", "language")
	lineShape     = saleShape.members["lines"].shape.elements()
	customerShape = saleShape.members["customer"].shape
	paymentShape  = saleShape.members["payments"].shape.elements()
)

// ownRecords finds the shape of a record that comes out of free-form data or a mixed list.
var ownRecords = map[reflect.Type]shape{
	reflect.TypeFor[*sale.Sale]():      saleShape,
	reflect.TypeFor[*sale.Customer]():  customerShape,
	reflect.TypeFor[*sale.Line]():      lineShape,
	reflect.TypeFor[*sale.Payment]():   paymentShape,
	reflect.TypeFor[*tengi.Document](): documentShape,
}

// documentShape is what a later step may use of an earlier step's document.
var documentShape = shape{kind: record, name: "document", members: map[string]member{
	"id":       ofDocument(text, func(d *tengi.Document) any { return d.ExternalID }),
	"number":   ofDocument(text, func(d *tengi.Document) any { return d.Number }),
	"url":      ofDocument(text, func(d *tengi.Document) any { return d.URL }),
	"status":   shown(ofDocument(text, func(d *tengi.Document) any { return d.Status })),
	"amount":   ofDocument(number, func(d *tengi.Document) any { return d.Amount.Value }),
	"currency": shown(ofDocument(text, func(d *tengi.Document) any { return d.Amount.Currency })),
	"customer": ofDocument(text, func(d *tengi.Document) any { return d.Customer }),
	"data":     ofDocument(record, func(d *tengi.Document) any { return d.Data }),
}}

// ofDocument is a member of documents.
func ofDocument(k kind, get func(*tengi.Document) any) member {
	return member{shape: shape{kind: k}, get: func(_ *run, base any) (any, error) { return known(get(base.(*tengi.Document))) }}
}

// ofEnv is a member that is read from the Env, whatever record it stands in.
func ofEnv(s shape, get func(*Env) any) member {
	return member{shape: s, get: func(r *run, _ any) (any, error) { return known(get(r.env)) }}
}

// ofData is the data of the event.
func ofData(s shape) member {
	m := ofEnv(s, func(e *Env) any { return e.data() })
	m.record = func(r *run) (any, error) {
		if d, ok := r.env.dataRecord().(*document); ok {
			return d, nil
		}
		return known(r.env.Data)
	}
	return m
}

// shown marks a member whose value is a word of ours or of a service.
func shown(m member) member {
	m.plain = true
	return m
}

// group is a record that only gives its members a common first name.
func group(name string, members map[string]member) member {
	return member{
		shape: shape{kind: record, name: name, members: members},
		get:   func(*run, any) (any, error) { return struct{}{}, nil },
	}
}

// eventMember is what an event says of itself, whatever it is about.
var eventMember = group("event", map[string]member{
	"type":        shown(ofEnv(shape{kind: text}, func(e *Env) any { return e.Event.Type })),
	"object":      ofEnv(shape{kind: text}, func(e *Env) any { return e.Event.Object }),
	"received_at": ofEnv(shape{kind: moment}, func(e *Env) any { return orNil(e.Event.ReceivedAt) }),
})

// workspaceMember is the business the connection belongs to.
var workspaceMember = group("workspace", map[string]member{
	"name":     ofEnv(shape{kind: text}, func(e *Env) any { return e.Workspace.Name }),
	"country":  shown(ofEnv(shape{kind: text}, func(e *Env) any { return e.Workspace.Country })),
	"currency": shown(ofEnv(shape{kind: text}, func(e *Env) any { return e.Workspace.Currency })),
	"timezone": shown(ofEnv(shape{kind: text}, func(e *Env) any { return e.Workspace.TimeZone })),
	"language": shown(ofEnv(shape{kind: text}, func(e *Env) any { return e.Workspace.Language })),
})

// connectionMember is the connection itself, for documents that say how they came about.
var connectionMember = group("connection", map[string]member{
	"key":  shown(ofEnv(shape{kind: text}, func(e *Env) any { return e.Connection.Key })),
	"name": ofEnv(shape{kind: text}, func(e *Env) any { return e.Connection.Name }),
})

// saleMember is the sale of the event. An event without one has nothing there, and not a sale of zero.
var saleMember = member{shape: saleShape, get: func(r *run, _ any) (any, error) {
	if r.env.Event.Sale == nil {
		return nil, nil
	}
	return r.env.Event.Sale, nil
}}

// roots is the record of everything an expression may begin with. row is the shape of the elements a list field is filled from; nil outside
// of one.
func (s Scope) roots(row *shape) shape {
	if s.Notice {
		return noticeRoots
	}
	members := map[string]member{
		"event":      eventMember,
		"workspace":  workspaceMember,
		"connection": connectionMember,
		"data":       ofData(shape{}),
		"steps":      s.steps(),
	}
	if len(s.Data) > 0 {
		members["data"] = ofData(dataShape("data", s.Data))
	}
	if s.Sale {
		members["sale"] = saleMember
	}
	if len(s.Upstream) > 0 {
		members["upstream"] = madeBy("upstream", s.Upstream, func(e *Env) map[string]tengi.Document { return e.Upstream })
	}
	// row is there for every kind of element; line is the word for the lines of a sale, which most lists are filled from.
	if row != nil {
		members["row"] = member{shape: *row, get: func(r *run, _ any) (any, error) { return r.row, nil }}
		members["index"] = member{shape: shape{kind: number}, get: func(r *run, _ any) (any, error) { return count(r.index), nil }}
		if row.sameRecord(lineShape) {
			members["line"] = members["row"]
		}
	}
	return shape{kind: record, members: members}
}

// noticeRoots are the names over a notice (see [Scope]). Headers stand under their canonical names: header["Content-Type"].
var noticeRoots = shape{kind: record, members: map[string]member{
	"data":   ofData(shape{}),
	"header": ofEnv(shape{}, func(e *Env) any { return e.Header }),
	"query":  ofEnv(shape{}, func(e *Env) any { return e.Query }),
}}

// steps is a record with the documents of the steps before this one. Naming a later one is a mistake when the connection is saved.
func (s Scope) steps() member {
	return madeBy("steps", s.Steps, func(e *Env) map[string]tengi.Document { return e.Steps })
}

// madeBy is a record of documents by the keys of the steps that made them.
func madeBy(name string, keys []string, of func(*Env) map[string]tengi.Document) member {
	members := make(map[string]member, len(keys))
	for _, key := range keys {
		members[key] = member{shape: documentShape, get: func(r *run, _ any) (any, error) {
			if d, ok := of(r.env)[key]; ok {
				return &d, nil
			}
			return nil, nil
		}}
	}
	return group(name, members)
}
