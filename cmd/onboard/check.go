package main

import (
	"fmt"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/onboard-app/onboard/app"
)

func checkCommand(o *options) *cobra.Command {
	var format string
	var only []string
	command := &cobra.Command{
		Use:   "check [DIR]",
		Short: "Check a plugin's folder as the App does",
		Long: `Looks at the files of a plugin's folder (in a git checkout those that git
tracks or does not ignore) and finds what the App would find on GitHub.

The folder's own config.yml and .env say nothing here: other rules than the
defaults come from --config or the environment.

Exit code 0 if everything passes, 1 if something fails or a person must look,
2 if something could not be checked.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return usageError(fmt.Errorf("--format %q is unknown: it is text or json", format))
			}
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			return check(command, o, dir, format, only)
		},
	}
	command.Flags().StringVar(&format, "format", "text", "text or json")
	command.Flags().StringSliceVar(&only, "only", nil, "`checks` to run, separated by commas; all without it")
	return command
}

func check(command *cobra.Command, o *options, dir, format string, only []string) error {
	config, log, err := configure(command, o.loadForCheck)
	if err != nil {
		return err
	}
	report, err := app.CheckFolder(log.Level(max(log.GetLevel(), zerolog.WarnLevel)).WithContext(command.Context()), config, dir, only)
	if err != nil {
		return err
	}
	out := command.OutOrStdout()
	if format == "json" {
		err = report.WriteJSON(out)
	} else {
		err = report.WriteText(out, colourful(out))
	}
	if err != nil {
		return err
	}
	switch report.Outcome {
	case "pass":
		return nil
	case "error":
		return exitError{code: exitCouldNot}
	default:
		return exitError{code: exitNo}
	}
}
