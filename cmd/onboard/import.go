package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/onboard-app/onboard/app"
)

func importCommand(o *options) *cobra.Command {
	var dryRun bool
	command := &cobra.Command{
		Use:   "import FILE",
		Short: "Put onboardings on record that began without the App",
		Long: `Reads onboardings and what was decided in them from a YAML file (docs/import.md
explains it), asks GitHub who everybody is and which roles they have, and puts
all of it on record and into the audit logs, as imported. If anything is wrong
with the file, all that is wrong is told and nothing is recorded.

The App must not run. At its next start it looks at the repositories: check runs,
review pull request and status comment appear then.

Exits with 0 if it is recorded, or would be with --dry-run, with 1 if something is
wrong with the file, with 2 if it could not be done.`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			config, log, err := configure(command, o.load)
			if err != nil {
				return err
			}
			imports, err := app.Import(command.Context(), config, log, args[0], dryRun, time.Now())
			if wrong := (app.ImportError)(nil); errors.As(err, &wrong) {
				return exitError{code: exitNo, err: err}
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(command.OutOrStdout(), imports)
			return err
		},
	}
	command.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be recorded, and record nothing")
	return command
}
