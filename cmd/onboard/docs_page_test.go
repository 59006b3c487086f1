package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// repo is the repository, as a file system.
var repo = os.DirFS("../..")

// mdPage is one Markdown file: what the tests look at in it.
type mdPage struct {
	path     string // from the root of the repository
	links    []mdLink
	spans    []string  // inline code
	blocks   []mdBlock // fenced and indented code
	headings map[string]bool
	html     []string // raw HTML, comments aside
}

type mdLink struct {
	to    string
	text  string
	image bool
}

type mdBlock struct {
	language string
	text     string
}

// pages reads all Markdown files of the repository, by path.
func pages(t *testing.T) map[string]*mdPage {
	t.Helper()
	found := map[string]*mdPage{}
	require.NoError(t, fs.WalkDir(repo, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") && entry.Name() != ".github" || entry.Name() == "testdata") {
			return fs.SkipDir
		}
		if path.Ext(name) == ".md" {
			content, err := fs.ReadFile(repo, name)
			require.NoError(t, err)
			found[name] = readPage(name, content)
		}
		return nil
	}))
	require.Greater(t, len(found), 10)
	return found
}

func readPage(name string, source []byte) *mdPage {
	p := &mdPage{path: name, headings: map[string]bool{}}
	document := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	_ = ast.Walk(document, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := node.(type) {
		case *ast.Heading:
			p.headings[p.slug(plainText(n, source))] = true
		case *ast.Link:
			p.links = append(p.links, mdLink{to: string(n.Destination), text: plainText(n, source)})
		case *ast.AutoLink:
			p.links = append(p.links, mdLink{to: string(n.URL(source)), text: string(n.Label(source))})
		case *ast.Image:
			p.links = append(p.links, mdLink{to: string(n.Destination), text: plainText(n, source), image: true})
		case *ast.CodeSpan:
			p.spans = append(p.spans, strings.Join(strings.Fields(plainText(n, source)), " "))
		case *ast.FencedCodeBlock:
			p.blocks = append(p.blocks, mdBlock{language: string(n.Language(source)), text: string(n.Lines().Value(source))})
		case *ast.CodeBlock:
			p.blocks = append(p.blocks, mdBlock{text: string(n.Lines().Value(source))})
		case *ast.HTMLBlock:
			p.raw(string(n.Lines().Value(source)))
		case *ast.RawHTML:
			p.raw(string(n.Segments.Value(source)))
		}
		return ast.WalkContinue, nil
	})
	return p
}

func (p *mdPage) raw(html string) {
	if !strings.HasPrefix(strings.TrimSpace(html), "<!--") {
		p.html = append(p.html, html)
	}
}

// slug is the anchor that GitHub gives a heading: a second one of the same words
// gets a number.
func (p *mdPage) slug(heading string) string {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsNumber(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
	for n := 1; p.headings[slug] && n < 100; n++ {
		if next := fmt.Sprintf("%s-%d", slug, n); !p.headings[next] {
			return next
		}
	}
	return slug
}

func plainText(node ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(node, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Value(source))
			if t.SoftLineBreak() {
				b.WriteByte(' ')
			}
		}
		if s, ok := n.(*ast.String); ok && entering {
			b.Write(s.Value)
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// shell tells whether a block holds commands for a shell.
func (b mdBlock) shell() bool {
	switch b.language {
	case "", "sh", "bash", "console", "shell":
		return true
	}
	return false
}

// ends are what ends one simple command of a shell's line.
var (
	ends     = regexp.MustCompile(`&&|\|\||[;|()]|\$\(`)
	redirect = regexp.MustCompile(`^\d?[<>]`)
	assigned = regexp.MustCompile(`^[A-Za-z_]+=`)
)

// commandLines are the simple commands of the block, each in words, with the
// variables that are set before them.
func (b mdBlock) commandLines() [][]string {
	var all [][]string
	joined := strings.ReplaceAll(b.text, "\\\n", " ")
	for line := range strings.Lines(joined) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "$ ")
		if comment := regexp.MustCompile(`(^|\s)#`).FindStringIndex(line); comment != nil {
			line = line[:comment[0]]
		}
		for _, simple := range ends.Split(line, -1) {
			var words []string
			for _, word := range strings.Fields(simple) {
				if redirect.MatchString(word) {
					break
				}
				words = append(words, strings.Trim(word, `"'`))
			}
			if len(words) > 0 {
				all = append(all, words)
			}
		}
	}
	return all
}
