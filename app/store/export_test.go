package store

import "context"

// WithoutDisk makes writes return before they are on disk, for tests that make
// thousands of them.
func (s *Store) WithoutDisk(ctx context.Context) error {
	_, err := s.write.ExecContext(ctx, `PRAGMA synchronous = OFF`)
	return err
}
