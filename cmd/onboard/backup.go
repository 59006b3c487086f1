package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/onboard-app/onboard/app"
)

func backupCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the database into a new file, while the App runs",
		Long: `Copies the SQLite database as it is at one moment, and verifies the copy and its
audit logs. A file that is there is never overwritten. The copy holds what the
database holds: keep it where nobody else can read it.

Exits with 0 if the copy is made and whole, with 1 if it is made and its audit
logs have faults (the database has them too), with 2 if it could not be made.`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			config, err := o.load()
			if err != nil {
				return err
			}
			made, err := app.Backup(command.Context(), config, args[0])
			if err != nil {
				return err
			}
			if len(made.Faults) > 0 {
				return listFaults(command.OutOrStdout(), made.Faults,
					fmt.Errorf("%s is made, but its audit logs have the faults above, and so has the database", args[0]))
			}
			_, err = fmt.Fprintf(command.OutOrStdout(), "%s is made. Its audit logs are whole: %s of %s.\n", args[0],
				count(made.Entries, "entry", "entries"), count(made.Logs, "repository", "repositories"))
			return err
		},
	}
}

func restoreCommand(o *options) *cobra.Command {
	var confirm, mark bool
	command := &cobra.Command{
		Use:   "restore [FILE]",
		Short: "Put a backup in the database's place",
		Long: `Verifies a backup and says what would be done. With --confirm it puts the backup
in the database's place, and keeps the old one beside it. The App must not run.

GitHub may show what a backup does not know of. So after that the App takes
deliveries and publishes nothing, until you have looked and say so:

  onboard restore --confirm

A PostgreSQL database is saved with pg_dump and put back with pg_restore; after
that, before the App is started, say: onboard restore --mark

Exits with 0 if that was done, with 1 if nothing was changed, with 2 if it could
not be done.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			config, err := o.load()
			if err != nil {
				return err
			}
			switch {
			case mark && (confirm || len(args) > 0):
				return usageError(errors.New("--mark is for what was put back by other means: say it alone"))
			case mark:
				return markRestored(command, config)
			case len(args) == 1:
				return restore(command, config, args[0], confirm)
			case confirm:
				return confirmRestore(command, config)
			}
			return usageError(errors.New("name the backup to restore, or say --confirm after a restore"))
		},
	}
	command.Flags().BoolVar(&confirm, "confirm", false, "do it")
	command.Flags().BoolVar(&mark, "mark", false, "say that a backup was put in the database's place by other means")
	return command
}

func restore(command *cobra.Command, config app.Config, file string, confirm bool) error {
	restored, err := app.Restore(command.Context(), config, file, confirm)
	if err != nil {
		return err
	}
	w, backup, database := command.OutOrStdout(), restored.Backup, config.Database.URL
	if len(backup.Faults) > 0 {
		return listFaults(w, backup.Faults, fmt.Errorf("%s is not restored: its audit logs have the faults above", file))
	}
	if !restored.Done {
		_, err := fmt.Fprintf(w, `%s is a whole backup; its audit logs have %s of %s.
It would take the place of %s, which would be kept beside it.
Nothing is changed yet. To do it, stop the App and say: onboard restore %[1]s --confirm
`, file, count(backup.Entries, "entry", "entries"), count(backup.Logs, "repository", "repositories"), database)
		if err != nil {
			return err
		}
		return exitError{code: exitNo}
	}
	text := fmt.Sprintf("%s is restored from %s.\n", database, file)
	if restored.Kept != "" {
		text += fmt.Sprintf("What was in its place is kept as %s.\n", restored.Kept)
	}
	_, err = fmt.Fprint(w, text+"The App publishes nothing until you have looked and say: onboard restore --confirm\n")
	return err
}

func markRestored(command *cobra.Command, config app.Config) error {
	if err := app.MarkRestored(command.Context(), config); err != nil {
		return err
	}
	_, err := fmt.Fprintln(command.OutOrStdout(), "The App publishes nothing until you have looked and say: onboard restore --confirm")
	return err
}

func confirmRestore(command *cobra.Command, config app.Config) error {
	confirmed, err := app.ConfirmRestore(command.Context(), config)
	if err != nil {
		return err
	}
	if !confirmed {
		return exitError{code: exitNo, err: errors.New("there is no restore to confirm: the App publishes already")}
	}
	_, err = fmt.Fprintln(command.OutOrStdout(), "The restored database is confirmed. The App publishes again when it is started.")
	return err
}
