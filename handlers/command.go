package handlers

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// command is one row of the table of /onboard commands. Adding a command is
// one row: help and did-you-mean come from the table.
type command struct {
	texts.Command

	// started: it is about an onboarding, so there must be one.
	started bool

	// may tells whether the sender may say it; nil: anyone may.
	may func(ctx context.Context, r *request) (bool, error)

	// do decides what it changes, in r.record and r.act.
	do func(ctx context.Context, r *request, args []string) error
}

// Who may say a command, in the middle of a sentence.
const (
	anyone   = "anyone"
	writers  = "people who may write to this repository"
	anAuthor = "the plugin's author"
)

// commands is the table; it is a function so that help can list it.
func commands() []command {
	return []command{
		{
			Command: texts.Command{
				Name: "start", Usage: "/onboard", Who: writers,
				Doc:      "Starts the onboarding of this repository's plugin; this issue then tracks it. `/onboard start` is the same.",
				Examples: []string{"/onboard"},
			},
			may: mayWrite, do: start,
		},
		{
			Command: texts.Command{
				Name: "status", Usage: "/onboard status", Who: anyone,
				Doc:      "Says whose turn it is.",
				Examples: []string{"/onboard status"},
			},
			started: true, do: status,
		},
		{
			Command: texts.Command{
				Name: "recheck", Usage: "/onboard recheck [stage]", Who: anAuthor,
				Doc:      "Looks again at one automatic stage, or at all of them.",
				Examples: []string{"/onboard recheck", "/onboard recheck licence"},
			},
			started: true, may: mayRecheck, do: recheck,
		},
		{
			Command: texts.Command{
				Name: "nightly", Usage: "/onboard nightly <url>", Who: anAuthor,
				Doc:      "Says where the latest build of the default branch can be downloaded. A pre-release `nightly` is found without it.",
				Examples: []string{"/onboard nightly https://builds.example.com/hello/latest.tar.gz"},
			},
			started: true, may: isAuthor, do: nightly,
		},
		{
			Command: texts.Command{
				Name: "adopt", Usage: "/onboard adopt", Who: "core committers and admins",
				Doc:      "Takes the pull request in which it is said for the review pull request, if it shows all of the plugin's code.",
				Examples: []string{"/onboard adopt"},
			},
			started: true, may: hasRole(onboarding.CoreCommitter, onboarding.Admin), do: adopt,
		},
		{
			Command: texts.Command{
				Name: "withdraw", Usage: "/onboard withdraw [reason]", Who: "the plugin's author and admins",
				Doc:      "Ends the onboarding. `/onboard` starts it anew.",
				Examples: []string{"/onboard withdraw", "/onboard withdraw We go on after the next release"},
			},
			started: true, may: either(isAuthor, hasRole(onboarding.Admin)), do: withdraw,
		},
		{
			Command: texts.Command{
				Name: "help", Usage: "/onboard help [command]", Who: anyone,
				Doc:      "Lists the commands, or explains one.",
				Examples: []string{"/onboard help", "/onboard help recheck"},
			},
			do: help,
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

func names() []string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.Name)
	}
	return names
}

// maxOpen is how many onboardings of one owner may be open at a time (S18).
const maxOpen = 3

func start(ctx context.Context, r *request, _ []string) error {
	if r.started && !r.record.Ended() {
		if r.record.Issue != r.act.Issue {
			r.answer(texts.AlreadyStarted("#" + strconv.Itoa(r.record.Issue)))
		}
		return nil
	}
	blocked, err := r.blocked(ctx)
	if err != nil {
		return err
	}
	if blocked {
		r.refuse(texts.OwnerBlocked(texts.PersonLink(r.webURL, r.repository.Owner)))
		return nil
	}
	if r.full {
		r.refuse(texts.TooManyOpen(texts.PersonLink(r.webURL, r.repository.Owner), maxOpen))
		return nil
	}
	author, err := r.author(ctx)
	if err != nil {
		return err
	}
	r.started, r.starts = true, true
	// The next round inherits no decision; the names of branches go on.
	r.record = onboarding.Record{
		Repository: r.repository.ID, Round: r.record.Round + 1, Issue: r.act.Issue,
		Author: author, Starter: r.act.By, StartedAt: r.act.At, Pairs: r.record.Pairs, NightlyURL: r.record.NightlyURL,
		AcceptedAt: r.act.At, // until there is a command for it
	}
	return nil
}

// blocked tells whether the repository's owner is one whose repositories are not
// taken: one who has such a login, or had it when it was first asked for (S10, S18).
func (r *request) blocked(ctx context.Context) (bool, error) {
	for _, login := range r.block {
		id, err := r.resolve(ctx, login)
		if err != nil {
			return false, err
		}
		if id != 0 && id == r.repository.OwnerID || strings.EqualFold(login, r.repository.Owner) {
			return true, nil
		}
	}
	return false, nil
}

func status(_ context.Context, r *request, _ []string) error {
	r.act.Status = true
	return nil
}

func recheck(_ context.Context, r *request, args []string) error {
	stages := r.checks
	if len(args) > 0 {
		if !slices.Contains(r.checks, args[0]) {
			r.confuse(texts.UnknownStage(args[0], nearest(args[0], r.checks), r.checks))
			return nil
		}
		stages = args[:1]
	}
	r.forget = append(r.forget, stages...)
	return nil
}

