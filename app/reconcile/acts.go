package reconcile

import (
	"context"
	"sync"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// ahead begins something that is needed later, while GitHub is waited for anyway. If it
// panics, so does who gets it.
func ahead[T any](do func() (T, error)) (get func() (T, error)) {
	get = sync.OnceValues(do)
	go func() {
		defer func() { _ = recover() }()
		_, _ = get()
	}()
	return get
}

// seeAll shows those who said something that they were heard.
func (l *look) seeAll(ctx context.Context) error {
	for _, act := range l.acts {
		if err := l.see(ctx, act); err != nil {
			return err
		}
	}
	return nil
}

// see lets the sender know that an act arrived.
func (l *look) see(ctx context.Context, act store.Act) error {
	if act.Seen {
		return nil
	}
	if err := l.react(ctx, act, "eyes"); err != nil {
		return err
	}
	return l.Store.MarkSeen(ctx, act.ID)
}

// answerMarker begins the marker of an answer.
const answerMarker = "onboard:answer:"

// answer puts what became of an act on GitHub.
func (l *look) answer(ctx context.Context, act store.Act) error {
	answers := act.Answers
	if act.Status {
		answers = append(answers, texts.Status(l.view, l.status.URL))
	}
	if len(answers) > 0 {
		err := l.github.Say(ctx, ghapi.Comment{
			Issue: act.Issue, Body: texts.Answer(answers), Marker: answerMarker + act.ID, Since: act.At, New: !act.Seen && l.fresh(act.At),
		})
		if err := unbraked(err); err != nil {
			return err
		}
	}
	reaction := "rocket"
	if act.Confused {
		reaction = "confused"
	}
	if err := l.react(ctx, act, reaction); err != nil {
		return err
	}
	return l.Store.MarkAnswered(ctx, act.ID, l.now)
}

// react is cosmetic: that GitHub refuses a reaction is logged, and holds up
// nothing (design.md, "Queue"). That GitHub is away holds up everything anyway.
func (l *look) react(ctx context.Context, act store.Act, content string) error {
	var err error
	switch {
	case act.Comment != 0:
		err = l.github.React(ctx, act.Comment, content)
	case act.OnIssue:
		err = l.github.ReactToIssue(ctx, act.Issue, content)
	default: // a button was pressed
		return nil
	}
	if err = unbraked(err); err == nil || isAway(err) {
		return err
	}
	zerolog.Ctx(ctx).Warn().Err(err).Str("act", act.ID).Msg("a reaction is missing")
	return nil
}
