package checkstest

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

	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
)

// The plugins of check-rules.md are measured where they are at hand; they are
// no part of the project.
const (
	measuredPlugins = "/work/shared/data/plugins.tsv"
	measuredClones  = "/work/.mirror"
)

// Absent is the size of the files of Cloned that are too large for the clone.
const Absent = 100 << 20

// Plugins reads the table of measured plugins, one map a row. The test is skipped
// where it is absent.
func Plugins(t testing.TB) []map[string]string {
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

// Clone is the folder of the bare clone of a measured repository. The test is
// skipped where it is absent.
func Clone(t testing.TB, repository string) string {
	t.Helper()
	dir := filepath.Join(measuredClones, strings.Replace(repository, "/", "+", 1), "repo")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the clone is not here:", err)
	}
	return dir
}

// Cloned is the subject of a commit in the clone of a measured plugin.
func Cloned(t testing.TB, repository, commit string) checks.Subject {
	t.Helper()
	dir := Clone(t, repository)
	list, err := exec.CommandContext(t.Context(), "git", "-C", dir, "ls-tree", "-r", "-l", "-z", commit).Output() //nolint:gosec // G204: of the test's own table
	require.NoError(t, err)
	s := checks.Subject{Commit: commit}
	for entry := range strings.SplitSeq(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		meta, path, _ := strings.Cut(entry, "\t")
		kind := strings.Fields(meta)
		file := checks.File{Path: path, Mode: checks.Mode(kind[0]), SHA: kind[2]}
		switch {
		case kind[3] == "BAD": // too large for the clone
			file.Size = Absent
		case file.Mode != checks.Submodule:
			file.Size, err = strconv.ParseInt(kind[3], 10, 64)
			require.NoError(t, err)
		}
		s.Files = append(s.Files, file)
	}
	slices.SortFunc(s.Files, func(a, b checks.File) int { return strings.Compare(a.Path, b.Path) })
	blobs := exec.CommandContext(context.WithoutCancel(t.Context()), "git", "-C", dir, "cat-file", "--batch") //nolint:gosec // G204: as above
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
