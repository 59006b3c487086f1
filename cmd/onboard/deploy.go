package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/onboard-app/onboard/app"
)

func deployCommand(o *options) *cobra.Command {
	var order app.Deployment
	command := &cobra.Command{
		Use:   "deploy --target TARGET --bundle FILE",
		Short: "Put a plugin's bundle on a Mattermost server",
		Long: `Uploads a bundle to a server of the configuration's targets, and waits until the
plugin is seen running there in the bundle's version. If it does not start, what ran
before is put back. A plugin that Onboard did not install is not replaced, unless
--take-over says so.

The App may run meanwhile: then it does it, and this command waits.

Exits with 0 if the bundle runs, or would be tried with --dry-run, with 1 if it does
not or the bundle or target cannot be used, with 2 if it could not be found out.`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if order.Target == "" || order.File == "" {
				return usageError(errors.New("say where and what: --target ci-extensions --bundle dist/plugin.tar.gz"))
			}
			config, log, err := configure(command, o.load)
			if err != nil {
				return err
			}
			done, err := app.Deploy(command.Context(), config, log, order)
			if refused := (*app.UndeployableError)(nil); errors.As(err, &refused) {
				return exitError{code: exitNo, err: err}
			}
			if err != nil {
				return err
			}
			if _, err := fmt.Fprint(command.OutOrStdout(), done); err != nil {
				return err
			}
			switch {
			case done.Runs():
				return nil
			case done.Known():
				return exitError{code: exitNo}
			}
			return exitError{code: exitCouldNot}
		},
	}
	command.Flags().StringVar(&order.Target, "target", "", "the gate before the server, as `ci-extensions`")
	command.Flags().StringVar(&order.File, "bundle", "", "the `file` to deploy")
	command.Flags().BoolVar(&order.DryRun, "dry-run", false, "look at the server, and change nothing")
	command.Flags().BoolVar(&order.TakeOver, "take-over", false, "replace a plugin that Onboard did not install there")
	command.Flags().BoolVar(&order.Again, "again", false, "try a bundle that did not start before")
	return command
}
