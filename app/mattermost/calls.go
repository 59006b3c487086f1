package mattermost

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/blang/semver/v4"
	"github.com/mattermost/mattermost/server/public/model"
)

// Seen is what a server shows of one plugin.
type Seen struct {
	Nodes  []model.PluginStatus // one for each node of the server that has it; none: it is not installed
	Other  string               // another plugin's id that differs by its case only; "" if there is none
	Server string               // the server's own version, as "7.6.0"; "" if it does not say
}

// Version is the plugin's, "" if it is not installed, and all of them if the nodes
// differ.
func (s Seen) Version() string {
	var versions []string
	for _, node := range s.Nodes {
		if len(versions) == 0 || versions[len(versions)-1] != node.Version {
			versions = append(versions, node.Version)
		}
	}
	return strings.Join(versions, ", ")
}

// Runs tells whether that version runs on every node.
func (s Seen) Runs(version string) bool {
	for _, node := range s.Nodes {
		if node.State != model.PluginStateRunning || node.Version != version {
			return false
		}
	}
	return len(s.Nodes) > 0
}

// broke tells whether that version failed on a node.
func (s Seen) broke(version string) bool {
	for _, node := range s.Nodes {
		if node.Version == version && (node.State == model.PluginStateFailedToStart || node.State == model.PluginStateFailedToStayRunning) {
			return true
		}
	}
	return false
}

// words say what is seen, for people.
func (s Seen) words() string {
	switch {
	case len(s.Nodes) == 0:
		return "nothing of it is installed there now"
	case s.Runs(s.Nodes[0].Version):
		return fmt.Sprintf("%q runs there now", s.Version())
	}
	return fmt.Sprintf("%q is installed there now and does not run", s.Version())
}

// serverVersion is how the version in X-Version-Id begins: "7.6.0.dev.a3a5….false".
var serverVersion = regexp.MustCompile(`^\d{1,5}\.\d{1,5}\.\d{1,5}`)

// Look asks the server for one plugin.
func (s *Server) Look(ctx context.Context, plugin string) (Seen, error) {
	const op = "look at the plugins"
	var all model.PluginStatuses
	response, err := s.call(ctx, op, func(ctx context.Context, c *model.Client4) (response *model.Response, err error) {
		all, response, err = c.GetPluginStatuses(ctx)
		return response, err
	})
	if err != nil {
		return Seen{}, err
	}
	if all == nil { // none are [], and null is no answer
		return Seen{}, &Error{Reason: Misunderstood, Op: op, Target: s.o.Name}
	}
	seen := Seen{Server: serverVersion.FindString(response.ServerVersion)}
	for _, status := range all {
		switch {
		case status == nil:
		case status.PluginId == plugin:
			seen.Nodes = append(seen.Nodes, *status)
		case strings.EqualFold(status.PluginId, plugin):
			seen.Other = status.PluginId
		}
	}
	return seen, nil
}

// tooOld tells whether the server is older than the plugin needs it, as far as both
// say.
func (s Seen) tooOld(needs string) bool {
	has, err := semver.Parse(s.Server)
	if err != nil {
		return false
	}
	want, err := semver.Parse(needs)
	return err == nil && has.LT(want)
}

func (s *Server) enable(ctx context.Context, plugin string) error {
	_, err := s.call(ctx, "enable the plugin", func(ctx context.Context, c *model.Client4) (*model.Response, error) {
		return confirmed(c.DoAPIPost(ctx, "/plugins/"+url.PathEscape(plugin)+"/enable", ""))
	})
	return err
}

func (s *Server) remove(ctx context.Context, plugin string) error {
	_, err := s.call(ctx, "remove the plugin", func(ctx context.Context, c *model.Client4) (*model.Response, error) {
		return confirmed(c.DoAPIDelete(ctx, "/plugins/"+url.PathEscape(plugin)))
	})
	return err
}

// confirmed reads the answer that says that something was done. EnablePlugin and
// RemovePlugin of Client4 take any page for one.
func confirmed(response *http.Response, err error) (*model.Response, error) {
	if err != nil {
		return model.BuildResponse(response), err
	}
	defer response.Body.Close()
	var said struct{ Status string }
	if err := json.NewDecoder(response.Body).Decode(&said); err != nil || said.Status != model.StatusOk {
		return nil, errSenseless
	}
	return model.BuildResponse(response), nil
}
