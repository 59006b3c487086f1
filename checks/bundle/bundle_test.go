package bundle

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/checks"
)

// read reads a bundle under the usual limits, in pieces that are cut anywhere.
func read(t testing.TB, content []byte) (Bundle, []Problem) {
	t.Helper()
	b, problems, err := Read(t.Context(), bytes.NewReader(content), DefaultLimits())
	require.NoError(t, err)
	return b, problems
}

// found lists the problems' rules.
func found(problems []Problem) []string {
	var list []string
	for _, p := range problems {
		list = append(list, strings.TrimPrefix(p.Rule, "bundle/"))
	}
	return list
}

func TestAGoodBundleIsReadWhole(t *testing.T) {
	content := bundleOf(t, good("hello/"))
	b, problems := read(t, content)
	require.Empty(t, problems)
	sum := sha256.Sum256(content)
	want := Bundle{
		SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(content)), Unpacked: int64(len(archiveOf(t, good("hello/")))), Entries: 5,
		ManifestPath: "hello/plugin.json", Manifest: []byte(manifestJSON),
		ID: "org.example.hello", Version: "1.2.3+abc1234", MinServerVersion: "9.11.0",
		Executables: []Executable{
			{Platform: "darwin-arm64", Path: "hello/server/dist/plugin-darwin-arm64", Kind: "Mach-O arm64", Bytes: 32},
			{Platform: "linux-amd64", Path: "hello/server/dist/plugin-linux-amd64", Kind: "ELF amd64", Bytes: int64(64 + 140000 + len(buildInfo(revision))), Revision: revision},
			{Platform: "windows-amd64", Path: "hello/server/dist/plugin-windows-amd64.exe", Kind: "PE amd64", Bytes: 256},
		},
		WebappPath: "hello/webapp/dist/main.js", Revision: revision, Modified: true,
	}
	assert.Empty(t, cmp.Diff(want, b))
}

func TestGoodBundlesOfOtherShapes(t *testing.T) {
	yaml := "id: org.example.hello\nversion: 1.2.3\nmin_server_version: 9.11.0\n"
	const same = `{"id": "org.example.hello", "version": "1.2.3", "min_server_version": "9.11.0"}`
	tests := []struct {
		name    string
		entries []entry
		at      string
	}{
		{"a flat bundle", good(""), "plugin.json"},
		{"names that start with ./", append([]entry{folder("./")}, good("./")...), "plugin.json"},
		{"folders listed, twice too", append([]entry{folder("hello/"), folder("hello/server/"), folder("hello/")}, good("hello/")...), "hello/plugin.json"},
		{"a flat bundle with another plugin.json below", append(good(""), file("assets/plugin.json", "no JSON")), "plugin.json"},
		{"a plugin.json deeper down", with(file("hello/assets/plugin.json", "no JSON")), "hello/plugin.json"},
		{"a manifest in YAML", []entry{file("x/plugin.yaml", yaml)}, "x/plugin.yaml"},
		{"a manifest in YAML, the other way", []entry{file("x/plugin.yml", yaml)}, "x/plugin.yml"},
		{"YAML and JSON that say the same", []entry{file("x/plugin.json", same), file("x/plugin.yaml", yaml)}, "x/plugin.yaml"},
		{"one program for all platforms", manifest(`"executables": {"linux-amd64": "server/dist/plugin-linux-amd64", "darwin-arm64": "server/dist/plugin-darwin-arm64", "windows-amd64": "server/dist/plugin-windows-amd64.exe"}`, `"executable": "./server/dist/plugin-linux-amd64"`), "hello/plugin.json"},
		{"a comment of git archive", append([]entry{{header: globalComment()}}, good("hello/")...), "hello/plugin.json"},
		{"names in other scripts and with spaces", with(file("hello/public/häuser und 家.svg", "x")), "hello/plugin.json"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b, problems := read(t, bundleOf(t, test.entries))
			assert.Empty(t, problems)
			assert.Equal(t, test.at, b.ManifestPath)
			assert.Equal(t, "org.example.hello", b.ID)
		})
	}
}

func TestALinkWithinTheBundleIsANotice(t *testing.T) {
	_, problems := read(t, bundleOf(t, with(special("hello/a", '2', "server/dist"), special("hello/b", '1', "hello/plugin.json"))))
	require.Equal(t, []string{"link"}, found(problems))
	assert.Equal(t, checks.Notice, problems[0].Finding("release").Severity)
}

func TestEveryRuleIsDocumentedUnderTheCheckThatReads(t *testing.T) {
	for _, rule := range Rules() {
		f := (&Problem{Rule: rule.ID, Message: "x"}).Finding("release")
		assert.True(t, strings.HasPrefix(f.Rule, "release/bundle-") && strings.HasSuffix(f.Fix, ".") && strings.HasSuffix(rule.Summary, "."), rule.ID)
	}
}

