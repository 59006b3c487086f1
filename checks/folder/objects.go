package folder

import (
	"io"

	"github.com/go-git/go-git/v5/plumbing"
)

// streamSHA returns the blob SHA of a content of the given size, and how many
// bytes there really were.
func streamSHA(content io.Reader, size int64) (string, int64, error) {
	hasher := plumbing.NewHasher(plumbing.BlobObject, size)
	n, err := io.Copy(hasher, content)
	return hasher.Sum().String(), n, err
}
