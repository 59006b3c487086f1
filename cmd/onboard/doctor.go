package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/doctor"
)

func doctorCommand(o *options) *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Say whether everything is there that 'onboard serve' needs, and how to mend it",
		Long: `Looks at the configuration, the files with secrets, the database and the disk; asks
GitHub whether it takes the App's key, what the App may do and hears of, there and
where it is installed, whether deliveries arrive, who has the roles, and whether the
starter template can be read. One line each says ok, warn or fail, and the fix.

It changes nothing and may run beside 'onboard serve'.

Exits with 0 if all is well (warnings are allowed), with 1 if something fails, with 2
if it could not look.`,
		RunE: func(command *cobra.Command, _ []string) error {
			config, notes, err := o.examine()
			report, err := app.Doctor(command.Context(), config, notes, err)
			if err != nil {
				return err
			}
			out := command.OutOrStdout()
			if asJSON {
				err = json.NewEncoder(out).Encode(report)
			} else {
				err = report.Write(out)
			}
			if err == nil && report.Status() == doctor.Fail {
				return exitError{code: exitNo}
			}
			return err
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print the lines as JSON")
	return command
}
