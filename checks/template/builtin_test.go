package template_test

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
)

// canonical lists commits and blobs as in template-commits.tsv and
// template-blobs.tsv, without the columns that follow from others.
func canonical(t testing.TB, x *template.Index) (commits, blobs []string) {
	t.Helper()
	for i, c := range x.Commits() {
		commits = append(commits, fmt.Sprintf("%d\t%s\t%s\t%s", i, c.SHA, c.Date.Format("2006-01-02"), c.Tree))
	}
	for _, b := range x.Files() {
		n := 0
		for i := range commits {
			if b.In(i) {
				n++
			}
		}
		blobs = append(blobs, fmt.Sprintf("%s\t%s\t%d\t%d\t%d\t%d", b.Path, b.SHA, b.Size, b.First, b.Last, n))
	}
	slices.Sort(blobs)
	return commits, blobs
}

// table reads a file of measured data, rows cut by the columns given.
func table(t *testing.T, path string, columns ...int) []string {
	t.Helper()
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the measured data is not here")
	}
	require.NoError(t, err)
	var rows []string
	for _, line := range strings.Split(strings.TrimSpace(string(content)), "\n")[1:] {
		fields := strings.Split(line, "\t")
		var row []string
		for _, c := range columns {
			row = append(row, fields[c])
		}
		rows = append(rows, strings.Join(row, "\t"))
	}
	return rows
}

func TestTheBuiltinIndexIsThatOfTheMeasuredTemplate(t *testing.T) {
	x, err := template.Builtin()
	require.NoError(t, err)
	commits, blobs := canonical(t, x)
	t.Run("by the measured data", func(t *testing.T) {
		assert.Equal(t, table(t, "/work/shared/data/template-commits.tsv", 0, 1, 2, 4), commits)
		want := table(t, "/work/shared/data/template-blobs.tsv", 0, 1, 2, 3, 4, 5)
		slices.Sort(want)
		assert.Equal(t, want, blobs)
	})
	t.Run("by its hash", func(t *testing.T) {
		sum := sha256.Sum256([]byte(strings.Join(append(commits, blobs...), "\n")))
		assert.Equal(t, "be7a5bec65cc0ea714535eb1130f388ad7cfeae00450f2da05bde027d72769ba", hex.EncodeToString(sum[:]))
	})
}

func TestTheBuiltinIndexHoldsWholeTrees(t *testing.T) {
	x, err := template.Builtin()
	require.NoError(t, err)
	trees, paths := map[string]bool{}, map[string]bool{}
	for i, commit := range x.Commits() {
		var files []checks.File
		for _, b := range x.Files() {
			if paths[b.Path] = true; b.In(i) {
				files = append(files, checks.File{Path: b.Path, Mode: b.Mode, SHA: b.SHA})
			}
		}
		assert.Equal(t, commit.Tree, checks.TreeSHA(files), commit.SHA)
		trees[commit.Tree] = true
	}
	assert.Len(t, x.Commits(), 204)
	assert.Len(t, x.Files(), 946)
	assert.Len(t, trees, 194)
	assert.Len(t, paths, 449)
	assert.Equal(t, "mattermost/mattermost-plugin-starter-template", x.Repository())
	assert.True(t, slices.IsSortedFunc(x.Files(), func(a, b template.Blob) int { return cmp.Compare(a.Path, b.Path) }))
}

func TestTheBuiltinIndexIsSmallAndIsWrittenAsItWasRead(t *testing.T) {
	x, err := template.Builtin()
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, x.Encode(&out))
	stored, err := os.ReadFile("builtin.json.gz")
	require.NoError(t, err)
	assert.Equal(t, stored, out.Bytes())
	assert.Less(t, len(stored), 300<<10)
}

func TestTheBuiltinIndexKnowsTheTemplateByItsNames(t *testing.T) {
	x, err := template.Builtin()
	require.NoError(t, err)
	assert.True(t, x.OwnsID("com.mattermost.plugin-starter-template"))
	assert.True(t, x.OwnsID("com.mattermost.sample-plugin"), "its former id")
	assert.True(t, x.OwnsName("Plugin  starter template"))
	assert.True(t, x.OwnsHeading("Sample Plugin"))
	assert.True(t, x.OwnsModule("github.com/mattermost/mattermost-plugin-starter-template"))
	for address, owned := range map[string]bool{
		"https://github.com/mattermost/mattermost-plugin-starter-template":             true,
		"http://www.github.com/Mattermost/Mattermost-Plugin-Starter-Template/issues#x": true,
		"https://github.com/mattermost/mattermost-plugin-sample.git":                   true,
		"https://github.com/mattermost/x/../mattermost-plugin-sample":                  true,
		"https://github.com/mattermost/mattermost-plugin-starter-template-of-mine":     false,
		"https://github.com/me/mattermost-plugin-starter-template":                     false,
		"https://example.test/mattermost/mattermost-plugin-starter-template":           false,
		"https://github.com/mattermost":                                                false,
		"%zz":                                                                          false,
		"":                                                                             false,
	} {
		assert.Equal(t, owned, x.OwnsURL(address), address)
	}
}
