package handlers

import (
	"context"
	"slices"

	"github.com/agext/levenshtein"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

// command is one row of the table of /onboard commands. Adding a command is
// one row: help and did-you-mean come from the table.
type command struct {
	texts.Command

	// started: it is about an onboarding, so there must be one; running: one
	// that is not over.
	started, running bool

	// held: it may be said while the onboarding is held.
	held bool

	may may // nil: anyone may say it

	// do decides what it changes, in r.record and r.act.
	do func(ctx context.Context, r *request, args []string) error
}

// Who may say a command, in the middle of a sentence.
const (
	anyone   = "anyone"
	writers  = "people who may write to this repository"
	anAuthor = "the plugin's author"

	authorOrAdmin = "the plugin's author and admins"
	anyRole       = "the reviewing team"
	itsRole       = "those who decide the stage"
	admins        = "admins"
	pmOrAdmin     = "PM and admins"
)

// commands is the table; it is a function so that help can list it.
func commands() []command {
	return []command{
		{
			Command: texts.Command{
				Name: "start", Usage: "/onboard", Who: writers + " and the reviewing team",
				Doc:      "Starts the onboarding of this repository's plugin, or, once it is complete, the review of an update; this issue then tracks it. `/onboard start` is the same.",
				Examples: []string{"/onboard"},
			},
			may: mayStart, do: start,
		},
		{
			Command: texts.Command{
				Name: "status", Usage: "/onboard status", Who: anyone,
				Doc:      "Says whose turn it is.",
				Examples: []string{"/onboard status"},
			},
			started: true, held: true, do: status,
		},
		{
			Command: texts.Command{
				Name: "recheck", Usage: "/onboard recheck [stage]", Who: anAuthor + " and the reviewing team",
				Doc:      "Looks again at one automatic stage, or at all of them. The button “Look again” of a check run does the same.",
				Examples: []string{"/onboard recheck", "/onboard recheck licence"},
			},
			started: true, may: mayRecheck, do: recheck,
		},
		{
			Command: texts.Command{
				Name: "nightly", Usage: "/onboard nightly <url>", Who: authorOrAdmin,
				Doc:      "Says where the latest build of the default branch can be downloaded. A pre-release `nightly` is found without it.",
				Examples: []string{"/onboard nightly https://builds.example.com/hello/latest.tar.gz"},
			},
			started: true, may: either(isAuthor, hasRole(onboarding.Admin)), do: nightly,
		},
		{
			Command: texts.Command{
				Name: "decline", Usage: "/onboard decline [reason]", Who: anyRole,
				Doc:      "Says that you cannot review this plugin; somebody else is asked.",
				Examples: []string{"/onboard decline I am away for some weeks"},
			},
			started: true, may: hasRole(), do: decline,
		},
		{
			Command: texts.Command{
				Name: "accept", Usage: "/onboard accept", Who: anyRole,
				Doc:      "Accepts the start: from now on people are asked to review, and the review pull request is opened.",
				Examples: []string{"/onboard accept"},
			},
			started: true, may: hasRole(), do: accept,
		},
		{
			Command: texts.Command{
				Name: "confirm", Usage: "/onboard confirm", Who: admins,
				Doc:      "Lets the onboarding go on with the repository's new owner.",
				Examples: []string{"/onboard confirm"},
			},
			started: true, held: true, may: decides(onboarding.Admin), do: confirm,
		},
		{
			Command: texts.Command{
				Name: "approve", Usage: "/onboard approve <stage> [start of the commit or sha256]", Who: itsRole,
				Doc:      "Approves a review, signs a stage off, or accepts what a check wants a person to look at. It counts for just what the stage's check run shows.",
				Examples: []string{"/onboard approve qa", "/onboard approve release-qa 1f3a9c"},
			},
			started: true, do: approve,
		},
		{
			Command: texts.Command{
				Name: "request-changes", Usage: "/onboard request-changes <stage> <reason>", Who: itsRole,
				Doc:      "Says what the author has to change before the stage can pass. It stands until the same person approves. Of a check, it turns the author's appeal down.",
				Examples: []string{"/onboard request-changes qa The settings are not explained."},
			},
			started: true, do: requestChanges,
		},
		{
			Command: texts.Command{
				Name: "waive", Usage: "/onboard waive <stage> <reason> [until YYYY-MM-DD]", Who: admins,
				Doc:      "Lets a stage be though it does not pass; of a check, as long as just the same is wrong. A sensitive stage needs two admins within 7 days.",
				Examples: []string{"/onboard waive manifest Beta until 2027-01-31"},
			},
			started: true, may: decides(onboarding.Admin), do: waive,
		},
		{
			Command: texts.Command{
				Name: "reopen", Usage: "/onboard reopen <stage>", Who: pmOrAdmin,
				Doc:      "Opens a stage again that passed or was closed; what was decided on it before no longer counts.",
				Examples: []string{"/onboard reopen qa"},
			},
			started: true, may: decides(onboarding.PM, onboarding.Admin), do: reopen,
		},
		{
			Command: texts.Command{
				Name: "adopt", Usage: "/onboard adopt", Who: "core committers and admins",
				Doc:      "Makes the pull request in which you say it the review pull request, if it shows all of the plugin's code.",
				Examples: []string{"/onboard adopt"},
			},
			running: true, may: decides(onboarding.CoreCommitter, onboarding.Admin), do: adopt,
		},
		{
			Command: texts.Command{
				Name: "appeal", Usage: "/onboard appeal <stage> <rule> <reason>", Who: authorOrAdmin,
				Doc:      "Says that a check is wrong about this plugin, and why; the admins answer. The check run names the rule.",
				Examples: []string{"/onboard appeal manifest manifest/broken-url The page is behind our login"},
			},
			running: true, may: either(isAuthor, hasRole(onboarding.Admin)), do: appeal,
		},
		{
			Command: texts.Command{
				Name: "assign", Usage: "/onboard assign <stage> @login…", Who: pmOrAdmin,
				Doc:      "Asks these people to decide a stage, before all others.",
				Examples: []string{"/onboard assign qa @octocat"},
			},
			running: true, may: decides(onboarding.PM, onboarding.Admin), do: assign,
		},
		{
			Command: texts.Command{
				Name: "unassign", Usage: "/onboard unassign <stage> @login…", Who: pmOrAdmin,
				Doc:      "Asks these people no longer to decide a stage, but others.",
				Examples: []string{"/onboard unassign qa @octocat"},
			},
			running: true, may: decides(onboarding.PM, onboarding.Admin), do: unassign,
		},
		{
			Command: texts.Command{
				Name: "remind", Usage: "/onboard remind <in 2 weeks|2026-12-01> [text]", Who: authorOrAdmin,
				Doc:      "Reminds whoever is waited for, on that day.",
				Examples: []string{"/onboard remind in 2 weeks", "/onboard remind 2026-12-01 The new version is out by then"},
			},
			running: true, may: either(isAuthor, hasRole(onboarding.Admin)), do: remind,
		},
		{
			Command: texts.Command{
				Name: "pause", Usage: "/onboard pause [reason]", Who: pmOrAdmin,
				Doc:      "Lets the onboarding rest: nothing is looked at, and nobody asked or reminded, until `/onboard resume`.",
				Examples: []string{"/onboard pause Until the new server release is out"},
			},
			running: true, may: decides(onboarding.PM, onboarding.Admin), do: pause,
		},
		{
			Command: texts.Command{
				Name: "resume", Usage: "/onboard resume", Who: pmOrAdmin + ", and the author if Onboard paused it",
				Doc:      "Ends a pause. Its days count for no reminder.",
				Examples: []string{"/onboard resume"},
			},
			running: true, may: mayResume, do: resume,
		},
		{
			Command: texts.Command{
				Name: "transfer", Usage: "/onboard transfer @login", Who: authorOrAdmin,
				Doc:      "Offers the plugin to a new author, who agrees with `/onboard take`.",
				Examples: []string{"/onboard transfer @octocat"},
			},
			running: true, may: either(isAuthor, hasRole(onboarding.Admin)), do: transfer,
		},
		{
			Command: texts.Command{
				Name: "take", Usage: "/onboard take", Who: "the person to whom the plugin was offered with `/onboard transfer`",
				Doc:      "Makes you the plugin's author, if somebody offered you that.",
				Examples: []string{"/onboard take"},
			},
			running: true, may: isHeir, do: take,
		},
		{
			Command: texts.Command{
				Name: "deploy", Usage: "/onboard deploy <gate> [start of the sha256]", Who: admins,
				Doc:      "Deploys the bundle that passed the gate to its server; a server with `mode: auto` needs this only after an undeploy, or to try a bundle again.",
				Examples: []string{"/onboard deploy community", "/onboard deploy community 1f3a9c"},
			},
			started: true, may: decides(onboarding.Admin), do: orderDeploy,
		},
		{
			Command: texts.Command{
				Name: "undeploy", Usage: "/onboard undeploy <gate> [reason]", Who: admins,
				Doc:      "Takes the plugin off a gate's server. Nothing else does, whatever becomes of the onboarding.",
				Examples: []string{"/onboard undeploy ci-extensions It floods the channel"},
			},
			started: true, held: true, may: decides(onboarding.Admin), do: orderUndeploy,
		},
		{
			Command: texts.Command{
				Name: "rollback", Usage: "/onboard rollback <gate> [start of the sha256] [reason]", Who: admins,
				Doc:      "Puts back onto a gate's server what ran there before, in the place of what runs there now, whose sha256 you may give. That is deployed again only by `/onboard deploy`; the next build that passes is deployed as always.",
				Examples: []string{"/onboard rollback ci-extensions It floods the channel", "/onboard rollback community 1f3a9c"},
			},
			started: true, held: true, may: decides(onboarding.Admin), do: orderRollback,
		},
		{
			Command: texts.Command{
				Name: "withdraw", Usage: "/onboard withdraw [reason]", Who: authorOrAdmin,
				Doc:      "Ends the onboarding. `/onboard` starts it again.",
				Examples: []string{"/onboard withdraw", "/onboard withdraw We go on after the next release"},
			},
			running: true, held: true, may: either(isAuthor, hasRole(onboarding.Admin)), do: withdraw,
		},
		{
			Command: texts.Command{
				Name: "help", Usage: "/onboard help [command]", Who: anyone,
				Doc:      "Lists the commands, or explains one.",
				Examples: []string{"/onboard help", "/onboard help recheck"},
			},
			held: true, do: help,
		},
	}
}

// Commands documents the table.
func Commands() []texts.Command {
	var docs []texts.Command
	for _, c := range commands() {
		docs = append(docs, c.Command)
	}
	return docs
}

// starters are those who may start, people who may write by default.
func (d Deps) starters() string {
	if d.OnlyRoles {
		return anyRole
	}
	return writers
}

// who says who may say a command: who may start is configured.
func (d Deps) who(c texts.Command) string {
	if c.Name == "start" && d.OnlyRoles {
		return anyRole
	}
	return c.Who
}

func names() []string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.Name)
	}
	return names
}

