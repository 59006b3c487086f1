package demo

// plugin is the small plugin of the story. It lacks a licence.
var plugin = map[string]string{
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

// MIT is the text of the licence that Alice adds.
var MIT = `MIT License

Copyright (c) 2026 Alice

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
`
