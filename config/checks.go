package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxWorkers is where more workers surely are a typing mistake: each holds a call open.
const maxWorkers = 4096

// checks has the check of each option: what is wrong with the value and what to do. No check repeats a value that may hold a password.
var checks = map[string]func(Serve) error{
	"allow-private":  checkAllowPrivate,
	"config":         nil, // was opened, or the program is not here
	"data":           checkData,
	"database":       checkDatabase,
	"files":          checkFiles,
	"key":            nil, // package secret says what is wrong with a key
	"listen":         checkListen,
	"log-format":     checkLogFormat,
	"log-level":      checkLogLevel,
	"metrics-listen": checkMetricsListen,
	"public-url":     checkPublicURL,
	"support":        nil, // whatever the operator wants to say
	"workers":        checkWorkers,
}

// Validate checks every option and returns all faults, one a line, each naming the option, where its value came from and what to do.
// kong calls it when it has read the command line.
func (s Serve) Validate() error {
	var faults []error
	for _, o := range Options() {
		check := checks[o.Name]
		if check == nil {
			continue
		}
		if err := check(s); err != nil {
			if from := s.Source(o.Name); from != "" {
				err = fmt.Errorf("%s (%s): %w", o.Name, from, err)
			} else {
				err = fmt.Errorf("%s: %w", o.Name, err)
			}
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// Warnings lists what is allowed but should be known, in full sentences for the log.
func (s Serve) Warnings() []string {
	var warnings []string
	public, err := url.Parse(s.PublicURL)
	https := err == nil && public.Scheme == "https"
	switch {
	case !https && !loopbackAddress(s.Listen):
		warnings = append(warnings, fmt.Sprintf("listen %s can be reached from outside and public-url is not https: logins and customers' data would travel "+
			"unencrypted; put a proxy with TLS before it and set public-url to its https:// address", s.Listen))
	case !https && s.PublicURL != "" && err == nil && !loopbackHost(public.Hostname()):
		warnings = append(warnings, "public-url is not https: webhooks would travel unencrypted; put a proxy with TLS there")
	}
	networks, _ := s.Private()
	if slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Bits() == 0 }) {
		warnings = append(warnings, "allow-private holds a network of all addresses: connectors may call anything inside your network")
	}
	return warnings
}

func checkData(s Serve) error {
	if s.Data == "" {
		return errors.New("it is empty: name a folder")
	}
	return checkFolder(s.Data)
}

// checkFiles refuses the folders that hold what nobody but the hub may read.
func checkFiles(s Serve) error {
	if s.Files == "" {
		return nil
	}
	files, errFiles := filepath.Abs(s.Files)
	data, errData := filepath.Abs(s.Data)
	if within, err := filepath.Rel(files, data); errFiles == nil && errData == nil && err == nil && filepath.IsLocal(within) {
		return fmt.Errorf("%s holds the data folder with its key: name another folder", s.Files)
	}
	return checkFolder(s.Files)
}

// checkFolder takes a folder, also one that is still to be made.
func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // it will be made
	case err != nil:
		return fmt.Errorf("look at the folder: %w", err)
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder: name a folder", dir)
	}
	return nil
}

func checkListen(s Serve) error { return checkAddress(s.Listen, "127.0.0.1:8080") }

func checkMetricsListen(s Serve) error {
	if s.MetricsListen == "" {
		return nil
	}
	if s.MetricsListen == s.Listen && !strings.HasSuffix(s.Listen, ":0") {
		return errors.New("it is the same address as listen: take another port")
	}
	return checkAddress(s.MetricsListen, "127.0.0.1:9464")
}

// checkAddress takes host:port, the host an address, a name or empty (every address of this machine).
func checkAddress(text, example string) error {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return fmt.Errorf("%q is not host:port: write it like %s", text, example)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q has no port from 0 to 65535: write it like %s", text, example)
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "" && !hostName.MatchString(host) {
		return fmt.Errorf("%q does not begin with an address or the name of a host: write it like %s", text, example)
	}
	return nil
}

func checkDatabase(s Serve) error {
	if s.Database == "" {
		return nil
	}
	u, err := url.Parse(s.Database)
	if err != nil {
		return errors.New("it cannot be read as an address: write postgres://USER:PASSWORD@HOST/DATABASE, special letters in the password as %XX")
	}
	if u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return errors.New("it does not begin with postgres://: write postgres://USER:PASSWORD@HOST/DATABASE, or leave it empty for SQLite in the data folder")
	}
	if u.Opaque != "" || (u.Host == "" && u.Query().Get("host") == "") {
		return errors.New("it names no host: write postgres://USER:PASSWORD@HOST/DATABASE, or ?host=FOLDER for a unix socket")
	}
	return nil
}

func checkPublicURL(s Serve) error {
	if s.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(s.PublicURL)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" {
		return errors.New("it is not an address of the web: write it like https://tengi.example.com")
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return errors.New("it must be a plain address without login, ? and #: write it like https://tengi.example.com")
	}
	return nil
}

func checkAllowPrivate(s Serve) error {
	for _, text := range s.AllowPrivate {
		text = strings.TrimSpace(text)
		if _, err := parseNetwork(text); err == nil || text == "" || hostName.MatchString(text) && !looksNumeric(text) {
			continue
		}
		return fmt.Errorf("%q is neither a host, an address nor a network: write them like intranet.example.com,10.1.2.3,10.1.0.0/16, without port or https://", text)
	}
	return nil
}

func checkWorkers(s Serve) error {
	if s.Workers < 1 || s.Workers > maxWorkers {
		return fmt.Errorf("%d is not from 1 to %d", s.Workers, maxWorkers)
	}
	return nil
}

func checkLogFormat(s Serve) error {
	if s.LogFormat != "text" && s.LogFormat != "json" {
		return fmt.Errorf("%q is neither text nor json", s.LogFormat)
	}
	return nil
}

func checkLogLevel(s Serve) error {
	_, err := parseLevel(s.LogLevel)
	return err
}

func parseLevel(text string) (slog.Level, error) {
	switch text {
	case "debug":
		return slog.LevelDebug, nil
	case "info":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	default:
		return 0, fmt.Errorf("%q is none of debug, info, warn, error", text)
	}
}

// hostName takes the names of RFC 1123, section 2.1, and underscores, which names inside container networks have.
var hostName = regexp.MustCompile(`(?i)^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$`)

// looksNumeric tells a mistyped address (10.1.2) from a name: the last part of a name is never a number.
func looksNumeric(host string) bool {
	host = strings.TrimSuffix(host, ".")
	_, err := strconv.ParseUint(host[strings.LastIndexByte(host, '.')+1:], 0, 64)
	return err == nil
}

// parseNetwork reads 10.1.0.0/16 or a single address.
func parseNetwork(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		addr = addr.Unmap().WithZone("")
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	if addr := prefix.Addr(); addr.Is4In6() && prefix.Bits() >= 96 {
		prefix = netip.PrefixFrom(addr.Unmap(), prefix.Bits()-96) // as the address of a connection is compared
	}
	return prefix.Masked(), nil
}

func loopbackAddress(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && loopbackHost(host)
}

func loopbackHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
