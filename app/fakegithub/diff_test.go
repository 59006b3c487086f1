package fakegithub

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGitAppliesOurPatches(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git here")
	}
	texts := []string{"", "1\n", "1", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\n6\n7\n8\n9", "0\n1\n2\n", "\n\n\n", "8\n9\n10"}
	folder := t.TempDir()
	realGit(t, folder, "", "init", "-q")
	for _, old := range texts {
		for _, data := range texts {
			hunk, added, deleted := patch([]byte(old), []byte(data))
			if old == data {
				assert.Zero(t, added+deleted)
				continue
			}
			from, to, mode := "a/file", "b/file", ""
			path := filepath.Join(folder, "file")
			require.NoError(t, os.WriteFile(path, []byte(old), 0o600))
			if old == "" {
				require.NoError(t, os.Remove(path))
				from, mode = "/dev/null", "new file mode 100644\n"
			} else if data == "" {
				to, mode = "/dev/null", "deleted file mode 100644\n"
			}
			realGit(t, folder, fmt.Sprintf("diff --git a/file b/file\n%s--- %s\n+++ %s\n%s\n", mode, from, to, hunk), "apply", "-")
			got, err := os.ReadFile(path)
			if data != "" {
				require.NoError(t, err)
			}
			assert.Equal(t, data, string(got), "%q to %q", old, data)
		}
	}
}
