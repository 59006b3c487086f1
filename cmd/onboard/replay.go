package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/onboard-app/onboard/app"
)

func replayCommand(o *options) *cobra.Command {
	var event string
	command := &cobra.Command{
		Use:   "replay FILE|GUID",
		Short: "Have the running App take a delivery again",
		Long: `Sends a delivery to the App that runs on this machine (server.listen), signed with
its webhook secret: a file with a payload, as GitHub's page of the App's recent
deliveries shows it, or a delivery of the last three days by its GUID. What was
decided by it before does not count twice.`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			config, err := o.load()
			if err != nil {
				return err
			}
			replayed, err := app.Replay(command.Context(), config, args[0], event)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(command.OutOrStdout(), "The App took the %s as delivery %s.\n", replayed.Event, replayed.GUID)
			return err
		},
	}
	command.Flags().StringVar(&event, "event", "", "what a file is about, as GitHub's `name` of the event")
	return command
}
