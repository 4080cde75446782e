// Package browser gives tests a real browser: Chromium without a window, one for the whole test binary, and a tab with a profile of its own for each
// test. What a test does is what a person does: open an address, write into the field with this label, press the button with this word. What a page
// looks like is kept as a picture, and axe-core judges whether everybody can use it.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"github.com/tengi/tengi/internal/lacking"
)

// install is what helps where Chromium is missing.
const install = "run `make deps` (Debian and Ubuntu: apt-get install chromium)"

// patience is how long a page may take to become what a test waits for. It is no measure of anything: only a test that hangs ends by it.
const patience = 60 * time.Second

// shared is the browser that all tests of a binary use. It outlives the test that needs it first, so it belongs to none; Main ends it.
var shared struct {
	sync.Mutex
	ctx  context.Context //nolint:containedctx // chromedp keeps a browser in a context
	stop func()
	dir  string
}

// Main runs the tests of a package that uses Open, and ends the browser afterwards: func TestMain(m *testing.M) { browser.Main(m) }.
func Main(m *testing.M) {
	code := m.Run()
	shared.Lock()
	if shared.stop != nil {
		shared.stop()
		if err := os.RemoveAll(shared.dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(code)
}

// Tab is one window of a person.
type Tab struct {
	t      testing.TB
	ctx    context.Context //nolint:containedctx // chromedp keeps a tab in a context
	mu     sync.Mutex
	faults []string // what the page complained of: scripts that failed, things that the policy refused
}

// Size is how much of a page can be seen at once.
type Size struct{ Width, Height int64 }

// The sizes of a desktop's window and of a phone.
var (
	Desktop = Size{1200, 900}
	Phone   = Size{390, 844}
)

// Open gives a test a tab with nothing in it, at an address. Where there is no Chromium the test is skipped, or fails when the environment says CI.
// When the test ends, a page that complained fails it.
func Open(t testing.TB, address string) *Tab {
	t.Helper()
	ctx, cancel := newTab(start(t), t)
	tab := &Tab{t: t, ctx: ctx}
	chromedp.ListenTarget(ctx, tab.listen)
	t.Cleanup(func() {
		cancel()
		tab.mu.Lock()
		defer tab.mu.Unlock()
		for _, fault := range tab.faults {
			t.Errorf("the page complained: %s", fault)
		}
	})
	tab.do(runtime.Enable(), log.Enable())
	tab.Resize(Desktop)
	tab.Go(address)
	return tab
}

// newTab opens a window with a profile of its own.
func newTab(browser context.Context, t testing.TB) (context.Context, func()) {
	t.Helper()
	ctx := cdp.WithExecutor(browser, chromedp.FromContext(browser).Browser)
	profile, err := target.CreateBrowserContext().Do(ctx)
	if err != nil {
		t.Fatalf("make a profile: %v", err)
	}
	id, err := target.CreateTarget("about:blank").WithBrowserContextID(profile).WithNewWindow(true).Do(ctx)
	if err != nil {
		t.Fatalf("open a window: %v", err)
	}
	tab, cancel := chromedp.NewContext(browser, chromedp.WithTargetID(id))
	if err := chromedp.Run(tab); err != nil { // a tab lives as long as the context of its first run
		cancel()
		t.Fatalf("open a tab: %v", err)
	}
	return tab, func() {
		cancel()
		if err := target.DisposeBrowserContext(profile).Do(ctx); err != nil {
			t.Logf("remove the profile: %v", err)
		}
	}
}

// listen notes what goes wrong in the page.
func (tab *Tab) listen(event any) {
	fault := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		fault = e.ExceptionDetails.Error()
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError && !strings.Contains(e.Entry.Text, "the server responded with a status of") { // a refused form is no fault
			fault = e.Entry.Text
		}
	}
	if fault != "" {
		tab.mu.Lock()
		tab.faults = append(tab.faults, fault)
		tab.mu.Unlock()
	}
}

// start starts the browser, or finds it running.
func start(t testing.TB) context.Context {
	t.Helper()
	program, err := find()
	if err != nil {
		lacking.Program(t, err.Error())
	}
	shared.Lock()
	defer shared.Unlock()
	if shared.ctx != nil {
		return shared.ctx
	}
	if shared.dir, err = os.MkdirTemp("", "tengi-browser"); err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.UserDataDir(shared.dir), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("lang", "en-US"))
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stopBrowser := chromedp.NewContext(allocator)
	if err := chromedp.Run(ctx); err != nil {
		stopBrowser()
		stopAllocator()
		t.Fatalf("start Chromium: %v", err)
	}
	shared.stop = func() {
		if err := chromedp.Cancel(ctx); err != nil { // waits until it has ended
			fmt.Fprintln(os.Stderr, err)
		}
		stopBrowser()
		stopAllocator()
	}
	shared.ctx = ctx //nolint:fatcontext // the browser outlives the test that starts it
	return ctx
}

// find is the browser's program.
func find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("Chromium is not installed: " + install) //nolint:staticcheck // a name begins with a capital
}

// do carries out actions, for as long as patience lasts.
func (tab *Tab) do(actions ...chromedp.Action) {
	tab.t.Helper()
	if err := tab.try(actions...); err != nil {
		tab.t.Fatalf("at %s: %v\n%s", tab.address(), err, tab.words())
	}
}

func (tab *Tab) try(actions ...chromedp.Action) error {
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, actions...)
}

// address and words are for messages of failing tests: where the tab is, and what stands there.
func (tab *Tab) address() (address string) {
	ctx, cancel := context.WithTimeout(tab.ctx, 5*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, chromedp.Location(&address)); err != nil {
		return "an address that could not be read"
	}
	return address
}

func (tab *Tab) words() (text string) {
	ctx, cancel := context.WithTimeout(tab.ctx, 5*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, chromedp.Evaluate(`document.body ? document.body.innerText.slice(0, 4000) : ""`, &text)); err != nil {
		return ""
	}
	return text
}

// Resize makes the window another size.
func (tab *Tab) Resize(s Size) {
	tab.t.Helper()
	tab.do(emulation.SetDeviceMetricsOverride(s.Width, s.Height, 1, s.Width < 600))
}

// Dark has the machine prefer dark pages, or light ones.
func (tab *Tab) Dark(dark bool) {
	tab.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	tab.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}))
}

// Picture keeps what the whole page looks like, below the folder that TENGI_PICTURES names; without one nothing is kept.
func (tab *Tab) Picture(name string) {
	tab.t.Helper()
	dir := os.Getenv("TENGI_PICTURES")
	if dir == "" {
		return
	}
	var png []byte
	tab.do(chromedp.FullScreenshot(&png, 100))
	path := filepath.Join(dir, filepath.FromSlash(name)+".png")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tab.t.Fatal(err)
	}
	if err := os.WriteFile(path, png, 0o644); err != nil {
		tab.t.Fatal(err)
	}
}
