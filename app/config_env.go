package app

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/joho/godotenv"
)

// envPrefix starts the name of every variable that the App reads.
const envPrefix = "ONBOARD_"

// applyVariables sets the keys that the layer of this name has variables for.
// The value of a map may bring keys, which have variables, too.
func (l *loader) applyVariables(name string, variables map[string]string) {
	for i := 0; i < len(l.keys); i++ {
		k := l.keys[i]
		text, where := variables[k.env()], name+" "+k.env()
		switch {
		case text == "":
		case k.isMap() || k.isStructs():
			l.applyText(k, where, text)
		default:
			l.set(k, where, text)
		}
	}
}

// applyText sets a key from a variable that holds YAML, as a list of structs is
// given.
func (l *loader) applyText(k *key, where, text string) {
	l.source = where
	k.broken = true
	if node := l.parse([]byte(text), k.assignment(true)); node != nil {
		k.broken = false
		l.applyValue(k, where, node)
	}
}

// readDotenv reads the .env file of a developer's working directory. Here an
// unknown ONBOARD_ name is a mistake; in the environment it need not be, since
// Kubernetes sets such names for a service called onboard.
func (l *loader) readDotenv(file string) (map[string]string, error) {
	content, err := os.ReadFile(file)
	if file == "" || errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the development environment: %w", err)
	}
	variables, err := godotenv.UnmarshalBytes(content)
	if err != nil {
		l.add(file, "", "has a line that is no NAME=value", l.keys[0].assignment(true))
		return nil, nil //nolint:nilerr // reported; err itself quotes the file, secrets included
	}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		k, hint := nearest(l.keys, name, (*key).env)
		switch known := name == k.env(); {
		case known && k.file != nil && variables[name] != "":
			l.checkMode(k, file)
		case !known && strings.HasPrefix(name, envPrefix):
			l.add(file, name, "unknown variable"+hint, k.assignment(true))
		}
	}
	return variables, nil
}

// checkMode reports a .env file that holds the secret k if other people of the
// machine can read it (S20). The files of _FILE variables are not checked:
// orchestrators mount them with modes that nobody can change.
func (l *loader) checkMode(k *key, file string) {
	info, err := os.Stat(file)
	if err == nil && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" { // which has no such modes
		l.add(file, k.path, fmt.Sprintf("a secret in a file that others may read (mode %#o)", info.Mode().Perm()), "chmod 600 "+file)
	}
}
