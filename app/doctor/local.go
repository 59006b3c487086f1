package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/store"
)

// files looks whether others of this machine can read the secrets (S20).
func (p Patient) files(_ context.Context, r *Report) {
	open := 0
	for _, secret := range p.Files {
		info, err := os.Stat(secret.File)
		switch {
		case err != nil:
			r.Add("files", Fail, fmt.Sprintf("%s: %v", secret.Key, err), "")
		case others(info.Mode()):
			// Orchestrators mount files with modes that nobody can change.
			r.Add("files", Warn, fmt.Sprintf("%s %s may be read by others (mode %#o)", secret.Key, secret.File, info.Mode().Perm()), "chmod 600 "+secret.File)
		default:
			continue
		}
		open++
	}
	if open == 0 && len(p.Files) > 0 {
		r.ok("files", "nobody else can read the %s with secrets", count(len(p.Files), "file", "files"))
	}
}

// others tells whether a mode lets others read. Windows has no such modes.
func others(mode fs.FileMode) bool { return mode.Perm()&0o077 != 0 && runtime.GOOS != "windows" }

// database looks at the record.
func (p Patient) database(ctx context.Context, r *Report) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := store.Inspect(ctx, p.Database)
	where := store.Redacted(p.Database)
	switch {
	case err != nil:
		r.Add("database", Fail, err.Error(), "check database.url, and that this user may read it")
	case found.WriteErr != nil:
		r.Add("database", Fail, where+": "+found.WriteErr.Error(), "let this user write there")
	case !found.Exists:
		r.ok("database", "%s is not there yet: 'onboard serve' makes it", where)
	case found.Schema < found.Newest:
		r.Add("database", Warn, fmt.Sprintf("%s has schema %d of %d: the next start brings it up to date", where, found.Schema, found.Newest), "make a backup before: onboard backup FILE")
	case found.File != "" && others(found.Mode):
		r.Add("database", Warn, fmt.Sprintf("%s may be read by others (mode %#o)", found.File, found.Mode.Perm()), "chmod 600 "+found.File)
	default:
		r.ok("database", "%s opens, and is up to date", where)
	}
	if found.File != "" {
		p.disk(r, filepath.Dir(found.File))
	}
}

// How much room a disk should have, in bytes. The record of a thousand onboardings
// is below one of the former.
const (
	littleRoom = 1 << 30
	noRoom     = 100 << 20
)

func (p Patient) disk(r *Report, folder string) {
	free, err := freeSpace(folder)
	text := fmt.Sprintf("%d MiB are free in %s", free>>20, folder)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
	case err != nil:
		r.Add("disk", Warn, fmt.Sprintf("the room in %s is not known: %v", folder, err), "")
	case free < noRoom:
		r.Add("disk", Fail, text, "make room: what cannot be stored is refused")
	case free < littleRoom:
		r.Add("disk", Warn, text, "make room")
	default:
		r.ok("disk", "at least 1 GiB is free in %s", folder)
	}
}

// serve asks the App that runs here, if one does, how it is.
func (p Patient) serve(ctx context.Context, r *Report) {
	state, ok := p.running(ctx)
	switch {
	case !ok:
		r.ok("serve", "no App runs at %s", p.Listen)
	case state.Status == "ok":
		r.ok("serve", "the App runs at %s", p.Listen)
	case state.Status == "degraded":
		r.Add("serve", Warn, "the App runs and says: "+strings.Join(state.Reasons, "; "), "see docs/operating.md")
	default:
		r.Add("serve", Fail, "the App runs and says: "+strings.Join(state.Reasons, "; "), "see its log")
	}
}

// readiness is what /readyz says.
type readiness struct {
	Status  string   `json:"status"`
	Reasons []string `json:"reasons"`
}

// askTimeout is how long an App on this machine is waited for.
const askTimeout = 5 * time.Second

// running asks the App that listens where serve would.
func (p Patient) running(ctx context.Context) (state readiness, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	host, port, err := net.SplitHostPort(p.Listen)
	if err != nil || port == "0" {
		return readiness{}, false
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "localhost"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", http.NoBody)
	if err != nil {
		return readiness{}, false
	}
	response, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(request)
	if err != nil {
		return readiness{}, false
	}
	defer response.Body.Close()
	err = json.NewDecoder(http.MaxBytesReader(nil, response.Body, 1<<16)).Decode(&state)
	return state, err == nil && state.Status != ""
}

// signIn tells whether people can sign in.
func (p Patient) signIn(_ context.Context, r *Report) {
	switch {
	case p.SignInOff != "" && p.SignInSet:
		off := strings.TrimPrefix(strings.TrimSuffix(p.SignInOff, "."), "Sign-in is off: ")
		r.Add("sign-in", Warn, "it is off: "+off, "see \"Signing in to the pages\" in docs/operating.md")
	case p.SignInOff != "":
		r.ok("sign-in", "it is off, as it is not configured")
	case !p.Cookies:
		r.ok("sign-in", "people can sign in; a restart signs them out, as server.cookie_keys is not set")
	default:
		r.ok("sign-in", "people can sign in")
	}
}
