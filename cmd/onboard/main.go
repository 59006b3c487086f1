// Command onboard runs the GitHub App that onboards Mattermost plugins, and
// the tools around it.
//
// Every command exits with 0 for yes, 1 for no, and 2 if it could not do what
// was asked or was asked wrongly.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes, the same for every command.
const (
	exitYes      = 0
	exitNo       = 1
	exitCouldNot = 2
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes one command line and returns its exit code. The command's
// context ends with the first interrupt or termination signal; a second one
// ends the process.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	command, err := root.ExecuteContextC(ctx)
	return report(stderr, command, err)
}

// exitError ends a command with a code. Every other error ends it with
// exitCouldNot.
type exitError struct {
	code  int
	err   error // to be printed; nil if the command has said already why
	usage bool  // a mistake in the command line
}

func (e exitError) Error() string { return fmt.Sprint(e.err) }

func (e exitError) Unwrap() error { return e.err }

// usageError is a mistake in the command line.
func usageError(err error) error { return exitError{code: exitCouldNot, err: err, usage: true} }

// report prints err, if any, and returns the exit code it stands for.
func report(stderr io.Writer, command *cobra.Command, err error) int {
	if err == nil {
		return exitYes
	}
	exit := exitError{code: exitCouldNot, err: err}
	_ = errors.As(err, &exit)
	if exit.err == nil {
		return exit.code
	}
	name := "onboard:"
	if colourful(stderr) {
		name = "\x1b[1;31m" + name + "\x1b[0m"
	}
	message := fmt.Sprintf("%s %s\n", name, strings.TrimRight(exit.err.Error(), "\n"))
	if exit.usage {
		message += fmt.Sprintf("See '%s --help'.\n", command.CommandPath())
	}
	if _, failed := io.WriteString(stderr, message); failed != nil {
		return exitCouldNot // nowhere left to say anything
	}
	return exit.code
}
