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
	if gone(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, explain(err, "read the labels of %s/%s#%d", r.Owner, r.Name, issue)
	}
	for _, label := range list {
		names = append(names, label.GetName())
	}
	return names, true, nil
}

// ChangeLabels makes an issue or PR that has these labels carry, of those that
// are ours, exactly those wanted.
func (r *Repo) ChangeLabels(ctx context.Context, issue int, has, ours []string, want []Label, ledger Ledger, now time.Time) error {
	var missing []string
	for _, label := range want {
		if slices.ContainsFunc(has, func(name string) bool { return strings.EqualFold(name, label.Name) }) {
			continue
		}
		if err := r.createLabel(ctx, label, ledger, now); err != nil {
			return err
		}
		missing = append(missing, label.Name)
	}
	if len(missing) > 0 {
		if err := r.addLabels(ctx, issue, missing); err != nil && !gone(err) {
			return err
		}
	}
	for _, name := range has {
		same := func(other string) bool { return strings.EqualFold(other, name) }
		if !slices.ContainsFunc(ours, same) || slices.ContainsFunc(want, func(l Label) bool { return same(l.Name) }) {
			continue
		}
		_, err := r.client.Issues.RemoveLabelForIssue(ctx, r.Owner, r.Name, issue, name)
		if err != nil && !hasStatus(err, http.StatusNotFound) { // 404: somebody was faster
			return explain(err, "take label %s off %s/%s#%d", name, r.Owner, r.Name, issue)
		}
	}
	return nil
}

// addLabels puts labels on an issue. go-github's AddLabelsToIssue sends a bare
// list, which GitHub's description does not know.
func (r *Repo) addLabels(ctx context.Context, issue int, names []string) error {
	path := fmt.Sprintf("repos/%s/%s/issues/%d/labels", url.PathEscape(r.Owner), url.PathEscape(r.Name), issue)
	request, err := r.client.NewRequest(http.MethodPost, path, map[string][]string{"labels": names})
	if err == nil {
		_, err = r.client.Do(ctx, request, nil)
	}
	return explain(err, "label %s/%s#%d", r.Owner, r.Name, issue)
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
