package reconcile

import (
	"context"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/manifest"
)

// pluginID is the id that the manifest's check read; "" of other checks.
func pluginID(result checks.Result) string {
	id, _ := result.Facts["id"].(string)
	if result.Check != manifest.Name {
		return ""
	}
	return id
}

// pin keeps the plugin's id once the start is accepted and the manifest does not fail:
// what comes later under another id is another plugin (S5). Before, it is nobody's:
// else anybody could start an onboarding under the id of a plugin that is not
// onboarded yet, and so keep it out (S18).
func (c *checking) pin(ctx context.Context, o outcome) error {
	fails := o.result.Outcome != onboarding.OutcomePass && o.result.Outcome != onboarding.OutcomeReview
	if o.id == "" || fails || !c.record.Accepted() || c.record.PluginID != "" {
		return nil
	}
	c.record.PluginID = o.id
	return c.saveRecord(ctx, "record the plugin's id")
}

// taken tells whether another repository's plugin has an id.
func (c *checking) taken(ctx context.Context, id string) (bool, error) {
	return c.Store.HoldsPlugin(ctx, id, c.repository.ID)
}
