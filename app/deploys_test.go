package app_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/mattermost/mattermost/server/public/model"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/deploy"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/mattermost/standin"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/checks/bundle/bundletest"
	"github.com/onboard-app/onboard/handlers"
)

const hello = "com.example.hello"

// deployer is a climber whose gates have servers.
type deployer struct {
	*climber
	servers map[string]*standin.Server
	release *fakegithub.Release // the nightly pre-release
}

func newDeployer(t *testing.T, change ...func(*app.Config)) *deployer {
	d := &deployer{servers: map[string]*standin.Server{}}
	config := func(c *app.Config) {
		c.Bundles.Dir = filepath.Join(t.TempDir(), "bundles")
		for name, target := range c.Targets {
			server, err := standin.New(standin.Options{Token: "t0k3n-of-" + name, Version: "10.0.0", Channels: []string{chatChannel}})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, server.Close()) })
			d.servers[name] = server
			target.URL, target.Token = server.URL(), app.Secret("t0k3n-of-"+name)
		}
	}
	d.climber = newClimber(t, append([]func(*app.Config){config}, change...)...)
	return d
}

// has tells that a bundle runs on a server, or that nothing is there.
func (d *deployer) has(target, digest string) {
	d.t.Helper()
	p, is := d.servers[target].Installed(hello)
	assert.Equal(d.t, digest != "", is, target)
	assert.Equal(d.t, digest, p.SHA256, target)
	if is {
		assert.Equal(d.t, model.PluginStateRunning, p.State, target)
	}
}

// standing is what is on record of a server.
func (d *deployer) standing(target string) deploy.Standing {
	d.t.Helper()
	s, err := store.OpenToRead(d.t.Context(), d.config.Database.URL)
	require.NoError(d.t, err)
	defer func() { require.NoError(d.t, s.Close()) }()
	row, _, err := s.Deployment(d.t.Context(), target, hello)
	require.NoError(d.t, err)
	standing, err := deploy.Read(row)
	require.NoError(d.t, err)
	return standing
}

func digest(content []byte) string { return fmt.Sprintf("%x", sha256.Sum256(content)) }

// nightly publishes a build, and returns its sha256.
func (d *deployer) nightly() string {
	d.t.Helper()
	d.release = d.publishNightly()
	return digest(d.build())
}

// basic brings the plugin through the first gate, and onto its server.
func (d *deployer) basic() (nightly string) {
	d.t.Helper()
	nightly = d.basicOnGitHub()
	d.calm()
	return nightly
}

func (d *deployer) basicOnGitHub() (nightly string) {
	d.t.Helper()
	d.say(d.Alice, "/onboard")
	nightly = d.nightly()
	d.has("ci-extensions", "")
	d.reviews("ann")
	require.Equal(d.t, "success", d.run("ci-extensions").Conclusion)
	return nightly
}

