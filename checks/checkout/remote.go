package checkout

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/go-git/go-git/v5/plumbing/format/config"

	"github.com/onboard-app/onboard/checks/internal/rootfs"
)

// Remote returns the address of a remote as the repository's configuration has
// it, "" if it has none. Anything may stand there.
func (c *Checkout) Remote(name string) (address string, err error) {
	defer rootfs.Recovered(&err)
	file, err := rootfs.Open(c.git, "config")
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer file.Close() // only read
	var settings config.Config
	if err := config.NewDecoder(io.LimitReader(file, maxConfig)).Decode(&settings); err != nil {
		return "", fmt.Errorf("read git's configuration of %q: %w", c.dir, err)
	}
	if !settings.HasSection("remote") || !settings.Section("remote").HasSubsection(name) {
		return "", nil
	}
	return settings.Section("remote").Subsection(name).Option("url"), nil
}
