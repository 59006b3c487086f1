package manifest

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"strings"
)

// secret is a kind of secret whose form is so special that nearly nothing else
// has it.
type secret struct {
	what   string
	marks  []string // at least one of them is in every such secret
	form   *regexp.Regexp
	opaque bool // its text must look random: placeholders do not
}

var secretForms = []secret{
	{"a private key", []string{"PRIVATE KEY-----"}, regexp.MustCompile(`-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH|ENCRYPTED) )?PRIVATE KEY-----(?:\\n|\s)+(?:[A-Za-z-]+: [^\n]*\s+)*[A-Za-z0-9+/=]{40,}`), false},
	{"an AWS access key", []string{"AKIA", "ASIA"}, regexp.MustCompile(`\b(?:AKIA|ASIA)[0-9A-Z]{16}\b`), true},
	{"a GitHub token", []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"}, regexp.MustCompile(`\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b`), true},
	{"a GitLab token", []string{"glpat-"}, regexp.MustCompile(`\bglpat-[A-Za-z0-9_-]{20}\b`), true},
	{"a Slack token", []string{"xox"}, regexp.MustCompile(`\bxox[abprs]-[0-9]{10,}-[A-Za-z0-9-]{20,}`), true},
	{"a Google API key", []string{"AIza"}, regexp.MustCompile(`\bAIza[0-9A-Za-z_-]{35}\b`), true},
	{"a Stripe key", []string{"_live_"}, regexp.MustCompile(`\b[rs]k_live_[0-9A-Za-z]{24,}\b`), true},
	{"an npm token", []string{"npm_"}, regexp.MustCompile(`\bnpm_[A-Za-z0-9]{36}\b`), true},
	{"an Anthropic key", []string{"sk-ant-"}, regexp.MustCompile(`\bsk-ant-[A-Za-z0-9_-]{32,}`), true},
}

// secretFile matches files outside the server that often hold secrets: code,
// configuration and keys, no lock files.
var secretFile = regexp.MustCompile(`(?i)(^|/)\.env(\.[^/]*)?$|\.(go|[jt]sx?|py|sh|ya?ml|json|toml|ini|cfg|conf|properties|env|pem|key|mk)$|(^|/)(Makefile|Dockerfile)$`)

// mayHoldSecrets reports whether a file is one to look for secrets in.
func mayHoldSecrets(file string) bool {
	switch path.Base(file) {
	case "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "npm-shrinkwrap.json":
		return false
	}
	return secretFile.MatchString(file) && !strings.HasSuffix(file, ".min.js")
}

// secrets lists what looks like a secret. It never quotes it: check runs are
// public.
func (l *look) secrets(file string, content []byte) {
	var feeds lines
	for _, s := range secretForms {
		if !containsAny(content, s.marks) {
			continue
		}
		for _, at := range s.form.FindAllIndex(content, maxListed+1) {
			if s.opaque && !looksRandom(string(content[at[0]:at[1]])) {
				continue
			}
			if feeds == nil {
				feeds = newLines(content)
			}
			line := feeds.of(at[0])
			l.add(evidenceSecret, file, span{line, line}, fmt.Sprintf("This looks like %s.", s.what))
		}
	}
}

// containsAny reports whether a text contains one of the marks.
func containsAny(content []byte, marks []string) bool {
	for _, mark := range marks {
		if bytes.Contains(content, []byte(mark)) {
			return true
		}
	}
	return false
}

// looksRandom is false for placeholders: few different characters, or words
// that examples have.
func looksRandom(text string) bool {
	lower := strings.ToLower(text)
	for _, word := range []string{"example", "xxxx", "placeholder", "your", "12345678", "abcdefgh", "dummy", "fake"} {
		if strings.Contains(lower, word) {
			return false
		}
	}
	different := map[rune]bool{}
	for _, r := range lower {
		different[r] = true
	}
	return len(different) >= 10
}
