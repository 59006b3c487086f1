package ghapi

import (
	"context"
	"net/http"

	"github.com/google/go-github/v60/github"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Pull is a pull request as it is now.
type Pull struct {
	Number   int
	URL      string
	By       onboarding.Person
	Open     bool
	Merged   bool
	Title    string
	Body     string
	Base     string // branches
	Head     string
	BaseSHA  string
	HeadSHA  string
	HeadRepo int64    // id of the head's repository; 0 if it is gone
	Labels   []string //
}

func fromPull(p *github.PullRequest) Pull {
	pull := Pull{
		Number: p.GetNumber(), URL: p.GetHTMLURL(), Open: p.GetState() == "open", Merged: p.GetMerged() || p.MergedAt != nil,
		By:    onboarding.Person{ID: p.GetUser().GetID(), Login: p.GetUser().GetLogin()},
		Title: p.GetTitle(), Body: p.GetBody(), Base: p.GetBase().GetRef(), Head: p.GetHead().GetRef(),
		BaseSHA: p.GetBase().GetSHA(), HeadSHA: p.GetHead().GetSHA(), HeadRepo: p.GetHead().GetRepo().GetID(),
	}
	for _, label := range p.Labels {
		pull.Labels = append(pull.Labels, label.GetName())
	}
	return pull
}

// Pull reads a pull request; ok is false if there is none of that number.
func (r *Repo) Pull(ctx context.Context, number int) (pull Pull, ok bool, err error) {
	p, _, err := r.client.PullRequests.Get(ctx, r.Owner, r.Name, number)
	if hasStatus(err, http.StatusNotFound) {
		return Pull{}, false, nil
	}
	if err != nil {
		return Pull{}, false, explain(err, "read pull request %s/%s#%d", r.Owner, r.Name, number)
	}
	return fromPull(p), true, nil
}

// PullHead reads a pull request and, from the same answer, what Head reads of the
// repository: GitHub describes it as the base's. ok is false if there is no pull
// request of that number.
func (r *Repo) PullHead(ctx context.Context, number int, last Head) (pull Pull, head Head, ok bool, err error) {
	p, response, err := r.client.PullRequests.Get(ctx, r.Owner, r.Name, number)
	_, lost := lostRepository(err) // Head finds out why
	if lost {
		return Pull{}, Head{}, false, nil
	}
	if err != nil {
		return Pull{}, Head{}, false, explain(err, "read pull request %s/%s#%d", r.Owner, r.Name, number)
	}
	if p.GetBase().GetRepo() == nil {
		return Pull{}, Head{}, false, nil
	}
	head, err = r.headOf(ctx, p.GetBase().GetRepo(), clock(response), last)
	return fromPull(p), head, err == nil, err
}

// NewPull is a pull request to be opened.
type NewPull struct {
	Title string
	Body  string
	Base  string // branches of the repository itself
	Head  string
}

// OpenPull opens a pull request, unless the App opened it before: of two
// branches there is only one open at a time. taken is true if somebody else has
// opened that one.
func (r *Repo) OpenPull(ctx context.Context, want NewPull) (pull Pull, taken bool, err error) {
	p, _, err := r.client.PullRequests.Create(ctx, r.Owner, r.Name, &github.NewPullRequest{
		Title: github.String(want.Title), Body: github.String(want.Body), Base: github.String(want.Base), Head: github.String(want.Head),
		MaintainerCanModify: github.Bool(false),
	})
	if err == nil {
		return fromPull(p), false, nil
	}
	if hasStatus(err, http.StatusUnprocessableEntity) {
		found, err := r.openPulls(ctx, want)
		if err != nil {
			return Pull{}, false, err
		}
		login, err := r.clients.login(ctx)
		if err != nil {
			return Pull{}, false, err
		}
		for _, p := range found {
			if p.By.Login == login {
				return p, false, nil
			}
		}
		if len(found) > 0 {
			return Pull{}, true, nil
		}
	}
	return Pull{}, false, notAllowed(err, "open the pull request of %s in %s/%s", want.Head, r.Owner, r.Name)
}

// openPulls are the open pull requests of the same two branches.
func (r *Repo) openPulls(ctx context.Context, want NewPull) ([]Pull, error) {
	page, _, err := r.client.PullRequests.List(ctx, r.Owner, r.Name, &github.PullRequestListOptions{
		State: "open", Head: r.Owner + ":" + want.Head, Base: want.Base, ListOptions: github.ListOptions{PerPage: 10},
	})
	if err != nil {
		return nil, explain(err, "look for the pull request of %s in %s/%s", want.Head, r.Owner, r.Name)
	}
	var list []Pull
	for _, p := range page {
		list = append(list, fromPull(p))
	}
	return list, nil
}

// PullEdit is what changes of a pull request; nil leaves it as it is.
type PullEdit struct {
	Title *string
	Body  *string
}

// EditPull changes a pull request.
func (r *Repo) EditPull(ctx context.Context, number int, edit PullEdit) error {
	_, _, err := r.client.PullRequests.Edit(ctx, r.Owner, r.Name, number, &github.PullRequest{Title: edit.Title, Body: edit.Body})
	return notAllowed(err, "edit pull request %s/%s#%d", r.Owner, r.Name, number)
}

// ReopenPull opens a closed pull request again. reopened is false if GitHub
// finds it cannot be, as when its branches are gone.
func (r *Repo) ReopenPull(ctx context.Context, number int) (reopened bool, err error) {
	_, _, err = r.client.PullRequests.Edit(ctx, r.Owner, r.Name, number, &github.PullRequest{State: github.String("open")})
	if hasStatus(err, http.StatusUnprocessableEntity) {
		return false, nil
	}
	return err == nil, notAllowed(err, "open pull request %s/%s#%d again", r.Owner, r.Name, number)
}

// ClosePull closes a pull request and, unless it is "", gives it a text that says
// why, in one call. One that is closed, merged or gone is no error.
func (r *Repo) ClosePull(ctx context.Context, number int, body string) error {
	edit := &github.PullRequest{State: github.String("closed")}
	if body != "" {
		edit.Body = &body
	}
	_, _, err := r.client.PullRequests.Edit(ctx, r.Owner, r.Name, number, edit)
	switch {
	case hasStatus(err, http.StatusNotFound):
		return nil
	case hasStatus(err, http.StatusUnprocessableEntity) && body == "":
		return nil
	case hasStatus(err, http.StatusUnprocessableEntity): // it cannot be closed, but its text can be another one
		return r.EditPull(ctx, number, PullEdit{Body: &body})
	}
	return notAllowed(err, "close pull request %s/%s#%d", r.Owner, r.Name, number)
}
