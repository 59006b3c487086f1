package app

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

const manifests = "../docs/deploy"

// manifest is as much of the files in docs/deploy as the tests look at.
type manifest struct {
	Kind      string
	Resources []string
	Data      map[string]string
	Metadata  struct{ Name string }
	Spec      struct {
		Replicas int
		Selector map[string]any
		Template struct {
			Metadata struct{ Labels map[string]any }
			Spec     struct{ Containers []container }
		}
	}
	Services map[string]service // of docker compose
	Secrets  map[string]struct{ File string }
}

type container struct {
	Image          string
	StartupProbe   probe `yaml:"startupProbe"`
	LivenessProbe  probe `yaml:"livenessProbe"`
	ReadinessProbe probe `yaml:"readinessProbe"`
}

type probe struct {
	HTTPGet struct{ Path string } `yaml:"httpGet"`
}

type service struct {
	Image       string
	Environment map[string]string
	Secrets     []string
	Deploy      struct{ Replicas int }
}

func readManifest(t *testing.T, name string) (m manifest) {
	t.Helper()
	content, err := os.ReadFile(path.Join(manifests, name))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(content, &m), name)
	return m
}

func TestWhatIsDeployedSetsOnlyVariablesThatThereAre(t *testing.T) {
	known := map[string]bool{}
	config := Default()
	for _, k := range keysOf(&config) {
		known[k.env()] = true
	}
	variable := regexp.MustCompile(envPrefix + `[A-Z0-9_]+`)
	found := 0
	require.NoError(t, fs.WalkDir(os.DirFS(manifests), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path.Join(manifests, name))
		require.NoError(t, err)
		for _, v := range variable.FindAllString(string(content), -1) {
			found++
			assert.True(t, known[v], "%s names %s, which sets nothing", name, v)
		}
		if ext := path.Ext(name); ext == ".yml" || ext == ".yaml" {
			assert.NoError(t, yaml.Unmarshal(content, new(any)), name)
		}
		return nil
	}))
	assert.Greater(t, found, 10)
}

func TestDockerComposeRunsReplicasOnPostgresWithSecretsFromFiles(t *testing.T) {
	m := readManifest(t, "docker-compose.yml")
	onboard := m.Services["onboard"]
	assert.GreaterOrEqual(t, onboard.Deploy.Replicas, 2)
	assert.Equal(t, strconv.Itoa(onboard.Deploy.Replicas), onboard.Environment["ONBOARD_REPLICAS"])
	assert.Empty(t, databaseFault(onboard.Environment["ONBOARD_DATABASE_URL"]))
	for name, s := range m.Services {
		assert.NotRegexp(t, `^[^/]*[.:][^/]*/`, s.Image, "%s comes from no host in particular", name)
		for _, secret := range s.Secrets {
			assert.NotEmpty(t, m.Secrets[secret].File, secret)
		}
		for variable, value := range s.Environment {
			if file, ok := strings.CutPrefix(value, "/run/secrets/"); ok {
				assert.Contains(t, s.Secrets, file, variable)
			}
		}
	}
}

func TestTheKustomizeBaseIsWhole(t *testing.T) {
	kustomization := readManifest(t, "kustomize/kustomization.yaml")
	files, err := os.ReadDir(path.Join(manifests, "kustomize"))
	require.NoError(t, err)
	assert.Len(t, kustomization.Resources, len(files)-1, "and nothing is left out")
	kinds := map[string]manifest{}
	for _, name := range kustomization.Resources {
		m := readManifest(t, path.Join("kustomize", name))
		kinds[m.Kind] = m
		assert.Equal(t, "onboard", m.Metadata.Name, name)
	}
	deployment := kinds["Deployment"]
	labels := deployment.Spec.Template.Metadata.Labels
	assert.GreaterOrEqual(t, deployment.Spec.Replicas, 2)
	assert.Equal(t, labels, deployment.Spec.Selector["matchLabels"])
	assert.Equal(t, labels, kinds["PodDisruptionBudget"].Spec.Selector["matchLabels"])
	assert.Equal(t, labels, kinds["Service"].Spec.Selector)
	require.Len(t, deployment.Spec.Template.Spec.Containers, 1)
	onboard := deployment.Spec.Template.Spec.Containers[0]
	assert.Equal(t, "onboard", onboard.Image)
	assert.Equal(t, []string{"/healthz", "/healthz", "/readyz"},
		[]string{onboard.StartupProbe.HTTPGet.Path, onboard.LivenessProbe.HTTPGet.Path, onboard.ReadinessProbe.HTTPGet.Path})

	data := kinds["ConfigMap"].Data
	assert.Empty(t, databaseFault(data["database_url"]))
	config, err := Load(write(t, "config.yml", data["config.yml"]), nil, "")
	require.NoError(t, err)
	assert.Equal(t, deployment.Spec.Replicas, config.Replicas)
}
