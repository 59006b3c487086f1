// Package all is the list of all checks. Adding a check is a package of its own
// and one line in All; if it has a policy, one more in Policy and DefaultPolicy.
package all

import (
	"errors"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/licence"
	"github.com/onboard-app/onboard/checks/manifest"
	"github.com/onboard-app/onboard/checks/startertemplate"
)

// Policy is the policies of all checks: the section policy of the configuration.
type Policy struct {
	Licence licence.Policy `json:"licence"`
}

// DefaultPolicy is each check's own default.
func DefaultPolicy() Policy {
	return Policy{Licence: licence.DefaultPolicy()}
}

// All returns all checks under a policy, in the order in which they are shown.
// They compare with the starter template that index returns, nil being the
// built-in one. It fails with a [checks.PolicyError] if a check cannot work with its policy,
// and if a check is not documented.
func All(policy Policy, index startertemplate.Source) ([]checks.Check, error) {
	var list []checks.Check
	var errs []error
	add := func(check checks.Check, err error) {
		list, errs = append(list, check), append(errs, err)
	}
	add(licence.New(policy.Licence))
	add(startertemplate.New(index), nil)
	add(manifest.New(manifest.DefaultPolicy()))
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return list, checks.Validate(list)
}
