//go:build linux || darwin || freebsd

package doctor

import "golang.org/x/sys/unix"

// freeSpace is what this user may still write to a folder's disk, in bytes.
func freeSpace(folder string) (uint64, error) {
	var disk unix.Statfs_t
	if err := unix.Statfs(folder, &disk); err != nil {
		return 0, err //nolint:wrapcheck // the caller says of what
	}
	return uint64(disk.Bavail) * uint64(disk.Bsize), nil //nolint:gosec,unconvert // neither is negative, and their types differ by system
}
