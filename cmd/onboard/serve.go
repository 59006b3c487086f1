package main

import (
	"github.com/spf13/cobra"

	"github.com/onboard-app/onboard/app"
)

func serveCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the App: take GitHub's deliveries and work them off",
		RunE: func(command *cobra.Command, _ []string) error {
			config, log, err := configure(command, o.load)
			if err != nil {
				return err
			}
			onboard, err := app.New(command.Context(), config, log)
			if err != nil {
				return err
			}
			return onboard.Run(command.Context())
		},
	}
}
