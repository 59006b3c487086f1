package app_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/onboard-app/onboard/"

// rooms says which rooms of the house each room may import (design.md,
// "Rooms"). A room covers the folders below it that have no line of their own.
var rooms = map[string][]string{
	"cmd/onboard":     {"app", "app/demo", "app/doctor", "app/setup"},
	"app":             {"app/boilerplate", "app/onboarding", "app/texts", "app/store", "app/queue", "app/ghapi", "app/reconcile", "app/metrics", "app/mattermost", "app/deploy", "app/chat", "app/web", "app/web/signin", "app/doctor", "app/weburl", "handlers", "checks"},
	"app/demo":        {"app", "app/fakegithub", "app/mattermost", "app/onboarding"},
	"app/onboarding":  {},
	"app/texts":       {"app/onboarding"},
	"app/store":       {"app/onboarding"},
	"app/queue":       {"app/store"},
	"app/ghapi":       {"app/onboarding", "app/texts", "checks"},
	"app/reconcile":   {"app/onboarding", "app/store", "app/ghapi", "app/texts", "checks"},
	"app/mattermost":  {"app/onboarding", "app/texts", "app/weburl"},
	"app/weburl":      {},
	"app/chat":        {"app/onboarding", "app/store", "app/mattermost", "app/texts"},
	"app/deploy":      {"app/onboarding", "app/store", "app/mattermost", "app/ghapi", "app/reconcile", "app/texts", "checks"},
	"app/metrics":     {"app/store", "app/queue", "app/ghapi"},
	"app/web":         {"app/onboarding", "app/texts", "app/store"},
	"app/web/signin":  {"app/onboarding"},
	"app/setup":       {"app/ghapi", "app/onboarding"},
	"app/doctor":      {"app/ghapi", "app/onboarding", "app/store", "app/texts"},
	"app/boilerplate": {"app/store", "checks"},
	"app/fakegithub":  {},
	"handlers":        {"app/onboarding", "app/texts", "app/store", "app/ghapi"},
	"checks":          {},
}

// plain are the rooms that import nothing but the standard library.
var plain = []string{"app/onboarding", "app/fakegithub"}

// foreign are libraries that only some rooms may know.
var foreign = map[string][]string{
	"github.com/google/go-github":      {"app/ghapi"},
	"github.com/bradleyfalzon":         {"app/ghapi"},
	"github.com/palantir/go-githubapp": {"app", "app/ghapi", "app/queue", "handlers"},
	"github.com/jackc/pgx":             {"app/store"},
	"database/sql":                     {"app/store", "app/queue", "app/reconcile", "app/deploy", "app/chat", "handlers"},
	"github.com/getkin/kin-openapi":    {"app/fakegithub/conformance"},
	"github.com/prometheus":            {"app/metrics"},
	"github.com/spf13/cobra":           {"cmd/onboard"},
}

func TestRoomsImportOnlyWhatDesignAllows(t *testing.T) {
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	seen := map[string]bool{}
	require.NoError(t, fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != "." {
			return errorOr(err, fs.SkipDir)
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		folder := filepath.ToSlash(filepath.Dir(path))
		room := roomOf(folder)
		seen[room] = true
		assert.Contains(t, rooms, room, "%s is in no room", path)
		for _, imported := range importsOf(t, filepath.Join(root, path)) {
			checkImport(t, path, folder, room, imported)
		}
		return nil
	}))
	assert.Greater(t, len(seen), 10, "the walk must have seen the house")
}

func checkImport(t *testing.T, path, folder, room, imported string) {
	t.Helper()
	if inner, ours := strings.CutPrefix(imported, module); ours {
		target := roomOf(inner)
		assert.True(t, target == room || slices.Contains(rooms[room], target), "%s may not import %s", path, inner)
		return
	}
	standard := !strings.Contains(strings.Split(imported, "/")[0], ".")
	if slices.Contains(plain, room) && folder != "app/fakegithub/conformance" {
		assert.True(t, standard, "%s may import the standard library only, not %s", path, imported)
	}
	for library, allowed := range foreign {
		if strings.HasPrefix(imported, library) {
			assert.True(t, slices.Contains(allowed, room) || slices.Contains(allowed, folder), "%s may not import %s", path, imported)
		}
	}
}

// roomOf is the room that a folder belongs to.
func roomOf(folder string) string {
	for room := folder; room != "."; room = filepath.Dir(room) {
		if _, ok := rooms[room]; ok {
			return room
		}
	}
	return folder
}

func importsOf(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	require.NoError(t, err)
	var paths []string
	for _, spec := range parsed.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		paths = append(paths, path)
	}
	return paths
}

func errorOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
