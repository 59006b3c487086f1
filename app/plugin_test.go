package app_test

// helloPlugin is the small plugin of most tests here. It lacks a licence, and it is
// not made from the starter template.
var helloPlugin = map[string]string{
	"README.md": `# Hello

Says hello to everybody who joins a channel.

## Installation

Upload the bundle in the System Console. The licence is MIT.
`,
	"plugin.json": `{
    "id": "com.example.hello",
    "name": "Hello",
    "description": "Says hello to everybody who joins a channel.",
    "homepage_url": "https://github.com/alice/mattermost-plugin-hello",
    "support_url": "https://github.com/alice/mattermost-plugin-hello/issues",
    "min_server_version": "9.11.0",
    "server": {"executables": {"linux-amd64": "server/dist/plugin-linux-amd64"}}
}
`,
	"go.mod": "module github.com/alice/mattermost-plugin-hello\n\ngo 1.26\n",
	"server/plugin.go": `package main

import (
	"github.com/mattermost/mattermost/server/public/model"
	"github.com/mattermost/mattermost/server/public/plugin"
)

// Plugin says hello.
type Plugin struct{ plugin.MattermostPlugin }

// UserHasJoinedChannel greets whoever joins.
func (p *Plugin) UserHasJoinedChannel(_ *plugin.Context, member *model.ChannelMember, _ *model.User) {
	p.API.SendEphemeralPost(member.UserId, &model.Post{ChannelId: member.ChannelId, Message: "Hello!"})
}
`,
	"server/main.go": `package main

import "github.com/mattermost/mattermost/server/public/plugin"

func main() { plugin.ClientMain(&Plugin{}) }
`,
}
