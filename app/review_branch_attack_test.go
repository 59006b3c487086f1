package app_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks/template/templatetest"
)

func TestAttackBlobsThatAreNotTheTemplates(t *testing.T) {
	for name, answer := range map[string]string{
		"another file":  `{"encoding":"base64","content":"ZXZpbAo="}`,
		"no base64":     `{"encoding":"utf-8","content":"evil"}`,
		"broken base64": `{"encoding":"base64","content":"???"}`,
		"no JSON":       "<html>",
		"too much":      strings.Repeat(" ", 2<<20),
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.answer = func(w http.ResponseWriter, _ string) {
				if _, err := io.WriteString(w, answer); err != nil {
					t.Log("the client hung up:", err)
				}
			}
			_, err := p.run()
			require.ErrorContains(t, err, "fetch Makefile of the starter template")
			assert.Empty(t, git(t, p.dir, "branch", "--list", "onboarding/*"))
		})
	}
}

func TestAttackReviewBranchesRunNothingOfTheFolder(t *testing.T) {
	p := newPlace(t)
	ran := filepath.Join(t.TempDir(), "ran")
	script := "#!/bin/sh\ntouch " + ran + "\n"
	put(t, p.dir, templatetest.Files{".gitattributes": "* filter=evil diff=evil\n", "evil.sh": script})
	require.NoError(t, os.Chmod(filepath.Join(p.dir, "evil.sh"), 0o700))
	for _, hook := range []string{"reference-transaction", "pre-commit", "post-commit", "post-index-change", "post-checkout", "update", "pre-auto-gc"} {
		require.NoError(t, os.MkdirAll(filepath.Join(p.dir, ".git", "hooks"), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(p.dir, ".git", "hooks", hook), []byte(script), 0o700))
	}
	config, err := os.OpenFile(filepath.Join(p.dir, ".git", "config"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = config.WriteString("[core]\n fsmonitor = ./evil.sh\n sshCommand = ./evil.sh\n hooksPath = " + p.dir +
		"\n[filter \"evil\"]\n clean = ./evil.sh\n smudge = ./evil.sh\n[remote \"origin\"]\n url = ext::./evil.sh\n promisor = true\n[include]\n path = ../evil.sh\n[gpg]\n program = ./evil.sh\n[commit]\n gpgSign = true\n")
	require.NoError(t, err)
	require.NoError(t, config.Close())
	made, err := p.run()
	require.NoError(t, err)
	assert.NoFileExists(t, ran)
	assert.Contains(t, made.Compare, "OWNER/NAME")
}

func TestAttackReviewBranchesStayInTheFolder(t *testing.T) {
	victim := newPlace(t)
	before := git(t, victim.dir, "for-each-ref") + git(t, victim.dir, "count-objects")
	for name, link := range map[string]string{
		"git's folder": ".git", "the objects": ".git/objects", "the references": ".git/refs", "the heads": ".git/refs/heads",
		"our folder": ".git/refs/heads/onboarding", "our branch": ".git/refs/heads/onboarding/review",
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			file := filepath.Join(p.dir, link)
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.RemoveAll(file))
			target := filepath.Join(victim.dir, link)
			if strings.Contains(link, "onboarding") {
				target = filepath.Join(victim.dir, ".git", "refs", "heads")
			}
			require.NoError(t, os.Symlink(target, file))
			_, err := p.run()
			require.Error(t, err)
			assert.Equal(t, before, git(t, victim.dir, "for-each-ref")+git(t, victim.dir, "count-objects"))
		})
	}
}

func TestAttackReviewBranchTextIsHarmless(t *testing.T) {
	p := newPlace(t)
	put(t, p.dir, templatetest.Files{"a\x1b[31m\u202eb.png": "\x00"})
	git(t, p.dir, "checkout", "--quiet", "-b", "evil\u202e")
	var text, asJSON strings.Builder
	made := p.must()
	require.NoError(t, made.WriteText(&text))
	assert.NotContains(t, text.String(), "\x1b")
	assert.NotContains(t, text.String(), "\u202e")
	require.NoError(t, made.WriteJSON(&asJSON))
	assert.NotContains(t, asJSON.String(), "\x1b")
}
