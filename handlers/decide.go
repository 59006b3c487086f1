package handlers

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

func accept(_ context.Context, r *request, _ []string) error {
	if r.record.AcceptedAt.IsZero() {
		r.record.AcceptedAt, r.changed, r.verdict = r.act.At, true, nil
		return r.log(store.Entry{Kind: string(onboarding.Accept)}, map[string]any{"roles": r.has})
	}
	return nil
}

// decline takes the sender out of those who are asked; the look asks others.
func decline(_ context.Context, r *request, args []string) error {
	reason, asked := reasonOf(args), false
	is := func(q onboarding.Request) bool { return q.Person.ID == r.act.By.ID }
	for _, stage := range r.pipeline().Stages {
		if !slices.ContainsFunc(r.record.Asked[stage.Name], is) {
			continue
		}
		if r.record.Declined == nil {
			r.record.Declined = map[string][]onboarding.Person{}
		}
		asked, r.changed = true, true
		r.record.Declined[stage.Name] = append(r.record.Declined[stage.Name], r.act.By)
		if err := r.log(store.Entry{Kind: "decline", Stage: stage.Name, Reason: reason}, nil); err != nil {
			return err
		}
	}
	if !asked {
		r.confuse(texts.NotAsked())
	}
	return nil
}

// named is the stage that a command names; ok is false if there is none of that
// name, which is answered.
func (r *request) named(args []string) (stage onboarding.Stage, ok bool) {
	word := ""
	if len(args) > 0 {
		word = args[0]
	}
	if stage, ok = r.pipeline().Stage(word); !ok {
		var names []string
		for _, s := range r.pipeline().Stages {
			names = append(names, s.Name)
		}
		r.confuse(texts.UnknownStage(word, nearest(word, names), names))
	}
	return stage, ok
}

// stage finds the stage that a command names. ok is false if there is none, or
// the sender is none of those who may decide it; that is answered.
func (r *request) stage(ctx context.Context, command string, args []string, who func(onboarding.Stage) []onboarding.Role) (stage onboarding.Stage, standing onboarding.Standing, ok bool, err error) {
	stage, known := r.named(args)
	if !known {
		return stage, standing, false, nil
	}
	allowed, err := decides(who(stage)...)(ctx, r)
	if err != nil {
		return stage, standing, false, err
	}
	if !allowed {
		r.refuse(texts.Refused(texts.PersonLink(r.deps.WebURL, r.act.By.Login), command+" "+stage.Name, texts.Deciders(who(stage)), r.unreadable))
		return stage, standing, false, nil
	}
	verdict, err := r.stands(ctx)
	standing, _ = verdict.Standing(stage.Name)
	return stage, standing, err == nil, err
}

// approve binds the approval to what the stage's check run showed before the
// comment was written (S4).
func approve(ctx context.Context, r *request, args []string) error {
	stage, standing, ok, err := r.stage(ctx, "approve", args, onboarding.Stage.Deciders)
	if err != nil || !ok {
		return err
	}
	shown := r.record.Shown[stage.Name]
	prefix := ""
	if len(args) > 1 {
		prefix = strings.ToLower(strings.TrimPrefix(args[1], "sha256:"))
	}
	switch {
	case !standing.Approvable(), shown.Subject == "", stage.Kind == onboarding.Review && r.record.ReviewPR.Open() && !r.record.Counts():
		r.confuse(texts.NothingToApprove(stage.Name))
	case shown.Since.After(r.act.At), shown.Subject != standing.Subject:
		r.confuse(texts.SubjectChanged(stage.Name, shown.Before, standing.Subject))
	case prefix != "" && (len(prefix) < minPrefix || !strings.HasPrefix(shown.Subject, prefix)):
		r.confuse(texts.SubjectChanged(stage.Name, prefix, shown.Subject))
	case prefix == "" && r.pipeline().AboutRelease(stage):
		r.confuse(texts.SayWhich(stage.Name, shown.Subject))
	default:
		d := onboarding.Decision{Verb: onboarding.Approve, Stage: stage.Name, Bound: shown.Subject}
		if pr := r.record.ReviewPR; stage.Kind == onboarding.Review && pr.Open() {
			d.Pull = pr.Number
		}
		return r.decide(ctx, d)
	}
	return nil
}

// minPrefix is how many digits of a SHA somebody must give at least.
const minPrefix = 6

func requestChanges(ctx context.Context, r *request, args []string) error {
	stage, standing, ok, err := r.stage(ctx, "request-changes", args, objectors)
	if err != nil || !ok {
		return err
	}
	reason := reasonOf(args[1:])
	switch {
	case reason == "":
		r.confuse(texts.SayWhy("request-changes " + stage.Name))
	case stage.Kind == onboarding.Automatic && standing.Appeal == nil || standing.Since.IsZero():
		r.confuse(texts.NothingToApprove(stage.Name))
	default:
		return r.decide(ctx, onboarding.Decision{Verb: onboarding.RequestChanges, Stage: stage.Name, Bound: standing.Subject, Reason: reason})
	}
	return nil
}

// objectors are who may ask for changes: of an automatic stage admins, who so turn
// an appeal down.
func objectors(stage onboarding.Stage) []onboarding.Role {
	if stage.Kind == onboarding.Automatic {
		return []onboarding.Role{onboarding.Admin}
	}
	return stage.Deciders()
}

// until finds the end of a waiver at the end of its reason.
var until = regexp.MustCompile(`(?i)\s*\buntil\s+(\d{4}-\d{2}-\d{2})$`)

func waive(ctx context.Context, r *request, args []string) error {
	stage, known := r.named(args)
	if !known {
		return nil
	}
	reason := strings.Join(args[1:], " ")
	var end time.Time
	if match := until.FindStringSubmatch(reason); match != nil {
		last, _ := time.Parse(time.DateOnly, match[1]) // zero, which is past, for the 31st of February
		if end = last.Add(24 * time.Hour); end.Before(r.act.Recorded) {
			r.confuse(texts.NoDay(match[1]))
			return nil
		}
		reason = strings.TrimSuffix(reason, match[0])
	}
	if reason == "" {
		r.confuse(texts.SayWhy("waive " + stage.Name))
		return nil
	}
	verdict, err := r.stands(ctx)
	if err != nil {
		return err
	}
	standing, _ := verdict.Standing(stage.Name)
	if standing.Since.IsZero() || standing.Holds() || stage.Kind == onboarding.Automatic && standing.Subject == "" {
		r.confuse(texts.NothingToWaive(stage.Name))
		return nil
	}
	about := ""
	if stage.Kind == onboarding.Automatic {
		about = standing.Subject
		if shown := r.record.Shown[stage.Name]; shown.Since.After(r.act.At) || shown.Subject != about { // S4
			r.confuse(texts.SubjectChanged(stage.Name, shown.Before, about))
			return nil
		}
	}
	return r.decide(ctx, onboarding.Decision{
		Verb: onboarding.Waive, Stage: stage.Name, Bound: about, Reason: texts.Truncate(reason, maxReason), Until: end,
	})
}

func reopen(ctx context.Context, r *request, args []string) error {
	stage, known := r.named(args)
	if !known {
		return nil
	}
	return r.decide(ctx, onboarding.Decision{Verb: onboarding.Reopen, Stage: stage.Name})
}
