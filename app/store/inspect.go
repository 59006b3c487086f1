package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Inspection is what [Inspect] finds.
type Inspection struct {
	File     string      // of SQLite's; "" on PostgreSQL
	Mode     fs.FileMode // of that file
	Exists   bool
	Schema   int64     // version of its tables
	Newest   int64     // that this onboard knows
	Pulled   time.Time // when deliveries were last fetched; zero: never
	WriteErr error     // why nothing could be written; nil as far as can be seen
}

// Inspect looks at the database at url and changes nothing: it neither creates nor
// migrates nor locks it, so that it may be in use. An error means that it cannot be
// opened or read. Whether something could be written is judged by permissions: to
// try would be to write.
func Inspect(ctx context.Context, url string) (Inspection, error) {
	newest, err := newestSchema()
	if err != nil {
		return Inspection{}, err
	}
	found := Inspection{Exists: true, Newest: newest}
	if !IsPostgres(url) {
		if found.File, err = fileOf(url); err != nil {
			return Inspection{}, err
		}
		if done, err := found.look(); done || err != nil {
			return found, err
		}
	}
	s, err := OpenToRead(ctx, url)
	if err != nil {
		return found, err
	}
	found.Schema = s.schema
	if found.Schema == found.Newest { // an older one may be without those tables
		if found.Pulled, err = s.Pulled(ctx); err == nil && IsPostgres(url) {
			found.WriteErr = s.writable(ctx)
		}
	}
	return found, errors.Join(err, s.Close())
}

// look looks at the file; done is true if there is none yet.
func (i *Inspection) look() (done bool, err error) {
	folder := filepath.Dir(i.File)
	info, err := os.Stat(i.File)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		i.Exists, i.WriteErr = false, mayWrite(folder)
		return true, nil
	case err != nil:
		return false, fmt.Errorf("look at the database: %w", err)
	}
	i.Mode = info.Mode()
	i.WriteErr = errors.Join(mayWrite(i.File), mayWrite(folder)) // SQLite keeps files beside it
	return false, nil
}

// writable fails if the account may not write to PostgreSQL's tables, or the server
// is one that only follows another.
func (s *Store) writable(ctx context.Context) error {
	var follows, may bool
	err := s.read.QueryRowContext(ctx, `
		SELECT pg_is_in_recovery(), has_table_privilege('work', 'INSERT') AND has_table_privilege('work', 'UPDATE') AND has_table_privilege('audit', 'INSERT')`,
	).Scan(&follows, &may)
	switch {
	case err != nil:
		return fmt.Errorf("ask what may be written: %w", err)
	case follows:
		return errors.New("the server only follows another one")
	case !may:
		return errors.New("the user may not write to the tables")
	}
	return nil
}
