package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/mattermost/standin"
)

const chatChannel = "c4yjx6n7bibzpqc6h8w8gq6cfh"

// newTalker is a deployer with a chat.
func newTalker(t *testing.T, change ...func(*app.Config)) (d *deployer, chat *standin.Server) {
	chat, err := standin.New(standin.Options{Token: "ch4t", Channels: []string{chatChannel}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, chat.Close()) })
	return newDeployer(t, append([]func(*app.Config){func(c *app.Config) {
		c.Start.Accept = app.AcceptRequired
		c.Chat.URL, c.Chat.Token, c.Chat.Channel, c.Chat.Digest = chat.URL(), "ch4t", chatChannel, "08:00"
		c.Chat.People = []app.ChatName{{Login: "quentin", Name: "quentin.q"}}
	}}, change...)...), chat
}

// thread are the first lines of the news, without links, and what follows.
func thread(chat *standin.Server) (post string, news []string) {
	for _, p := range chat.Posts() {
		switch {
		case p.Root != "":
			news = append(news, strings.ReplaceAll(p.Text, "\n", " "))
		case strings.Contains(p.Text, "Onboarding of"):
			post = p.Text
		}
	}
	return post, news
}

func TestWhatHappensIsSaidInChatOnce(t *testing.T) {
	d, chat := newTalker(t)
	d.say(d.Alice, "/onboard")
	d.later(time.Minute)
	assert.Empty(t, chat.Calls(), "nobody hears of a start before it is accepted (S18)")

	d.says("root", "/onboard accept")
	d.nightly()
	d.reviews("ann")
	d.calm()
	d.later(gathered)
	d.later(2 * time.Minute)
	post, news := thread(chat)
	assert.Contains(t, post, "- ✅ ci-extensions: `0.1.0+"+d.Plugin.Head()[:7]+"` runs there\n")
	assert.Contains(t, post, "**Next:** ")
	all := strings.Join(news, "\n")
	for _, once := range []string{
		"began", "is ready", "look at **[basic-review](", "look at **[complete-review](", "reached ci-extensions", "runs on ci-extensions", "@quentin.q, please look at **[qa](",
	} {
		assert.Equal(t, 1, strings.Count(all, once)-strings.Count(all, once+"-release"), "%s in\n%s", once, all)
	}
	count := len(news)
	for range 2 {
		d.later(night)
	}
	_, news = thread(chat)
	assert.Len(t, news, count, "quiet nights: %v", news[count:])
	digests := 0
	for _, p := range chat.Posts() {
		if strings.Contains(p.Text, "#### What waits today") {
			digests++
			assert.Contains(t, p.Text, "- @quentin.q: [alice/mattermost-plugin-hello#")
		}
	}
	assert.LessOrEqual(t, digests, 3)

	d.release.ReplaceAsset(d.Alice, "nightly.tar.gz", []byte("<!DOCTYPE html>"))
	d.later(night)
	d.later(time.Minute)
	_, news = thread(chat)
	assert.Contains(t, news[len(news)-1], "turned bad")
}

func TestEachServerHearsInItsOwnChannelWhatIsDeployedThere(t *testing.T) {
	d := newDeployer(t, func(c *app.Config) {
		c.Targets["ci-extensions"].Channel, c.Targets["community"].Channel = chatChannel, chatChannel
	})
	d.basic()
	d.calm()
	var said []string
	for _, p := range d.servers["ci-extensions"].Posts() {
		said = append(said, p.Text)
	}
	all := strings.Join(said, "\n")
	assert.Contains(t, all, "reached ci-extensions")
	assert.Contains(t, all, "runs on ci-extensions")
	assert.Len(t, said, 2, all)
	d.later(night)
	d.rest("1.0.0")
	d.calm()
	assert.Len(t, d.servers["ci-extensions"].Posts(), 2)
	assert.Empty(t, d.servers["ci-extensions-release"].Posts(), "it has no channel")
	require.Len(t, d.servers["community"].Posts(), 1)
	assert.Contains(t, d.servers["community"].Posts()[0].Text, "reached community")
	d.says("root", "/onboard deploy community")
	d.calm()
	assert.Len(t, d.servers["community"].Posts(), 2)
}

func TestAChatThatIsAwayHoldsUpNothing(t *testing.T) {
	d, chat := newTalker(t)
	remove := chat.Inject(standin.Fault{Status: 503})
	d.say(d.Alice, "/onboard")
	d.says("root", "/onboard accept")
	d.nightly()
	d.reviews("ann")
	d.calm()
	require.Equal(t, "success", d.run("ci-extensions").Conclusion)
	remove()
	d.later(time.Minute)
	d.later(time.Minute)
	post, news := thread(chat)
	assert.Contains(t, post, "ci-extensions")
	assert.NotEmpty(t, news)
}
