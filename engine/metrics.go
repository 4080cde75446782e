package engine

import (
	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are what the engine counts. No label ever holds a customer's or an account's data.
type Metrics struct {
	events   *prometheus.CounterVec
	claimed  prometheus.Counter
	attempts *prometheus.CounterVec
	ended    *prometheus.CounterVec
	toCall   prometheus.Histogram
}

// NewMetrics makes the engine's metrics; Collectors lists them for a registry.
func NewMetrics() *Metrics {
	return &Metrics{
		events:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tengi_events_total", Help: "Events received, by connector and whether they were new."}, []string{"connector", "fate"}),
		claimed:  prometheus.NewCounter(prometheus.CounterOpts{Name: "tengi_claims_total", Help: "Deliveries claimed by this node."}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tengi_attempts_total", Help: "Attempts, by connector and outcome."}, []string{"connector", "outcome"}),
		ended:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tengi_deliveries_total", Help: "Deliveries that left the clock's hands, by state."}, []string{"state"}),
		toCall: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "tengi_stored_to_call_seconds", Help: "From an event being stored to the first call made for it.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5, 30, 120}}),
	}
}

// Collectors lists the metrics for a registry.
func (m *Metrics) Collectors() []prometheus.Collector {
	return []prometheus.Collector{m.events, m.claimed, m.attempts, m.ended, m.toCall}
}
