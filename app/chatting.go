package app

import (
	"context"
	"time"

	"github.com/onboard-app/onboard/app/chat"
	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/queue"
)

// openChat has looks keep what is to be said, and this process say it if it has the
// role deploy, and so the tokens.
func (a *App) openChat() error {
	c, targets := a.config.Chat, a.config.Targets.told()
	if c.URL == "" && len(targets) == 0 || a.config.Mode != ModeFull {
		return nil
	}
	keeper := &chat.Keeper{Store: a.store, Run: queue.Want, Now: a.now, All: c.URL != "", Targets: targets}
	a.looks.Chat, a.looks.ChatNames = keeper, c.names()
	if !a.does(RoleDeploy) {
		return nil
	}
	a.chats = map[string]*chat.Channel{}
	for _, name := range targets {
		a.chats[name] = (&chat.Channel{
			Store: a.store, Target: name, Server: a.deployments.Targets[name].Server, ID: a.config.Targets[name].Channel, Now: a.now,
		}).Open()
	}
	if c.URL == "" {
		return nil
	}
	if at, ok := c.digestAt(); ok {
		a.digest = &chat.Digest{Keeper: keeper, At: at, Names: c.names(), WebURL: a.config.GitHub.WebURL, Calendar: a.config.Reviewers.calendar()}
	}
	return a.openChannelOfAll(c)
}

func (a *App) openChannelOfAll(c ChatConfig) error {
	token := newRotating("chat.token", c.TokenFile, c.Token, checkSecret)
	server, err := mattermost.New(mattermost.Options{Name: "chat", URL: c.URL, Token: func() string { return token.get().line() }, UserAgent: userAgent()})
	if err != nil {
		return err
	}
	all := (&chat.Channel{Store: a.store, Server: server, ID: c.Channel, Now: a.now}).Open()
	if c.Channel == "" {
		hook := newRotating("chat.webhook", c.WebhookFile, c.Webhook, checkSecret)
		all.Hook = func() string { return hook.get().line() }
		a.tokens = append(a.tokens, hook)
	} else {
		a.tokens = append(a.tokens, token)
	}
	a.chats[""] = all
	return nil
}

// say runs a key of what is to be said.
func (a *App) say(ctx context.Context, key string) (next time.Time, err error) {
	if rests, err := a.brakes.rests(ctx); err != nil || rests {
		return a.now().Add(pausedPause), err
	}
	if key == chat.DigestKey {
		if a.digest == nil { // it was turned off
			return time.Time{}, nil
		}
		return a.digest.Look(ctx)
	}
	channel, is := a.chats[chat.TargetOf(key)]
	if !is {
		return time.Time{}, nil
	}
	return channel.Look(ctx, key)
}
