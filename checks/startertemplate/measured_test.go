package startertemplate

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
)

// The plugins of check-rules.md are measured where they are at hand; they are
// no part of the project.
const (
	measuredPlugins = "/work/shared/data/plugins.tsv"
	measuredClones  = "/work/.mirror"
)

// measured reads the table of plugins, one map a row.
func measured(t testing.TB) []map[string]string {
	t.Helper()
	file, err := os.Open(measuredPlugins)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the measured plugins are not here")
	}
	require.NoError(t, err)
	defer file.Close()
	reader := csv.NewReader(file)
	reader.Comma = '\t'
	rows, err := reader.ReadAll()
	require.NoError(t, err)
	var list []map[string]string
	for _, row := range rows[1:] {
		fields := map[string]string{}
		for i, name := range rows[0] {
			fields[name] = row[i]
		}
		list = append(list, fields)
	}
	return list
}

// cloned is the subject of a commit in a bare clone.
func cloned(t testing.TB, repository, commit string) checks.Subject {
	t.Helper()
	dir := filepath.Join(measuredClones, strings.Replace(repository, "/", "+", 1), "repo")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the clone is not here:", err)
	}
	list, err := exec.CommandContext(t.Context(), "git", "-C", dir, "ls-tree", "-r", "-l", "-z", commit).Output()
	require.NoError(t, err)
	s := checks.Subject{Commit: commit}
	for entry := range strings.SplitSeq(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		meta, path, _ := strings.Cut(entry, "\t")
		kind := strings.Fields(meta)
		file := checks.File{Path: path, Mode: checks.Mode(kind[0]), SHA: kind[2]}
		switch {
		case kind[3] == "BAD": // too large for the clone
			file.Size = maxScanned + 1
		case file.Mode != checks.Submodule:
			file.Size, err = strconv.ParseInt(kind[3], 10, 64)
			require.NoError(t, err)
		}
		s.Files = append(s.Files, file)
	}
	slices.SortFunc(s.Files, func(a, b checks.File) int { return strings.Compare(a.Path, b.Path) })
	blobs := exec.CommandContext(context.WithoutCancel(t.Context()), "git", "-C", dir, "cat-file", "--batch")
	in, err := blobs.StdinPipe()
	require.NoError(t, err)
	out, err := blobs.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, blobs.Start())
	t.Cleanup(func() { require.NoError(t, errors.Join(in.Close(), blobs.Wait())) })
	answers := bufio.NewReader(out)
	s.Read = func(_ context.Context, file checks.File, limit int64) ([]byte, error) {
		if file.Size > limit {
			return nil, fmt.Errorf("%s is larger than %d", file.Path, limit)
		}
		if _, err := fmt.Fprintln(in, file.SHA); err != nil {
			return nil, err
		}
		if _, err := answers.ReadString('\n'); err != nil {
			return nil, err
		}
		content := make([]byte, file.Size+1)
		_, err := io.ReadFull(answers, content)
		return content[:file.Size], err
	}
	return s
}

func TestMeasuredPluginsComeOutAsMeasured(t *testing.T) {
	index, err := template.Builtin()
	require.NoError(t, err)
	version := map[string]int{}
	for i, commit := range index.Commits() {
		version[commit.SHA] = i
	}
	for _, row := range measured(t) {
		t.Run(row["repo"], func(t *testing.T) {
			subject := cloned(t, row["repo"], row["head_sha"])
			result, err := checks.Run(t.Context(), New(nil), subject)
			require.NoError(t, err)
			for _, f := range result.Findings {
				t.Logf("%s %s %s:%d %s", f.Severity, f.Rule, f.Path, f.Line, f.Message)
			}
			facts := result.Facts
			assert.Equal(t, row["derived"], facts["derived"])
			assert.Equal(t, row["n_exact"], strconv.Itoa(facts["unmodified"].(int)))
			assert.Equal(t, row["files"], strconv.Itoa(facts["unmodified"].(int)+facts["modified"].(int)+facts["own"].(int)))
			for rule, column := range map[string]string{
				leftURL: "leftover_urls", leftReadme: "readme_tpl_sentence", modulePath: "module_is_template", icon: "tpl_icon_blob", helloHTML: "public_hello_html",
			} {
				n := 0
				for _, f := range result.Findings {
					if f.Rule == rule {
						n++
					}
				}
				assert.Equal(t, row[column], strconv.Itoa(n), column)
			}
			t.Logf("modified %d (near %s), own %d (own %s + replaced %s), missed %d", facts["modified"], row["n_near"], facts["own"], row["n_own"], row["n_replaced"], facts["missed"])
			if row["derived"] == "no" {
				assert.Nil(t, facts["nearest"])
				return
			}
			assert.Equal(t, row["n_tpl_deleted"], strconv.Itoa(facts["deleted"].(int)))
			assert.Equal(t, row["base_index"], strconv.Itoa(version[facts["nearest"].(string)]))
			interval := facts["interval"].([]string)
			assert.Equal(t, row["tie_range"], fmt.Sprintf("%d-%d", version[interval[0]], version[interval[1]]))
		})
	}
}
