package main

import (
	"cmp"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/onboard-app/onboard/app"
)

func configCommand(o *options) *cobra.Command {
	return group(&cobra.Command{
		Use:   "config",
		Short: "Check and show the configuration",
		Long: `The configuration is the defaults, overridden by config.yml, overridden by .env,
overridden by the environment (ONBOARD_…). config.yml explains every key.`,
	}, configValidateCommand(o), configPrintCommand(o), configSchemaCommand(), configDiffCommand())
}

func configValidateCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "validate",
		Short: "Say whether the configuration is right, and what it still misses",
		Long: `Checks the configuration (--config FILE) and names every mistake with its file,
line and column. What is right and probably not meant, such as a role that
nobody has, is noted.

Exits with 0 if it is right, even if values that 'onboard serve' needs are not
set yet (they are named), with 1 if it is wrong, with 2 if it cannot be read.`,
		RunE: func(command *cobra.Command, _ []string) error {
			config, notes, err := o.examine()
			if errors.As(err, new(app.Problems)) {
				return exitError{code: exitNo, err: err}
			}
			if err != nil {
				return err
			}
			text := cmp.Or(o.file(), "The configuration (the defaults and the environment)") + " is valid.\n"
			if missing := config.Missing(); len(missing) > 0 {
				text += missing.Error()
			}
			if len(notes) > 0 {
				text += notes.Notes()
			}
			_, err = io.WriteString(command.OutOrStdout(), text)
			return err
		},
	}
}

func configPrintCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "print",
		Short: "Print the configuration in force as YAML, secrets masked",
		RunE: func(command *cobra.Command, _ []string) error {
			config, err := o.load()
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
