package main

import (
	"io"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/onboard-app/onboard/app"
)

func serveCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the App: take GitHub's deliveries and work them off",
		RunE: func(command *cobra.Command, _ []string) error {
			config, err := o.load()
			if err != nil {
				return err
			}
			log, err := newLog(config.Log, command.ErrOrStderr())
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

// newLog makes the program's logger: JSON, or text for people at a terminal.
func newLog(config app.Log, w io.Writer) (zerolog.Logger, error) {
	level, err := zerolog.ParseLevel(config.Level)
	if err != nil {
		return zerolog.Nop(), err
	}
	if config.Format == "text" || config.Format == "auto" && isTerminal(w) {
		w = zerolog.ConsoleWriter{Out: w, NoColor: !colourful(w)}
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger(), nil
}
