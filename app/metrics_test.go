package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
)

// scrape reads the metrics as Prometheus does.
func (w *world) scrape() (text string, families map[string]*dto.MetricFamily) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.app.AdminURL()+"/metrics", nil)
	require.NoError(w.t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(w.t, err)
	content, err := io.ReadAll(response.Body)
	require.NoError(w.t, err)
	require.NoError(w.t, response.Body.Close())
	require.Equal(w.t, http.StatusOK, response.StatusCode)
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err = parser.TextToMetricFamilies(strings.NewReader(string(content)))
	require.NoError(w.t, err)
	return string(content), families
}

// value is a counter's or gauge's value, or a histogram's count, with these labels
// ("name=value"); 0 if there is none.
func value(families map[string]*dto.MetricFamily, name string, labels ...string) (sum float64) {
	for _, m := range families[name].GetMetric() {
		has := labelsOf(m)
		if slices.ContainsFunc(labels, func(l string) bool { return !slices.Contains(has, l) }) {
			continue
		}
		sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
	}
	return sum
}

func labelsOf(m *dto.Metric) (labels []string) {
	for _, l := range m.GetLabel() {
		labels = append(labels, l.GetName()+"="+l.GetValue())
	}
	return labels
}

// observedWorld is one in which something of everything happened.
func observedWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, func(c *app.Config) {
		c.Start.Accept = app.AcceptNone
		c.Roles["qa"].Users = []string{"quentin"}
	})
	w.GitHub.CreateUser("quentin")
	w.GitHub.Inject(fakegithub.Fault{Method: http.MethodGet, Status: http.StatusBadGateway, Skip: 3, Times: 1})
	w.say(w.Alice, "/onboard")
	w.say(w.Alice, "/onboard halp")
	secret := w.GitHub.CreateRepository(w.Alice, "zeppelin-plans", map[string]string{"README.md": "# Not yours"})
	secret.SetPrivate(w.Alice, true)
	secret.OpenIssue(w.Alice, "Onboard", "").Comment(w.Alice, "/onboard")
	w.settle()
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.later(soon)
	w.later(night)
	assert.Equal(t, http.StatusUnauthorized, w.post("{}", http.Header{
		"X-Github-Event": {"zeppelin-event"}, "X-Github-Delivery": {"zeppelin-guid"}, "X-Hub-Signature-256": {"sha256=00"}, "Content-Type": {"application/json"},
	}))
	return w
}

func TestTheMetricsAreTheseAndTheirLabelsAreBounded(t *testing.T) {
	w := observedWorld(t)
	text, families := w.scrape()
	var shown strings.Builder
	for name := range strings.Lines(text) {
		if help, ok := strings.CutPrefix(name, "# HELP onboard_"); ok {
			name, _, _ := strings.Cut(help, " ")
			fmt.Fprintf(&shown, "%s onboard_%s", strings.ToLower(families["onboard_"+name].GetType().String()), help)
		}
	}
	golden, err := os.ReadFile("testdata/metrics.txt")
	require.NoError(t, err)
	assert.Equal(t, string(golden), shown.String(), "testdata/metrics.txt lists the metrics")

	stages := []string{"other"}
	for _, s := range onboarding.Default().Stages {
		stages = append(stages, s.Name)
	}
	for _, g := range onboarding.Default().Gates {
		stages = append(stages, g.Name)
	}
	number := regexp.MustCompile(`^\d+$`)
	allowed := map[string][]string{
		"outcome":  {"stored", "ignored", "refused", "done", "failed", "parked", "held", "stopped", "lost", "minted", "pass", "review", "fail", "error"},
		"event":    {"other", "check_run", "check_suite", "installation", "installation_repositories", "issue_comment", "issues", "label", "membership", "pull_request", "pull_request_review", "push", "release", "repository", "team"},
		"state":    {"idle", "waiting", "running", "retrying", "parked", "started", "accepted", "held", "paused", "withdrawn", "complete"},
		"kind":     {"repo", "installation", "housekeeping", "template", "other"},
		"endpoint": ghapi.Endpoints(),
		"method":   {"GET", "POST", "PATCH", "PUT", "DELETE", "other"},
		"reason":   {"server", "network", "not_yet", "limit", "pace"},
		"check":    {"licence", "starter-template", "manifest", "nightly-build", "release", "other"},
		"stage":    stages,
		"party":    {"author", "role holders", "other", "admin", "core-committer", "pm", "qa", "security"},
		"resource": {"core"},
		"part":     {"queue", "onboardings"},
	}
	for name, family := range families {
		if !strings.HasPrefix(name, "onboard_") {
			continue
		}
		for _, m := range family.GetMetric() {
			for _, l := range m.GetLabel() {
				switch l.GetName() {
				case "status":
					assert.True(t, l.GetValue() == "none" || number.MatchString(l.GetValue()) && len(l.GetValue()) == 3, "%s: %s", name, l)
				case "installation":
					assert.Regexp(t, number, l.GetValue(), name)
				case "version":
				default:
					assert.Contains(t, allowed[l.GetName()], l.GetValue(), "%s: %s", name, l.GetName())
				}
			}
		}
	}
	for _, name := range []string{"go_goroutines", "process_resident_memory_bytes"} {
		assert.Contains(t, families, name)
	}
}

