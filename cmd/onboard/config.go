package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/onboard-app/onboard/app"
)

func configCommand(o *options) *cobra.Command {
	return group(&cobra.Command{
		Use:   "config",
		Short: "Check and show the configuration",
		Long: `The configuration is the defaults, overridden by config.yml, overridden by .env,
overridden by the environment (ONBOARD_…). config.yml explains every key.`,
	}, configValidateCommand(o), configPrintCommand(o), configSchemaCommand())
}

func configValidateCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "validate [FILE]",
		Short: "Say whether the configuration is right, and what it still misses",
		Long: `Checks the configuration and names every mistake with its file, line and column.

Exits with 0 if it is right, even if values that 'onboard serve' needs are not
set yet (they are named), with 1 if it is wrong, with 2 if it cannot be read.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			config, err := o.loadFrom(args)
			if problems := (app.Problems{}); errors.As(err, &problems) {
				return noError{err}
			}
			if err != nil {
				return err
			}
			return writeValid(command.OutOrStdout(), o.file(), config.Missing())
		},
	}
}

// writeValid says that file is right, and how to set what is missing.
func writeValid(w io.Writer, file string, missing []app.Missing) error {
	if file == "" {
		file = "The configuration (the defaults and the environment)"
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s is valid.\n", file)
	if len(missing) > 0 {
		text.WriteString("Before 'onboard serve' can start, set these, for example:\n")
	}
	for _, m := range missing {
		fmt.Fprintf(&text, "  %-28s  %s\n", m.Key, m.Example)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func configPrintCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "print [FILE]",
		Short: "Print the configuration in force as YAML, secrets masked",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			config, err := o.loadFrom(args)
			if err != nil {
				return err
			}
			text, err := config.Masked()
			if err != nil {
				return err
			}
			_, err = io.WriteString(command.OutOrStdout(), text)
			return err
		},
	}
}

func configSchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON schema of config.yml, for editors",
		RunE: func(command *cobra.Command, _ []string) error {
			text, err := app.Schema()
			if err != nil {
				return err
			}
			_, err = command.OutOrStdout().Write(text)
			return err
		},
	}
}

// loadFrom is load with the file as an optional argument instead of the flag.
func (o *options) loadFrom(args []string) (app.Config, error) {
	if len(args) > 0 {
		if o.config != "" {
			return app.Config{}, usageError{fmt.Errorf("the configuration is given twice, as %s and as --config %s", args[0], o.config)}
		}
		o.config = args[0]
	}
	return o.load()
}
