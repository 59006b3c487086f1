package main

import (
	"github.com/spf13/cobra"

	"github.com/onboard-app/onboard/app"
)

func serveCommand(o *options) *cobra.Command {
	var recovers, pulls bool
	var role string
	command := &cobra.Command{
		Use:   "serve",
		Short: "Run the App: take GitHub's deliveries and work them off",
		Long: `Runs the App until it is interrupted. Then it begins no new work, lets what runs
finish for some seconds, hands back the rest, and ends within ten.

At start and hourly it has GitHub send again what GitHub could not deliver in the
last three days. With --recover it does so at start also for what was answered and
is not on record, as after the database was lost.

With --pull it reads the deliveries from GitHub's API, every ten seconds, so that
GitHub need not reach this machine: for laptops and closed networks. The App's
webhook must be active all the same, be it at an address where nobody answers:
else GitHub keeps no deliveries.

With --role several processes on one PostgreSQL share the work: web takes deliveries
and has the pages, worker looks at repositories, deploy deploys to servers. Only
those of the last need the servers' tokens.`,
		RunE: func(command *cobra.Command, _ []string) error {
			config, log, err := configure(command, o.load)
			if err != nil {
				return err
			}
			var options []app.Option
			if recovers {
				options = append(options, app.WithRecovery())
			}
			if pulls {
				options = append(options, app.WithPull())
			}
			if role != "" {
				roles, err := app.ParseRoles(role)
				if err != nil {
					return usageError(err)
				}
				options = append(options, app.WithRoles(roles...))
			}
			onboard, err := app.New(command.Context(), config, log, options...)
			if err != nil {
				return err
			}
			return onboard.Run(command.Context())
		},
	}
	command.Flags().BoolVar(&recovers, "recover", false, "at start, ask GitHub also for what was answered and is not on record")
	command.Flags().BoolVar(&pulls, "pull", false, "read the deliveries from GitHub, which need not reach this machine")
	command.Flags().StringVar(&role, "role", "", "what this process does: `web,worker,deploy` or some of them (default: all)")
	return command
}
