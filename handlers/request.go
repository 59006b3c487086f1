package handlers

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// request is one text with commands on its way through the table.
type request struct {
	deps   Deps
	github permissions

	repository store.Repository
	opener     onboarding.Person // of the issue
	onPull     bool              // it is said on a pull request
	button     bool              // it is no text: a button was pressed
	onPage     bool              // on one of the App's pages, where nobody sees a reaction

	ownerIsUser bool // the repository is a person's, who then decides nothing about it (S11)

	// what the commands decide
	record   onboarding.Record
	started  bool     // there is an onboarding
	starts   bool     // it starts now
	changed  bool     // the record is another one now
	full     bool     // the owner has maxOpen onboardings
	forget   []string // results to be looked at again
	act      store.Act
	refusals []string

	writers map[int64]bool    // who may write to the repository, as far as it was asked
	has     []onboarding.Role // the sender's roles, once they were asked for
	hasRead bool
	// unreadable says which team's members cannot be read, so that the sender may
	// have more roles; "" for none.
	unreadable string
	verdict    *onboarding.Verdict // where the onboarding stands, as far as is on record
	entries    []store.Entry       // for the audit log
	calls      int                 // commands that were followed, which tells decisions of one text apart
}

// request begins what somebody does to a repository, with what is on record of it.
func (d Deps) request(ctx context.Context, repository store.Repository, act store.Act) (*request, error) {
	record, started, err := d.Store.Onboarding(ctx, repository.ID)
	if err != nil {
		return nil, err
	}
	github, err := d.GitHub.Repo(repository.Installation, repository.Owner, repository.Name)
	if err != nil {
		return nil, err
	}
	act.Recorded = d.Now()
	// A transfer may not have been seen yet: each delivery says whose the repository is.
	hold := record.HeldFor(onboarding.Person{ID: repository.OwnerID, Login: repository.Owner}, act.Recorded)
	changed := started && !onboarding.SameHold(record.Held, hold) && (hold != nil || record.Held.Why == onboarding.NewOwner)
	r := &request{deps: d, github: github, repository: repository, record: record, started: started, changed: changed, act: act}
	if changed {
		r.record.Held = hold
		r.entries = append(r.entries, store.HoldChanged(repository.ID, hold, act.Recorded))
	}
	return r, r.keepOwners(ctx)
}

// pipeline is what the onboarding is judged by.
func (r *request) pipeline() onboarding.Pipeline { return r.record.JudgedBy(r.deps.Pipeline) }

// stands is where the onboarding stands by what is on record: what GitHub shows
// now, the look that follows finds out.
func (r *request) stands(ctx context.Context) (onboarding.Verdict, error) {
	if r.verdict != nil {
		return *r.verdict, nil
	}
	results, err := r.deps.Store.Results(ctx, r.repository.ID)
	if err != nil {
		return onboarding.Verdict{}, err
	}
	verdict := onboarding.Evaluate(r.pipeline(), r.record, r.record.LastFacts(results, r.deps.Checks), r.act.Recorded)
	r.verdict = &verdict
	return verdict, nil
}

// decide puts a decision of the sender on record, in r.record. A text may hold
// several.
func (r *request) decide(ctx context.Context, d onboarding.Decision) error {
	has, err := r.rolesOf(ctx)
	if err != nil {
		return err
	}
	d.ID, d.By, d.At, d.Roles = r.act.ID+"/"+strconv.Itoa(r.calls), r.act.By, r.act.At, has
	d.Asked = r.record.AskedSince(d.Stage, d.By)
	if slices.ContainsFunc(r.record.Decisions, func(known onboarding.Decision) bool { return known.ID == d.ID }) {
		return nil // it came again, maybe when another stage is open (S14)
	}
	r.record.Decisions = onboarding.Decide(r.record.Decisions, d)
	r.changed, r.verdict = true, nil
	details := map[string]any{"roles": has}
	if !d.Until.IsZero() {
		details["until"] = d.Until
	}
	return r.log(store.Entry{Kind: string(d.Verb), Stage: d.Stage, Version: d.Bound, Reason: d.Reason, URL: d.URL}, details)
}

// log has something the sender did put into the audit log, with the record (S22).
func (r *request) log(e store.Entry, details map[string]any) (err error) {
	e.Repository, e.Who, e.At, e.Source = r.repository.ID, r.act.By, r.act.At, r.act.ID+"/"+strconv.Itoa(r.calls)
	if details != nil {
		if e.Details, err = json.Marshal(details); err != nil {
			return fmt.Errorf("log %s of %s: %w", e.Kind, e.Source, err)
		}
	}
	r.entries = append(r.entries, e)
	return nil
}

// save puts the repository's name, the record if it changed, and what was logged
// into the store.
func (r *request) save(ctx context.Context, tx *sql.Tx) error {
	if err := store.SaveRepository(ctx, tx, r.repository); err != nil {
		return err
	}
	for _, entry := range r.entries {
		if _, err := store.Append(ctx, tx, entry); err != nil {
			return err
		}
	}
	if !r.changed {
		return nil
	}
	return store.SaveOnboarding(ctx, tx, r.record, r.repository.OwnerID)
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
