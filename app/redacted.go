package app

import (
	"io"

	"github.com/onboard-app/onboard/app/ghapi"
)

// Redacted hides tokens in what is written to w, a line at a time: the last net
// under the log, below those that errors have of their own (S20).
func Redacted(w io.Writer) io.Writer { return redacting{w} }

type redacting struct{ to io.Writer }

func (r redacting) Write(line []byte) (int, error) {
	if _, err := io.WriteString(r.to, ghapi.Redact(string(line))); err != nil {
		return 0, err //nolint:wrapcheck // as the writer says it
	}
	return len(line), nil
}
