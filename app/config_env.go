package app

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/joho/godotenv"
)

// layer is one place that variables come from.
type layer struct {
	source source
	name   string // "environment" or the file's name
	vars   map[string]string
}

// applyEnvironment sets the keys that variables name. The environment wins over
// the .env file variable by variable, a variable and its _FILE twin counting
// as one.
func (l *loader) applyEnvironment(environ []string, dotenv string) error {
	environment := layer{fromEnviron, "environment", map[string]string{}}
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok && strings.HasPrefix(name, envPrefix) {
			environment.vars[name] = value
		}
	}
	file, err := l.readDotenv(dotenv)
	if err != nil {
		return err
	}
	for _, k := range l.keys {
		if !l.applyVariable(k, environment) {
			l.applyVariable(k, file)
		}
	}
	return nil
}

// applyVariable sets k from the layer, and reports whether the layer sets it.
func (l *loader) applyVariable(k key, from layer) bool {
	value, asFile := from.vars[k.env], ""
	if k.secret() && !l.hasFileKey(k) {
		asFile = from.vars[k.env+"_FILE"]
	}
	switch {
	case value == "" && asFile == "":
		return false
	case value != "" && asFile != "":
		l.origins[k.path] = origin{from.source, from.name + " " + k.env}
		l.report(k, fmt.Sprintf("%s and %s_FILE are both set; keep one of them", k.env, k.env))
	case asFile != "":
		l.origins[k.path] = origin{from.source, from.name + " " + k.env + "_FILE"}
		l.applySecretFile(k, asFile)
	default:
		l.origins[k.path] = origin{from.source, from.name + " " + k.env}
		l.parseVariable(k, value)
	}
	return true
}

// hasFileKey reports whether k's _FILE variable is a key of its own, as that
// of github.app.private_key is.
func (l *loader) hasFileKey(k key) bool {
	_, ok := l.lookup(k.path + "_file")
	return ok
}

// parseVariable sets k from text. env parses one variable at a time, because
// its errors do not say which variable they are about.
func (l *loader) parseVariable(k key, text string) {
	fresh := Default()
	err := env.ParseWithOptions(&fresh, env.Options{
		Prefix:      envPrefix,
		Environment: map[string]string{k.env: text},
		FuncMap:     map[reflect.Type]env.ParserFunc{reflect.TypeFor[[]string](): splitList},
	})
	if err != nil {
		// Every failure means a wrong type; err itself quotes the value.
		wanted, _ := fitting(k.value.Type(), nil)
		l.report(k, "must be "+wanted)
		return
	}
	for _, parsed := range keysOf(&fresh) {
		if parsed.path == k.path {
			k.value.Set(parsed.value)
		}
	}
}

func splitList(text string) (any, error) {
	var list []string
	for item := range strings.SplitSeq(text, ",") {
		list = append(list, strings.TrimSpace(item))
	}
	return list, nil
}

// applySecretFile sets k from a file, less the newline that editors end it with.
func (l *loader) applySecretFile(k key, file string) {
	content, err := os.ReadFile(file)
	if err != nil {
		l.report(k, "cannot be read from its file: "+err.Error())
		return
	}
	k.value.SetString(strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r"))
}

// readPrivateKeyFile fills github.app.private_key from the file that
// private_key_file names, unless a stronger source gave the key itself.
func (l *loader) readPrivateKeyFile() {
	app := &l.config.GitHub.App
	private, _ := l.lookup("github.app.private_key")
	file, _ := l.lookup("github.app.private_key_file")
	keyFrom, fileFrom := l.origins[private.path].source, l.origins[file.path].source
	switch {
	case app.PrivateKeyFile == "":
	case app.PrivateKey != "" && keyFrom > fileFrom:
		app.PrivateKeyFile = ""
	case app.PrivateKey != "" && keyFrom == fileFrom:
		l.report(private, "is set, and so is "+file.path+"; keep one of them")
	default:
		l.origins[private.path] = l.origins[file.path]
		l.applySecretFile(private, app.PrivateKeyFile)
	}
}

// readDotenv reads the .env file of a developer's working directory. Here an
// unknown ONBOARD_ name is a mistake; in the environment it need not be, since
// Kubernetes sets such names for a service called onboard.
func (l *loader) readDotenv(file string) (layer, error) {
	result := layer{source: fromDotenv, name: file}
	content, err := os.ReadFile(file)
	if file == "" || errors.Is(err, fs.ErrNotExist) {
		return result, nil
	}
	if err != nil {
		return result, fmt.Errorf("read the development environment: %w", err)
	}
	if result.vars, err = godotenv.UnmarshalBytes(content); err != nil {
		l.problems = append(l.problems, Problem{
			Where: fmt.Sprintf("%s:%d:1", file, brokenLine(string(content))), What: "is no NAME=value line", Example: l.keys[0].envExample(),
		})
		return result, nil //nolint:nilerr // reported; err itself quotes the rest of the file, secrets included
	}
	l.checkDotenvNames(result)
	l.checkDotenvMode(result)
	return result, nil
}

// brokenLine is the line, from 1, after the longest readable start of a .env
// file that cannot be read.
func brokenLine(content string) int {
	lines := strings.SplitAfter(content, "\n")
	for n := len(lines) - 1; n > 0; n-- {
		if _, err := godotenv.Unmarshal(strings.Join(lines[:n], "")); err == nil {
			return n + 1
		}
	}
	return 1
}

func (l *loader) checkDotenvNames(from layer) {
	var known []string
	for _, k := range l.keys {
		known = append(known, k.env)
		if k.secret() && !l.hasFileKey(k) {
			known = append(known, k.env+"_FILE")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(from.vars)) {
		if strings.HasPrefix(name, envPrefix) && !slices.Contains(known, name) {
			l.problems = append(l.problems, Problem{Where: from.name, What: name + ": unknown variable; " + didYouMean(name, known), Example: l.keys[0].envExample()})
		}
	}
}

// checkDotenvMode refuses a .env file that holds a secret and that other
// people of the machine can read (S20). Files that _FILE variables name are not
// checked: orchestrators mount them with modes that nobody can change.
func (l *loader) checkDotenvMode(from layer) {
	if runtime.GOOS == "windows" {
		return // no such modes there
	}
	info, err := os.Stat(from.name)
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return // gone since it was read: nobody can read it
	}
	for _, k := range l.keys {
		if k.secret() && from.vars[k.env] != "" {
			l.problems = append(l.problems, Problem{
				Where: from.name, Key: k.path,
				What: fmt.Sprintf("a secret in a file that others may read (mode %#o)", info.Mode().Perm()), Example: "chmod 600 " + from.name,
			})
		}
	}
}
