package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/onboard-app/onboard/app"
)

// formats are how check can print what it found.
var formats = []string{"text", "json", "sarif"}

func checkCommand(o *options) *cobra.Command {
	var format string
	var which app.CheckOptions
	command := &cobra.Command{
		Use:   "check [DIR]",
		Short: "Check a plugin's folder as the App does",
		Long: `Looks at the files of a plugin's folder (in a git checkout those that git
tracks or does not ignore) and finds what the App would find on GitHub.

The plugin is compared with the versions of Mattermost's starter template that
the program knows. For a template of your own, or for the newest commits, give
--template: the folder of a clone with all its commits (./template), or its
repository on GitHub (owner/name or https://github.com/owner/name), which is
downloaded for this run, at most 64 MiB of it, and not kept.

The folder's own config.yml and .env say nothing here: other rules than the
defaults come from --config or the environment.

Exit code 0 if everything passes, 1 if something fails or a person must look,
2 if something could not be checked.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			if !slices.Contains(formats, format) {
				return usageError(fmt.Errorf("--format %q is unknown: it is one of %s", format, strings.Join(formats, ", ")))
			}
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			return check(command, o, dir, format, which)
		},
	}
	command.Flags().StringVar(&format, "format", "text", strings.Join(formats, ", ")+" (sarif is for GitHub code scanning)")
	command.Flags().StringSliceVar(&which.Only, "only", nil, "`checks` to run, separated by commas; all without it")
	command.Flags().StringVar(&which.Template, "template", "", "clone of the `template` to compare with, as a folder, or owner/name on GitHub (downloaded)")
	command.Flags().StringVar(&which.NightlyURL, "nightly-url", "", "`URL` of the plugin's latest build, to be downloaded and checked too")
	return command
}

func check(command *cobra.Command, o *options, dir, format string, which app.CheckOptions) error {
	config, log, err := configure(command, o.loadForCheck)
	if err != nil {
		return err
	}
	line := &progress{}
	if format == "text" {
		line = newProgress(command.ErrOrStderr())
	}
	which.Progress = line.show
	log = log.Level(max(log.GetLevel(), zerolog.WarnLevel)).Hook(line)
	report, ran, err := app.CheckFolder(log.WithContext(command.Context()), config, dir, which)
	line.erase()
	if err != nil {
		return err
	}
	out := command.OutOrStdout()
	switch format {
	case "json":
		err = report.WriteJSON(out)
	case "sarif":
		err = report.WriteSARIF(out, ran...)
	default:
		err = report.WriteText(out, colourful(out), columns(out))
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
