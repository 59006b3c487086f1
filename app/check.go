package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/folder"
	"github.com/onboard-app/onboard/checks/nightlybuild"
)

// CheckOptions say what to check of a folder.
type CheckOptions struct {
	Only       []string // names of the checks to run; all if it is empty
	NightlyURL string   // where the plugin's latest build is; "" leaves the check nightly-build out
}

// CheckFolder runs the checks on a local folder, so that an author finds on a
// laptop what the App finds. ran are the checks that ran.
func CheckFolder(ctx context.Context, config Config, dir string, options CheckOptions) (report checks.Report, ran []checks.Check, err error) {
	list, err := checksOf(config, nil)
	if err != nil {
		return checks.Report{}, nil, err
	}
	list = slices.DeleteFunc(list, func(c checks.Check) bool { // online, a folder has a build's URL at most
		return c.Online && (c.Name != nightlybuild.Name || options.NightlyURL == "")
	})
	if list, err = pick(list, options.Only); err != nil {
		return checks.Report{}, nil, err
	}
	f, err := folder.Open(dir)
	if err != nil {
		return checks.Report{}, nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	subject := f.Subject()
	subject.NightlyURL, subject.Now = options.NightlyURL, time.Now()
	report = checks.RunAll(ctx, list, subject, nil)
	report.Subject.Path = dir
	return report, list, nil
}

// pick returns the checks of these names, all for none.
func pick(list []checks.Check, only []string) ([]checks.Check, error) {
	if len(only) == 0 {
		return list, nil
	}
	var picked []checks.Check
	for _, name := range only {
		i := slices.IndexFunc(list, func(c checks.Check) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no check %q; there are: %s", name, strings.Join(checkNames(list), ", "))
		}
		picked = append(picked, list[i])
	}
	return picked, nil
}
