package handlers

import (
	"context"
	"slices"
	"strconv"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// maxAppeals is how many appeals of one round are kept: who appeals on and on
// has been answered often enough (S17).
const maxAppeals = 50

// appeal gives the admins the turn on a check that the author thinks is wrong. It
// is about just what is wrong now.
func appeal(ctx context.Context, r *request, args []string) error {
	stage, known := r.named(args)
	if !known {
		return nil
	}
	verdict, err := r.stands(ctx)
	if err != nil {
		return err
	}
	standing, _ := verdict.Standing(stage.Name)
	rules := failing(standing.Result)
	if standing.Turn != onboarding.Author || len(rules) == 0 {
		r.confuse(texts.NothingToAppeal(stage.Name))
		return nil
	}
	rule, reason := "", ""
	if len(args) > 1 {
		rule, reason = args[1], reasonOf(args[2:])
	}
	switch {
	case !slices.Contains(rules, rule):
		r.confuse(texts.UnknownRule(stage.Name, rule, nearest(rule, rules), rules))
	case reason == "":
		r.confuse(texts.SayWhy("appeal " + stage.Name + " " + rule))
	case len(r.record.Appeals) >= maxAppeals:
		r.confuse(texts.NothingToAppeal(stage.Name))
	default:
		r.record.Appeals = append(slices.Clone(r.record.Appeals), onboarding.Appeal{
			ID: r.act.ID + "/" + strconv.Itoa(r.calls), Stage: stage.Name, Rule: rule, Reason: reason,
			By: r.act.By, At: r.act.At, Bound: standing.Subject,
		})
		r.changed, r.verdict = true, nil
		return r.log(store.Entry{Kind: "appeal", Stage: stage.Name, Version: standing.Subject, Reason: reason}, map[string]any{"rule": rule})
	}
	return nil
}

// failing are the rules that a result breaks, each once.
func failing(result *onboarding.Result) []string {
	var rules []string
	if result == nil {
		return nil
	}
	for _, f := range result.Findings {
		if f.Severity == "failure" && !slices.Contains(rules, f.Rule) {
			rules = append(rules, f.Rule)
		}
	}
	return rules
}
