package main

import (
	"io/fs"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hosts are those outside that the documentation names. All others are examples
// (RFC 2606, RFC 6761) or this machine. Registries of packages are none of them.
var hosts = []string{"github.com", "docs.github.com", "developers.mattermost.com", "keepachangelog.com", "semver.org"}

var (
	address = regexp.MustCompile(`https?://([A-Za-z0-9.*-]+)`)
	example = regexp.MustCompile(`(^|\.)(example|example\.com|example\.org)$|^localhost$|^127\.|^your-host$|^\.*$`)
	ownPage = regexp.MustCompile(`^https://github\.com/onboard-app/onboard/(?:blob|tree)/main/([^#]*)`)
)

func TestLinksOfTheDocumentationLeadSomewhere(t *testing.T) {
	all := pages(t)
	for name, p := range all {
		assert.Empty(t, p.html, "%s: raw HTML hides its links from this test", name)
		for _, link := range p.links {
			checkLink(t, all, p, link)
		}
		content, err := fs.ReadFile(repo, name)
		require.NoError(t, err)
		for _, found := range address.FindAllStringSubmatch(string(content), -1) {
			if host := strings.ToLower(found[1]); !example.MatchString(host) {
				assert.Contains(t, hosts, host, "%s names a host that the documentation does not know", name)
			}
		}
	}
}

func checkLink(t *testing.T, all map[string]*mdPage, p *mdPage, link mdLink) {
	t.Helper()
	assert.NotEmpty(t, strings.TrimSpace(link.text), "%s: the link or image %s has no words", p.path, link.to)
	to, err := url.Parse(link.to)
	if !assert.NoError(t, err, p.path) {
		return
	}
	file := path.Join(path.Dir(p.path), to.Path)
	if own := ownPage.FindStringSubmatch(link.to); own != nil {
		file = own[1]
	} else if to.Scheme != "" {
		assert.Contains(t, []string{"https", "http"}, to.Scheme, "%s: %s", p.path, link.to)
		return
	}
	if to.Path == "" {
		file = p.path
	}
	if _, err := fs.Stat(repo, file); !assert.NoError(t, err, "%s links to %s", p.path, link.to) || to.Fragment == "" {
		return
	}
	if target := all[file]; assert.NotNil(t, target, "%s: only pages have anchors, not %s", p.path, link.to) {
		assert.True(t, target.headings[to.Fragment], "%s links to %s: there is no such heading", p.path, link.to)
	}
}

// TestEveryPageCanBeReached: who begins at the README finds all.
func TestEveryPageCanBeReached(t *testing.T) {
	all := pages(t)
	seen, next := map[string]bool{}, []string{"README.md"}
	for len(next) > 0 {
		name := next[0]
		next = next[1:]
		if p := all[name]; p != nil && !seen[name] {
			seen[name] = true
			for _, link := range p.links {
				target, _, _ := strings.Cut(link.to, "#")
				next = append(next, path.Join(path.Dir(name), target))
			}
		}
	}
	for name := range all {
		assert.True(t, seen[name], "no page leads to %s", name)
	}
}

func TestPicturesInTheDocumentationSayWhatTheyShow(t *testing.T) {
	found := 0
	for name, p := range pages(t) {
		for _, link := range p.links {
			if link.image {
				found++
				assert.GreaterOrEqual(t, len(strings.Fields(link.text)), 4, "%s: %s is told in a sentence to who cannot see it", name, link.to)
			}
		}
	}
	assert.Positive(t, found)
}

// Files of the repository are named by their whole path, in code. Those of the
// plugin's repository are mostly elsewhere.
var ourFile = regexp.MustCompile(`^\.?/?((?:app|checks|cmd|handlers|docs|\.ci|\.tools)/[A-Za-z0-9_./*-]+)$`)

func TestFilesThatTheDocumentationNamesExist(t *testing.T) {
	found := 0
	for name, p := range pages(t) {
		for _, span := range p.spans {
			if file := ourFile.FindStringSubmatch(span); file != nil {
				found++
				matches, err := filepath.Glob(filepath.Join("../..", file[1]))
				require.NoError(t, err)
				assert.NotEmpty(t, matches, "%s names %s", name, span)
			}
		}
	}
	assert.Greater(t, found, 10)
}

func TestWhatMakeIsToldToMakeExists(t *testing.T) {
	content, err := fs.ReadFile(repo, "Makefile")
	require.NoError(t, err)
	known := map[string]bool{} // targets, and variables with a = after them
	for _, found := range regexp.MustCompile(`(?m)^([a-z-]+):|\$\(([A-Z]+)\)`).FindAllStringSubmatch(string(content), -1) {
		known[found[1]] = true
		known[found[2]+"="] = true
	}
	all := pages(t)
	for _, page := range []string{"docs/authors.md", "docs/checks.md"} {
		delete(all, page) // they tell of the Makefile of plugins
	}
	found := 0
	for name, p := range all {
		lines := [][]string{}
		for _, span := range p.spans {
			lines = append(lines, strings.Fields(span))
		}
		for _, block := range p.blocks {
			if block.shell() {
				lines = append(lines, block.commandLines()...)
			}
		}
		for _, words := range lines {
			if len(words) < 2 || words[0] != "make" {
				continue
			}
			for _, word := range words[1:] {
				found++
				if before, _, sets := strings.Cut(word, "="); sets {
					word = before + "="
				}
				assert.True(t, known[word], "%s: %v: the Makefile has no %s", name, words, word)
			}
		}
	}
	assert.Greater(t, found, 10)
}

// TestEveryTargetOfMakeIsDocumented: CONTRIBUTING.md tells of all that `make` lists.
func TestEveryTargetOfMakeIsDocumented(t *testing.T) {
	content, err := fs.ReadFile(repo, "Makefile")
	require.NoError(t, err)
	var said []string
	for _, block := range pages(t)["CONTRIBUTING.md"].blocks {
		for _, words := range block.commandLines() {
			if words[0] == "make" && len(words) > 1 {
				said = append(said, words[1])
			}
		}
	}
	for _, target := range regexp.MustCompile(`(?m)^([a-z-]+):.*## `).FindAllStringSubmatch(string(content), -1) {
		assert.True(t, slices.Contains(said, target[1]) || target[1] == "help", "CONTRIBUTING.md does not tell of make %s", target[1])
	}
}
