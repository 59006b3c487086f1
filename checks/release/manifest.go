package release

import (
	"fmt"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/bundle"
)

// manifest returns the repository's manifest, nil if there is none that can be
// read: the check manifest says what is wrong with it.
func (l *look) manifest() (*model.Manifest, error) {
	for _, name := range bundle.ManifestNames() {
		file, ok := l.subject.Find(name)
		if !ok {
			continue
		}
		if !plain(file) || file.Size > l.policy.Limits.Manifest {
			return nil, nil
		}
		content, err := l.subject.Read(l.ctx, file, l.policy.Limits.Manifest)
		if err != nil {
			return nil, fmt.Errorf("read the repository's %s: %w", name, err)
		}
		manifest, err := bundle.ParseManifest(name, content)
		if err != nil {
			return nil, nil //nolint:nilerr // as said above
		}
		return manifest, nil
	}
	return nil, nil
}

// plain reports whether a file has a content of its own.
func plain(file checks.File) bool {
	return file.Mode == checks.Regular || file.Mode == checks.Executable
}
