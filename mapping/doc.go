// Package mapping fills destination fields from events: templates such as "Booking {{ sale.reference }}", conditions such as
// "sale.total > 0", and the functions both may call. It is pure: the same event gives the same values, nothing is sent and nothing is read.
//
// # The language
//
// An expression is written in the language of github.com/expr-lang/expr, and its parser reads it. What is read is then checked and run here and
// not by that module's virtual machine, for three reasons. A merchant's mistake needs a place and a sentence in the merchant's words. Every
// number is a decimal from the literal on, so that no amount ever passes through a float. And every step, text and list is counted, so that no
// expression, however it is written, can take more than its share of time and memory; that machine counts elements but not the bytes of texts.
//
// Of the language there are names, literals, lists and maps written out, the operators and functions that [Functions] lists, and nothing else:
// no variables, ranges, powers, sequences, methods of values, or functions that are not in that list.
//
// # Values
//
// A value is text, a number, true or false, a time, a list, a group of values (the sale, its customer), or nothing. Dates without a time are
// text, YYYY-MM-DD, which is what date fields take and what compares as dates do. What is known before an expression runs (the sale, an earlier
// document, data whose fields the source declares) is checked when the expression is saved. What is known only later (free-form data) is checked
// when it is met.
//
// Values are never quietly made into another kind: the text "5" is not the number 5 until number() says so. The few exceptions cannot go wrong:
// a number where a text is written or searched, and declared data, which JSON often brings as text.
//
// # Nothing
//
// A name that leads nowhere in free-form data, a step that made no document, a place outside of a list: all are nothing, and a name inside
// nothing is nothing again. In a text it is written as nothing, and ?? and default() replace it, as they do an empty text. But it cannot be
// computed with, put in order or looped over: a missing amount is a fault that a person sees and not a zero that nobody does. For the same
// reason a comparison of two kinds is a fault and not false. A condition that is quietly false would leave a sale without its invoice.
//
// # Faults
//
// Whatever is wrong is a [Fault]: where (the field and the character), a stable code, and a sentence. Faults name the expression and never repeat
// a value of the event, so they may be logged, mailed and kept for longer than the event. [Fields.Describe] is for the eyes of the person who
// makes the mapping and does show values.
//
// # Use
//
// A compiled [Condition], [Template] or [Fields] never changes and may be used by many goroutines at once. Compile once, when a connection is
// saved or loaded; run for every event.
package mapping
