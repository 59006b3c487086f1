package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// Plugin is where a plugin's onboarding stands, and how it came there.
type Plugin struct {
	Repository string    `json:"repository"`          // "owner/name"
	IsPrivate  bool      `json:"is_private"`          // now
	URL        string    `json:"url"`                 // path of this page
	GitHub     string    `json:"github"`              // the repository's page
	Author     string    `json:"author"`              // login
	Starter    string    `json:"starter"`             // login of who said /onboard
	PluginID   string    `json:"plugin_id,omitempty"` // once it is pinned
	Round      int       `json:"round"`               // from 1
	RoundName  string    `json:"-"`
	Issue      int       `json:"issue"`                // number of the tracking issue
	IssueURL   string    `json:"issue_url"`            // on GitHub
	Pull       int       `json:"pull,omitempty"`       // number of the review pull request
	PullURL    string    `json:"pull_url,omitempty"`   // on GitHub
	StartedAt  time.Time `json:"started_at"`           // the round
	AcceptedAt time.Time `json:"accepted_at,omitzero"` // when somebody of the reviewing team accepted the start
	EndedAt    time.Time `json:"ended_at,omitzero"`    // complete or withdrawn
	Standing   string    `json:"standing"`             // held, paused, withdrawn or complete; "" while it is under way
	Came       string    `json:"-"`                    // of what the visitor just did, in a sentence
	Looked     bool      `json:"looked"`               // false: nobody has looked yet, so the rest says little
	Commit     string    `json:"commit,omitempty"`     // that was looked at last
	CommitURL  string    `json:"commit_url,omitempty"` // on GitHub

	Next     Next             `json:"next"`     // what happens next
	Steps    []Step           `json:"steps"`    // stages and gates, in the order in which a plugin passes them
	Gates    []Gate           `json:"gates"`    // in their order
	Reviews  []ReviewedCommit `json:"reviews"`  // the newest commit first
	Builds   []Builds         `json:"builds"`   // nightly builds and releases
	Turns    []Spent          `json:"turns"`    // how long it was whose turn
	Timeline Timeline         `json:"timeline"` // what happened, from the audit log
	Rounds   []FormerRound    `json:"rounds"`   // the newest first
}

// Next is what happens next.
type Next struct {
	Text  string           `json:"text"`            // a sentence in Markdown, as the status comment has it
	Turn  onboarding.Party `json:"turn,omitempty"`  // who must act; "" for nobody
	Stage string           `json:"stage,omitempty"` // "" for none
	Since time.Time        `json:"since,omitzero"`  // when their turn began
	Asked []string         `json:"asked,omitempty"` // logins of those who are asked
	Mood  onboarding.State `json:"-"`               // by which it is coloured
}

// FormerRound is a round that is over.
type FormerRound struct {
	Round     int       `json:"round"`               // from 1
	StartedAt time.Time `json:"started_at"`          // when it began
	EndedAt   time.Time `json:"ended_at,omitzero"`   // when it was over
	Outcome   string    `json:"outcome"`             // complete or withdrawn
	Accepted  string    `json:"accepted,omitempty"`  // the release, or the round, as people call it
	Commit    string    `json:"commit,omitempty"`    // of the plugin, that the reviews accepted
	IssueURL  string    `json:"issue_url,omitempty"` // of its tracking issue
}

// maxRounds is how many former rounds a page lists.
const maxRounds = 10

// about is what the pages about one plugin are made from.
type about struct {
	repository store.Repository
	record     onboarding.Record
	pipeline   onboarding.Pipeline
	looked     bool
	acts       bool              // the visitor decides about it
	view       texts.View        // its links to check runs lead to our pages about them
	runs       map[string]string // the check runs' own pages on GitHub, by stage or gate
	card       onboarding.Card
	turns      []store.Turn
}

// about finds the plugin that a request is about, if the visitor may see it.
//
// A path that ends with .json is that of a page's twin, unless there is a repository
// of that very name. One that the visitor may not see is not there (S20).
func (w *Web) about(v *visit) (*about, error) {
	owner, name := v.PathValue("owner"), v.PathValue("repo")
	a, err := w.find(v, owner, name)
	if v.PathValue("stage") != "" {
		return a, err
	}
	if plain, twin := strings.CutSuffix(name, ".json"); twin && errors.Is(err, errNotFound) {
		return w.find(v, owner, plain)
	}
	v.json = false
	return a, err
}

func (w *Web) find(v *visit, owner, name string) (*about, error) {
	repository, ok, err := w.Store.RepositoryNamed(v.ctx, owner, name)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errNotFound
	}
	record, ok, err := w.Store.Onboarding(v.ctx, repository.ID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errNotFound
	}
	var why onboarding.Holding
	if record.Held != nil {
		why = record.Held.Why
	}
	if sees, err := w.sees(v, repository, why); err != nil || !sees {
		return nil, errors.Join(err, errNotFound)
	}
	a := &about{repository: repository, record: record, pipeline: record.JudgedBy(w.Pipeline)}
	a.acts = v.visitor.isAdmin() && !record.Excluded(v.visitor.Person)
	if err := w.judge(v, a); err != nil {
		return nil, err
	}
	a.turns, err = w.Store.Turns(v.ctx, repository.ID, record.Round)
	return a, err
}

