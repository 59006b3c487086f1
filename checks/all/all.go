// Package all is the list of all checks. Adding a check is a package of its own
// and one line here.
package all

import (
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/licence"
)

// Policy is the policies of all checks.
type Policy struct {
	Licence licence.Policy
}

// DefaultPolicy is each check's own default.
func DefaultPolicy() Policy {
	return Policy{Licence: licence.DefaultPolicy()}
}

// All returns all checks under a policy, in the order in which they are shown.
// It fails if a check cannot work with its policy or is not documented.
func All(policy Policy) ([]checks.Check, error) {
	builders := []func() (checks.Check, error){
		func() (checks.Check, error) { return licence.New(policy.Licence) },
	}
	list := make([]checks.Check, 0, len(builders))
	for _, build := range builders {
		check, err := build()
		if err != nil {
			return nil, err
		}
		list = append(list, check)
	}
	return list, checks.Validate(list)
}
