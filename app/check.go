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
	options, ctx = options.watched(ctx)
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

// watched returns the options with a Progress that is not nil, and a context
// under which it is also told of what is downloaded.
func (o CheckOptions) watched(ctx context.Context) (CheckOptions, context.Context) {
	tell := o.Progress
	if tell == nil {
		tell = func(string) {}
	}
	doing, received := "", 0
	o.Progress = func(now string) {
		doing, received = now, 0
		tell(now)
	}
	return o, safehttp.Metered(ctx, func(bytes int) {
		received += bytes
		tell(fmt.Sprintf("%s: %.1f MB downloaded", doing, float64(received)/1e6))
	})
}

// checks are the checks that the options ask for.
func (o CheckOptions) checks(ctx context.Context, config Config) ([]checks.Check, error) {
	index := startertemplate.Source(nil)
	if o.Template != "" && (len(o.Only) == 0 || slices.Contains(o.Only, startertemplate.Name)) {
		o.Progress("Reading the template")
		client := safehttp.New(safehttp.Policy{UserAgent: userAgent(), MaxBytes: clone.MaxPack})
		own, err := clone.Open(ctx, client, o.Template)
		if err != nil {
			return nil, err
		}
		index = func(context.Context) (*template.Index, error) { return own, nil }
	}
	list, err := checksOf(config, index, 0)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(c checks.Check) bool { // online, a folder has a build's URL at most
		return c.Online && (c.Name != nightlybuild.Name || o.NightlyURL == "")
	})
	return pick(list, o.Only)
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
