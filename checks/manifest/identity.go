package manifest

import (
	"fmt"
	"strings"

	"github.com/onboard-app/onboard/checks"
)

// identity checks that the plugin may have its id: that of another plugin would
// take that one's place on a server (S5). A folder on a laptop has no owner and
// knows no other plugins, so that only the prefix is noted there.
func (l *look) identity(id string) error {
	if prefix, allowed := l.policy.ReservedFor(id, l.subject.Owner); prefix != "" && !allowed {
		rule := foreignID
		if l.subject.Owner == "" {
			rule = reservedID
		}
		l.add(rule, l.path, l.root.at("id"), fmt.Sprintf("Ids that start with “%s” are reserved for plugins of the prefix's owner.", prefix))
	}
	if was := l.subject.PluginID; was != "" && !strings.EqualFold(was, id) {
		l.add(changedID, l.path, l.root.at("id"), fmt.Sprintf("The id was “%s” when the plugin was onboarded, and is “%s” now.", checks.Shorten(was, 200), checks.Shorten(id, 200)))
	}
	if l.subject.Taken == nil || id == "" {
		return nil
	}
	taken, err := l.subject.Taken(l.ctx, id)
	if err != nil {
		return fmt.Errorf("look for another plugin of the id %s: %w", id, err)
	}
	if taken {
		l.add(takenID, l.path, l.root.at("id"), "Another plugin is onboarded under this id.")
	}
	return nil
}