func TestWhatPassedAGateIsDeployedToItsServer(t *testing.T) {
	d := newDeployer(t)
	nightly := d.basic()
	d.has("ci-extensions", nightly)
	d.has("ci-extensions-release", "")
	d.rest("1.0.0")
	release := digest(bundletest.Make(t, hello, "1.0.0"))
	d.has("ci-extensions-release", release)
	d.has("community", "")
	assert.Equal(t, release, d.standing("community").Wanted.Offered, "it waits for an admin (S23)")
	assert.Contains(t, d.run("ci-extensions").Summary, "On its server runs `0.1.0+"+d.Plugin.Head()[:7]+"` since ")
	assert.Contains(t, d.run("community").Summary, "An admin may deploy what passed: `/onboard deploy community "+release[:12]+"`.")

	calls := map[string]int{}
	for name, server := range d.servers {
		calls[name] = len(server.Calls())
	}
	d.later(night)
	for name, server := range d.servers {
		assert.Len(t, server.Calls(), calls[name], "an unchanged night costs no call of %s", name)
	}

	assert.Equal(t, []string{"eyes", "confused"}, reacted(d.say(d.Alice, "/onboard deploy community")), "authors do not")
	assert.Equal(t, []string{"eyes", "confused"}, reacted(d.say(d.person["root"], "/onboard deploy comunity")))
	assert.Equal(t, []string{"eyes", "confused"}, reacted(d.say(d.person["root"], "/onboard deploy community 123456")), "it is another bundle")
	d.has("community", "")
	d.says("root", "/onboard deploy community "+release[:12])
	d.calm()
	d.has("community", release)
	assert.Contains(t, d.run("community").Summary, "On its server runs `1.0.0` since ")
	assert.Equal(t, "@root", d.standing("community").Wanted.By)
	for _, server := range d.servers {
		assert.Zero(t, server.Count(http.MethodPost, "/api/v4/plugins/install_from_url"), "servers download nothing by themselves (S6)")
	}
	assert.Equal(t, []string{
		"ci-extensions: in_progress Onboard deploys it.", fmt.Sprintf("ci-extensions: success 0.1.0+%.7s runs, sha256 %.12s…", d.Plugin.Head(), nightly),
		"ci-extensions-release: in_progress Onboard deploys it.", fmt.Sprintf("ci-extensions-release: success 1.0.0 runs, sha256 %.12s…", release),
		"community: in_progress Onboard deploys it.", fmt.Sprintf("community: success 1.0.0 runs, sha256 %.12s…", release),
	}, d.onGitHub())
	shown := 0
	for _, call := range d.GitHub.Calls() {
		if strings.Contains(call.Path, "/deployments") {
			shown++
		}
	}
	assert.Equal(t, 9, shown, "three calls for each deployment")
}

// onGitHub is what GitHub shows of deployments.
func (d *deployer) onGitHub() (list []string) {
	for _, deployment := range d.Plugin.Deployments() {
		assert.Equal(d.t, d.Plugin.Head(), deployment.SHA)
		for _, status := range deployment.Statuses {
			list = append(list, strings.TrimSpace(deployment.Environment+": "+status.State+" "+status.Description))
		}
	}
	return list
}

func TestWhatGitHubDoesNotTakeHoldsUpNoDeployment(t *testing.T) {
	const deployments = "/repos/{owner}/{repo}/deployments"
	for name, fault := range map[string]fakegithub.Fault{
		"the App may not":    {Route: deployments, Status: http.StatusForbidden, Body: `{"message":"Resource not accessible by integration"}`},
		"an outage":          {Route: deployments, Status: http.StatusBadGateway, Times: 3},
		"an answer is lost":  {Method: http.MethodPost, Route: deployments, Cut: fakegithub.CutAfter, Times: 1},
		"a status is lost":   {Method: http.MethodPost, Route: deployments + "/{deployment_id}/statuses", Cut: fakegithub.CutBefore, Times: 2},
		"nothing goes wrong": {Route: deployments, Status: http.StatusTeapot, Skip: 1000},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDeployer(t)
			defer d.GitHub.Inject(fault)()
			nightly := d.basic()
			d.calm()
			d.has("ci-extensions", nightly)
			if name == "the App may not" {
				assert.Empty(t, d.onGitHub())
				return
			}
			require.Len(t, d.Plugin.Deployments(), 1, "one deployment, however often it is tried")
			assert.Contains(t, strings.Join(d.onGitHub(), ";"), "ci-extensions: success 0.1.0+")
		})
	}
}

func TestEachChangedNightlyIsDeployed(t *testing.T) {
	d := newDeployer(t)
	d.basic()
	d.Plugin.Push(d.Alice, "Docs", map[string]*string{"docs.md": text("# Docs\n")})
	d.settle()
	next := d.build()
	d.release.ReplaceAsset(d.Alice, "nightly.tar.gz", next)
	d.later(night)
	d.calm()
	d.has("ci-extensions", digest(next))
	assert.Equal(t, "0.1.0+"+d.Plugin.Head()[:7], d.standing("ci-extensions").Result.Version)
}

