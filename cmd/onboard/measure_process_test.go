package main

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
)

// server is a process that takes deliveries: Onboard, or a floor.
type server struct {
	address string
	program *exec.Cmd
	started time.Time
}

// run starts a program that is to listen at the address.
func (m *measuring) run(address string, program *exec.Cmd) *server {
	m.t.Helper()
	log, err := os.Create(filepath.Join(m.t.TempDir(), "log"))
	require.NoError(m.t, err)
	defer log.Close()
	program.Dir, program.Stderr = m.t.TempDir(), log
	s := &server{address: address, program: program, started: time.Now()}
	require.NoError(m.t, program.Start())
	m.t.Cleanup(s.stop)
	return s
}

// onboard starts Onboard for a story.
func (m *measuring) onboard(story *demo.Story, database string, variables ...string) *server {
	m.t.Helper()
	config := demo.Config(story, database, freeAddress(m.t))
	where, err := url.Parse(database)
	require.NoError(m.t, err)
	if password, ok := where.User.Password(); ok { // it stands beside the URL
		where.User = url.User(where.User.Username())
		config.Database.URL, variables = where.String(), append(variables, "ONBOARD_DATABASE_PASSWORD="+password)
	}
	program := exec.Command(m.program, "serve")
	program.Env = append(os.Environ(), environment(config)...)
	program.Env = append(append(program.Env, "ONBOARD_LOG_LEVEL=warn"), variables...)
	return m.run(config.Server.Listen, program)
}

// floor starts the floor that has deliveries on disk before it answers, or the bare one.
func (m *measuring) floor(secret string, durable bool) *server {
	m.t.Helper()
	self, err := os.Executable()
	require.NoError(m.t, err)
	program := exec.Command(self)
	program.Args = []string{"floor"} // TestMain runs the floor under this name
	address := freeAddress(m.t)
	program.Env = append(os.Environ(), "FLOOR_LISTEN="+address, "FLOOR_SECRET="+secret)
	if durable {
		program.Env = append(program.Env, "FLOOR_FILE="+filepath.Join(m.t.TempDir(), "journal"))
	}
	return m.run(address, program)
}

// up waits until the process listens.
func (m *measuring) up(s *server) *server {
	m.t.Helper()
	for range 5000 {
		if connection, err := net.Dial("tcp", s.address); err == nil {
			require.NoError(m.t, connection.Close())
			return s
		}
		time.Sleep(time.Millisecond)
	}
	m.t.Fatalf("%s does not listen", s.program)
	return nil
}

func (s *server) stop() {
	_ = s.program.Process.Kill()
	_ = s.program.Wait() // "signal: killed"
}

// cpu is the processor time that the process took so far.
func (s *server) cpu() time.Duration {
	var total time.Duration
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", s.program.Process.Pid))
	for _, thread := range threads {
		content, err := os.ReadFile(thread)
		if err != nil {
			continue // it ended
		}
		ran, _, _ := strings.Cut(string(content), " ")
		nanoseconds, _ := strconv.ParseInt(ran, 10, 64)
		total += time.Duration(nanoseconds)
	}
	return total
}

// memory is the process's own memory in MB: RssAnon, without what is of files.
func (s *server) memory() float64 {
	content, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.program.Process.Pid))
	_, after, _ := strings.Cut(string(content), "RssAnon:")
	kilobytes, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	n, _ := strconv.ParseFloat(kilobytes, 64)
	return n * 1024 / 1e6
}

// peak is the most memory that the process has while something is done, in MB.
func (s *server) peak(do func()) float64 {
	done, most := make(chan struct{}), make(chan float64)
	go func() {
		highest := s.memory()
		for {
			select {
			case <-done:
				most <- max(highest, s.memory())
				return
			case <-time.After(2 * time.Millisecond):
				highest = max(highest, s.memory())
			}
		}
	}()
	do()
	close(done)
	return <-most
}

// story is a simulated GitHub with an App and its cast.
func (m *measuring) story(options fakegithub.Options) *demo.Story {
	m.t.Helper()
	story, err := demo.NewStory(options)
	require.NoError(m.t, err)
	m.t.Cleanup(func() { require.NoError(m.t, story.GitHub.Close()) })
	return story
}

// processes measures what the program is before it has anything to do.
func (m *measuring) processes() {
	program, err := os.Stat(m.program)
	require.NoError(m.t, err)
	m.count("size of the program", "MB", float64(program.Size())/1e6, goal{})

	story := m.story(fakegithub.Options{})
	made := m.deliveries(story)
	firstAck := func(start func() *server) func() float64 {
		return func() float64 {
			s := start()
			defer s.stop()
			delivery := made.signed("issue_comment", made.command(0))
			for {
				if status, err := post(s.address, delivery); err == nil {
					require.Equal(m.t, 202, status)
					return time.Since(s.started).Seconds() * 1000
				}
				time.Sleep(time.Millisecond)
			}
		}
	}
	starts := []func() float64{firstAck(func() *server { return m.floor(made.secret, true) })}
	for _, engine := range m.databases() {
		starts = append(starts, firstAck(func() *server { return m.onboard(story, engine.make()) }))
	}
	took := rounds(5, starts...)
	for i, engine := range m.databases() {
		m.add("from start to first ack, new database, "+engine.name, "ms", took[i+1], "durable floor", took[0], atMost(300))
	}
	for _, engine := range m.databases() {
		s := m.up(m.onboard(story, engine.make()))
		story.GitHub.SetWebhookURL(story.App, "http://"+s.address+app.HookPath)
		require.NoError(m.t, story.GitHub.Wait(m.t.Context(), story.Ready))
		time.Sleep(3 * time.Second) // it has nothing to do
		m.count("memory when idle, "+engine.name, "MB", s.memory(), atMost(40))
		s.stop()
	}
}
