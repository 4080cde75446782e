package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/tengi/tengi/setup"
)

// socketName is the socket's name in the data directory.
const socketName = "tengi.sock"

// maxRequest is the longest request taken, in bytes: several files of the longest kind.
const maxRequest = 64 << 20

// Server answers for a desk on the socket of its data directory.
type Server struct {
	path   string
	server *http.Server
	done   chan error
}

// Serve begins to answer for a desk. Only the user who runs the hub can open the socket. One that a killed hub left behind is replaced.
func Serve(ctx context.Context, desk *Desk, log *slog.Logger) (*Server, error) {
	path := filepath.Join(desk.Data, socketName)
	listener, err := listen(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("open the socket for commands: %w", err)
	}
	s := &Server{path: path, done: make(chan error, 1),
		server: &http.Server{Handler: routes(desk), ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}}
	go func() { s.done <- s.server.Serve(listener) }() // Close waits for it
	return s, nil
}

// listen opens the socket in a folder of its own and then moves it to its place: nobody else can open it at any moment, and what stood there before is
// replaced at once.
func listen(ctx context.Context, path string) (net.Listener, error) {
	private, err := os.MkdirTemp(filepath.Dir(path), ".s") // mode 0700; a short name, as the path of a socket may have some 100 letters only
	if err != nil {
		return nil, err
	}
	defer os.Remove(private) //nolint:errcheck // it is empty by then, or the error is told already
	var config net.ListenConfig
	made := filepath.Join(private, "s")
	listener, err := config.Listen(ctx, "unix", made)
	if err != nil {
		return nil, err
	}
	if unix, ok := listener.(*net.UnixListener); ok {
		unix.SetUnlinkOnClose(false) // by then it has another name
	}
	if err = os.Chmod(made, 0o600); err == nil {
		err = os.Rename(made, path)
	}
	if err != nil {
		return nil, errors.Join(err, listener.Close(), os.Remove(made))
	}
	return listener, nil
}

// Close stops answering, after what is under way, for at most as long as ctx lasts.
func (s *Server) Close(ctx context.Context) error {
	err := os.Remove(s.path)
	if stopErr := s.server.Shutdown(ctx); stopErr != nil {
		err = errors.Join(err, stopErr, s.server.Close())
	}
	if ended := <-s.done; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

// applyRequest is the body of an apply.
type applyRequest struct {
	Input setup.Input `json:"input"`
	Dry   bool        `json:"dry"`
}

// answer is what the server says: a value or an error.
type answer struct {
	Value json.RawMessage `json:"value,omitempty"`
	Error string          `json:"error,omitempty"`
}

func routes(desk *Desk) http.Handler {
	mux := http.NewServeMux()
	handle(mux, "/apply", func(ctx context.Context, in applyRequest) (setup.Report, error) {
		return desk.Apply(ctx, in.Input, in.Dry)
	})
	handle(mux, "/export", func(ctx context.Context, _ struct{}) (string, error) { return desk.Export(ctx) })
	handle(mux, "/inbox", func(ctx context.Context, _ struct{}) ([]Cause, error) { return desk.Inbox(ctx) })
	handle(mux, "/decide", func(ctx context.Context, in Decision) (struct{}, error) { return struct{}{}, desk.Decide(ctx, in) })
	handle(mux, "/doctor", func(ctx context.Context, _ struct{}) ([]Finding, error) { return desk.Doctor(ctx) })
	handle(mux, "/run/start", desk.StartRun)
	handle(mux, "/run/progress", desk.RunProgress)
	handle(mux, "/run/cancel", desk.CancelRun)
	return mux
}

// handle serves one operation: JSON in, JSON out.
func handle[In, Out any](mux *http.ServeMux, path string, do func(context.Context, In) (Out, error)) {
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		var in In
		var a answer
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&in)
		if err != nil {
			err = fmt.Errorf("read the command: %w", err)
		}
		var out Out
		if err == nil {
			out, err = do(r.Context(), in)
		}
		if err == nil {
			a.Value, err = json.Marshal(out)
		}
		status := http.StatusOK
		if err != nil {
			a, status = answer{Error: err.Error()}, http.StatusUnprocessableEntity
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(a)
	})
}
