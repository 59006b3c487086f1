package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/onboard-app/onboard/app"
)

// errNotAll is given when it is not said that all is meant: `/onboard pause` on
// GitHub is for one plugin.
var errNotAll = usageError(errors.New("say --all: for one plugin there is /onboard pause on GitHub"))

func pauseCommand(o *options) *cobra.Command {
	var all bool
	command := &cobra.Command{
		Use:   "pause --all [REASON]",
		Short: "Have all replicas publish nothing",
		Long: `Within a minute no replica writes anything to GitHub any more. Deliveries are
taken and put on record meanwhile, and /readyz tells the reason.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(command *cobra.Command, args []string) error {
			if !all {
				return errNotAll
			}
			config, err := o.load()
			if err != nil {
				return err
			}
			if err := app.PauseAll(command.Context(), config, strings.Join(args, " ")); err != nil {
				return err
			}
			_, err = fmt.Fprintln(command.OutOrStdout(), "All is paused. Go on with: onboard resume --all")
			return err
		},
	}
	command.Flags().BoolVar(&all, "all", false, "all plugins")
	return command
}

func resumeCommand(o *options) *cobra.Command {
	var all bool
	command := &cobra.Command{
		Use:   "resume --all",
		Short: "Have all replicas publish again",
		RunE: func(command *cobra.Command, _ []string) error {
			if !all {
				return errNotAll
			}
			config, err := o.load()
			if err != nil {
				return err
			}
			if err := app.ResumeAll(command.Context(), config); err != nil {
				return err
			}
			_, err = fmt.Fprintln(command.OutOrStdout(), "All goes on, within a minute.")
			return err
		},
	}
	command.Flags().BoolVar(&all, "all", false, "all plugins")
	return command
}
