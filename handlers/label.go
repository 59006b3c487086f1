package handlers

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// Label looks again at a plugin when one of Onboard's labels was made, renamed or
// deleted in its repository. None of that decides anything: the look puts the
// labels back, within S15's limit.
type Label struct{ Deps }

var _ Handler = &Label{}

// Handles names the event.
func (*Label) Handles() []string { return []string{"label"} }

// labelChange is what is read of the payload.
type labelChange struct {
	Event
	Label   label `json:"label"`
	Sender  user  `json:"sender"`
	Changes struct {
		Name struct {
			From string `json:"from"`
		} `json:"name"`
	} `json:"changes"`
}

// names are the names that the label has and had.
func (c labelChange) names() []string { return []string{c.Label.Name, c.Changes.Name.From} }

// Concerns is true for what others do to Onboard's labels in a repository with an
// onboarding. Their colours and descriptions are everybody's.
func (h *Label) Concerns(ctx context.Context, payload []byte) (about Event, concerns bool, err error) {
	p, err := decode[labelChange](payload)
	if err != nil || h.own(p.Sender) || p.Action == "edited" && p.Changes.Name.From == "" {
		return about, false, err
	}
	record, started, err := h.Store.Onboarding(ctx, p.Repository.ID)
	return p.Event, started && slices.ContainsFunc(p.names(), func(name string) bool { return h.ourLabel(record, name) }), err
}

// Handle forgets that the label exists, so that it is made anew when it is used.
func (h *Label) Handle(ctx context.Context, _, _ string, payload []byte) error {
	c, err := decode[labelChange](payload)
	if err != nil {
		return err
	}
	record, _, err := h.Store.Onboarding(ctx, c.Repository.ID)
	if err != nil {
		return err
	}
	for _, name := range c.names() {
		if c.Action == "created" || !h.ourLabel(record, name) {
			continue
		}
		if err := h.forgetLabels(ctx, c.Repository.ID); err != nil {
			return err
		}
	}
	return h.keepName(ctx, payload)
}

// ourLabel tells whether a label says how a stage or the onboarding stands, in this
// round or in the next.
func (d Deps) ourLabel(record onboarding.Record, name string) bool {
	_, stage := record.JudgedBy(d.Pipeline).StageByLabel(name)
	_, next := d.Pipeline.StageByLabel(name)
	return stage || next || slices.Contains(onboarding.StateLabels(), strings.ToLower(name))
}

// forgetLabels forgets which labels there are: making one that is there changes
// nothing.
func (d Deps) forgetLabels(ctx context.Context, repository int64) error {
	return errors.Join(d.Store.ForgetPublished(ctx, repository, "label/"), d.Store.ForgetPublished(ctx, repository, store.AllLabelsRead))
}

// own tells whether an account is the App's own bot, as far as that is known. Else
// the look finds everything as it should be.
func (d Deps) own(sender user) bool {
	return sender.Type != "User" && d.GitHub != nil && d.GitHub.Own(sender.Login)
}