func TestABuildThatDoesNotStartIsTakenBackAndTold(t *testing.T) {
	d := newDeployer(t)
	nightly := d.basic()
	d.Plugin.Push(d.Alice, "Docs", map[string]*string{"docs.md": text("# Docs\n")})
	d.settle()
	d.servers["ci-extensions"].Break(hello, "0.1.0+"+d.Plugin.Head()[:7], "it crashes")
	d.release.ReplaceAsset(d.Alice, "nightly.tar.gz", d.build())
	d.later(night)
	d.calm()
	d.has("ci-extensions", nightly)
	result := d.standing("ci-extensions").Result
	assert.Equal(t, mattermost.RolledBack, result.Outcome)
	assert.Contains(t, result.Why, "the plugin does not start")
	assert.Contains(t, d.run("ci-extensions").Summary, "Not deployed: the plugin does not start; ")
}

func TestAGateThatTurnsRedStopsDeploymentsAndTakesNothingDown(t *testing.T) {
	for name, stop := range map[string]func(d *deployer){
		"a licence that is gone": func(d *deployer) {
			d.Plugin.Push(d.Alice, "No licence", map[string]*string{"LICENSE": nil})
		},
		"a pause":        func(d *deployer) { d.says("root", "/onboard pause") },
		"the withdrawal": func(d *deployer) { d.says("root", "/onboard withdraw") },
		"an archive":     func(d *deployer) { d.Plugin.Archive(d.Alice) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDeployer(t)
			nightly := d.basic()
			stop(d)
			d.settle()
			calls := len(d.servers["ci-extensions"].Calls())
			if name != "an archive" { // nothing can be published there
				d.release.ReplaceAsset(d.Alice, "nightly.tar.gz", bundletest.Make(t, hello, "0.2.0"))
			}
			d.later(night)
			d.settle()
			d.has("ci-extensions", nightly)
			assert.Len(t, d.servers["ci-extensions"].Calls(), calls)
		})
	}
}

func TestOnlyAnAdminTakesAPluginOffAServer(t *testing.T) {
	d := newDeployer(t)
	nightly := d.basic()
	d.says("root", "/onboard withdraw")
	assert.Equal(t, []string{"eyes", "confused"}, reacted(d.say(d.Alice, "/onboard undeploy ci-extensions")))
	assert.Equal(t, []string{"eyes", "confused"}, reacted(d.say(d.person["quentin"], "/onboard undeploy ci-extensions")))
	d.has("ci-extensions", nightly)
	d.says("root", "/onboard undeploy ci-extensions It floods the channel")
	d.calm()
	d.has("ci-extensions", "")
	assert.Equal(t, deploy.Removed, d.standing("ci-extensions").Result.Outcome)
}

func TestWhileAllIsPausedNothingIsDeployed(t *testing.T) {
	d := newDeployer(t)
	remove := d.servers["ci-extensions"].Inject(standin.Fault{Status: http.StatusServiceUnavailable})
	nightly := d.basicOnGitHub()
	d.operator("/ops/pause?reason=x")
	remove()
	d.later(time.Minute)
	d.later(time.Minute)
	d.has("ci-extensions", "")
	d.operator("/ops/resume")
	d.later(time.Minute)
	d.later(time.Minute)
	d.has("ci-extensions", nightly)
}

// operator asks what operators ask.
func (d *deployer) operator(path string) {
	d.t.Helper()
	response, err := http.Post(d.app.AdminURL()+path, "", nil)
	require.NoError(d.t, err)
	require.NoError(d.t, response.Body.Close())
	require.Equal(d.t, http.StatusNoContent, response.StatusCode)
}

func TestAnUndeployedPluginStaysAwayUntilAnAdminSaysOtherwise(t *testing.T) {
	d := newDeployer(t)
	nightly := d.basic()
	d.says("root", "/onboard undeploy ci-extensions")
	d.calm()
	d.later(night)
	d.has("ci-extensions", "")
	d.says("root", "/onboard deploy ci-extensions")
	d.calm()
	d.has("ci-extensions", nightly)
}

