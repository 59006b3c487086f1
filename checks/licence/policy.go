package licence

import (
	"fmt"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/checks"
)

// Policy says which licences a plugin may have, as SPDX ids. An id in none of
// the lists is not looked for, so its text counts as unknown and fails.
//
// The tags are for the configuration, whose section this is.
type Policy struct {
	Recommended []string `json:"recommended" jsonschema:"SPDX ids that pass." example:"[Apache-2.0, MIT]"`
	Allowed     []string `json:"allowed" jsonschema:"SPDX ids that pass with a note (ASF category A)." example:"[ISC, Zlib]"`
	Forbidden   []string `json:"forbidden" jsonschema:"SPDX ids that fail (ASF category B and X, source-available)." example:"[GPL-3.0, BUSL-1.1]"`
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

// validate fails with a [checks.PolicyError] if an id is not known or stands
// twice, in whatever case, or if nothing could ever pass.
func (p Policy) validate() error {
	known := patterns()
	var wrong checks.PolicyError
	first := map[string]string{}
	for _, list := range []struct {
		name string
		ids  []string
	}{{"recommended", p.Recommended}, {"allowed", p.Allowed}, {"forbidden", p.Forbidden}} {
		fault := func(id, what string) {
			wrong = append(wrong, checks.PolicyFault{Key: Name + "." + list.name, What: fmt.Sprintf("%q %s", id, what)})
		}
		for _, id := range list.ids {
			folded := strings.ToLower(id)
			if earlier, twice := first[folded]; twice {
				fault(id, "stands in "+earlier+" already; keep one of them")
			} else if _, ok := known[id]; !ok {
				fault(id, "is not known as an SPDX licence id")
			}
			first[folded] = list.name
		}
	}
	if len(p.accepted()) == 0 {
		wrong = append(wrong, checks.PolicyFault{Key: Name + ".recommended", What: "is empty, and so is allowed: no plugin could pass"})
	}
	if wrong != nil {
		return wrong
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