func TestAttackTheMetricsSayNothingPrivate(t *testing.T) {
	w := observedWorld(t)
	text, _ := w.scrape()
	for _, secret := range []string{
		"zeppelin", "alice", "quentin", "mattermost-plugin", "onboard[bot]", "ghs_", "eyJ", "token ghs", w.config.GitHub.App.WebhookSecret.Reveal(), "PRIVATE KEY", "/api/v3",
	} {
		assert.NotContains(t, strings.ToLower(text), strings.ToLower(secret))
	}
	status, _ := w.get("/metrics")
	assert.Equal(t, http.StatusNotFound, status, "they are for operators")
}

func TestTheMetricsCountWhatHappened(t *testing.T) {
	w := observedWorld(t)
	_, families := w.scrape()
	byRoute := map[string]float64{}
	for _, c := range w.GitHub.Calls() {
		endpoint := ghapi.Endpoint(c.Method, c.Path)
		assert.Equal(t, c.Method+" "+c.Route, endpoint, "GitHub's description says so")
		byRoute[endpoint]++
	}
	for endpoint, n := range byRoute {
		assert.InDelta(t, n, value(families, "onboard_github_calls_total", "endpoint="+endpoint), 0, endpoint)
	}
	assert.InDelta(t, 1, value(families, "onboard_github_calls_total", "status=502"), 0)
	assert.InDelta(t, 1, value(families, "onboard_github_retries_total", "reason=server"), 0)
	assert.InDelta(t, byRoute["POST /app/installations/{installation_id}/access_tokens"], value(families, "onboard_github_token_exchanges_total", "outcome=minted"), 0)
	assert.InDelta(t, 1, value(families, "onboard_deliveries_total", "event=other", "outcome=refused"), 0)
	assert.InDelta(t, 3, value(families, "onboard_deliveries_total", "event=issue_comment", "outcome=stored"), 0)
	assert.Positive(t, value(families, "onboard_deliveries_total", "outcome=ignored"))
	assert.InDelta(t, value(families, "onboard_deliveries_total"), value(families, "onboard_delivery_ack_seconds"), 0)
	assert.Positive(t, value(families, "onboard_run_seconds", "kind=repo", "outcome=done"))
	assert.Positive(t, value(families, "onboard_check_seconds", "check=licence", "outcome=fail"))
	assert.Zero(t, value(families, "onboard_queue_oldest_delivery_seconds"))
	assert.InDelta(t, 2, value(families, "onboard_onboardings", "state=accepted"), 0, "the private one, too")
	assert.Greater(t, value(families, "onboard_stage_seconds_total"), time.Hour.Seconds())
	assert.Positive(t, value(families, "onboard_github_budget_remaining", "resource=core"))
	assert.Zero(t, value(families, "onboard_scrape_failures_total"))
}

// rules is the shape of a file of Prometheus' rules.
type rules struct {
	Groups []struct {
		Name  string
		Rules []struct {
			Alert, Expr, For    string
			Labels, Annotations map[string]string
		}
	}
}

func TestTheAlertsAreRulesOfPrometheus(t *testing.T) {
	content, err := os.ReadFile("../docs/deploy/alerts.yml")
	require.NoError(t, err)
	var file rules
	require.NoError(t, yaml.UnmarshalWithOptions(content, &file, yaml.Strict()))
	seen := map[string]bool{}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			assert.Regexp(t, `^Onboard\w+$`, rule.Alert)
			assert.False(t, seen[rule.Alert], rule.Alert)
			seen[rule.Alert] = true
			assert.NotEmpty(t, rule.Expr, rule.Alert)
			assert.Equal(t, strings.Count(rule.Expr, "("), strings.Count(rule.Expr, ")"), rule.Alert)
			assert.Contains(t, []string{"info", "warning", "critical"}, rule.Labels["severity"], rule.Alert)
			assert.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
			assert.NotEmpty(t, rule.Annotations["description"], rule.Alert)
		}
	}
	assert.Greater(t, len(seen), 5)
}

func TestTheDashboardIsGrafanas(t *testing.T) {
	content, err := os.ReadFile("../docs/deploy/grafana-dashboard.json")
	require.NoError(t, err)
	var dashboard struct {
		Title  string
		Panels []struct {
			ID      int
			Type    string
			Title   string
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(content, &dashboard))
	seen := map[int]bool{}
	for _, p := range dashboard.Panels {
		assert.False(t, seen[p.ID], p.Title)
		seen[p.ID] = true
		assert.NotEmpty(t, p.Title)
		assert.Equal(t, p.Type == "row", len(p.Targets) == 0, p.Title)
		for _, target := range p.Targets {
			assert.Equal(t, strings.Count(target.Expr, "("), strings.Count(target.Expr, ")"), p.Title)
		}
	}
	assert.Greater(t, len(seen), 10)
}

func TestWhatTheDashboardAndTheAlertsNameExists(t *testing.T) {
	_, families := observedWorld(t).scrape()
	metric := regexp.MustCompile(`\b(onboard|process|go)_[a-z0-9_]+\b`)
	for _, file := range []string{"../docs/deploy/grafana-dashboard.json", "../docs/deploy/alerts.yml"} {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		names := metric.FindAllString(string(content), -1)
		assert.Greater(t, len(names), 5, file)
		for _, name := range names {
			family := name
			for _, suffix := range []string{"_bucket", "_count", "_sum"} {
				if base := strings.TrimSuffix(name, suffix); families[base].GetType() == dto.MetricType_HISTOGRAM {
					family = base
				}
			}
			assert.Contains(t, families, family, "%s names %s", file, name)
		}
	}
}
