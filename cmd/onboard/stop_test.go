package main

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
)

// TestAProgramWhoseJobHangsStopsWithinTenSeconds is what orchestrators count on,
// who kill what is not gone by then.
func TestAProgramWhoseJobHangsStopsWithinTenSeconds(t *testing.T) {
	t.Parallel()
	story, err := demo.NewStage(fakegithub.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, story.GitHub.Close()) }()
	config := demo.Config(story, "sqlite://"+t.TempDir()+"/test.db", freeAddress(t))
	story.GitHub.SetWebhookURL(story.App, "http://"+config.Server.Listen+app.HookPath)
	program, err := start(t, config)
	require.NoError(t, err)
	story.GitHub.Inject(fakegithub.Fault{Delay: time.Hour})
	plugin := story.GitHub.CreateRepository(story.Alice, "mattermost-plugin-hello", map[string]string{"README.md": "# Hello"})
	plugin.OpenIssue(story.Alice, "Onboard this", "/onboard")
	require.NoError(t, story.GitHub.Settled(t.Context()))

	ended := make(chan error, 1)
	require.NoError(t, program.Process.Signal(syscall.SIGTERM))
	go func() { ended <- program.Wait() }()
	select {
	case err := <-ended:
		require.NoError(t, err, "exit code 0")
	case <-time.After(10500 * time.Millisecond): // half a second for the machine
		t.Fatal("it runs still")
	}
}
