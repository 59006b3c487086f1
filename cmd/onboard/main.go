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
	exitYes   = 0
	exitNo    = 1
	exitError = 2
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

// The answers no and could not, when the command has said already why.
var (
	errNo       = errors.New("no")
	errCouldNot = errors.New("could not")
)

// noError is the answer no: an error that the command was asked to look for.
type noError struct{ error }

func (e noError) Unwrap() error { return e.error }

// usageError is a mistake in the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// report prints err, if any, and returns the exit code it stands for.
func report(stderr io.Writer, command *cobra.Command, err error) int {
	if err == nil {
		return exitYes
	}
	if errors.Is(err, errNo) {
		return exitNo
	}
	if errors.Is(err, errCouldNot) {
		return exitError
	}
	name := "onboard:"
	if colourful(stderr) {
		name = "\x1b[1;31m" + name + "\x1b[0m"
	}
	message := fmt.Sprintf("%s %s\n", name, strings.TrimRight(err.Error(), "\n"))
	if errors.As(err, new(usageError)) {
		message += fmt.Sprintf("See '%s --help'.\n", command.CommandPath())
	}
	if _, failed := io.WriteString(stderr, message); failed != nil {
		return exitError // nowhere left to say anything
	}
	if errors.As(err, new(noError)) {
		return exitNo
	}
	return exitError
}
