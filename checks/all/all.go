// Package all is the list of all checks. Adding a check is a package of its own
// and one line in All; if it has a policy, one more in Policy and DefaultPolicy.
package all

import (
	"errors"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/licence"
	"github.com/onboard-app/onboard/checks/manifest"
	"github.com/onboard-app/onboard/checks/nightlybuild"
	"github.com/onboard-app/onboard/checks/release"
	"github.com/onboard-app/onboard/checks/safehttp"
	"github.com/onboard-app/onboard/checks/startertemplate"
)

// Policy is the policies of all checks: the section policy of the configuration.
type Policy struct {
	Licence licence.Policy      `json:"licence"`
	Nightly nightlybuild.Policy `json:"nightly"`
}

// DefaultPolicy is each check's own default.
func DefaultPolicy() Policy {
	return Policy{Licence: licence.DefaultPolicy(), Nightly: nightlybuild.DefaultPolicy()}
}

// All returns all checks under a policy, in the order in which they are shown.
// They compare with the starter template that index returns, nil being the
// built-in one, and fetch with the client. It fails with a [checks.PolicyError]
// if a check cannot work with its policy, and if a check is not documented.
func All(policy Policy, index startertemplate.Source, client *safehttp.Client) ([]checks.Check, error) {
	var list []checks.Check
	var errs []error
	var faults checks.PolicyError // of all checks together
	add := func(check checks.Check, err error) {
		list = append(list, check)
		var wrong checks.PolicyError
		if errors.As(err, &wrong) {
			faults = append(faults, wrong...)
		} else {
			errs = append(errs, err)
		}
	}
	add(licence.New(policy.Licence))
	add(startertemplate.New(index), nil)
	add(manifest.New(manifest.DefaultPolicy()))
	add(nightlybuild.New(policy.Nightly, client))
	add(release.New(release.DefaultPolicy(), client), nil)
	if len(faults) > 0 {
		errs = append(errs, faults)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return list, checks.Validate(list)
}
