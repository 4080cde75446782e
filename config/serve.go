// Package config is the one table of what `tengi serve` can be told: name, default, type, check, help. An option has the same name as a flag
// (--public-url), in the environment (TENGI_PUBLIC_URL) and in a YAML file (public-url:); a flag wins over the environment, the environment over
// the file, the file over the default. Nothing here is global: the command embeds a Serve and hands on what it holds.
package config

import (
	"io"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
)

// Serve holds the options of `tengi serve`. Its tags are the table; checks.go has the check of each. A command of kong embeds it and needs nothing
// else: reading the file and checking happen in its hooks.
type Serve struct {
	Data          string   `name:"data" env:"TENGI_DATA" default:"data" help:"Folder of the database, its key and everything else that must survive. Made when missing."`
	Listen        string   `name:"listen" env:"TENGI_LISTEN" default:"127.0.0.1:8080" help:"Address for webhooks and pages, host:port. To be reached from outside, put a proxy with TLS before it and set public-url."`
	Database      string   `name:"database" env:"TENGI_DATABASE" placeholder:"URL" help:"postgres:// address of a PostgreSQL 15 or newer. Empty: SQLite in the data folder."`
	Files         string   `name:"files" env:"TENGI_FILES" placeholder:"DIR" help:"Folder that accounts may read files from, one folder in it for each workspace. Made when needed. Empty: the folder files in the data folder."`
	PublicURL     string   `name:"public-url" env:"TENGI_PUBLIC_URL" placeholder:"URL" help:"Address at which services outside reach this hub, https://...; the beginning of every webhook address."`
	MetricsListen string   `name:"metrics-listen" env:"TENGI_METRICS_LISTEN" placeholder:"ADDR" help:"Address for Prometheus metrics, such as 127.0.0.1:9464. Empty: off."`
	AllowPrivate  []string `name:"allow-private" env:"TENGI_ALLOW_PRIVATE" placeholder:"HOST" help:"Hosts, addresses or networks (10.1.0.0/16) that calls to services may reach although they are private. All others are refused."`
	Workers       int      `name:"workers" env:"TENGI_WORKERS" default:"64" help:"How many calls of services are made at once."`
	Support       string   `name:"support" env:"TENGI_SUPPORT" placeholder:"WHO" help:"Whom readers of the guides may ask: an e-mail address, the address of a page, or a sentence. Empty: nobody is named."`
	LogFormat     string   `name:"log-format" env:"TENGI_LOG_FORMAT" default:"text" help:"text for people, json for machines."`
	LogLevel      string   `name:"log-level" env:"TENGI_LOG_LEVEL" default:"info" help:"The least that is logged: debug, info, warn or error."`
	Config        string   `name:"config" env:"TENGI_CONFIG" placeholder:"FILE" help:"YAML file with these options under the same names."`

	// Key is only in the environment: a flag shows in the list of processes, and a file of options gets copied about.
	Key Secret `kong:"-" name:"key" env:"TENGI_KEY" help:"The key that seals the logins of accounts: base64 of a key file. Empty: the file key in the data folder."`

	sources map[string]string // where each value came from, by option name, for people
}

// Secret is a text that prints as stars, so that logging a Serve by mistake tells nothing.
type Secret string

// String masks the secret; an empty one stays empty.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// GoString masks the secret for %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText masks the secret for JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Value is the secret itself.
func (s Secret) Value() string { return string(s) }

// Source says where the option's value came from: "flag --listen", "environment TENGI_LISTEN", "tengi.yaml:3:9" (line and column) or "default".
// It is empty for a Serve that was not filled from a command line.
func (s Serve) Source(option string) string { return s.sources[option] }

// FilesDir is the folder that accounts may read files from.
func (s Serve) FilesDir() string {
	if s.Files != "" {
		return s.Files
	}
	return filepath.Join(s.Data, "files")
}

// KeyFile is where the key is when Key is empty.
func (s Serve) KeyFile() string { return filepath.Join(s.Data, "key") }

// Private splits AllowPrivate into networks (an address is a network of one) and host names in small letters. Validate has refused anything else.
func (s Serve) Private() (networks []netip.Prefix, hosts []string) {
	for _, text := range s.AllowPrivate {
		text = strings.TrimSpace(text)
		if network, err := parseNetwork(text); err == nil {
			networks = append(networks, network)
		} else if text != "" {
			hosts = append(hosts, strings.ToLower(text))
		}
	}
	return networks, hosts
}

// Logger writes to w in the chosen format, from the chosen level up.
func (s Serve) Logger(w io.Writer) *slog.Logger {
	level, err := parseLevel(s.LogLevel)
	if err != nil {
		level = slog.LevelInfo // Validate has refused it; a hand-made Serve may have none
	}
	options := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// LogValue shows the options for the log line at start: everything that is set, with the password of the database masked and without the key.
func (s Serve) LogValue() slog.Value {
	var attrs []slog.Attr
	for _, o := range Options() {
		if value := o.shown(s); value != "" {
			attrs = append(attrs, slog.String(o.Name, value))
		}
	}
	return slog.GroupValue(attrs...)
}
