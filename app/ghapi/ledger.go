package ghapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Shown is one thing as it was last published.
type Shown struct {
	ID     int64  // GitHub's id; 0 if it has none
	Digest string // of what was published; "" if it must be published anew
	State  string // of a check run: see runState
	URL    string // its page
	At     time.Time
}

// Ledger remembers what was published, so that only what changed is written.
// The things are "run/<head SHA>/<name>", "status" and "label/<name>".
type Ledger interface {
	Shown(thing string) (Shown, bool)
	Note(ctx context.Context, thing string, shown Shown) error

	// Audited is told each head of the audit log that GitHub shows. It fails with a
	// HeldError if the log does not hold it (S22): then nothing is published.
	Audited(ctx context.Context, head string) error
}

// HeldError says that the database is older than what GitHub shows, or was
// changed.
type HeldError struct{ Head string } // of the audit log, as it was published

func (e *HeldError) Error() string {
	return "the audit log does not hold what GitHub shows of it: " + e.Head
}

// Digest is the same for the same content, and is what "changed" means.
func Digest(content any) string {
	text, err := json.Marshal(content)
	if err != nil {
		panic(err) // only for types JSON cannot hold, which a test would show
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
