package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/onboard-app/onboard/app"
)

// The files that are read when they exist, from the working directory.
const (
	defaultConfig = "config.yml"
	defaultDotenv = ".env"
)

// options are the flags that every command has.
type options struct {
	config string // path of the configuration; empty: config.yml if there is one
}

// commands lists the constructors of all subcommands, in the order of the help.
func commands() []func(*options) *cobra.Command {
	return []func(*options) *cobra.Command{
		setupCommand,
		serveCommand,
		doctorCommand,
		demoCommand,
		checkCommand,
		reviewBranchCommand,
		configCommand,
		importCommand,
		deployCommand,
		pauseCommand,
		resumeCommand,
		auditCommand,
		replayCommand,
		backupCommand,
		restoreCommand,
		versionCommand,
	}
}

func newRoot() *cobra.Command {
	var o options
	var children []*cobra.Command
	for _, construct := range commands() {
		children = append(children, construct(&o))
	}
	root := group(&cobra.Command{
		Use:   "onboard",
		Short: "A GitHub App that onboards Mattermost plugins",
		Long: `Onboard is a GitHub App that leads a Mattermost plugin through its onboarding:
checks, reviews, sign-offs and gates, on GitHub itself.

Exit codes of every command: 0 yes, 1 no, 2 could not or asked wrongly.`,
		SilenceErrors:     true, // run reports them
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}, children...)
	root.PersistentFlags().StringVar(&o.config, "config", "", "`file` to read the configuration from (default: "+defaultConfig+", if there is one)")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError(err) })
	return root
}

// group makes command one that only holds others: alone it shows its help, and
// an unknown word after it is an error. (Cobra by itself accepts any word after
// a group below the root.) Wrong arguments of the children become usage errors.
func group(command *cobra.Command, children ...*cobra.Command) *cobra.Command {
	command.RunE = func(command *cobra.Command, _ []string) error { return command.Help() }
	command.Args = knownCommand
	command.SuggestionsMinimumDistance = 2
	for _, child := range children {
		check := child.Args
		if check == nil {
			check = cobra.NoArgs
		}
		child.Args = func(child *cobra.Command, args []string) error {
			if err := check(child, args); err != nil {
				return usageError(err)
			}
			return nil
		}
		command.AddCommand(child)
	}
	return command
}

func knownCommand(command *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("%q is no command of %q", args[0], command.CommandPath())
	if near := command.SuggestionsFor(args[0]); len(near) > 0 {
		err = fmt.Errorf("%w; did you mean %q?", err, near[0])
	}
	return usageError(err)
}

// load reads the configuration as `onboard serve` does: the file that was asked
// for, or else config.yml, which need not exist; .env; the environment.
func (o *options) load() (app.Config, error) { return load(o.file(), defaultDotenv) }

// examine is load, with notes about what is probably not meant.
func (o *options) examine() (app.Config, app.Problems, error) {
	return examine(o.file(), defaultDotenv)
}

// loadForCheck reads it for work in a plugin's folder, whose own config.yml and
// .env say nothing (S21): a file only if it was asked for, and the environment.
func (o *options) loadForCheck() (app.Config, error) { return load(o.config, "") }

func load(file, dotenv string) (app.Config, error) {
	config, _, err := examine(file, dotenv)
	return config, err
}

func examine(file, dotenv string) (app.Config, app.Problems, error) {
	config, notes, err := app.Examine(file, os.Environ(), dotenv)
	if errors.Is(err, fs.ErrNotExist) { // it can only be that file
		err = fmt.Errorf("%w\n  give the right file with --config, or leave the flag out to run with the defaults", err)
	}
	return config, notes, err
}

// file is the configuration file to read; empty means none.
func (o *options) file() string {
	if o.config != "" {
		return o.config
	}
	if _, err := os.Stat(defaultConfig); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return defaultConfig
}

// configure reads the configuration by load and makes the logger that it asks for:
// JSON, or text for people at a terminal.
func configure(command *cobra.Command, load func() (app.Config, error)) (app.Config, zerolog.Logger, error) {
	config, err := load()
	if err != nil {
		return app.Config{}, zerolog.Nop(), err
	}
	level, err := zerolog.ParseLevel(config.Log.Level)
	if err != nil {
		return app.Config{}, zerolog.Nop(), err
	}
	w := command.ErrOrStderr()
	if config.Log.Format == "text" || config.Log.Format == "auto" && isTerminal(w) {
		w = zerolog.ConsoleWriter{Out: w, NoColor: !colourful(w)}
	}
	return config, zerolog.New(app.Redacted(w)).Level(level).With().Timestamp().Logger(), nil
}

// colourful reports whether w shows colours and the user wants them
// (NO_COLOR, TERM=dumb).
func colourful(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(w io.Writer) bool {
	_, ok := terminal(w)
	return ok
}

// columns is how wide the terminal w is; 0 for what is none, or does not say.
func columns(w io.Writer) int {
	fd, ok := terminal(w)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(fd)
	if err != nil {
		return 0
	}
	return width
}

// terminal returns the file descriptor of w, if w is a terminal.
func terminal(w io.Writer) (fd int, ok bool) {
	file, ok := w.(*os.File)
	if !ok {
		return 0, false
	}
	fd = int(file.Fd())
	return fd, term.IsTerminal(fd)
}
