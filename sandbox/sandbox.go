// Package sandbox serves the connectors' stand-ins for outside services on one address, for the demo, for tests and for trying things out: each below
// its own name (an account's base_url is http://ADDRESS/payday), and below /_sandbox/ what a person may do with them: look at what each holds, make
// bookings that fire webhooks, and have them go wrong on demand.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/connectors/bokun"
)

// control is the path below which people direct the stand-ins. No connector can be called so: its name is a word.
const control = "/_sandbox/"

// Sandbox is a set of stand-ins. It is a handler; [Start] serves one on an address.
type Sandbox struct {
	services []fake.Service
	mux      *http.ServeMux
	bookings *bookings // nil without a Bókun

	mu    sync.Mutex
	ports map[string]map[string]any // settings by which one reaches the stand-ins that listen on a port of their own, by name
}

// New gathers stand-ins. Their names differ.
func New(services []fake.Service) *Sandbox {
	s := &Sandbox{services: slices.Clone(services), mux: http.NewServeMux(), ports: map[string]map[string]any{}}
	slices.SortFunc(s.services, func(a, b fake.Service) int { return strings.Compare(a.Name(), b.Name()) })
	routes := http.NewServeMux()
	routes.HandleFunc("GET "+control+"{$}", s.page)
	for _, service := range s.services {
		name := service.Name()
		s.mux.Handle("/"+name+"/", http.StripPrefix("/"+name, service))
		routes.HandleFunc("GET "+control+name+"/holdings", func(w http.ResponseWriter, _ *http.Request) { fake.JSON(w, http.StatusOK, service.Holdings()) })
		routes.HandleFunc("POST "+control+name+"/faults", func(w http.ResponseWriter, r *http.Request) { addFault(w, r, service.Faults()) })
		routes.HandleFunc("DELETE "+control+name+"/faults", func(w http.ResponseWriter, _ *http.Request) {
			service.Faults().Clear()
			w.WriteHeader(http.StatusNoContent)
		})
		if b, ok := service.(*bokun.Fake); ok {
			s.bookings = &bookings{fake: b}
			s.bookings.routes(routes)
		}
	}
	// A page open in the same browser must not be able to direct the stand-ins, which send requests where they are told.
	s.mux.Handle(control, http.NewCrossOriginProtection().Handler(routes))
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, control, http.StatusSeeOther)
			return
		}
		refuse(w, http.StatusNotFound, "no stand-in has this name; "+control+" lists them")
	})
	return s
}

// ServeHTTP answers for all stand-ins.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Server is a sandbox that listens.
type Server struct {
	address string
	server  *http.Server
	done    chan error
	stops   []func() error // of the stand-ins that listen on a port of their own
}

// Start serves a sandbox on host:port; port 0 takes any free one. It refuses an address that others can reach unless public: the stand-ins' logins are
// known to everybody, and they send requests where they are told.
func Start(ctx context.Context, address string, public bool, s *Sandbox, log *slog.Logger) (*Server, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	if at, ok := listener.Addr().(*net.TCPAddr); !public && (!ok || !at.IP.IsLoopback()) {
		return nil, errors.Join(fmt.Errorf("%s can be reached from outside: take 127.0.0.1, or say that this is meant", address), listener.Close())
	}
	// Stand-ins abort connections when told to; the server's own words about that are of no use to anybody.
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	running := &Server{address: listener.Addr().String(), server: server, done: make(chan error, 1)}
	go func() { running.done <- server.Serve(listener) }() // Close waits for it
	if running.stops, err = s.listen(ctx, listener.Addr()); err != nil {
		return nil, errors.Join(err, running.Close())
	}
	return running, nil
}

// listen has the stand-ins that speak something other than HTTP listen on the same host. It gives how to stop those that began, also when one fails.
func (s *Sandbox) listen(ctx context.Context, beside net.Addr) (stops []func() error, err error) {
	host, _, err := net.SplitHostPort(beside.String())
	if err != nil {
		return nil, fmt.Errorf("the host of %s: %w", beside, err)
	}
	for _, service := range s.services {
		listener, ok := service.(fake.Listener)
		if !ok {
			continue
		}
		settings, stop, err := listener.Listen(ctx, host)
		if err != nil {
			return stops, fmt.Errorf("stand-in %s: %w", service.Name(), err)
		}
		stops = append(stops, stop)
		s.mu.Lock()
		s.ports[service.Name()] = settings
		s.mu.Unlock()
	}
	return stops, nil
}

// URL is the sandbox's address, without a trailing slash. A stand-in's is URL()/NAME.
func (s *Server) URL() string { return "http://" + s.address }

// Failed reports why the server stopped by itself.
func (s *Server) Failed() <-chan error { return s.done }

// Close stops listening and breaks off what is under way.
func (s *Server) Close() error {
	err := s.server.Close()
	if ended := <-s.done; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	for _, stop := range s.stops {
		err = errors.Join(err, stop())
	}
	return err
}
