package demo

import (
	"fmt"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/mattermost/standin"
)

// target is the gate whose server the demo has: where the way ends. The others are as
// it, and would take the whole climb beyond the calls of GitHub's API that it may make.
const target = "community"

// newServer starts a simulated Mattermost server and has the App deploy to it, without
// waiting for an admin's word.
func newServer(config *app.Config) (*standin.Server, error) {
	const token = "demo"
	server, err := standin.New(standin.Options{Token: token, Version: "10.5.0"})
	if err != nil {
		return nil, err
	}
	config.Targets[target].URL, config.Targets[target].Token, config.Targets[target].Mode = server.URL(), token, app.DeployAuto
	return server, nil
}

// deployed tells whether the plugin runs on its server, if there is one.
func (s *Story) deployed() bool {
	if s.Server == nil {
		return true
	}
	p, is := s.Server.Installed(s.pluginID())
	return is && p.State == model.PluginStateRunning
}

// onServer says what runs there; "" if nothing does.
func (s *Story) onServer() string {
	if s.Server == nil || !s.deployed() {
		return ""
	}
	p, _ := s.Server.Installed(s.pluginID())
	return fmt.Sprintf("On the %s server runs %s %s: Onboard uploaded the very bundle that QA signed off, and saw it start.", target, p.Manifest.Id, p.Manifest.Version)
}
