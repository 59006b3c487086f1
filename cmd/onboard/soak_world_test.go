package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// soakLease is short, so that a frozen process loses its work within the test.
const soakLease = 3 * time.Second

// patience is how long something may take to become what it must: GitHub is tried
// again after five minutes at the most.
const patience = 6 * time.Minute

// soakWorld is a simulated GitHub with many plugins, and the programs that work for it.
type soakWorld struct {
	t         *testing.T
	story     *demo.Story
	config    app.Config
	plugins   []*plugin
	balancer  *balancer
	calls     *callLog
	lag       *lag
	record    *store.Store // to look at what the programs put there
	logs      string
	processes []*process
}

// newSoakWorld makes a world; the same seed and length give the same stories.
func newSoakWorld(t *testing.T, folder, name string, size soakSize, database string) *soakWorld {
	t.Helper()
	w := &soakWorld{t: t, calls: newCallLog(), lag: new(lag), balancer: newBalancer(t)}
	story, err := demo.NewStory(fakegithub.Options{Deliveries: 8, Wrap: func(next http.Handler) http.Handler { return w.calls.wrap(w.lag.wrap(next)) }})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, story.GitHub.Close()) })
	w.story, w.config = story, demo.Config(story, database, "")
	w.config.Reviewers.MaxOpen = 0
	w.logs = filepath.Join(folder, name)
	require.NoError(t, os.MkdirAll(w.logs, 0o700))
	random := rand.New(rand.NewPCG(size.seed, 1))
	for i := range size.plugins {
		w.plugins = append(w.plugins, w.newPlugin(i, random, size.acts))
	}
	story.GitHub.SetWebhookURL(story.App, w.balancer.url+app.HookPath)
	// What takes people days happens here within minutes.
	story.GitHub.SetAppRateLeft(story.App, 50_000, 50_000)
	story.GitHub.SetAnonymousLimit(50_000)
	for range size.replicas {
		p := &process{world: w, address: freeAddress(t)}
		w.processes = append(w.processes, p)
		require.NoError(t, p.start())
		w.balancer.add(p.address)
	}
	w.record, err = store.OpenToRead(t.Context(), w.config.Database.URL)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.record.Close()) })
	return w
}

// soakFolder is where databases and logs go: below SOAK_LOGS, if they are to be kept.
func soakFolder(t *testing.T, seed uint64) string {
	t.Helper()
	if folder := os.Getenv("SOAK_LOGS"); folder != "" {
		folder, err := os.MkdirTemp(folder, fmt.Sprintf("%d-", seed)) //nolint:usetesting // it is kept
		require.NoError(t, err)
		t.Log("logs and databases: ", folder)
		return folder
	}
	return t.TempDir()
}

// newPlugin makes a plugin and its people: nobody may say more than ten commands an hour.
func (w *soakWorld) newPlugin(i int, random *rand.Rand, acts int) *plugin {
	p := &plugin{world: w, Story: w.story.Another(fmt.Sprintf("author%03d", i), "mattermost-plugin-hello"), name: fmt.Sprintf("plugin %d", i)}
	github := w.story.GitHub
	person := func(role onboarding.Role, plugins int) *fakegithub.User {
		login := fmt.Sprintf("%s%03d", role, i/plugins)
		if i%plugins == 0 {
			w.config.Roles[role].Users = append(w.config.Roles[role].Users, login)
		}
		return github.CreateUser(login)
	}
	p.ada, p.quinn, p.pam = person(onboarding.Admin, 4), person(onboarding.QA, 1), person(onboarding.PM, 2)
	p.oscar = github.CreateUser(fmt.Sprintf("outsider%03d", i))
	for n := range 6 {
		p.others = append(p.others, github.CreateUser(fmt.Sprintf("outsider%03d-%d", i, n)))
	}
	p.write(random, acts)
	return p
}

// play plays all stories at the same time, spread over so long, until each is at its end.
func (w *soakWorld) play(ctx context.Context, over time.Duration) (acts int) {
	began := time.Now()
	var players sync.WaitGroup
	failures := make(chan error, len(w.plugins))
	for _, p := range w.plugins {
		acts += len(p.acts)
		players.Go(func() { failures <- p.play(ctx, began, over) })
	}
	players.Wait()
	close(failures)
	for err := range failures {
		require.NoError(w.t, err)
	}
	return acts
}

