package app

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/reconcile"
)

// Reviewers says whom the App asks to review, and on which days people work.
type Reviewers struct {
	MaxOpen  int    `json:"max_open_reviews" jsonschema:"For how many reviews one person is asked at a time, more only if nobody else fills a seat; 0: no limit." example:"5"`
	Away     []Away `json:"away" jsonschema:"Who is not asked to review for a time." example:"[{login: octocat, until: 2027-01-31}]"`
	Holidays []Day  `json:"holidays" jsonschema:"Days, as 2026-12-25, that are no business days, beside Saturdays and Sundays." example:"[2026-12-25]"`
}

// Away is somebody who is not asked to review for a time.
type Away struct {
	Login string `json:"login" jsonschema:"A login on GitHub." example:"octocat"`
	Until Day    `json:"until,omitempty" jsonschema:"The last day, as 2027-01-31; none: until this entry is taken out." example:"2027-01-31"`
}

// Day is a day in UTC, as 2027-01-31.
type Day string

// begin is when the day begins; zero for none, and for what is no day.
func (d Day) begin() time.Time {
	at, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}
	}
	return at
}

// back is when somebody is asked again; zero if nobody knows.
func (a Away) back() time.Time {
	if a.Until == "" {
		return time.Time{}
	}
	return a.Until.begin().AddDate(0, 0, 1)
}

// away is the away list as the loop takes it.
func (r Reviewers) away() []reconcile.Away {
	var list []reconcile.Away
	for _, a := range r.Away {
		list = append(list, reconcile.Away{Login: a.Login, Back: a.back()})
	}
	return list
}

// calendar knows the configured holidays.
func (r Reviewers) calendar() onboarding.Calendar {
	var c onboarding.Calendar
	for _, day := range r.Holidays {
		c.Holidays = append(c.Holidays, day.begin())
	}
	return c
}

// PluginOwners says, by the plugin's repository, who owns it beside the
// repository's owner: they decide nothing about it (S11).
type PluginOwners map[string]*Logins

// Logins are names of people on GitHub.
type Logins []string

// names are the repositories, in the order of the alphabet.
func (p PluginOwners) names() []string { return slices.Sorted(maps.Keys(p)) }

// of are the owners of a repository, none if it is not named.
func (p PluginOwners) of(name string) []string {
	if logins := p[name]; logins != nil {
		return *logins
	}
	return nil
}

// logins are the owners by repository.
func (p PluginOwners) logins() map[string][]string {
	all := map[string][]string{}
	for _, name := range p.names() { // upper and lower case are one to GitHub
		all[strings.ToLower(name)] = append(all[strings.ToLower(name)], p.of(name)...)
	}
	return all
}

// listOf is the key of an entry of a map of lists, which it makes if need be.
func (k *key) listOf(name string) *key {
	path := k.path + "." + name
	if entry := find(k.items, path); entry != nil {
		return entry
	}
	list := reflect.New(k.elem().Type().Elem().Elem())
	k.elem().SetMapIndex(reflect.ValueOf(name), list)
	entry := &key{path: path, entry: name, example: "[octocat]", value: list.Interface(), item: true}
	k.items = append(k.items, entry)
	return entry
}

// validateReviewers reports what GitHub cannot know, and days that are none. A
// day that is past is none's mistake.
func (l *loader) validateReviewers(c Config) {
	l.check("reviewers.max_open_reviews", unless(c.Reviewers.MaxOpen >= 0, "must be 0 or more"))
	for i, a := range c.Reviewers.Away {
		path := fmt.Sprintf("reviewers.away[%d].", i)
		l.check(path+"login", loginsFault([]string{a.Login}))
		l.check(path+"until", unless(a.Until == "" || !a.Until.begin().IsZero(), dayFault(a.Until)))
	}
	for _, day := range c.Reviewers.Holidays {
		l.check("reviewers.holidays", unless(!day.begin().IsZero(), dayFault(day)))
	}
	for _, name := range c.PluginOwners.names() {
		path := "plugin_owners." + name
		l.check(path, unless(repositoryName.MatchString(name), fmt.Sprintf("%q must be owner/name, as in the address of its page", name)))
		l.check(path, loginsFault(c.PluginOwners.of(name)))
	}
}

func dayFault(day Day) string { return fmt.Sprintf("%q is no day, as 2027-01-31", string(day)) }

// whoIsAway is the away list in words.
func whoIsAway(list []Away) []string {
	var words []string
	for _, a := range list {
		if a.Until != "" {
			a.Login += " until " + string(a.Until)
		}
		words = append(words, a.Login)
	}
	return words
}

// diffPluginOwners says which plugins have owners more and less.
func diffPluginOwners(path string, from, to PluginOwners) []string {
	var words []string
	names := append(from.names(), to.names()...)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if before, after := from.of(name), to.of(name); !slices.Equal(before, after) {
			words = append(words, diffList(path+" of "+name, before, after)...)
		}
	}
	return words
}
