package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/folder"
)

// CheckFolder runs the checks on a local folder, so that an author finds on a
// laptop what the App finds. only names the checks to run, all if it is empty.
func CheckFolder(ctx context.Context, config Config, dir string, only []string) (report checks.Report, err error) {
	list, err := checksOf(config)
	if err != nil {
		return checks.Report{}, err
	}
	if list, err = pick(list, only); err != nil {
		return checks.Report{}, err
	}
	f, err := folder.Open(dir)
	if err != nil {
		return checks.Report{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	report = checks.RunAll(ctx, list, f.Subject(), nil)
	report.Subject.Path = dir
	return report, nil
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
