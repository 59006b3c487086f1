package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/onboard-app/onboard/app"
)

func reviewBranchCommand(o *options) *cobra.Command {
	var format, template string
	command := &cobra.Command{
		Use:   "review-branch [DIR]",
		Short: "Make the branches of the review pull request yourself",
		Long: `Makes, in a plugin's git checkout, the two branches of the review pull request
that the App makes on GitHub, for repositories that the App may not write to:

  onboarding/base     the starter template, as far as the plugin uses it
  onboarding/review   the plugin; the difference between them is for review

They show the last commit (HEAD). Run it again after new commits: the branches
are continued, never rewritten. Git itself is not run, so no hook or filter is.
For files of the template that you changed it needs the template's text, which
it fetches from GitHub, or reads from the clone that --template names.

Exit code 0 if the branches are there, 1 if something else is in their place or
there is nothing to review, 2 if they could not be made.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return usageError(fmt.Errorf("--format %q is unknown: it is one of text, json", format))
			}
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			return reviewBranch(command, o, dir, template, format)
		},
	}
	command.Flags().StringVar(&format, "format", "text", "text, json")
	command.Flags().StringVar(&template, "template", "", "`DIR` of a clone of the starter template; without it, GitHub is asked")
	return command
}

func reviewBranch(command *cobra.Command, o *options, dir, template, format string) error {
	config, log, err := configure(command, o.loadForCheck)
	if err != nil {
		return err
	}
	made, err := app.MakeReviewBranches(log.WithContext(command.Context()), config, dir, template)
	if refused := new(app.RefusedError); errors.As(err, &refused) {
		return exitError{code: exitNo, err: err}
	}
	if err != nil {
		return err
	}
	if format == "json" {
		return made.WriteJSON(command.OutOrStdout())
	}
	return made.WriteText(command.OutOrStdout())
}