// judge decides anew where the onboarding stands, by what is on record now and by
// what the last look saw.
func (w *Web) judge(v *visit, a *about) error {
	kept, looked, err := w.Store.View(v.ctx, a.repository.ID)
	if err != nil {
		return err
	}
	if a.looked = looked; looked {
		if err := json.Unmarshal(kept, &a.view); err != nil {
			return fmt.Errorf("read the page of %s: %w", a.repository.FullName(), err)
		}
	}
	a.view.Repository, a.view.WebURL, a.view.Record = a.repository.FullName(), w.WebURL, a.record
	a.view.Verdict = onboarding.Evaluate(a.pipeline, a.record, a.view.Facts, w.Now())
	a.card = onboarding.CardOf(a.record, a.view.Verdict)
	a.runs, a.view.RunURLs = a.view.RunURLs, map[string]string{}
	for _, s := range a.view.Verdict.Standings {
		a.view.RunURLs[s.Name] = a.stageURL(s.Name)
	}
	return nil
}

// stageURL is the path of the page of a stage or gate.
func (a *about) stageURL(name string) string { return pluginURL(a.repository) + "/" + name }

// present is the stage that somebody must act on, or that is being looked at.
func (a *about) present() string {
	if column := a.card.Column(); a.pipeline.Has(column) {
		return column
	}
	return ""
}

// plugin is the page of a plugin.
func (w *Web) plugin(v *visit) (page, error) {
	a, err := w.about(v)
	if err != nil {
		return page{}, err
	}
	r := a.record
	p := Plugin{
		Repository: texts.Line(a.repository.FullName()), IsPrivate: a.repository.Private, URL: pluginURL(a.repository), GitHub: a.view.URL(),
		Author: texts.Line(r.Author.Login), Starter: texts.Line(r.Starter.Login), PluginID: texts.Line(r.PluginID),
		Round: r.Round, RoundName: a.view.RoundName(), Issue: r.Issue, IssueURL: a.issueURL(r.Issue),
		StartedAt: r.StartedAt.UTC(), AcceptedAt: r.AcceptedAt.UTC(), EndedAt: r.EndedAt.UTC(), Standing: a.card.Standing,
		Looked: a.looked, Commit: a.view.Facts.Commit, Next: a.next(), Steps: a.steps(), Gates: a.gates(), Reviews: a.reviews(), Turns: a.spent(w.Now(), ""),
	}
	if v.URL.Query().Get("done") == passedOn {
		p.Came = outcomes[passedOn]
	}
	if p.Commit != "" {
		p.CommitURL = a.view.CommitURL()
	}
	if pr := r.ReviewPR; pr != nil && pr.Number != 0 {
		p.Pull, p.PullURL = pr.Number, fmt.Sprintf("%s/pull/%d", a.view.URL(), pr.Number)
	}
	if p.Builds, err = w.builds(v, a); err != nil {
		return page{}, err
	}
	if p.Timeline, err = w.timeline(v, a, "", timelineBytes); err != nil {
		return page{}, err
	}
	if p.Rounds, err = w.formerRounds(v, a); err != nil {
		return page{}, err
	}
	return page{name: "plugin", title: p.Repository, model: p}, nil
}

func (a *about) issueURL(number int) string { return fmt.Sprintf("%s/issues/%d", a.view.URL(), number) }

// next is what happens next, and who is asked for it.
func (a *about) next() Next {
	turn := a.card.Next
	n := Next{Text: strings.TrimSpace(texts.Next(a.view)), Turn: turn.Party, Stage: turn.Stage, Asked: a.asked(turn), Mood: onboarding.Running}
	if turn.Stage != "" {
		n.Since = a.since(turn.Stage)
	}
	standing, _ := a.view.Verdict.Standing(turn.Stage)
	switch {
	case !a.looked:
		n = Next{Text: "Onboard has not looked at this plugin yet. It does so by itself, mostly within a minute.", Mood: onboarding.Running}
	case a.card.Standing == "complete":
		n.Mood = onboarding.Passed
	case a.card.Standing != "":
		n.Mood = onboarding.Closed
	case turn.Party == onboarding.Author && standing.State == onboarding.Failed:
		n.Mood = onboarding.Failed
	case turn.Party != onboarding.Nobody:
		n.Mood = onboarding.Waiting
	}
	return n
}

// Goes tells whether there is a way to show: of what was withdrawn, there is none.
func (p Plugin) Goes() bool { return len(p.Steps) > 0 && p.Standing != "withdrawn" }

// Lead is the sentence as a page begins with it.
func (n Next) Lead() string { return "**Next:** " + n.Text }

func (w *Web) formerRounds(v *visit, a *about) ([]FormerRound, error) {
	records, err := w.Store.FormerRounds(v.ctx, a.repository.ID, a.record.Round, maxRounds)
	if err != nil {
		return nil, err
	}
	rounds := []FormerRound{}
	for _, r := range records {
		round := FormerRound{Round: r.Round, StartedAt: r.StartedAt.UTC(), EndedAt: r.EndedAt.UTC(), Outcome: "complete", IssueURL: a.issueURL(r.Issue)}
		if r.Withdrawn != nil {
			round.Outcome = "withdrawn"
		} else if b := r.NextBaseline; b != nil {
			round.Accepted, round.Commit = texts.Line(b.Name()), b.Source
		}
		rounds = append(rounds, round)
	}
	return rounds, nil
}
