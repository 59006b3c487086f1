package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/mattermost/standin"
	"github.com/onboard-app/onboard/checks/bundle/bundletest"
)

// operator is somebody at a terminal, with a server and bundles.
type operator struct {
	*testing.T
	server *standin.Server
}

// newOperator has a folder of their own as the working directory.
func newOperator(t *testing.T) *operator {
	t.Helper()
	server, err := standin.New(standin.Options{Token: "t0k3n", Version: "10.0.0"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	t.Chdir(t.TempDir())
	for name, content := range map[string][]byte{
		"token": []byte("t0k3n\n"), "one.tar.gz": bundletest.Make(t, "com.example.hello", "1.0.0"), "two.tar.gz": bundletest.Make(t, "com.example.hello", "2.0.0"),
		"page.tar.gz": []byte("<!DOCTYPE html>"),
	} {
		require.NoError(t, os.WriteFile(name, content, 0o600))
	}
	t.Setenv("ONBOARD_TARGETS_CI_EXTENSIONS_URL", server.URL())
	t.Setenv("ONBOARD_TARGETS_CI_EXTENSIONS_TOKEN_FILE", filepath.Join(".", "token"))
	return &operator{t, server}
}

// says runs `onboard deploy` and tells its exit code and what it says.
func (o *operator) says(code int, args string, words ...string) {
	o.Helper()
	var stdout, stderr bytes.Buffer
	got := run(append([]string{"deploy"}, strings.Fields(args)...), nil, &stdout, &stderr)
	said := stdout.String() + stderr.String()
	assert.Equal(o, code, got, said)
	for _, word := range words {
		assert.Contains(o, said, word)
	}
	assert.NotContains(o, said, "t0k3n")
}

func (o *operator) has(version string) {
	o.Helper()
	p, is := o.server.Installed("com.example.hello")
	assert.Equal(o, version != "", is)
	assert.Equal(o, version, p.Manifest.Version)
}

func TestAnOperatorDeploysABundle(t *testing.T) {
	o := newOperator(t)
	o.says(exitCouldNot, "", "say where and what: --target ci-extensions --bundle")
	o.says(exitCouldNot, "--target ci-extensions --bundle none.tar.gz", "no such file")
	o.says(exitNo, "--target community --bundle one.tar.gz", `"community" is no target; there are ci-extensions`)
	o.says(exitNo, "--target ci-extensions --bundle page.tar.gz", "the bundle is not sound: ")
	o.says(exitCouldNot, "--target ci-extensions --bundle one.tar.gz --dry-run", "a dry run needs the database")

	o.says(exitYes, "--target ci-extensions --bundle one.tar.gz", `"com.example.hello" "1.0.0", sha256`, "deployed, and seen running.")
	o.has("1.0.0")
	o.says(exitYes, "--target ci-extensions --bundle one.tar.gz", "it runs there already.")
	o.says(exitYes, "--target ci-extensions --bundle two.tar.gz --dry-run", "nothing speaks against it. Nothing was changed.", `The version before is "1.0.0".`)
	o.has("1.0.0")

	o.server.Break("com.example.hello", "2.0.0", "it crashes")
	o.says(exitNo, "--target ci-extensions --bundle two.tar.gz", `not deployed: the plugin does not start; "1.0.0" runs there now.`, "Mend the plugin, and deploy another build.")
	o.has("1.0.0")
	o.server.Break("com.example.hello", "2.0.0", "")
	o.says(exitNo, "--target ci-extensions --bundle two.tar.gz", "the plugin does not start")
	o.says(exitYes, "--target ci-extensions --bundle two.tar.gz --again", "deployed, and seen running.")
	o.has("2.0.0")

	o.server.SetToken("another")
	o.says(exitNo, "--target ci-extensions --bundle one.tar.gz", "the server refuses the access token", "token_file")
	require.NoError(t, o.server.Close())
	o.says(exitCouldNot, "--target ci-extensions --bundle one.tar.gz --again", "the server is not available")
}

func TestAPluginThatOthersInstalledIsTakenOverOnlyWhenSaid(t *testing.T) {
	o := newOperator(t)
	o.server.Put("com.example.hello", "0.9.0")
	o.says(exitNo, "--target ci-extensions --bundle one.tar.gz", "Onboard did not install the plugin that is there")
	o.has("0.9.0")
	o.says(exitYes, "--target ci-extensions --bundle one.tar.gz --take-over", "deployed, and seen running.", `The version before is "0.9.0".`)
	o.has("1.0.0")
}

// TestWhileTheAppRunsItDeploys: it has the database for itself, and the token.
func TestWhileTheAppRunsItDeploys(t *testing.T) {
	o := newOperator(t)
	story, err := demo.NewStory(fakegithub.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, story.GitHub.Close()) }()
	folder, err := os.Getwd()
	require.NoError(t, err)
	config := demo.Config(story, "sqlite://"+filepath.Join(folder, "onboard.db"), freeAddress(t))
	config.Server.AdminListen, config.Bundles.Dir = freeAddress(t), filepath.Join(folder, "bundles")
	t.Setenv("ONBOARD_BUNDLES_DIR", config.Bundles.Dir)
	t.Setenv("ONBOARD_TARGETS_CI_EXTENSIONS_TOKEN_FILE", filepath.Join(folder, "token"))
	program, err := start(t, config)
	require.NoError(t, err)
	defer kill(program)
	t.Setenv("ONBOARD_DATABASE_URL", config.Database.URL)
	t.Setenv("ONBOARD_SERVER_ADMIN_LISTEN", config.Server.AdminListen)
	t.Setenv("ONBOARD_TARGETS_CI_EXTENSIONS_TOKEN_FILE", "") // the App has it
	o.says(exitYes, "--target ci-extensions --bundle one.tar.gz", "deployed, and seen running.")
	o.has("1.0.0")
	t.Setenv("ONBOARD_BUNDLES_DIR", filepath.Join(folder, "elsewhere"))
	o.says(exitNo, "--target ci-extensions --bundle two.tar.gz", "bundles.dir must be the same folder for both")
}