func TestReadFaultsAreErrorsAndNoProblems(t *testing.T) {
	content := bundleOf(t, good("hello/"))
	broken := errors.New("connection reset")
	tests := []struct {
		name   string
		reader io.Reader
	}{
		{"at the first byte", iotest.ErrReader(broken)},
		{"in the header", io.MultiReader(bytes.NewReader(content[:5]), iotest.ErrReader(broken))},
		{"in the middle", io.MultiReader(bytes.NewReader(content[:len(content)/2]), iotest.ErrReader(broken))},
		{"before the last byte", io.MultiReader(bytes.NewReader(content[:len(content)-1]), iotest.ErrReader(broken))},
		{"behind the last byte", io.MultiReader(bytes.NewReader(content), iotest.ErrReader(broken))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b, problems, err := Read(t.Context(), test.reader, DefaultLimits())
			require.ErrorIs(t, err, broken)
			assert.Empty(t, problems)
			assert.Empty(t, b.SHA256)
		})
	}
	t.Run("a reader that gives nothing", func(t *testing.T) {
		_, _, err := Read(t.Context(), still{}, DefaultLimits())
		assert.ErrorIs(t, err, io.ErrNoProgress)
	})
	t.Run("a context that ended", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, err := Read(ctx, bytes.NewReader(content), DefaultLimits())
		assert.ErrorIs(t, err, context.Canceled)
	})
}

// still never has anything.
type still struct{}

func (still) Read([]byte) (int, error) { return 0, nil }

func TestTheSameIsReadHoweverTheFileArrives(t *testing.T) {
	content := bundleOf(t, good("hello/"))
	want, _ := read(t, content)
	for name, reader := range map[string]io.Reader{
		"by single bytes": iotest.OneByteReader(bytes.NewReader(content)), "with the end's error at once": iotest.DataErrReader(bytes.NewReader(content)),
	} {
		t.Run(name, func(t *testing.T) {
			b, problems, err := Read(t.Context(), reader, DefaultLimits())
			require.NoError(t, err)
			assert.Empty(t, problems)
			assert.Empty(t, cmp.Diff(want, b))
		})
	}
}

func TestTheRevisionIsFoundWhereverItIsCut(t *testing.T) {
	info := buildInfo(revision)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 300, 300).Draw(t, "before") + strings.Repeat(infoMagic, rapid.IntRange(0, 3).Draw(t, "false starts")) + info + "after"
		var s infoScanner
		for len(text) > 0 {
			n := rapid.IntRange(1, len(text)).Draw(t, "piece")
			s.write([]byte(text[:n]))
			text = text[n:]
		}
		assert.Equal(t, revision, s.revision)
	})
}

func TestTheRevisionOfARealGoProgram(t *testing.T) {
	folder := t.TempDir()
	run := func(name string, args ...string) string {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GIT_CONFIG_GLOBAL=/dev/null", "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		return strings.TrimSpace(string(out))
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "go.mod"), []byte("module example.org/x\ngo 1.21\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "main.go"), []byte("package main\nfunc main() {}\n"), 0o600))
	run("git", "init", "-q")
	run("git", "add", ".")
	run("git", "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "x")
	run("go", "build", "-buildvcs=true", "-o", "x", ".")
	content, err := os.ReadFile(filepath.Join(folder, "x"))
	require.NoError(t, err)
	b, problems := read(t, bundleOf(t, instead("server/dist/plugin-linux-amd64", string(content))))
	assert.Empty(t, problems)
	assert.Equal(t, run("git", "rev-parse", "HEAD"), b.Revision)
}

func FuzzArchive(f *testing.F) {
	small := []entry{file("x/plugin.json", manifestJSON), file("x/server/dist/plugin-linux-amd64", elfHead(62)+buildInfo(revision))}
	f.Add(bundleOf(f, small))
	f.Add(archiveOf(f, small))
	f.Add(append(pax('x', record("path", "../x")), make([]byte, 1024)...))
	limits := DefaultLimits()
	limits.Unpacked, limits.Packed = 4<<20, 1<<20
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, content := range [][]byte{content, packed(t, content)} {
			b, problems, err := Read(t.Context(), bytes.NewReader(content), limits)
			require.NoError(t, err, "only the reader can fail")
			require.True(t, len(problems) > 0 || b.SHA256 != "" && b.ID != "", "a bundle is whole or refused")
			for _, p := range problems {
				require.NotEmpty(t, p.Finding("release").Fix)
			}
		}
	})
}

func FuzzManifest(f *testing.F) {
	f.Add("plugin.json", []byte(manifestJSON))
	f.Add("plugin.yaml", []byte("id: &a org.example.hello\nname: *a\nserver: {executables: {linux-amd64: x}}\n"))
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		if m, err := ParseManifest(name, content); err == nil {
			require.NotNil(t, m)
		}
	})
}
