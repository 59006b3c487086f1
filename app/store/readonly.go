package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// OpenReadOnly opens the database at url to look at it, also while another
// process writes to it: it changes nothing, and Write fails. It fails with
// [fs.ErrNotExist] if there is no database, and what is read of one that another
// version of onboard has made may fail.
func OpenReadOnly(ctx context.Context, url string) (*Store, error) {
	path, ok := strings.CutPrefix(url, "sqlite://")
	if !ok || path == "" || strings.ContainsAny(path, "?#") {
		return nil, fmt.Errorf("look at the database: want sqlite://FILE, as in sqlite://onboard.db")
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("look at the database: %w", err)
	}
	read, err := openPool(path, reading, readers)
	if err != nil {
		return nil, fmt.Errorf("look at the database %s: %w", url, err)
	}
	if err := read.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("look at the database %s: %w", url, err), read.Close())
	}
	return &Store{read: read, write: read}, nil // its connections refuse to write
}
