package manifest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/mattermost/mattermost/server/public/model"
)

// Policy says what a manifest must hold. The zero value requires only what the
// server requires.
type Policy struct {
	Required    []string   // fields without which the check fails, beside id and name
	Recommended []string   // fields whose lack is a notice
	Reserved    []Reserved // prefixes of plugin ids

	// Links looks up the manifest's addresses. Without it they are only parsed,
	// as on a laptop, and the fact "links" says so.
	Links Fetcher
}

// Reserved is a prefix of plugin ids that belongs to some owners (S5).
type Reserved struct {
	Prefix string   // "com.mattermost."; compared without regard to case
	Owners []string // accounts whose plugins may have it; compared without regard to case
}

// Fetcher looks whether a web address answers. It is checks/safehttp's client
// in the App: the address is chosen by the plugin's author.
type Fetcher interface {
	// Status returns the HTTP status of the address, redirects followed. It
	// fails if nothing answered that is the author's to mend or not: the whole
	// check is then tried again.
	Status(ctx context.Context, address string) (int, error)
}

// DefaultPolicy requires what process.md requires and recommends the rest of
// what the marketplace shows. A version is normally filled in by the build.
func DefaultPolicy() Policy {
	return Policy{
		Required:    []string{"description", "min_server_version", "support_url"},
		Recommended: []string{"homepage_url", "icon_path"},
		Reserved:    []Reserved{{Prefix: "com.mattermost.", Owners: []string{"mattermost", "mattermost-community"}}},
	}
}

// ReservedFor returns the reserved prefix that an id has, "" for none, and
// whether the plugins of owner may have it.
func (p Policy) ReservedFor(id, owner string) (prefix string, allowed bool) {
	for _, r := range p.Reserved {
		if len(id) >= len(r.Prefix) && strings.EqualFold(id[:len(r.Prefix)], r.Prefix) {
			return r.Prefix, slices.ContainsFunc(r.Owners, func(o string) bool { return strings.EqualFold(o, owner) })
		}
	}
	return "", true
}

// validate fails if the policy names a field that no manifest has, or one twice.
func (p Policy) validate() error {
	known := membersOf(reflect.TypeFor[model.Manifest]())
	seen := map[string]bool{}
	for _, field := range slices.Concat(p.Required, p.Recommended) {
		if known[field] == nil {
			return fmt.Errorf("manifest policy: manifests have no field %q", field)
		}
		if seen[field] {
			return fmt.Errorf("manifest policy: the field %q stands in the lists twice", field)
		}
		seen[field] = true
	}
	for _, r := range p.Reserved {
		if r.Prefix == "" {
			return fmt.Errorf("manifest policy: the reserved prefix of %q is empty", r.Owners)
		}
	}
	return nil
}
