package email

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/tengi/tengi/connector/fake"
)

// The login that the stand-in accepts, and the address it may send from.
const (
	fakeUser     = "hello@fjordur.example"
	fakePassword = "mail-stand-in-password"
)

// Fake is a stand-in for a mail server with a memory: it takes messages by SMTP on a port of its own and keeps them in a mailbox, which its handler lists:
//
//	GET /          the messages, oldest first
//
// It is as strict as a server for submission is (RFC 6409): nothing without a login, nothing from another sender, nothing to a recipient it cannot deliver
// to (any address that begins with "nobody@"), nothing that is no proper message. Its faults are committed in the conversation, where they naturally arise,
// or at the point that Path names: connect, login, sender, recipient, data, end, noop. With Method "SMTP" a refusal answers the fault's Status. It is safe
// for concurrent use.
type Fake struct {
	faults   fake.Faults
	security string
	login    []string // the mechanisms offered

	mu   sync.Mutex
	mail []Mail
}

var _ fake.Listener = (*Fake)(nil)

// NewFake makes a stand-in with an empty mailbox. It listens without encryption: it stands on the same machine.
func NewFake() *Fake { return NewFakeWith(securityPlain, "PLAIN", "LOGIN", "CRAM-MD5") }

// NewFakeWith makes a stand-in that wants a certain encryption ("tls", "starttls", "plain") and offers certain ways of signing in.
func NewFakeWith(security string, mechanisms ...string) *Fake {
	return &Fake{security: security, login: mechanisms}
}

// Name is the connector's name.
func (f *Fake) Name() string { return "email" }

// Login is an account that the stand-in accepts, wherever it listens.
func (f *Fake) Login() (settings map[string]any, secrets map[string]string) {
	return map[string]any{
		"host": "127.0.0.1", "security": f.security, "username": fakeUser, "from_email": fakeUser, "merchant_email": "owner@fjordur.example",
	}, map[string]string{"password": fakePassword}
}

// Faults are the faults it is to commit.
func (f *Fake) Faults() *fake.Faults { return &f.faults }

// Holdings is the mailbox.
func (f *Fake) Holdings() map[string]any { return map[string]any{"mail": f.Mail()} }

// Mail is every message taken, oldest first. One that was sent twice is there twice, with the same MessageID.
func (f *Fake) Mail() []Mail {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Mail{}, f.mail...)
}

// ServeHTTP lists the mailbox.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || r.URL.Path != "/" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	fake.JSON(w, http.StatusOK, f.Mail())
}

// listening is the stand-in behind one port.
type listening struct {
	fake     *Fake
	listener net.Listener
	config   *tls.Config // nil = no encryption
	ended    chan struct{}
	running  sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
}

// Listen takes messages on a free port of host, until stop.
func (f *Fake) Listen(ctx context.Context, host string) (settings map[string]any, stop func() error, err error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, nil, fmt.Errorf("listen for mail: %w", err)
	}
	at, err := netip.ParseAddrPort(listener.Addr().String())
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("the address of the mail server: %w", err), listener.Close())
	}
	settings = map[string]any{"host": at.Addr().String(), "port": int64(at.Port()), "security": f.security}
	l := &listening{fake: f, listener: listener, ended: make(chan struct{}), conns: map[net.Conn]bool{}}
	if f.security != securityPlain {
		certificate, text, err := selfMade(at.Addr())
		if err != nil {
			return nil, nil, errors.Join(err, listener.Close())
		}
		l.config = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
		settings["certificate"] = text
	}
	l.running.Go(l.accept)
	return settings, l.stop, nil
}

// accept takes conversations until the listener is closed.
func (l *listening) accept() {
	for {
		conn, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.mu.Lock()
		l.conns[conn] = true
		l.mu.Unlock()
		l.running.Go(func() {
			l.converse(conn)
			l.mu.Lock()
			delete(l.conns, conn)
			l.mu.Unlock()
		})
	}
}

// stop ends what is under way.
func (l *listening) stop() error {
	close(l.ended)
	err := l.listener.Close()
	l.mu.Lock()
	for conn := range maps.Keys(l.conns) {
		_ = conn.Close()
	}
	l.mu.Unlock()
	l.running.Wait()
	return err
}

// converse holds one conversation.
func (l *listening) converse(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	if l.fake.security == securityTLS {
		conn = tls.Server(conn, l.config)
	}
	t := &talk{fake: l.fake, ended: l.ended, secure: l.fake.security != securityStartTLS, config: l.config}
	t.on(conn)
	t.hold()
	_ = t.conn.Close() // as it is now, inside TLS
}

// selfMade is a certificate that only those trust who are given its text. It holds for as long as this program can be expected to be used.
func selfMade(at netip.Addr) (tls.Certificate, string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, "", fmt.Errorf("make a key: %w", err)
	}
	made := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail stand-in"}, IPAddresses: []net.IP{at.AsSlice()},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, made, made, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, "", fmt.Errorf("make a certificate: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, string(text), nil
}

// natural are the points of a conversation at which a fault arises that names none.
var natural = map[fake.FaultKind][]string{
	fake.Refuse:      {"recipient"},
	fake.RateLimit:   {"recipient", "noop"},
	fake.Fail:        {"end", "noop"},
	fake.Unavailable: {"connect"},
	fake.Slow:        {"end"},
	fake.SlowAct:     {"end"},
	fake.DropAnswer:  {"end", "noop"},
	fake.FailActed:   {"end"},
	fake.DropRequest: {"end"},
	fake.LoginFails:  {"login"},
}

// meets finds the fault to commit at a point of the conversation.
func (f *Fake) meets(point string) (fake.Fault, bool) {
	return f.faults.Take(func(fault fake.Fault) bool {
		if fault.Method != "" && fault.Method != "SMTP" {
			return false
		}
		if fault.Path != "" {
			return fault.Path == point
		}
		return slices.Contains(natural[fault.Kind], point)
	})
}
