package app

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

// maxSecretFile bounds the file of a secret, in bytes.
const maxSecretFile = 64 << 10

// rotating is a secret whose file is read again when it changes, so that nothing
// has to be restarted. What cannot be used changes nothing: the secret of before
// stays, and /readyz tells.
type rotating struct {
	key   string // "github.app.webhook_secret"
	file  string // "" for a secret that has none
	check func(Secret) error

	mu      sync.Mutex
	secret  Secret
	seen    stamp
	problem string // shows no secret
}

// stamp tells whether a file changed since it was read.
type stamp struct {
	changed time.Time
	size    int64
}

// newRotating begins with what the configuration holds. A file that changed since
// that was loaded is read at the first use.
func newRotating(key, file string, secret Secret, check func(Secret) error) *rotating {
	return &rotating{key: key, file: file, check: check, secret: secret}
}

// get is the secret as it is now. It costs one stat, and is safe for concurrent use.
func (r *rotating) get() Secret {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file != "" {
		r.refresh()
	}
	return r.secret
}

// problems is why the file is not what counts, if it is not.
func (r *rotating) problems() []string {
	r.get()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.problem == "" {
		return nil
	}
	return []string{fmt.Sprintf("%s_file %s: the one of before is in force", r.key, r.problem)}
}

func (r *rotating) refresh() {
	info, err := os.Stat(r.file)
	if err != nil { // its text may name the file, which is no secret
		r.seen, r.problem = stamp{}, "cannot be read: "+err.Error()
		return
	}
	now := stamp{info.ModTime(), info.Size()}
	if now == r.seen {
		return
	}
	r.seen = now
	secret, err := readSecret(r.file)
	switch {
	case err != nil:
		r.seen, r.problem = stamp{}, "cannot be read: "+err.Error()
	case r.check(secret) != nil:
		r.problem = "does not hold what it should"
	default:
		r.secret, r.problem = secret, ""
	}
}

// readSecret reads the file of a secret. Editors end files with a newline.
func readSecret(file string) (Secret, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	_ = f.Close() // it was only read
	if err != nil {
		return "", err
	}
	if len(content) > maxSecretFile {
		return "", fmt.Errorf("%s is larger than %d KiB", file, maxSecretFile>>10)
	}
	return Secret(strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")), nil
}

// lines are the secrets that a text holds, one a line.
func (s Secret) lines() (list []string) {
	for line := range strings.SplitSeq(s.Reveal(), "\n") {
		if line = strings.TrimSuffix(line, "\r"); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// checkSecret fails if there is none: it would verify nothing.
func checkSecret(s Secret) error {
	if len(s.lines()) == 0 {
		return errors.New("there is no secret")
	}
	return nil
}

// minCookieKey is the least length of a cookie key, in characters.
const minCookieKey = 32

// checkCookieKeys fails unless all keys are long enough that nobody guesses them.
func checkCookieKeys(s Secret) error {
	for _, key := range s.lines() {
		if len(key) < minCookieKey {
			return fmt.Errorf("a cookie key is shorter than %d characters", minCookieKey)
		}
	}
	return checkSecret(s)
}

// parseKeys fails unless all that a text holds are RSA private keys. The first one
// signs, which is that which ghinstallation reads.
func parseKeys(s Secret) error {
	rest := []byte(s.Reveal())
	for n := 0; ; n++ {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			if n == 0 || len(bytes.TrimSpace(rest)) > 0 {
				return errors.New("there is no RSA private key in PEM form, or something else, too")
			}
			return nil
		}
		if _, err := jwt.ParseRSAPrivateKeyFromPEM(pem.EncodeToMemory(block)); err != nil {
			return err
		}
	}
}
