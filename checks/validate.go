package checks

import (
	"errors"
	"fmt"
	"strings"
)

// Validate reports everything that is wrong with a list of checks: help, docs
// and check runs are made of it, so each check and rule has a name of its own
// and is documented.
func Validate(list []Check) error {
	var errs []error
	names := map[string]bool{}
	rules := map[string]bool{}
	for _, check := range list {
		if names[check.Name] {
			errs = append(errs, fmt.Errorf("check %q: there are two of this name", check.Name))
		}
		names[check.Name] = true
		errs = append(errs, check.validate()...)
		for _, rule := range check.Rules {
			if rules[rule.ID] {
				errs = append(errs, fmt.Errorf("check %q: there are two rules %q", check.Name, rule.ID))
			}
			rules[rule.ID] = true
			errs = append(errs, rule.validate(check.Name)...)
		}
	}
	return errors.Join(errs...)
}

// validate returns what is missing in one check.
func (c Check) validate() []error {
	var errs []error
	missing := func(what string) {
		errs = append(errs, fmt.Errorf("check %q: it has no %s", c.Name, what))
	}
	if strings.Trim(c.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || c.Name == "" {
		errs = append(errs, fmt.Errorf("check %q: its name is not made of a-z, 0-9 and -", c.Name))
	}
	if c.Doc == "" {
		missing("doc")
	}
	if c.Run == nil {
		missing("function to run")
	}
	if len(c.Rules) == 0 {
		missing("rules")
	}
	if c.Online && c.Reads == nil {
		missing("list of the files that it reads, and it is online")
	}
	return errs
}

// validate returns what is wrong with one rule of a check.
func (r Rule) validate(check string) []error {
	var errs []error
	if name, ok := strings.CutPrefix(r.ID, check+"/"); !ok || name == "" {
		errs = append(errs, fmt.Errorf("check %q: the id of rule %q does not start with %q", check, r.ID, check+"/"))
	}
	if r.Summary == "" || r.Fix == "" {
		errs = append(errs, fmt.Errorf("check %q: rule %q has no summary or no fix", check, r.ID))
	}
	switch r.Severity {
	case Failure, Warning, Notice:
	default:
		errs = append(errs, fmt.Errorf("check %q: rule %q has the unknown severity %q", check, r.ID, r.Severity))
	}
	return errs
}
