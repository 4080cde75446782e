package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	plainFile := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plainFile, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const secret = "hunter2"
	for _, c := range []struct{ option, value, want string }{ // want is empty when the value is right
		{"listen", "127.0.0.1:0", ""},
		{"listen", ":8080", ""},
		{"listen", "[::1]:8080", ""},
		{"listen", "localhost:65535", ""},
		{"listen", "hub-1.example.com:80", ""},
		{"listen", "8080", `"8080" is not host:port: write it like 127.0.0.1:8080`},
		{"listen", "", `"" is not host:port`},
		{"listen", "localhost", "is not host:port"},
		{"listen", "::1:8080", "is not host:port"},
		{"listen", "localhost:65536", "no port from 0 to 65535"},
		{"listen", "localhost:-1", "no port from 0 to 65535"},
		{"listen", "localhost:http", "no port from 0 to 65535"},
		{"listen", "http://localhost:80", "is not host:port"},
		{"listen", "no host:80", "does not begin with an address or the name of a host"},
		{"metrics-listen", "", ""},
		{"metrics-listen", ":9464", ""},
		{"metrics-listen", "9464", "write it like 127.0.0.1:9464"},
		{"metrics-listen", "127.0.0.1:8080", "same address as listen"},
		{"database", "", ""},
		{"database", "postgres://anna:x@db:5432/tengi?sslmode=require", ""},
		{"database", "postgresql://db/tengi", ""},
		{"database", "postgres:///tengi?host=/run/postgresql", ""},
		{"database", "postgres:///tengi", "names no host"},
		{"database", "postgres:tengi:" + secret, "names no host"},
		{"database", "host=db password=" + secret, "does not begin with postgres://"},
		{"database", "mysql://anna:" + secret + "@db/t", "does not begin with postgres://"},
		{"database", "postgres://anna:" + secret + "%zz@db/t", "cannot be read"},
		{"database", "sqlite.db", "leave it empty for SQLite"},
		{"public-url", "", ""},
		{"public-url", "https://tengi.example.com", ""},
		{"public-url", "https://example.com/tengi/", ""},
		{"public-url", "http://localhost:8080", ""},
		{"public-url", "tengi.example.com", "not an address of the web"},
		{"public-url", "ftp://example.com", "not an address of the web"},
		{"public-url", "https://", "not an address of the web"},
		{"public-url", "https://:80", "not an address of the web"},
		{"public-url", "https://anna:" + secret + "@example.com", "plain address"},
		{"public-url", "https://example.com/?x=1", "plain address"},
		{"public-url", "https://example.com/#x", "plain address"},
		{"allow-private", "10.0.0.1", ""},
		{"allow-private", "10.0.0.0/8,fd00::/8,intranet,nas.example.com.", ""},
		{"allow-private", "http://intranet", `"http://intranet" is neither`},
		{"allow-private", "intranet:80", "neither"},
		{"allow-private", "10.0.0.1:80", "neither"},
		{"allow-private", "10.0.0", "neither"},
		{"allow-private", "10.0.0.256", "neither"},
		{"allow-private", "10.0.0.0/33", "neither"},
		{"allow-private", "0x7f.1", "neither"},
		{"allow-private", "*.example.com", "neither"},
		{"allow-private", "ok.example,-bad", `"-bad" is neither`},
		{"workers", "1", ""},
		{"workers", "4096", ""},
		{"workers", "0", "0 is not from 1 to 4096"},
		{"workers", "-3", "-3 is not from 1 to 4096"},
		{"workers", "4097", "4097 is not from 1 to 4096"},
		{"log-format", "json", ""},
		{"log-format", "xml", `"xml" is neither text nor json`},
		{"log-level", "error", ""},
		{"log-level", "loud", `"loud" is none of debug, info, warn, error`},
		{"data", "some/new/folder", ""},
		{"data", "", "it is empty: name a folder"},
		{"data", plainFile, "is not a folder"},
		{"files", "", ""},
		{"files", "data/incoming", ""},
		{"files", "elsewhere", ""},
		{"files", plainFile, "is not a folder"},
		{"files", "data", "holds the data folder with its key"},
		{"files", "./data/../data", "holds the data folder"},
		{"files", ".", "holds the data folder"},
		{"files", "/", "holds the data folder"},
	} {
		_, err := parse(t, "serve", "--"+c.option+"="+c.value)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s=%q: %v", c.option, c.value, err)
		case c.want == "":
		case err == nil:
			t.Errorf("%s=%q passed, want %q", c.option, c.value, c.want)
		case !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.option+" (flag --"+c.option+"): "):
			t.Errorf("%s=%q: got %v, want %q", c.option, c.value, err, c.want)
		case strings.Contains(err.Error(), secret):
			t.Errorf("%s: the error holds the password: %v", c.option, err)
		}
	}
}

// All faults come at once, each with its own source.
func TestValidateAll(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "# options\nlisten:   nonsense\n\nworkers: 0\nlog-level: info\n")
	_, err := parse(t, "serve", "--config", path, "--log-format", "xml")
	if err == nil {
		t.Fatal("passed")
	}
	for _, want := range []string{
		"listen (" + path + ":2:11): ", "workers (" + path + ":4:10): 0 is not from 1 to 4096", "log-format (flag --log-format): ",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	// Without a command line there is no source to name.
	err = Serve{Data: "data", Listen: ":1", Workers: 1, LogFormat: "xml", LogLevel: "info"}.Validate()
	if err == nil || err.Error() != `log-format: "xml" is neither text nor json` {
		t.Errorf("got %v", err)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		listen, public, private, want string
	}{
		{"127.0.0.1:8080", "", "", ""},
		{"127.9.9.9:8080", "", "", ""},
		{"[::1]:8080", "http://localhost:8080", "", ""},
		{"LocalHost:8080", "http://127.0.0.1", "", ""},
		{"0.0.0.0:8080", "https://tengi.example.com", "", ""},
		{":8080", "", "", "listen :8080 can be reached from outside"},
		{"0.0.0.0:8080", "http://tengi.example.com", "", "listen 0.0.0.0:8080 can be reached from outside"},
		{"hub:8080", "", "", "listen hub:8080 can be reached"},
		{"[::]:8080", "", "", "can be reached from outside"},
		{"127.0.0.1:8080", "http://tengi.example.com", "", "public-url is not https"},
		{"127.0.0.1:8080", "", "10.0.0.0/8", ""},
		{"127.0.0.1:8080", "", "0.0.0.0/0", "allow-private holds a network of all addresses"},
		{"127.0.0.1:8080", "", "::/0", "allow-private holds a network of all addresses"},
	} {
		got := Serve{Listen: c.listen, PublicURL: c.public, AllowPrivate: []string{c.private}}.Warnings()
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
			t.Errorf("listen %s, public-url %q, allow-private %q: got %q, want %q", c.listen, c.public, c.private, got, c.want)
		}
	}
}
