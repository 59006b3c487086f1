//go:build unix

package store

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// mayWrite fails if this process may not write to a file or folder. Opening the file
// instead would drop the locks that this process has on it (POSIX).
func mayWrite(path string) error {
	if err := unix.Access(path, unix.W_OK); err != nil {
		return fmt.Errorf("%s cannot be written to: %w", path, err)
	}
	return nil
}