func (p *plugin) play(ctx context.Context, began time.Time, over time.Duration) error {
	for i, a := range p.acts {
		if err := pauseUntil(ctx, began.Add(over*time.Duration(i)/time.Duration(len(p.acts)))); err != nil {
			return fmt.Errorf("%s: before act %d: %w", p.name, i, err)
		}
		if err := p.perform(ctx, a); err != nil {
			return fmt.Errorf("%s (%s), act %d: %w", p.name, p.Plugin.FullName(), i, err)
		}
	}
	return nil
}

// perform does one thing and waits for what becomes of it.
func (p *plugin) perform(ctx context.Context, a act) error {
	if err := a.do(); err != nil {
		return fmt.Errorf("%s: %w", a.title, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for a.done != nil && !a.done() {
		if err := pauseUntil(ctx, time.Now().Add(100*time.Millisecond)); err != nil {
			return fmt.Errorf("%s, and it does not become what it must: %w; it is\n%s", a.title, err, p.sight())
		}
	}
	return nil
}

func pauseUntil(ctx context.Context, at time.Time) error {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// process is one replica: its program is killed and started again.
type process struct {
	world   *soakWorld
	address string
	program *exec.Cmd
	starts  int
}

// start starts the program and waits until it answers. It is started again if it
// ends, as without a database.
func (p *process) start() (err error) {
	for range 20 {
		if err = p.startOnce(); err == nil {
			return nil
		}
		_ = p.program.Process.Kill()
		_ = p.program.Wait()
		time.Sleep(time.Second / 2)
	}
	return err
}

func (p *process) startOnce() error {
	config := p.world.config
	config.Server.Listen, config.Server.AdminListen = p.address, "127.0.0.1:0"
	database, err := url.Parse(config.Database.URL)
	if err != nil {
		return err
	}
	password, _ := database.User.Password()
	if password != "" { // it stands beside the URL
		database.User = url.User(database.User.Username())
		config.Database.URL = database.String()
	}
	p.starts++
	log, err := os.OpenFile(filepath.Join(p.world.logs, p.address[len("127.0.0.1:"):]+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	program := exec.Command(soakProgram())
	program.Args = []string{"soaked"}
	if os.Getenv("ONBOARD_PROGRAM") != "" { // whose clock is right
		program.Args = []string{"onboard", "serve"}
	}
	program.Dir = p.world.t.TempDir()
	program.Env = append(os.Environ(), environment(config)...)
	program.Env = append(program.Env, clockVariable+"="+p.clockFile(), "ONBOARD_DATABASE_PASSWORD="+password, "ONBOARD_QUEUE_LEASE="+soakLease.String(), "ONBOARD_REVIEWERS_MAX_OPEN_REVIEWS=0", "ONBOARD_WRITES_POSTS_PER_HOUR=1000000", "ONBOARD_WRITES_POSTS_PER_REPOSITORY_HOUR=1000", "ONBOARD_LOG_LEVEL="+soakLevel())
	program.Stderr = log
	if err := program.Start(); err != nil {
		return err
	}
	p.program = program
	p.world.t.Cleanup(func() { _ = program.Process.Kill() })
	for range 200 {
		if response, err := http.Get("http://" + p.address + "/healthz"); err == nil {
			return response.Body.Close()
		}
		time.Sleep(25 * time.Millisecond)
		if ended(program.Process) {
			break
		}
	}
	return fmt.Errorf("the program at %s does not answer: see %s", p.address, log.Name())
}

// soakProgram is the program: this test, which is it when it is called so, or
// what ONBOARD_PROGRAM names.
func soakProgram() string {
	if program := os.Getenv("ONBOARD_PROGRAM"); program != "" {
		return program
	}
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return self
}

func soakLevel() string {
	if level := os.Getenv("SOAK_LOG_LEVEL"); level != "" {
		return level
	}
	return "warn"
}

func (p *process) signal(s syscall.Signal) { _ = p.program.Process.Signal(s) }

// end ends the program and waits for it.
func (p *process) end(s syscall.Signal) {
	p.signal(s)
	_ = p.program.Wait() // "signal: killed"
}

// ended tells whether a process of ours is over, without waiting for it.
func ended(process *os.Process) bool {
	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process.Pid))
	return err != nil || strings.Contains(string(state), ") Z ")
}
