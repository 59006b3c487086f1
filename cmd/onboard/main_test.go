package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"onboard": main, "soaked": soaked, "floor": floor})
}

// TestScripts runs the real program on the command lines of testdata/script.
// "exits N onboard …" asserts the exit code. UPDATE_GOLDEN=1 rewrites what
// "cmp stdout FILE" compares with. "commit DIR" commits all of a folder, which
// becomes a git repository by that. "decide", "tamper" and "hold" are about
// databases, "github" is one to talk to.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "commit": commit, "decide": decide, "tamper": tamper, "hold": hold, "github": github,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_GOLDEN") != "",
	})
}

// exits is the script command "exits CODE PROGRAM ARGUMENTS…".
func exits(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGUMENTS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var failed *exec.ExitError
		if !errors.As(err, &failed) {
			ts.Fatalf("run %s: %v", args[1], err)
		}
		code = failed.ExitCode()
	}
	if code != want {
		ts.Fatalf("%v exited with %d, want %d", args[1:], code, want)
	}
}

// commit is the script command "commit DIR". It needs no git.
func commit(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 1 {
		ts.Fatalf("usage: commit DIR")
	}
	dir := ts.MkAbs(args[0])
	repository, err := git.PlainInit(dir, false)
	if errors.Is(err, git.ErrRepositoryAlreadyExists) {
		repository, err = git.PlainOpen(dir)
	}
	ts.Check(err)
	work, err := repository.Worktree()
	ts.Check(err)
	ts.Check(work.AddWithOptions(&git.AddOptions{All: true}))
	_, err = work.Commit("A commit", &git.CommitOptions{Author: &object.Signature{Name: "A", When: time.Unix(1_700_000_000, 0)}})
	ts.Check(err)
}

func TestVersionSaysWhatTheToolchainNoted(t *testing.T) {
	built := &debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"},
		{Key: "vcs.time", Value: "2026-12-03T10:00:00Z"},
		{Key: "vcs.modified", Value: "true"},
	}}
	v := versionOf(built)
	v.Platform = "plan9/arm"
	var text, asJSON bytes.Buffer
	require.NoError(t, writeVersion(&text, v, false))
	require.NoError(t, writeVersion(&asJSON, v, true))
	assert.Equal(t, "onboard v1.2.3 (0123456789ab, 2026-12-03T10:00:00Z) with local changes, go1.26.8, plan9/arm\n", text.String())
	assert.JSONEq(t, `{"version":"v1.2.3","revision":"0123456789abcdef0123456789abcdef01234567","time":"2026-12-03T10:00:00Z","modified":true,"go":"go1.26.8","platform":"plan9/arm"}`, asJSON.String())
}

func TestOutputThatIsNoTerminalGetsNoColours(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "out")
	require.NoError(t, err)
	defer file.Close()
	assert.False(t, colourful(file))
	assert.False(t, colourful(&bytes.Buffer{}))
}

func TestAFullDiskIsAnError(t *testing.T) {
	var stderr bytes.Buffer
	assert.Equal(t, exitCouldNot, run([]string{"version"}, nil, fullDisk{}, &stderr))
	assert.Equal(t, "onboard: no space left\n", stderr.String())
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }
