package app

import (
	"fmt"
	"regexp"
	"time"

	"github.com/onboard-app/onboard/app/mattermost"
)

// ChatConfig says where on Mattermost it is told what happens.
type ChatConfig struct {
	URL         string     `json:"url" jsonschema:"Address of the Mattermost server; none: nothing is said there." example:"https://community.example.com"`
	Token       Secret     `json:"token" jsonschema:"Access token of a bot account in the channel; better is token_file." example:"…"`
	TokenFile   string     `json:"token_file" jsonschema:"File with that token; it is read again when it changes." example:"/run/secrets/chat_token"`
	Channel     string     `json:"channel" jsonschema:"Id of the channel in which the bot posts: one post a plugin, with its news in the thread." example:"c4yjx6n7bibzpqc6h8w8gq6cfh"`
	Webhook     Secret     `json:"webhook" jsonschema:"URL of an incoming webhook, if there is no bot: it posts news only; better is webhook_file." example:"…"`
	WebhookFile string     `json:"webhook_file" jsonschema:"File with that URL; it is read again when it changes." example:"/run/secrets/chat_webhook"`
	People      []ChatName `json:"people" jsonschema:"Who is called what there: who is wanted is mentioned, and without a name linked to GitHub." example:"[{login: octocat, name: octo}]"`
	Digest      string     `json:"digest" jsonschema:"When it is said on business days what waits for whom, in UTC; none: never." example:"08:00"`
}

// ChatName is what somebody is called on Mattermost.
type ChatName struct {
	Login string `json:"login" jsonschema:"A login on GitHub." example:"octocat"`
	Name  string `json:"name" jsonschema:"Their name on Mattermost, without @." example:"octo"`
}

// names are the names on Mattermost by login.
func (c ChatConfig) names() map[string]string {
	names := map[string]string{}
	for _, p := range c.People {
		names[p.Login] = p.Name
	}
	return names
}

// digestAt is the time of the day of the digest; ok is false if there is none.
func (c ChatConfig) digestAt() (at time.Duration, ok bool) {
	t, err := time.Parse("15:04", c.Digest)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, err == nil
}

var (
	channelID = regexp.MustCompile(`^[a-z0-9]{26}$`)
	chatName  = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
)

// validateChat reports what cannot work. That a secret is missing may be right: only
// processes with the role deploy have it.
func (l *loader) validateChat(c ChatConfig, targets Targets) {
	if c.URL != "" {
		l.check("chat.url", mattermost.CheckURL(c.URL))
	}
	l.check("chat.channel", channelFault(c.Channel))
	for _, name := range targets.told() {
		l.check("targets."+name+".channel", unless(targets[name].URL != c.URL || targets[name].Channel != c.Channel, "is chat.channel, which hears all of it already"))
	}
	l.check("chat.channel", unless(c.Channel == "" || c.Webhook == "", "is for a bot, and so is no webhook; keep one of them"))
	l.check("chat.token", unless(len(c.Token.lines()) <= 1, "must be one"))
	if c.Webhook != "" {
		l.check("chat.webhook", mattermost.CheckURL(c.Webhook.line()))
	}
	if c.Digest != "" {
		_, ok := c.digestAt()
		l.check("chat.digest", unless(ok, fmt.Sprintf("%q must be a time of the day, as 08:00", c.Digest)))
	}
	for i, p := range c.People {
		path := fmt.Sprintf("chat.people[%d].", i)
		l.check(path+"login", loginsFault([]string{p.Login}))
		l.check(path+"name", unless(chatName.MatchString(p.Name), fmt.Sprintf("%q is no name on Mattermost", p.Name)))
	}
}

// channelFault is what is wrong with a channel's id; "" if nothing is, or there is none.
func channelFault(id string) string {
	return unless(id == "" || channelID.MatchString(id), "must be the channel's id, 26 letters and digits, as its View Info shows it")
}

// calledWhat is the list of names in words.
func calledWhat(list []ChatName) []string {
	var words []string
	for _, p := range list {
		words = append(words, p.Login+" as "+p.Name)
	}
	return words
}
