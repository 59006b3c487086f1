package licence

import (
	"errors"
	"fmt"
	"slices"
)

// Policy says which licences a plugin may have, as SPDX ids. An id in none of
// the lists is not looked for, so its text counts as unknown and fails.
type Policy struct {
	Recommended []string // pass
	Allowed     []string // pass, with a note
	Forbidden   []string // fail, but are called by their names
}

// DefaultPolicy is process.md's recommendation, the rest of the ASF's category
// A, and the category B, X and source-available licences that are met most.
func DefaultPolicy() Policy {
	return Policy{
		Recommended: []string{"Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause"},
		Allowed: []string{
			"0BSD", "AFL-3.0", "Apache-1.1", "BSD-2-Clause-Views", "BSL-1.0", "BlueOak-1.0.0", "CC-PDDC", "CC0-1.0", "EPICS", "HPND",
			"ICU", "ISC", "MIT-0", "MS-PL", "MulanPSL-2.0", "NCSA", "PHP-3.01", "PSF-2.0", "Plexus", "PostgreSQL",
			"Python-2.0", "TCL", "UPL-1.0", "Unlicense", "W3C", "WTFPL", "X11", "Xnet", "Zlib",
		},
		Forbidden: []string{
			"AGPL-3.0", "AGPL-3.0-only", "AGPL-3.0-or-later", "Anti996", "BSD-4-Clause", "CommonsClause", "EPL-2.0",
			"GPL-2.0", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0", "GPL-3.0-only", "GPL-3.0-or-later", "JSON",
			"LGPL-2.1", "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0", "LGPL-3.0-only", "LGPL-3.0-or-later",
			"MPL-2.0", "MPL-2.0-no-copyleft-exception", "PolyForm-Noncommercial-1.0.0",
			"PolyForm-Small-Business-1.0.0", "Prosperity-3.0.0", "SSPL-1.0",
			"BUSL-1.1", "Elastic-2.0", "LicenseRef-Mattermost-Custom", "LicenseRef-Mattermost-Source-Available",
		},
	}
}

// validate fails if an id stands in two lists or if nothing could ever pass.
func (p Policy) validate() error {
	all := slices.Concat(p.Recommended, p.Allowed, p.Forbidden)
	slices.Sort(all)
	for i := 1; i < len(all); i++ {
		if all[i] == all[i-1] {
			return fmt.Errorf("licence policy: %q stands in the lists twice", all[i])
		}
	}
	if len(p.accepted()) == 0 {
		return errors.New("licence policy: no licence is recommended or allowed, so no plugin could pass")
	}
	return nil
}

// accepted returns the ids that pass.
func (p Policy) accepted() []string {
	return slices.Concat(p.Recommended, p.Allowed)
}

// proposed returns the ids to propose to authors.
func (p Policy) proposed() []string {
	if len(p.Recommended) > 0 {
		return p.Recommended
	}
	return p.Allowed
}

// passes reports whether a plugin may have the licence.
func (p Policy) passes(id string) bool {
	return slices.Contains(p.accepted(), id)
}