// withdraw ends the round. Words after the command are the reason.
func withdraw(_ context.Context, r *request, args []string) error {
	if r.record.Ended() {
		r.confuse(texts.Ended())
		return nil
	}
	r.record.Withdrawn = &onboarding.Withdrawal{By: r.act.By, Reason: texts.Truncate(strings.Join(args, " "), maxReason)}
	r.record.EndedAt, r.changed = r.act.Recorded, true
	return nil
}

// maxReason bounds a reason, in runes.
const maxReason = 500

// adopt has the PR in which it is said taken for the review PR. Whether it can
// be, the look finds out (S2).
func adopt(_ context.Context, r *request, _ []string) error {
	switch {
	case !r.onPull:
		r.confuse(texts.AdoptWhere())
	case r.record.Ended():
		r.confuse(texts.Ended())
	default:
		r.record.Adopt, r.changed = r.act.Issue, true
	}
	return nil
}

// nightly takes the URL as it is: what is wrong with it, the check says. Only a
// password is refused at once, which must not reach the database.
func nightly(_ context.Context, r *request, args []string) error {
	if len(args) != 1 {
		r.confuse(texts.NotAURL())
		return nil
	}
	text := strings.TrimSuffix(strings.TrimPrefix(args[0], "<"), ">") // how some write links
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		r.confuse(texts.NotAURL())
		return nil //nolint:nilerr // it is answered
	}
	if u.User != nil {
		r.confuse(texts.SecretURL())
		return nil
	}
	r.record.NightlyURL, r.changed = text, true
	r.forget = append(r.forget, nightlyBuild)
	return nil
}

// nightlyBuild is the stage that the nightly URL is for.
const nightlyBuild = "nightly-build"

func help(_ context.Context, r *request, args []string) error {
	if len(args) == 0 {
		r.answer(texts.Help(Commands()))
		return nil
	}
	if c, ok := find(args[0]); ok {
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

func mayWrite(ctx context.Context, r *request) (bool, error) {
	return r.github.MayWrite(ctx, r.act.By)
}

func isAuthor(_ context.Context, r *request) (bool, error) {
	return r.act.By.ID == r.record.Author.ID, nil
}

// hasRole lets those pass who have one of the roles, and are not on the
// plugin's side: authors and those who started never decide about their own
// plugin (S11).
func hasRole(roles ...onboarding.Role) func(context.Context, *request) (bool, error) {
	return func(ctx context.Context, r *request) (bool, error) {
		if id := r.act.By.ID; id == r.record.Author.ID || id == r.record.Starter.ID || id == r.repository.OwnerID {
			return false, nil
		}
		for _, role := range roles {
			for _, login := range r.roles[role] {
				id, err := r.resolve(ctx, login)
				if err != nil {
					return false, err
				}
				if id != 0 && id == r.act.By.ID {
					return true, nil
				}
			}
		}
		return false, nil
	}
}

// resolve returns the id of a configured login, as it was when it was first
// asked for (S10); 0 if GitHub knows nobody of that name.
func (r *request) resolve(ctx context.Context, login string) (int64, error) {
	id, ok, err := r.store.LoginID(ctx, login)
	if err != nil || ok {
		return id, err
	}
	if id, err = r.github.UserID(ctx, login); err != nil || id == 0 {
		return 0, err
	}
	return id, r.store.SaveLoginID(ctx, login, id)
}

// either lets those pass whom one of two lets pass.
func either(a, b func(context.Context, *request) (bool, error)) func(context.Context, *request) (bool, error) {
	return func(ctx context.Context, r *request) (bool, error) {
		if may, err := a(ctx, r); may || err != nil {
			return may, err
		}
		return b(ctx, r)
	}
}

// mayRecheck: GitHub shows the button of a check run only to people who may
// write (github-facts.md section 1); they could push as well.
func mayRecheck(ctx context.Context, r *request) (bool, error) {
	if r.act.Comment == 0 {
		return true, nil
	}
	return isAuthor(ctx, r)
}

// author is the issue's opener if they may write to the repository, else the
// starter, who may (design.md, "Who is the author?").
func (r *request) author(ctx context.Context) (onboarding.Person, error) {
	if r.opener.ID == r.act.By.ID || r.opener.Login == "" {
		return r.act.By, nil
	}
	may, err := r.github.MayWrite(ctx, r.opener)
	if err != nil {
		return onboarding.Person{}, fmt.Errorf("find the plugin's author: %w", err)
	}
	if may {
		return r.opener, nil
	}
	return r.act.By, nil
}

// request is one text with commands on its way through the table.
type request struct {
	store  *store.Store
	github permissions
	roles  map[onboarding.Role][]string
	block  []string // logins of owners
	webURL string
	checks []string // stages that a check decides

	repository store.Repository
	opener     onboarding.Person // of the issue
	onPull     bool              // it is said on a pull request

	// what the commands decide
	record   onboarding.Record
	started  bool     // there is an onboarding
	starts   bool     // it starts now
	changed  bool     // the record is another one now
	full     bool     // the owner has maxOpen onboardings
	forget   []string // results to be looked at again
	act      store.Act
	refusals []string
}

// permissions is what commands ask of GitHub.
type permissions interface {
	MayWrite(ctx context.Context, person onboarding.Person) (bool, error)
	UserID(ctx context.Context, login string) (id int64, err error)
}

func (r *request) answer(text string) { r.act.Answers = append(r.act.Answers, text) }

// confuse answers what could not be followed.
func (r *request) confuse(text string) {
	r.answer(text)
	r.act.Confused = true
}

// refuse answers what the sender may not.
func (r *request) refuse(text string) {
	r.refusals = append(r.refusals, text)
	r.act.Confused = true
}
