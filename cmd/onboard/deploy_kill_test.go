package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/fakegithub/conformance"
	"github.com/onboard-app/onboard/app/mattermost/standin"
	"github.com/onboard-app/onboard/checks/bundle/bundletest"
)

// TestKilledAtAnyStepOfADeploymentTheServerEndsWithWhatItShould plays a story to its
// first gate with the real program, publishes another build, kills the program (-9)
// before and after each call to the server, and starts it again. The server ends
// with the new build or, if that does not start, with the one before; GitHub says
// which, in one deployment, and chat in one post.
func TestKilledAtAnyStepOfADeploymentTheServerEndsWithWhatItShould(t *testing.T) {
	const look, change = "look", "change"
	for _, row := range []struct {
		name   string
		broken bool
		calls  []string
	}{
		{"it starts", false, []string{look, change, change, look, look}},                // upload, enable
		{"it does not start", true, []string{look, change, change, change, look, look}}, // upload, upload the one before, enable
	} {
		for call, kind := range row.calls {
			for _, cut := range []standin.Cut{standin.CutBefore, standin.CutAfter} {
				if kind == look && cut == standin.CutAfter {
					continue // it changes nothing, so it is as before the next call
				}
				t.Run(fmt.Sprintf("%s, call %d, cut %d", row.name, call, cut), func(t *testing.T) {
					t.Parallel()
					newDeployment(t).killed(standin.Fault{Path: "/api/v4/plugins", Skip: call, Cut: cut}, row.broken)
				})
			}
		}
	}
	for _, cut := range []standin.Cut{standin.CutBefore, standin.CutAfter} {
		t.Run(fmt.Sprintf("it is said, cut %d", cut), func(t *testing.T) {
			t.Parallel()
			newDeployment(t).killed(standin.Fault{Method: "POST", Path: "/api/v4/posts", Cut: cut}, false)
		})
	}
}

// deployment is a story whose first gate has a server.
type deployment struct {
	*testing.T
	*demo.Story
	ctx    context.Context
	server *standin.Server
	config app.Config
}

func newDeployment(t *testing.T) *deployment {
	t.Helper()
	story, err := demo.NewStory(fakegithub.Options{Wrap: conformance.Check(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, story.GitHub.Close()) })
	const channel = "c4yjx6n7bibzpqc6h8w8gq6cfh"
	server, err := standin.New(standin.Options{Token: "t0k3n", Version: "10.0.0", Channels: []string{channel}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	config := demo.Config(story, "sqlite://"+t.TempDir()+"/test.db", freeAddress(t))
	config.Bundles.Dir = filepath.Join(t.TempDir(), "bundles")
	config.Targets["ci-extensions"].URL, config.Targets["ci-extensions"].Token = server.URL(), "t0k3n"
	config.Chat.URL, config.Chat.Token, config.Chat.Channel = server.URL(), "t0k3n", channel
	story.GitHub.SetWebhookURL(story.App, "http://"+config.Server.Listen+app.HookPath)
	return &deployment{t, story, ctx, server, config}
}

// killed plays the story, with a kill at a call of the second deployment, or of what
// is said about it.
func (d *deployment) killed(fault standin.Fault, broken bool) {
	d.Helper()
	program, err := start(d.T, d.config)
	require.NoError(d, err)
	require.NoError(d, d.GitHub.Wait(d.ctx, d.Ready))
	for _, scene := range d.Scenes()[:6] { // to the first gate
		require.NoError(d, scene.Play())
		require.NoError(d, d.GitHub.Wait(d.ctx, scene.Done), scene.Title)
	}
	require.NoError(d, d.GitHub.Wait(d.ctx, d.says("On its server runs `0.1.0+")))
	before, _ := d.server.Installed(id)

	require.NoError(d, d.server.Wait(d.ctx, func() bool { return d.posts("runs on ci-extensions\n`0.1.0+") == 1 }))

	fault.Times, fault.Delay = 1, time.Hour
	remove := d.server.Inject(fault)
	version := "0.2.0+" + d.Plugin.Head()[:7]
	if broken {
		d.server.Break(id, version, "it crashes")
	}
	next := d.publish(version)
	require.NoError(d, d.server.Wait(d.ctx, func() bool { return d.server.Holding() > 0 }))
	kill(program)
	remove()
	program, err = start(d.T, d.config)
	require.NoError(d, err)

	want, sentence, post := next, "On its server runs `0.2.0+", "runs on ci-extensions\n`0.2.0+"
	if broken {
		want, sentence, post = before.SHA256, "Not deployed: the plugin does not start", "was not deployed to ci-extensions"
	}
	require.NoError(d, d.GitHub.Wait(d.ctx, d.says(sentence)))
	require.NoError(d, d.server.Wait(d.ctx, func() bool { return d.posts(post) > 0 }))
	d.stops(program)
	assert.Equal(d, 1, d.posts(post), "exactly one notification")
	after, _ := d.server.Installed(id)
	assert.Equal(d, want, after.SHA256)
	assert.Equal(d, 2, after.State, "it runs")
	assert.Contains(d, d.server.Uploads(), next)
	deployments := 0
	for _, shown := range d.Plugin.Deployments() {
		if strings.Contains(fmt.Sprint(shown.Statuses), map[bool]string{false: "success 0.2.0+", true: "failure Not deployed"}[broken]) {
			deployments++
		}
	}
	assert.Equal(d, 1, deployments)
}

// id is the plugin's.
const id = "com.example.hello"

// posts counts the posts that say something.
func (d *deployment) posts(text string) (n int) {
	for _, p := range d.server.Posts() {
		if strings.Contains(p.Text, text) {
			n++
		}
	}
	return n
}

// says tells whether the gate's check run says something.
func (d *deployment) says(text string) func() bool {
	return func() bool {
		for _, run := range d.Plugin.CheckRuns(d.Carrier()) {
			if run.Name == "onboarding/ci-extensions" && strings.Contains(run.Summary, text) {
				return true
			}
		}
		return false
	}
}

// publish has Alice publish another build, and say where, and returns its sha256.
func (d *deployment) publish(version string) string {
	d.Helper()
	bundle := bundletest.Make(d, id, version)
	release := d.Plugin.Publish(d.Alice, fakegithub.Release{Tag: "build", Prerelease: true, Assets: map[string][]byte{"hello.tar.gz": bundle}})
	d.Issue.Comment(d.Alice, "/onboard nightly "+release.DownloadURL("hello.tar.gz"))
	return fmt.Sprintf("%x", sha256.Sum256(bundle))
}

// stops ends the program in good order.
func (d *deployment) stops(program *exec.Cmd) {
	d.Helper()
	require.NoError(d, program.Process.Signal(syscall.SIGTERM))
	require.NoError(d, program.Wait())
}
