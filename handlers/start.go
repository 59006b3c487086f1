package handlers

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// maxOpen is how many onboardings of one owner may be open at a time (S18).
const maxOpen = 3

func start(ctx context.Context, r *request, _ []string) error {
	if r.started && !r.record.Ended() {
		if r.record.Issue != r.act.Issue {
			r.answer(texts.AlreadyStarted("#" + strconv.Itoa(r.record.Issue)))
		}
		return nil
	}
	late := r.act.At.Before(r.record.EndedAt.Truncate(time.Second))   // it was said of the round before
	if r.started && (r.changed || late || r.record.ReviewPR.Open()) { // the round's end is not on record, or not shown yet
		r.confuse(texts.NotEndedYet())
		return nil
	}
	blocked, err := r.blocked(ctx)
	if err != nil {
		return err
	}
	if blocked {
		r.refuse(texts.OwnerBlocked(texts.PersonLink(r.deps.WebURL, r.repository.Owner)))
		return nil
	}
	if r.full {
		r.refuse(texts.TooManyOpen(texts.PersonLink(r.deps.WebURL, r.repository.Owner), maxOpen))
		return nil
	}
	author, err := r.author(ctx)
	if err != nil {
		return err
	}
	has, err := r.rolesOf(ctx)
	if err != nil {
		return err
	}
	r.started, r.starts, r.changed = true, true, true
	owner := r.record.OwnerID
	r.record = r.record.Next(r.deps.Pipeline)
	if owner != r.repository.OwnerID { // who owns it now inherits nothing
		r.record.NightlyURL, r.record.Baseline, r.record.Carried = "", nil, nil
	}
	r.record.Repository, r.record.OwnerID, r.record.Private, r.record.Issue = r.repository.ID, r.repository.OwnerID, r.repository.Private, r.act.Issue
	r.record.Author, r.record.Starter, r.record.StartedAt = author, r.act.By, r.act.At
	if len(has) > 0 || !r.deps.MustAccept {
		r.record.AcceptedAt = r.act.At
	}
	if r.ownerIsUser {
		r.record.Owner = onboarding.Person{ID: r.repository.OwnerID, Login: r.repository.Owner}
	}
	if err := r.keepOwners(ctx); err != nil {
		return err
	}
	return r.log(store.Entry{Kind: "start", About: []onboarding.Person{author}}, map[string]any{
		"round": r.record.Round, "issue": r.record.Issue, "accepted": r.record.Accepted(), "roles": has,
	})
}

// blocked tells whether the repository's owner is one whose repositories are not
// taken: one who has such a login, or had it when it was first asked for (S10, S18).
func (r *request) blocked(ctx context.Context) (bool, error) {
	for _, login := range r.deps.Block {
		id, err := r.deps.resolve(ctx, r.github, login)
		if err != nil {
			return false, err
		}
		if id != 0 && id == r.repository.OwnerID || strings.EqualFold(login, r.repository.Owner) {
			return true, nil
		}
	}
	return false, nil
}

// author is the issue's opener if they may write to the repository, else the
// starter if they may, else the owner (design.md, "Who is the author?").
func (r *request) author(ctx context.Context) (onboarding.Person, error) {
	for _, person := range []onboarding.Person{r.opener, r.act.By} {
		if person.ID == 0 {
			continue
		}
		may, err := r.writes(ctx, person)
		if err != nil {
			return onboarding.Person{}, fmt.Errorf("find the plugin's author: %w", err)
		}
		if may {
			return person, nil
		}
	}
	return onboarding.Person{ID: r.repository.OwnerID, Login: r.repository.Owner}, nil
}

// withdraw ends the round. Words after the command are the reason.
func withdraw(_ context.Context, r *request, args []string) error {
	if hold := r.record.Held; hold != nil && hold.Owner.ID == r.act.By.ID { // else they could begin anew without a confirmation
		r.confuse(texts.OnHold("withdraw"))
		return nil
	}
	r.record.Withdrawn = &onboarding.Withdrawal{By: r.act.By, Reason: reasonOf(args)}
	r.record.EndedAt, r.record.Paused, r.changed = r.act.Recorded, nil, true
	return r.log(store.Entry{Kind: "end", Reason: r.record.Withdrawn.Reason}, nil)
}

// maxReason bounds a reason, in runes.
const maxReason = 500

// adopt has the PR in which it is said taken for the review PR. Whether it can
// be, the look finds out (S2).
func adopt(_ context.Context, r *request, _ []string) error {
	if !r.onPull {
		r.confuse(texts.AdoptWhere())
		return nil
	}
	r.record.Adopt, r.changed = r.act.Issue, true
	return r.log(store.Entry{Kind: "adopt"}, map[string]any{"pull": r.act.Issue, "roles": r.has})
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
	return r.log(store.Entry{Kind: "nightly", Stage: nightlyBuild, Reason: text}, nil)
}

// nightlyBuild is the stage that the nightly URL is for.
const nightlyBuild = "nightly-build"
