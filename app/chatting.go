package app

import (
	"context"
	"time"

	"github.com/onboard-app/onboard/app/chat"
	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/queue"
)

// openChat has looks keep what is to be said, and this process say it if it has the
// role deploy, and so the token.
func (a *App) openChat() error {
	c := a.config.Chat
	if c.URL == "" || a.config.Mode != ModeFull {
		return nil
	}
	keeper := &chat.Keeper{Store: a.store, Run: queue.Want, Now: a.now}
	a.looks.Chat, a.looks.ChatNames = keeper, c.names()
	if !a.does(RoleDeploy) {
		return nil
	}
	token := newRotating("chat.token", c.TokenFile, c.Token, checkSecret)
	server, err := mattermost.New(mattermost.Options{Name: "chat", URL: c.URL, Token: func() string { return token.get().line() }, UserAgent: userAgent()})
	if err != nil {
		return err
	}
	a.chat = (&chat.Channel{Store: a.store, Server: server, ID: c.Channel, Now: a.now}).Open()
	if c.Channel == "" {
		hook := newRotating("chat.webhook", c.WebhookFile, c.Webhook, checkSecret)
		a.chat.Hook = func() string { return hook.get().line() }
		a.tokens = append(a.tokens, hook)
	} else {
		a.tokens = append(a.tokens, token)
	}
	if at, ok := c.digestAt(); ok {
		a.digest = &chat.Digest{Keeper: keeper, At: at, Names: c.names(), WebURL: a.config.GitHub.WebURL, Calendar: a.config.Reviewers.calendar()}
	}
	return nil
}

// say runs a key of what is to be said.
func (a *App) say(ctx context.Context, key string) (next time.Time, err error) {
	if rests, err := a.brakes.rests(ctx); err != nil || rests {
		return a.now().Add(pausedPause), err
	}
	switch {
	case key == chat.DigestKey && a.digest != nil:
		return a.digest.Look(ctx)
	case a.chat == nil || key == chat.DigestKey: // it was turned off
		return time.Time{}, nil
	}
	return a.chat.Look(ctx, key)
}