func status(_ context.Context, r *request, _ []string) error {
	r.act.Status = true
	return nil
}

func recheck(_ context.Context, r *request, args []string) error {
	pipeline := r.pipeline()
	stages := slices.DeleteFunc(slices.Clone(r.deps.Checks), func(name string) bool { return !pipeline.Automatic(name) })
	if len(args) > 0 {
		// What people decide cannot be looked at again. If its check run is re-run, it
		// is published anew (github-facts.md section 1).
		if !slices.Contains(stages, args[0]) && (!r.button || !pipeline.Has(args[0])) {
			r.confuse(texts.UnknownStage(args[0], nearest(args[0], stages), stages))
			return nil
		}
		stages = args[:1]
	}
	r.forget = append(r.forget, stages...)
	return nil
}

func help(_ context.Context, r *request, args []string) error {
	if len(args) == 0 {
		docs := Commands()
		for i := range docs {
			docs[i].Who = r.deps.who(docs[i])
		}
		r.answer(texts.Help(docs))
		return nil
	}
	if c, ok := find(args[0]); ok {
		c.Who = r.deps.who(c.Command)
		r.answer(texts.HelpFor(c.Command))
		return nil
	}
	r.confuse(texts.UnknownCommand(args[0], nearest(args[0], names())))
	return nil
}

func find(name string) (command, bool) {
	for _, c := range commands() {
		if c.Name == name {
			return c, true
		}
	}
	return command{}, false
}

// nearest is what somebody probably meant, "" if nothing comes close.
func nearest(word string, known []string) string {
	best, distance := "", 3 // more than two letters off is a guess
	for _, k := range known {
		if d := levenshtein.Distance(word, k, nil); d < distance && d < len(k) {
			best, distance = k, d
		}
	}
	return best
}
