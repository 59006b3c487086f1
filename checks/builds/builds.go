// Package builds is what the checks of builds, nightly-build and release, have
// in common: their rules, the repository's manifest that a build is compared
// with, the workflow that makes one, and what is kept from one look to the next.
package builds

import (
	"context"
	"fmt"
	"slices"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/bundle"
	"github.com/onboard-app/onboard/checks/safehttp"
)

// Rules returns a check's own rules, and those of the URL and of the bundle as
// the check states them.
func Rules(check string, own []checks.Rule) []checks.Rule {
	all := slices.Clone(own)
	for _, rule := range safehttp.Rules() {
		rule.Outside = true // it is about how the file is reached
		all = append(all, rule.Under(check))
	}
	for _, rule := range bundle.Rules() {
		all = append(all, rule.Under(check))
	}
	return all
}

// IsManifest tells whether Manifest reads the file at this path.
func IsManifest(path string) bool { return slices.Contains(bundle.ManifestNames(), path) }

// Manifest returns the repository's manifest, nil if there is none of at most
// limit bytes that can be parsed: the check manifest says what is wrong with it.
// It fails if the file cannot be read.
func Manifest(ctx context.Context, subject checks.Subject, limit int64) (*model.Manifest, error) {
	for _, name := range bundle.ManifestNames() {
		file, ok := subject.Find(name)
		if !ok {
			continue
		}
		if file.Mode != checks.Regular && file.Mode != checks.Executable || file.Size > limit {
			return nil, nil
		}
		content, err := subject.Read(ctx, file, limit)
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

// WorkflowDist is the part of a job in a GitHub workflow that makes the bundle
// in dist, from the machine on which it runs to the last of its steps.
const WorkflowDist = `    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
      - uses: actions/setup-go@v5
        if: hashFiles('go.mod') != ''
        with:
          go-version-file: go.mod
      - uses: actions/setup-node@v4
        if: hashFiles('.nvmrc') != ''
        with:
          node-version-file: .nvmrc
      - run: make dist
`