// second has a second build deployed to the first gate's server.
func (d *deployer) second() (digestOf string) {
	d.t.Helper()
	d.Plugin.Push(d.Alice, "Docs", map[string]*string{"docs.md": text("# Docs\n")})
	d.settle()
	next := d.build()
	d.release.ReplaceAsset(d.Alice, "nightly.tar.gz", next)
	d.later(night)
	d.calm()
	d.has("ci-extensions", digest(next))
	return digest(next)
}

func TestAnAdminHasWhatRanBeforePutBack(t *testing.T) {
	d := newDeployer(t)
	first := d.basic()
	assert.Equal(t, []string{"eyes", "confused"}, reacted(d.say(d.person["root"], "/onboard rollback ci-extensions")), "nothing ran before")
	second := d.second()
	assert.Equal(t, []string{"eyes", "confused"}, reacted(d.say(d.Alice, "/onboard rollback ci-extensions")), "authors do not")
	d.has("ci-extensions", second)
	d.says("root", "/onboard rollback ci-extensions It floods the channel")
	d.calm()
	d.has("ci-extensions", first)
	assert.Contains(t, d.run("ci-extensions").Summary, fmt.Sprintf("Not deployed: @\u200broot had sha256 %.12s… rolled back, until another build passes or an admin deploys it.", second))
	assert.Contains(t, strings.Join(d.answers(), "\n"), "put back onto `ci-extensions`")
	d.later(night)
	d.calm()
	d.has("ci-extensions", first)
	assert.Len(t, d.Plugin.Deployments(), 3)

	t.Run("and what was taken back returns when an admin asks for it", func(t *testing.T) {
		d.says("root", "/onboard deploy ci-extensions")
		d.calm()
		d.has("ci-extensions", second)
		assert.NotContains(t, d.run("ci-extensions").Summary, "rolled back")
	})
	t.Run("or makes room for the next build, and is not deployed instead of it", func(t *testing.T) {
		assert.Equal(t, []string{"eyes", "confused"}, reacted(d.say(d.person["root"], "/onboard rollback ci-extensions "+first[:8])), "that does not run now")
		d.has("ci-extensions", second)
		d.says("root", "/onboard rollback ci-extensions "+second[:8]+" It floods the channel")
		d.calm()
		d.has("ci-extensions", first)
		bad := d.build()
		next := bundletest.Make(t, hello, "0.3.0+"+d.Plugin.Head()[:7])
		d.release.ReplaceAsset(d.Alice, "nightly.tar.gz", next)
		d.later(night)
		d.calm()
		d.has("ci-extensions", digest(next))
		d.release.ReplaceAsset(d.Alice, "nightly.tar.gz", bad)
		d.later(night)
		d.calm()
		d.has("ci-extensions", digest(next))
		assert.Contains(t, d.run("ci-extensions").Summary, fmt.Sprintf("Not deployed: an admin had sha256 %.12s… rolled back before.", second))
	})
}

// TestAttackWhatWasRolledBackDoesNotComeBackWithAnotherRound: its asset is the
// author's, and so is the command that begins a round.
func TestAttackWhatWasRolledBackDoesNotComeBackWithAnotherRound(t *testing.T) {
	d := newDeployer(t)
	first := d.basic()
	d.second()
	d.says("root", "/onboard rollback ci-extensions")
	d.calm()
	d.has("ci-extensions", first)
	d.says("root", "/onboard withdraw")
	d.calm()
	d.say(d.Alice, "/onboard")
	d.calm()
	d.reviews("ann")
	d.calm()
	require.Equal(t, "success", d.run("ci-extensions").Conclusion)
	d.has("ci-extensions", first)
}

// TestAttackNobodyRollsBackTheirOwnPlugin: also admins who own it do not (S11).
func TestAttackNobodyRollsBackTheirOwnPlugin(t *testing.T) {
	d := newDeployer(t, func(c *app.Config) {
		c.Roles[onboarding.Admin].Users = append(c.Roles[onboarding.Admin].Users, "alice")
	})
	d.basic()
	second := d.second()
	assert.Equal(t, []string{"eyes", "confused"}, reacted(d.say(d.Alice, "/onboard rollback ci-extensions")))
	d.has("ci-extensions", second)
}

