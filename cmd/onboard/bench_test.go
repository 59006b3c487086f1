package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks/checkstest"
)

// BenchmarkCheck300Files is what an author waits for: the built program, its
// start included, on a committed plugin of 300 files.
func BenchmarkCheck300Files(b *testing.B) {
	program, dir := filepath.Join(b.TempDir(), "onboard"), b.TempDir()
	said, err := exec.CommandContext(b.Context(), "go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(b, err, string(said))
	writePlugin(b, dir)

	for b.Loop() {
		said, err := exec.CommandContext(b.Context(), program, "check", dir).CombinedOutput()
		require.NoError(b, err, string(said))
	}
	checkstest.AtMostTime(b, 250*time.Millisecond)
}

// writePlugin writes a plugin of 300 files, most of them code, and commits it.
func writePlugin(b testing.TB, dir string) {
	b.Helper()
	files := map[string]string{
		"LICENSE":              isc,
		"README.md":            "# Mine\n\nMine.\n" + strings.Repeat("\nA line of its documentation, with ![a picture](public/a.png).\n", 100),
		"go.mod":               "module example.com/mine\n\ngo 1.26\n",
		"go.sum":               numbered("example.com/module v1.0.%d h1:abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrs=\n", 800),
		"plugin.json":          `{"id": "com.example.mine", "name": "Mine", "description": "Mine.", "version": "1.0.0", "min_server_version": "10.0.0", "homepage_url": "https://example.com", "support_url": "https://example.com/help", "server": {"executables": {"linux-amd64": "server/dist/plugin-linux-amd64"}}, "webapp": {"bundle_path": "webapp/dist/main.js"}}` + "\n",
		"Makefile":             numbered("target%[1]d:\n\techo %[1]d\n", 150),
		"build/setup.mk":       numbered("X%[1]d ?= %[1]d\n", 50),
		"webapp/package.json":  "{\n" + numbered("  \"dependency-%[1]d\": \"^%[1]d.0.0\",\n", 80) + "  \"name\": \"mine\"\n}\n",
		"server/main.go":       "package main\n\nfunc main() {}\n",
		"webapp/src/index.js":  numbered("export const f%[1]d = () => %[1]d;\n", 20),
		".github/workflows/ci": "on: push\n",
	}
	for i := len(files); i < 300; i++ {
		if i%2 == 0 {
			files[fmt.Sprintf("server/f%d.go", i)] = "package main\n" + numbered("\n// f%[1]d is one of many.\nfunc f%[1]d(n int) int {\n\tif n == %[1]d {\n\t\treturn n\n\t}\n\treturn n + %[1]d\n}\n", 25)
		} else {
			files[fmt.Sprintf("webapp/src/f%d.tsx", i)] = numbered("export const component%[1]d = (props: Props) => <div className='c%[1]d'>{props.text}</div>;\n", 150)
		}
	}
	for path, content := range files {
		path = filepath.Join(dir, path)
		require.NoError(b, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(b, os.WriteFile(path, []byte(content), 0o600))
	}
	repository, err := git.PlainInit(dir, false)
	require.NoError(b, err)
	work, err := repository.Worktree()
	require.NoError(b, err)
	require.NoError(b, work.AddWithOptions(&git.AddOptions{All: true}))
	_, err = work.Commit("A commit", &git.CommitOptions{Author: &object.Signature{Name: "A"}})
	require.NoError(b, err)
}

// numbered repeats a text with each number below n.
func numbered(format string, n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, format, i)
	}
	return text.String()
}

const isc = `ISC License

Copyright (c) 2026 Example

Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted, provided that the above
copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH
REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND
FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM
LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR
OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR
PERFORMANCE OF THIS SOFTWARE.
`
