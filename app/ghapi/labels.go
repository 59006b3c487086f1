package ghapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
)

// Label is a label that Onboard uses.
type Label struct {
	Name        string // at most 50 characters
	Colour      string // six hex digits
	Description string // at most 100 characters
}

// IssueLabels reads the labels of an issue or PR, live: everybody with triage may
// change them (S14). ok is false if it is gone.
func (r *Repo) IssueLabels(ctx context.Context, issue int) (names []string, ok bool, err error) {
	list, _, err := r.client.Issues.ListLabelsByIssue(ctx, r.Owner, r.Name, issue, &github.ListOptions{PerPage: 100})
	if gone, err := r.gone(ctx, err); gone || err != nil {
		return nil, false, explain(err, "read the labels of %s/%s#%d", r.Owner, r.Name, issue)
	}
	for _, label := range list {
		names = append(names, label.GetName())
	}
	return names, true, nil
}

// LabelChange is what is to become of the labels of an issue or PR.
type LabelChange struct {
	Issue int
	Has   []string // what it has: all of it if Live, else ours as they were put there
	Live  bool     // Has was read just now
	Ours  []string // of these it is to carry exactly those wanted
	Want  []Label
}

// missing are the labels that are wanted and not there.
func (c LabelChange) missing() (list []Label) {
	for _, label := range c.Want {
		if !slices.ContainsFunc(c.Has, func(name string) bool { return strings.EqualFold(name, label.Name) }) {
			list = append(list, label)
		}
	}
	return list
}

// surplus are the labels of ours that are there and not wanted.
func (c LabelChange) surplus() (names []string) {
	for _, name := range c.Has {
		same := func(other string) bool { return strings.EqualFold(other, name) }
		if slices.ContainsFunc(c.Ours, same) && !slices.ContainsFunc(c.Want, func(l Label) bool { return same(l.Name) }) {
			names = append(names, name)
		}
	}
	return names
}

// Calls is how many calls the change takes, labels that have to be made not
// counted. To read what there is first and set all at once takes two.
func (c LabelChange) Calls() int {
	missing, surplus := len(c.missing()), len(c.surplus())
	if c.Live && surplus > 0 {
		return 1
	}
	return min(missing, 1) + surplus
}

// ChangeLabels makes an issue or PR carry, of the labels that are ours, exactly
// those wanted, in the fewest calls: of one whose labels were read just now all
// are set at once, others' as they were. One that is gone or locked is no error. It
// fails with [ErrLabelsRefused] if GitHub does not take them.
func (r *Repo) ChangeLabels(ctx context.Context, change LabelChange, ledger Ledger, now time.Time) error {
	missing, surplus := change.missing(), change.surplus()
	var add []string
	for _, label := range missing {
		if err := r.createLabel(ctx, label, ledger, now); err != nil {
			return err
		}
		add = append(add, label.Name)
	}
	all := append(slices.DeleteFunc(slices.Clone(change.Has), func(name string) bool { return slices.Contains(surplus, name) }), add...)
	if change.Live && len(surplus) > 0 && len(add)+len(surplus) > 1 && len(all) > 0 { // GitHub's description knows no empty list
		return r.writeLabels(ctx, http.MethodPut, change.Issue, all)
	}
	if len(add) > 0 {
		if err := r.writeLabels(ctx, http.MethodPost, change.Issue, add); err != nil {
			return err
		}
	}
	for _, name := range surplus {
		_, err := r.client.Issues.RemoveLabelForIssue(ctx, r.Owner, r.Name, change.Issue, name)
		if hasStatus(err, http.StatusNotFound) && strings.Contains(err.Error(), noLabel) { // somebody was faster
			continue
		}
		if _, err = r.gone(ctx, err); err != nil {
			return explain(err, "take label %s off %s/%s#%d", name, r.Owner, r.Name, change.Issue)
		}
	}
	return nil
}

// noLabel is in GitHub's 404 about a label that is not on an issue.
const noLabel = "Label does not exist"

// ErrLabelsRefused is GitHub's answer to labels that it does not put there, as to an
// issue that has a hundred: everybody with triage may fill one up.
var ErrLabelsRefused = errors.New("GitHub does not put these labels there")

// writeLabels adds labels to an issue, or sets all of its labels. go-github's
// calls send a bare list, which GitHub's description does not know.
func (r *Repo) writeLabels(ctx context.Context, method string, issue int, names []string) error {
	path := fmt.Sprintf("repos/%s/%s/issues/%d/labels", url.PathEscape(r.Owner), url.PathEscape(r.Name), issue)
	request, err := r.client.NewRequest(method, path, map[string][]string{"labels": names})
	if err == nil {
		_, err = r.client.Do(ctx, request, nil)
	}
	_, err = r.gone(ctx, err)
	err = explain(err, "label %s/%s#%d", r.Owner, r.Name, issue)
	if hasStatus(err, http.StatusUnprocessableEntity) {
		return fmt.Errorf("%w: %w", ErrLabelsRefused, err)
	}
	return err
}

// createLabel makes a label when it is first used. GitHub would make it by
// itself, but in grey and without a description.
func (r *Repo) createLabel(ctx context.Context, label Label, ledger Ledger, now time.Time) error {
	thing := "label/" + label.Name
	if _, made := ledger.Shown(thing); made {
		return nil
	}
	_, _, err := r.client.Issues.CreateLabel(ctx, r.Owner, r.Name, &github.Label{
		Name: github.String(label.Name), Color: github.String(label.Colour), Description: github.String(label.Description),
	})
	if err != nil && !alreadyExists(err) { // theirs stays
		return explain(err, "create label %s in %s/%s", label.Name, r.Owner, r.Name)
	}
	return ledger.Note(ctx, thing, Shown{Digest: Digest(label), At: now})
}

// alreadyExists tells GitHub's answer to a second label of a name.
func alreadyExists(err error) bool {
	var refused *github.ErrorResponse
	return errors.As(err, &refused) &&
		slices.ContainsFunc(refused.Errors, func(e github.Error) bool { return e.Code == "already_exists" })
}
