package main

import (
	"github.com/spf13/cobra"

	"github.com/onboard-app/onboard/app/demo"
)

func demoCommand(*options) *cobra.Command {
	var d demo.Options
	command := &cobra.Command{
		Use:   "demo",
		Short: "Watch a plugin's onboarding on a simulated GitHub",
		Long: `Runs the App as in production, against a simulated GitHub on this machine, and
plays the story of a plugin's onboarding. Nothing leaves this machine.

Exit code 0 if the story came out as told.`,
		RunE: func(command *cobra.Command, _ []string) error {
			d.Out = command.OutOrStdout()
			d.Colour = colourful(d.Out)
			return demo.Run(command.Context(), d)
		},
	}
	flags := command.Flags()
	flags.BoolVar(&d.Once, "once", false, "end after the last scene")
	flags.BoolVar(&d.JSON, "json", false, "print the result only, as JSON")
	flags.StringVar(&d.Listen, "listen", "127.0.0.1:0", "`address` where the App listens")
	flags.StringVar(&d.Picture, "picture", "", "draw what people see on the issue to this SVG `file`")
	return command
}
