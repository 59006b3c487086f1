package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

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
		serveCommand,
		demoCommand,
		checkCommand,
		configCommand,
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
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
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
				return usageError{err}
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
	return usageError{err}
}

// load reads the configuration from the file that was asked for, or else from
// config.yml, which need not exist.
func (o *options) load() (app.Config, error) {
	config, err := app.Load(o.file(), os.Environ(), defaultDotenv)
	if problems := (app.Problems{}); errors.As(err, &problems) {
		return app.Config{}, err // complete in itself
	}
	if err != nil {
		return app.Config{}, fmt.Errorf("%w\n  give the right file with --config, or leave the flag out to run with the defaults", err)
	}
	return config, nil
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

// colourful reports whether w shows colours and the user wants them
// (NO_COLOR, TERM=dumb).
func colourful(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}
