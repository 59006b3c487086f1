package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
)

// TestARunningAppIsPausedAndResumed asks as operators do, from another process.
func TestARunningAppIsPausedAndResumed(t *testing.T) {
	story, err := demo.NewStage(fakegithub.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, story.GitHub.Close()) }()
	config := demo.Config(story, "sqlite://"+t.TempDir()+"/test.db", freeAddress(t))
	config.Server.AdminListen = freeAddress(t)
	program, err := start(t, config)
	require.NoError(t, err)
	operate := func(args ...string) string {
		self, err := os.Executable()
		require.NoError(t, err)
		operator := exec.CommandContext(t.Context(), self, args...)
		operator.Args[0], operator.Dir, operator.Env = "onboard", program.Dir, program.Env
		var out bytes.Buffer
		operator.Stdout, operator.Stderr = &out, &out
		require.NoError(t, operator.Run(), "%s", &out)
		return out.String()
	}
	ready := func() string {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+config.Server.AdminListen+"/readyz", nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer func() { require.NoError(t, response.Body.Close()) }()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return string(body)
	}
	assert.Contains(t, operate("pause", "--all", "a", "bad", "day"), "All is paused")
	assert.Contains(t, ready(), "a bad day")
	assert.Contains(t, operate("resume", "--all"), "All goes on")
	assert.NotContains(t, ready(), "paused")
	require.NoError(t, program.Process.Signal(syscall.SIGTERM))
	require.NoError(t, program.Wait())
}
