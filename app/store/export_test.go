package store

import "context"

// WithoutDisk makes writes return before they are on disk, for tests that make
// thousands of them. The tests' PostgreSQL does so anyway.
func (s *Store) WithoutDisk(ctx context.Context) error {
	if s.Shared() {
		return nil
	}
	_, err := s.write.ExecContext(ctx, `PRAGMA synchronous = OFF`)
	return err
}
