package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/onboard-app/onboard/app"
)

func configDiffCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say what another configuration changes, and for whom",
		Long: `Compares two configuration files, each as 'onboard serve' would read it with the
present environment, and says in plain words what changes and which onboardings
it concerns. If the pipeline changes or a role is gone, and the database of NEW is
there, it also lists the onboardings under way: which pipeline each keeps until
its next round, and which of its stages stand otherwise at once. It only reads the
database, and may run beside 'onboard serve'.

Exits with 0 if nothing changes, with 1 if something does, with 2 if a file or
the database cannot be read.`,
		Args: cobra.ExactArgs(2),
		RunE: func(command *cobra.Command, args []string) error {
			var configs [2]app.Config
			for i, file := range args {
				var err error
				if configs[i], err = app.Load(file, os.Environ(), defaultDotenv); err != nil {
					return err
				}
			}
			return diff(command, args, configs[0], configs[1])
		},
	}
}

func diff(command *cobra.Command, files []string, from, to app.Config) error {
	changes := app.Diff(from, to)
	if len(changes) == 0 {
		_, err := fmt.Fprintf(command.OutOrStdout(), "%s and %s say the same.\n", files[0], files[1])
		return err
	}
	var b strings.Builder
	for i, change := range changes {
		fmt.Fprintln(&b, change.What)
		if i+1 == len(changes) || changes[i+1].Concerns != change.Concerns {
			fmt.Fprintf(&b, "    concerns %s\n", change.Concerns)
		}
	}
	var failed error
	if from.Pipeline.Version() != to.Pipeline.Version() || loses(from.Roles, to.Roles) {
		found, err := app.Compare(command.Context(), from, to, time.Now())
		switch {
		case errors.Is(err, fs.ErrNotExist):
			fmt.Fprintf(&b, "\nThere is no database %s, so onboardings under way were not compared.\n", to.Database.URL)
		case err != nil:
			failed = fmt.Errorf("compare the onboardings under way: %w", err)
		default:
			writeComparison(&b, found)
		}
	}
	if _, err := command.OutOrStdout().Write([]byte(b.String())); err != nil || failed != nil {
		return errors.Join(failed, err)
	}
	return exitError{code: exitNo}
}

// loses tells whether a role is gone.
func loses(from, to app.Roles) bool {
	for role := range from {
		if to[role] == nil {
			return true
		}
	}
	return false
}

func writeComparison(b *strings.Builder, found app.Comparison) {
	fmt.Fprintf(b, "\nOnboardings under way: %d\n", found.UnderWay)
	for _, one := range found.Concerned {
		if one.Pipeline == "" {
			fmt.Fprintf(b, "%s has no pipeline on record yet, and takes the new one at its next look.\n", one.Repository)
		} else {
			fmt.Fprintf(b, "%s keeps pipeline %s until its next round.\n", one.Repository, one.Pipeline)
		}
		for _, step := range one.Steps {
			fmt.Fprintln(b, "   ", step)
		}
	}
}
