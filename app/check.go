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
	"github.com/onboard-app/onboard/checks/safehttp"
	"github.com/onboard-app/onboard/checks/startertemplate"
	"github.com/onboard-app/onboard/checks/template"
	"github.com/onboard-app/onboard/checks/template/clone"
)

// CheckOptions say what to check of a folder.
type CheckOptions struct {
	Only       []string // names of the checks to run; all if it is empty
	NightlyURL string   // where the plugin's latest build is; "" leaves the check nightly-build out

	// Template is the template to compare with, for a template of one's own: the
	// folder of a clone, or a repository on GitHub, which is downloaded. "" is the
	// starter template as the program knows it, without network.
	Template string

	// Progress is told in a few words what is being done. nil: nobody is.
	Progress func(doing string)
}

// CheckFolder runs the checks on a local folder, so that an author finds on a
// laptop what the App finds. ran are the checks that ran.
func CheckFolder(ctx context.Context, config Config, dir string, options CheckOptions) (report checks.Report, ran []checks.Check, err error) {
	if options.Progress == nil {
		options.Progress = func(string) {}
	}
	list, err := options.checks(ctx, config)
	if err != nil {
		return checks.Report{}, nil, err
	}
	options.Progress("Reading the folder")
	f, err := folder.Open(dir)
	if err != nil {
		return checks.Report{}, nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	subject := f.Subject()
	subject.NightlyURL, subject.Now = options.NightlyURL, time.Now()
	started := 0
	report = checks.RunAll(ctx, list, subject, func(check checks.Check) {
		started++
		options.Progress(fmt.Sprintf("Checking %s (%d of %d)", check.Name, started, len(list)))
	})
	report.Subject.Path = dir
	return report, list, nil
}

// checks are the checks that the options ask for.
func (o CheckOptions) checks(ctx context.Context, config Config) ([]checks.Check, error) {
	list, err := checksOf(config)
	if err != nil {
		return nil, err
	}
	if o.NightlyURL != "" {
		list = append(list, nightlybuild.New(nightlybuild.DefaultPolicy(), o.client("Downloading the build", 0)))
	}
	if list, err = pick(list, o.Only); err != nil || o.Template == "" {
		return list, err
	}
	for i := range list {
		if list[i].Name != startertemplate.Name {
			continue
		}
		o.Progress("Reading the template")
		index, err := clone.Open(ctx, o.client("Downloading the template", clone.MaxPack), o.Template)
		if err != nil {
			return nil, err
		}
		list[i] = startertemplate.New(func() (*template.Index, error) { return index, nil })
	}
	return list, nil
}

// client fetches what somebody named by a URL, of at most so many bytes if that
// is not 0; progress is told how much is here.
func (o CheckOptions) client(doing string, maxBytes int64) *safehttp.Client {
	return safehttp.New(safehttp.Policy{
		UserAgent: "onboard/" + version(),
		MaxBytes:  maxBytes,
		Received:  func(bytes int64) { o.Progress(fmt.Sprintf("%s: %.1f MB", doing, float64(bytes)/1e6)) },
	})
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
