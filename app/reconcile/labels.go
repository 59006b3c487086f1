package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// labels keeps the labels of the tracking issue and of the review PR.
func (l *look) labels(ctx context.Context, pull *ghapi.Pull) error {
	has, live, ok, err := l.issueLabels(ctx)
	if ok {
		err = l.keepLabels(ctx, l.record.Issue, has, live, append(l.stageLabels(), l.stateLabel()...))
	}
	if ok && live && err == nil { // what could not be put right is read again
		err = l.ledger.Note(ctx, store.LabelsRead(l.record.Issue), ghapi.Shown{At: l.now})
	}
	if pull != nil && pull.Number != l.record.Issue {
		err = errors.Join(err, l.keepLabels(ctx, pull.Number, pull.Labels, true, l.stageLabels()))
	}
	return err
}

// issueLabels are the tracking issue's labels: read live each night and after
// somebody changed one (handlers forget then that they were read), else ours as
// they were put there. ok is false if the issue is gone.
func (l *look) issueLabels(ctx context.Context) (names []string, live, ok bool, err error) {
	if read, known := l.ledger.Shown(store.LabelsRead(l.record.Issue)); known && l.now.Sub(read.At) < looksOld {
		shown, _ := l.ledger.Shown(fmt.Sprintf("labels/%d", l.record.Issue))
		return strings.Split(shown.State, "\n"), false, true, nil
	}
	names, ok, err = l.github.IssueLabels(ctx, l.record.Issue)
	return names, true, ok, err
}

// keepLabels makes an issue or PR carry the labels of the stages that are open.
// What others did to them is put back at most three times a day (S15).
func (l *look) keepLabels(ctx context.Context, number int, has []string, live bool, want []ghapi.Label) error {
	var state, names, ours []string
	for _, label := range want {
		state, names = append(state, label.Name), append(names, strings.ToLower(label.Name))
	}
	for _, name := range has {
		if name = strings.ToLower(name); slices.Contains(l.ourLabels(), name) {
			ours = append(ours, name)
		}
	}
	slices.Sort(names)
	slices.Sort(ours)
	thing, now := fmt.Sprintf("labels/%d", number), ghapi.Shown{Digest: ghapi.Digest(names), State: strings.Join(state, "\n"), At: l.now}
	shown, known := l.ledger.Shown(thing)
	if slices.Equal(names, ours) {
		if known && shown.Digest == now.Digest && shown.State == now.State {
			return nil
		}
		return l.ledger.Note(ctx, thing, now)
	}
	changed := shown.Digest == now.Digest // it had them, so others changed them
	if changed && l.spent(restored+fmt.Sprintf("labels-%d", number), maxRestores) {
		return nil
	}
	change := ghapi.LabelChange{Issue: number, Has: has, Live: live, Ours: l.ourLabels(), Want: want}
	if change.Calls() > 2 { // to read and to set them takes two
		all, ok, err := l.github.IssueLabels(ctx, number)
		if err != nil || !ok {
			return err
		}
		change.Has, change.Live = all, true
	}
	err := l.github.ChangeLabels(ctx, change, l.ledger, l.now)
	if errors.Is(err, ghapi.ErrLabelsRefused) { // they are cosmetic, and hold up nothing (design.md, "Queue")
		zerolog.Ctx(ctx).Warn().Err(err).Msg("labels are missing")
		err = nil
	}
	if err == nil && changed {
		_, err = l.restores(ctx, fmt.Sprintf("labels-%d", number))
	}
	if err != nil {
		return err
	}
	return l.ledger.Note(ctx, thing, now)
}

// maxRestores is how often a day what others changed is put back (S15).
const maxRestores = 3

// restored begins the ledger's counts of what is put back.
const restored = "restored/"

// restores counts what is put back and tells whether it may be once more.
func (l *look) restores(ctx context.Context, what string) (may bool, err error) {
	return l.within(ctx, restored+what, maxRestores)
}

// spent tells whether within would say no.
func (l *look) spent(thing string, limit int64) bool {
	count, _ := l.ledger.Shown(thing)
	return count.Digest == l.now.UTC().Format(time.DateOnly) && count.ID >= limit
}

// within counts a thing that is done at most so often a day, and tells whether it
// may be once more.
func (l *look) within(ctx context.Context, thing string, limit int64) (may bool, err error) {
	if l.spent(thing, limit) {
		return false, nil
	}
	count, _ := l.ledger.Shown(thing)
	today := l.now.UTC().Format(time.DateOnly)
	if count.Digest != today {
		count = ghapi.Shown{Digest: today}
	}
	count.ID++
	count.At = l.now
	return true, l.ledger.Note(ctx, thing, count)
}

// stageLabels are the labels of the stages that are open and have not passed.
func (l *look) stageLabels() []ghapi.Label {
	var labels []ghapi.Label
	for _, stage := range l.pipeline.Stages {
		if s, _ := l.view.Verdict.Standing(stage.Name); s.Open() {
			labels = append(labels, ghapi.Label{
				Name: stage.LabelName(), Colour: "1d76db", Description: texts.LabelDescription(stage.Name),
			})
		}
	}
	return labels
}

// stateLabel is the label of how the whole onboarding stands, if it has one now.
func (l *look) stateLabel() []ghapi.Label {
	name := l.record.StateLabel()
	if name == "" {
		return nil
	}
	return []ghapi.Label{{Name: name, Colour: "fbca04", Description: texts.StateDescription(name)}}
}
