package reconcile

import (
	"context"
	"net/url"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

// Build is where a gate's bundle can be had, and what it says of itself.
type Build struct {
	onboarding.Deployment
	URL    string // "" if it is not known
	Commit string // of the plugin's, that it is said to be made of; "" if it is not known
}

// Deployments follow the gates: what they let through is deployed by others, in their
// own time, so that no look waits for a server.
type Deployments interface {
	// Follow puts on record what the gates of a repository's onboarding let through
	// now. The same again changes nothing.
	Follow(ctx context.Context, repository int64, plugin string, builds []Build) error
	// Servers are what is on the servers of a repository's plugin, by gate.
	Servers(ctx context.Context, repository int64, plugin string) (map[string]texts.Server, error)
}

// servers has the view say what is on the servers behind the gates.
func (l *look) servers(ctx context.Context) (err error) {
	if l.Deployments == nil || l.record.PluginID == "" {
		return nil
	}
	l.view.Servers, err = l.Deployments.Servers(ctx, l.repository.ID, l.record.PluginID)
	return err
}

// deploy has the servers follow the gates, as the view shows them.
func (l *look) deploy(ctx context.Context) error {
	if l.Deployments == nil {
		return nil
	}
	facts, plugin := l.view.Facts, l.record.PluginID
	var builds []Build
	for _, d := range onboarding.Deployments(l.pipeline, l.record, l.view.Verdict, facts) {
		b := Build{Deployment: d}
		if result := facts.Results[d.Stage]; d.Digest != "" {
			b.URL, b.Commit = result.Measure("url"), result.Measure("commit")
			if tag, asset := result.Measure("tag"), result.Measure("asset"); d.Stage == onboarding.ReleaseStage {
				b.URL = l.WebURL + "/" + l.repository.FullName() + "/releases/download/" + url.PathEscape(tag) + "/" + url.PathEscape(asset)
			}
		}
		builds = append(builds, b)
	}
	if plugin == "" { // nothing was ever let through
		return nil
	}
	return l.Deployments.Follow(ctx, l.repository.ID, plugin, builds)
}
