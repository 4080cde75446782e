package mapping

import (
	"testing"

	"github.com/tengi/tengi/field"
)

func BenchmarkFill(b *testing.B) {
	set := field.Set{
		{Key: "name", Type: field.Text, Required: true, Default: "{{ sale.customer.name }}"},
		{Key: "email", Type: field.Email, Default: "{{ sale.customer.email }}"},
		{Key: "description", Type: field.Text, Default: "Bókun {{ sale.reference }}"},
		{Key: "amount", Type: field.Amount, Default: "{{ sale.total }}"},
		{Key: "vat", Type: field.Amount, Default: "{{ round(sale.total * 11 / 111, 2) }}"},
		{Key: "currency", Type: field.Currency, Default: "{{ sale.currency }}"},
	}
	f := mustCompile(b, set, nil, everything)
	env := sample(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Fill(env); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFillInvoice(b *testing.B) {
	f := mustCompile(b, invoice, nil, everything)
	env := sample(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Fill(env); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCondition(b *testing.B) {
	c, err := CompileCondition(`sale.status == "confirmed" and sale.total > 0`, everything)
	if err != nil {
		b.Fatal(err)
	}
	env := sample(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Eval(env); err != nil {
			b.Fatal(err)
		}
	}
}