func TestWhatRanBeforeIsPutBackThoughTheOnboardingRests(t *testing.T) {
	for name, rest := range map[string]func(d *deployer){
		"it was withdrawn": func(d *deployer) { d.says("root", "/onboard withdraw") },
		"it is paused":     func(d *deployer) { d.says("root", "/onboard pause") },
		"it is held":       func(d *deployer) { d.Plugin.Rename(d.Alice, "elsewhere"); d.Plugin.Archive(d.Alice); d.settle() },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDeployer(t)
			first := d.basic()
			second := d.second()
			rest(d)
			if name == "it is held" { // nobody can say anything there
				d.stop()
				d.with = append(d.with, app.WithOwnURL())
				d.start()
				form := url.Values{"gate": {"ci-extensions"}, "runs": {second}}.Encode()
				answer, _ := d.signedIn(d.person["root"]).send(http.MethodPost, "/p/"+d.Plugin.FullName()+"/rollback", strings.NewReader(form), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
				require.Equal(t, http.StatusOK, answer.StatusCode)
			} else {
				d.says("root", "/onboard rollback ci-extensions")
			}
			d.calm()
			d.has("ci-extensions", first)
		})
	}
}

func TestAnAdminHasWhatRanBeforePutBackByAButton(t *testing.T) {
	d := newDeployer(t)
	d.stop()
	d.with = append(d.with, app.WithOwnURL())
	d.start()
	first := d.basic()
	second := d.second()
	page := "/p/" + d.Plugin.FullName()
	button := "back onto ci-extensions"
	form, same := url.Values{"gate": {"ci-extensions"}, "runs": {second}}.Encode(), []string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin"}
	for name, b := range map[string]*browser{"nobody": d.browser(), "the author": d.signedIn(d.Alice), "a reviewer": d.signedIn(d.person["ann"])} {
		_, html := b.send(http.MethodGet, page, nil)
		assert.NotContains(t, html, button, name)
		answer, _ := b.send(http.MethodPost, page+"/rollback", strings.NewReader(form), same...)
		assert.Equal(t, http.StatusForbidden, answer.StatusCode, name)
	}
	d.settle()
	d.has("ci-extensions", second)

	root := d.signedIn(d.person["root"])
	_, html := root.send(http.MethodGet, page, nil)
	assert.Contains(t, html, button)
	answer, _ := root.send(http.MethodPost, page+"/rollback", strings.NewReader(form), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site")
	assert.Equal(t, http.StatusForbidden, answer.StatusCode, "from another site")
	answer, _ = root.send(http.MethodPost, page+"/rollback", strings.NewReader("gate=nowhere"), same...)
	assert.Equal(t, http.StatusNotFound, answer.StatusCode)
	d.has("ci-extensions", second)
	answer, html = root.send(http.MethodPost, page+"/rollback", strings.NewReader(form), same...)
	assert.Equal(t, d.app.URL()+page+"?done=passed-on", answer.Request.URL.String())
	assert.Contains(t, html, "answers in the tracking issue")
	d.calm()
	d.has("ci-extensions", first)
	_, html = root.send(http.MethodGet, page, nil)
	assert.NotContains(t, html, button)
	assert.Contains(t, html, "rolled back")
	assert.Contains(t, strings.Join(d.answers(), "\n"), d.config.GitHub.WebURL+"/root) has `0.1.0+")
}

func TestBundlesAreSharedThroughABucket(t *testing.T) {
	bucket := s3mem.New()
	require.NoError(t, bucket.CreateBucket("onboard"))
	store := httptest.NewServer(gofakes3.New(bucket, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(store.Close)
	d := newDeployer(t, func(c *app.Config) {
		c.Bundles.S3 = app.S3{URL: store.URL, Region: "us-east-1", Bucket: "onboard", Prefix: "bundles", AccessKey: "key", SecretKey: "s3cret"}
	})
	first := d.basic()
	second := d.second()
	list, err := bucket.ListBucket("onboard", nil, gofakes3.ListBucketPage{})
	require.NoError(t, err)
	var names []string
	for _, object := range list.Contents {
		names = append(names, object.Key)
	}
	assert.ElementsMatch(t, []string{"bundles/" + first + ".tar.gz", "bundles/" + second + ".tar.gz"}, names)

	require.NoError(t, os.RemoveAll(d.config.Bundles.Dir), "as on a new machine")
	d.says("root", "/onboard rollback ci-extensions")
	d.calm()
	d.has("ci-extensions", first)
}

// TestAttackTheHookTakesNoButton: whoever has the webhook's secret has GitHub's word,
// and not a session's.
func TestAttackTheHookTakesNoButton(t *testing.T) {
	d := newDeployer(t)
	d.basic()
	second := d.second()
	record := d.record()
	payload, err := handlers.Said(store.Repository{ID: record.Repository, Installation: 1}, onboarding.Person{ID: d.person["root"].ID, Login: "root"}, time.Now(), handlers.Call{Name: "rollback", Args: []string{"ci-extensions"}})
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadRequest, d.post(string(payload), http.Header{
		"X-Github-Event": {handlers.PageEvent}, "X-Github-Delivery": {"page-x"}, "Content-Type": {"application/json"},
		"X-Hub-Signature-256": {"sha256=" + sign(sha256.New, string(d.config.GitHub.App.WebhookSecret), string(payload))},
	}))
	d.calm()
	d.has("ci-extensions", second)
}

func TestTheModeThatOnlyObservesDeploysNothing(t *testing.T) {
	d := newDeployer(t, func(c *app.Config) { c.Mode = app.ModeObserve })
	d.say(d.Alice, "/onboard")
	d.says2("root", "/onboard accept")
	d.nightly()
	d.later(night)
	for _, server := range d.servers {
		assert.Empty(t, server.Calls())
	}
}

// says2 says what is not reacted to.
func (d *deployer) says2(login, command string) {
	d.t.Helper()
	d.later(time.Minute)
	d.say(d.person[login], command)
}

// TestAttackTheServersTokenIsNowhere: a server that refuses a token quotes it (S20).
func TestAttackTheServersTokenIsNowhere(t *testing.T) {
	var log bytes.Buffer
	d := newDeployer(t, func(*app.Config) {})
	d.stop()
	d.log = zerolog.SyncWriter(&log)
	d.start()
	for _, server := range d.servers {
		server.SetToken("another")
	}
	d.basic()
	d.has("ci-extensions", "")
	result := d.standing("ci-extensions").Result
	assert.Equal(t, mattermost.TokenRefused, result.Reason)
	assert.Contains(t, result.Next, "token_file")
	_, board := d.get("/")
	_, ready := d.get("/readyz")
	for _, run := range d.Plugin.CheckRuns(d.Carrier()) {
		board += run.Title + run.Summary + run.Text
	}
	for _, c := range append(d.Issue.Comments(), d.ReviewPR().Comments()...) {
		board += c.Body
	}
	d.stop()
	shown := map[string]string{"pages, check runs, comments": board, "readiness": ready, "the log": log.String()}
	if !store.IsPostgres(d.config.Database.URL) {
		for _, end := range []string{"", "-wal"} {
			content, err := os.ReadFile(strings.TrimPrefix(d.config.Database.URL, "sqlite://") + end)
			if !errors.Is(err, fs.ErrNotExist) {
				require.NoError(t, err)
			}
			shown["the database"+end] = string(content)
		}
	}
	for where, text := range shown {
		assert.NotContains(t, text, "t0k3n-of-", where)
	}
	assert.Contains(t, shown["the log"], "a deployment was not done")
	require.Positive(t, d.servers["ci-extensions"].Count(http.MethodGet, "/api/v4/plugins/statuses"))
}
