package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/fakegithub/conformance"
	"github.com/onboard-app/onboard/app/onboarding"
)

// TestKilledAtARandomMomentTheStoryEndsTheSame plays the demo's story with the
// real program, kills it (-9) at a random moment and starts it again, 20 times;
// once while it reads the template; and once between the answer to a delivery
// and the first call that follows.
func TestKilledAtARandomMomentTheStoryEndsTheSame(t *testing.T) {
	const moments = 20
	undisturbed := play(t, never)
	require.Contains(t, undisturbed.state, "run onboarding/licence completed success MIT")
	require.Contains(t, undisturbed.state, "run onboarding/community completed success Open: both passed")
	// A seed of the day would make a failure hard to repeat.
	random := rand.New(rand.NewPCG(1, 2))
	fixed := []int{7, 0}
	others := slices.DeleteFunc(random.Perm(undisturbed.calls), func(call int) bool { return slices.Contains(fixed, call) })
	for _, call := range append(others[:moments], fixed...) {
		t.Run(fmt.Sprintf("at call %d", call), func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, undisturbed.state, play(t, call).state)
		})
	}
}

// played is what became of a story.
type played struct {
	state string
	calls int
}

const never = -1

// play plays the story; the program is killed when GitHub has answered this many
// calls, while it reads the template or after its first delivery was answered;
// at 0 calls it is the latter.
func play(t *testing.T, killAt int) played {
	t.Helper()
	story, err := demo.NewStory(fakegithub.Options{Wrap: conformance.Check(t)})
	require.NoError(t, err)
	defer func() { require.NoError(t, story.GitHub.Close()) }()
	config := demo.Config(story, "sqlite://"+t.TempDir()+"/test.db", freeAddress(t))
	story.GitHub.SetWebhookURL(story.App, "http://"+config.Server.Listen+app.HookPath)

	program, err := start(t, config)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, story.GitHub.Wait(ctx, story.Ready), "read the template")
	restarted := make(chan struct{})
	go func() {
		defer close(restarted)
		err := story.GitHub.Wait(ctx, func() bool {
			begun := answered(story) > 0 || killAt > 0 && !story.Ready()
			return killAt != never && len(story.GitHub.Calls()) >= killAt && begun
		})
		if err == nil {
			kill(program)
			program, err = start(t, config)
		}
		if killAt != never && !assert.NoError(t, err, "start it again") {
			cancel()
		}
	}()
	for _, scene := range story.Scenes() {
		require.NoError(t, scene.Play())
		require.NoError(t, story.GitHub.Wait(ctx, scene.Done), "scene %q", scene.Title)
	}
	if killAt != never {
		<-restarted
	}
	// The program ends only when its work is done, so nothing comes after.
	require.NoError(t, program.Process.Signal(syscall.SIGTERM))
	require.NoError(t, program.Wait())
	return played{state: demo.Visible(story.Plugin, story.Issue), calls: len(story.GitHub.Calls())}
}

// answered counts the deliveries that the program took.
func answered(story *demo.Story) int {
	n := 0
	for _, d := range story.GitHub.Deliveries() {
		if d.Event == "issue_comment" && d.StatusCode == http.StatusAccepted {
			n++
		}
	}
	return n
}

// The ports of programs under test are below those that systems give to whoever
// asks for any: a connection of another test may else have the port of a program
// that is being restarted.
const firstPort, ports = 20000, 12000

var lastPort atomic.Int64

// freeAddress is an address that a restarted program can take again.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range ports {
		address := fmt.Sprintf("127.0.0.1:%d", firstPort+(int64(os.Getpid())*100+lastPort.Add(1))%ports)
		if listener, err := net.Listen("tcp", address); err == nil {
			require.NoError(t, listener.Close())
			return address
		}
	}
	t.Fatal("all ports are taken")
	return ""
}

// start runs `onboard serve` as a process of its own and waits until it is ready.
func start(t *testing.T, config app.Config) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	program := exec.Command(self, "serve")
	program.Args[0] = "onboard" // TestMain runs the program under this name
	program.Dir = t.TempDir()
	program.Env = append(os.Environ(), environment(config)...)
	log, err := program.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := program.Start(); err != nil {
		return nil, err
	}
	var copying sync.WaitGroup
	t.Cleanup(func() {
		_ = program.Process.Kill() // one that has ended is fine
		copying.Wait()             // nothing may be written to the test once it is over
	})
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		var line struct{ Message string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("the program says %q before it is ready: %w", lines.Text(), err)
		}
		if line.Message == "onboard is ready" {
			copying.Go(func() { _, _ = io.Copy(t.Output(), log) })
			return program, nil
		}
	}
	return nil, errors.New("the program ended before it was ready")
}

// environment is a configuration as the program is given it.
func environment(config app.Config) []string {
	variables := []string{
		"ONBOARD_GITHUB_WEB_URL=" + config.GitHub.WebURL,
		"ONBOARD_GITHUB_V3_API_URL=" + config.GitHub.V3APIURL,
		"ONBOARD_GITHUB_V4_API_URL=" + config.GitHub.V4APIURL,
		"ONBOARD_GITHUB_APP_INTEGRATION_ID=" + strconv.FormatInt(config.GitHub.App.IntegrationID, 10),
		"ONBOARD_GITHUB_APP_WEBHOOK_SECRET=" + config.GitHub.App.WebhookSecret.Reveal(),
		"ONBOARD_GITHUB_APP_PRIVATE_KEY=" + config.GitHub.App.PrivateKey.Reveal(),
		"ONBOARD_SERVER_LISTEN=" + config.Server.Listen,
		"ONBOARD_SERVER_ADMIN_LISTEN=" + config.Server.AdminListen,
		"ONBOARD_DATABASE_URL=" + config.Database.URL,
		"ONBOARD_TEMPLATE_REPOSITORY=" + config.Template.Repository,
		"ONBOARD_START_ACCEPT=" + config.Start.Accept,
		"ONBOARD_WRITES_BURST=" + strconv.Itoa(config.Writes.Burst),
		"ONBOARD_SAFEHTTP_ALLOW_HTTP=" + strconv.FormatBool(config.SafeHTTP.AllowHTTP),
		"ONBOARD_SAFEHTTP_ALLOW_CIDRS=" + strings.Join(config.SafeHTTP.AllowCIDRs, ","),
		"ONBOARD_BUNDLES_DIR=" + config.Bundles.Dir,
		"ONBOARD_LOG_FORMAT=json",
	}
	if config.Chat.URL != "" {
		variables = append(variables, "ONBOARD_CHAT_URL="+config.Chat.URL, "ONBOARD_CHAT_TOKEN="+config.Chat.Token.Reveal(), "ONBOARD_CHAT_CHANNEL="+config.Chat.Channel)
	}
	for name, target := range config.Targets {
		if name := strings.ToUpper(strings.ReplaceAll(name, "-", "_")); target.URL != "" {
			variables = append(variables, "ONBOARD_TARGETS_"+name+"_URL="+target.URL, "ONBOARD_TARGETS_"+name+"_TOKEN="+target.Token.Reveal())
		}
	}
	for _, role := range onboarding.DefaultRoles() {
		name := strings.ToUpper(strings.ReplaceAll(string(role), "-", "_"))
		variables = append(variables, "ONBOARD_ROLES_"+name+"_USERS="+strings.Join(config.Roles[role].Users, ","))
	}
	return variables
}

func kill(program *exec.Cmd) {
	_ = program.Process.Kill()
	_ = program.Wait() // "signal: killed"
}
