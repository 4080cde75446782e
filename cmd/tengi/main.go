// Command tengi is a self-hosted hub that turns bookings, payments and rows into invoices, receipts and payment requests at the service a business
// already uses: exactly once, for the right amount, and anybody can see what happened.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	_ "time/tzdata" // workspaces have time zones, and a bare machine may have no zone files

	"github.com/alecthomas/kong"

	"github.com/tengi/tengi/config"
)

// commands is the command line.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Run the hub."`
	Demo    demoCommand    `cmd:"" help:"Run a throw-away hub against stand-in services and tell what happened."`
	Sandbox sandboxCommand `cmd:"" help:"Run the stand-in services on one address, to try things out."`
	Recipe  recipeCommand  `cmd:"" help:"List connections that are ready but for the logins, or write one for tengi apply."`
	Apply   applyCommand   `cmd:"" help:"Bring accounts, connections and schedules to what YAML files say."`
	Export  exportCommand  `cmd:"" help:"Write accounts, connections and schedules as YAML, without secrets."`
	Inbox   inboxCommand   `cmd:"" help:"List what waits for a person."`
	Run     runCommand     `cmd:"" help:"Run a connection now, beside its schedule, and say what comes of it."`
	Cancel  cancelCommand  `cmd:"" help:"Have a run stop."`

	Backfill backfillCommand `cmd:"" help:"Bring what happened before through a connection; first say what that would come to."`

	Replay    replayCommand    `cmd:"" help:"Let a delivery be worked again, with today's mapping."`
	Skip      skipCommand      `cmd:"" help:"End a delivery without doing anything more."`
	SendAgain sendAgainCommand `cmd:"" help:"Say that the document does not exist, so that the same request goes again."`
	Adopt     adoptCommand     `cmd:"" help:"Say that the document exists, and which it is."`

	Doctor  doctorCommand  `cmd:"" help:"Examine store, clock, disk, key and accounts."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// output is where commands write.
type output struct{ out, err io.Writer }

// run carries out one command line. The status is 0 when all went well, 1 when the command did not work, 2 when it was not understood.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	var c commands
	exited := -1
	parser, err := kong.New(&c, kong.Name("tengi"), kong.Description("Bookings, payments and rows become invoices: exactly once, for the right amount."),
		kong.Writers(out, errOut), kong.Exit(func(code int) { exited = code }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		_, _ = fmt.Fprintln(errOut, "tengi:", err)
		return 2
	}
	hideOptions(parser.Model.Node)
	parsed, err := parser.Parse(args)
	if exited >= 0 { // --help
		return exited
	}
	if err != nil {
		_, _ = fmt.Fprintf(errOut, "tengi: %v\nRun `tengi --help` for the commands, `tengi COMMAND --help` for one of them.\n", err)
		return 2
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.Run(&output{out, errOut}); err != nil {
		_, _ = fmt.Fprintln(errOut, "tengi:", strings.TrimRight(err.Error(), "\n"))
		return 1
	}
	return 0
}

// shownOptions are the options of serve that the other commands use. They take all of them, as the same file or environment may set the rest.
var shownOptions = []string{"data", "database", "public-url", "allow-private", "config", "help"}

// hideOptions leaves what a command takes and does not use out of its help.
func hideOptions(root *kong.Node) {
	options := config.Options()
	for _, command := range root.Children {
		if command.Name == "serve" {
			continue
		}
		for _, flag := range command.Flags {
			ofServe := slices.ContainsFunc(options, func(o config.Option) bool { return o.Name == flag.Name }) && len(flag.Envs) > 0
			if ofServe && !slices.Contains(shownOptions, flag.Name) {
				flag.Hidden = true
			}
		}
	}
}
