package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/onboard-app/onboard/app"
)

func auditCommand(o *options) *cobra.Command {
	return group(&cobra.Command{
		Use:   "audit",
		Short: "Verify the record of what was decided",
	}, auditVerifyCommand(o))
}

func auditVerifyCommand(o *options) *cobra.Command {
	var heads string
	command := &cobra.Command{
		Use:   "verify",
		Short: "Say whether the audit logs are as they were written",
		Long: `Compares every entry of the audit logs with its hash, and the logs with their
heads that were published last. With --heads they are also compared with heads
that you kept elsewhere, one on a line: the repository's id, the length of the
log and the hash. The App may run meanwhile.

Exits with 0 if all are whole, with 1 if something was changed, which is listed
one a line, with 2 if they could not be read.`,
		RunE: func(command *cobra.Command, _ []string) error {
			config, err := o.load()
			if err != nil {
				return err
			}
			found, err := app.VerifyAudit(command.Context(), config, heads)
			if err != nil {
				return err
			}
			if len(found.Faults) > 0 {
				return listFaults(command.OutOrStdout(), found.Faults, nil)
			}
			compared := "compared with " + count(found.Heads, "published head", "published heads")
			if found.Heads == 0 {
				compared = "but no head of them was published, so that a cut end would not show"
			}
			_, err = fmt.Fprintf(command.OutOrStdout(), "The audit logs are whole: %s of %s, %s.\n",
				count(found.Entries, "entry", "entries"), count(found.Logs, "repository", "repositories"), compared)
			return err
		},
	}
	command.Flags().StringVar(&heads, "heads", "", "`FILE` with published heads to compare with")
	return command
}

// listFaults prints faults and returns the no that they amount to, with a last
// word for the standard error.
func listFaults[F fmt.Stringer](w io.Writer, faults []F, last error) error {
	for _, fault := range faults {
		if _, err := fmt.Fprintln(w, fault); err != nil {
			return err
		}
	}
	return exitError{code: exitNo, err: last}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
