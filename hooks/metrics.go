package hooks

import "github.com/prometheus/client_golang/prometheus"

// Metrics are what receivers count. Labels are names of connectors and numbers of answers: nothing that a sender can choose. An answer given before
// the account is known has no connector.
type Metrics struct {
	answers  *prometheus.CounterVec
	duration prometheus.Histogram
}

// NewMetrics makes a receiver's metrics; Collectors lists them for a registry.
func NewMetrics() *Metrics {
	return &Metrics{
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tengi_hooks_total", Help: "Notices received, by connector and answer."}, []string{"connector", "answer"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "tengi_hook_seconds", Help: "From a notice's last byte to its being stored.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, 1, 5}}),
	}
}

// Collectors lists the metrics for a registry.
func (m *Metrics) Collectors() []prometheus.Collector {
	return []prometheus.Collector{m.answers, m.duration}
}
