package locale

import (
	"testing"
)

func BenchmarkText(b *testing.B) {
	p := New("he", nil)
	p.Text("common.and")
	b.ReportAllocs()
	for b.Loop() {
		p.Text("common.when.today", "time", "12:10")
	}
}

func BenchmarkPlain(b *testing.B) {
	p := New("he", nil)
	p.Text("common.and")
	b.ReportAllocs()
	for b.Loop() {
		p.Text("common.and")
	}
}

func BenchmarkCount(b *testing.B) {
	p := New("pl", nil)
	b.ReportAllocs()
	for b.Loop() {
		p.Count("common.duration.hours", 22)
	}
}

func BenchmarkRead(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		read("he")
	}
}
