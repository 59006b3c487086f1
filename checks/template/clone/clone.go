// Package clone makes the index of a template out of a git repository: a clone
// on this machine, or one on GitHub, which is downloaded for it. All commits of
// HEAD become versions, whatever their age: somebody chose this template (S9 is
// about the one that the App chooses).
package clone

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/onboard-app/onboard/checks/safehttp"
	"github.com/onboard-app/onboard/checks/template"
)

const github = "https://github.com/"

// named is a repository on GitHub as people write it: its address, or only
// owner/name. A folder is therefore never written like this: the folder that
// `onboard check` is called in is somebody else's, and must not be able to put
// a template of its own in the place of the one that was named (S21).
var named = regexp.MustCompile(`^(?:https://github\.com/)?([A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9_][A-Za-z0-9._-]*?)(?:\.git)?/?$`)

// Open returns the index of a template: "owner/name" or https://github.com/…
// is downloaded by the client, anything else is the folder of a clone, bare or
// not ("./owner/name" if it looks like a repository). It fails if that is no
// whole clone, or larger than the bounds.
func Open(ctx context.Context, client *safehttp.Client, where string) (*template.Index, error) {
	if match := named.FindStringSubmatch(where); match != nil {
		return download(ctx, client, github, match[1])
	}
	if strings.Contains(where, "://") {
		return nil, fmt.Errorf("%q is no repository on GitHub, as https://github.com/owner/name is; clone it, and give the folder", where)
	}
	return local(ctx, where)
}

// local reads the clone in a folder.
func local(ctx context.Context, dir string) (*template.Index, error) {
	root, err := openGit(dir)
	if err != nil {
		return nil, fmt.Errorf("open the template %q: %w", dir, err)
	}
	defer root.Close() // only read
	index, err := read(ctx, root, "")
	if err != nil {
		return nil, fmt.Errorf("read the template %q: %w", dir, err)
	}
	return index, nil
}

// openGit opens the git directory of a clone.
func openGit(dir string) (*os.Root, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the folder
	}
	if _, err := root.Stat("objects"); err == nil {
		return root, nil // bare
	}
	git, err := root.OpenRoot(".git")
	err = errors.Join(err, root.Close())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("it is no clone: there is no folder .git in it. Make one with git clone, without --depth")
	}
	if err != nil {
		return nil, fmt.Errorf("open its .git, which must be a folder: %w", err)
	}
	return git, nil
}

// download clones a repository into a temporary folder and reads it there.
func download(ctx context.Context, client *safehttp.Client, host, name string) (_ *template.Index, err error) {
	dir, err := os.MkdirTemp("", "onboard-template-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the template: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := fetch(ctx, client, host+name, dir); err != nil {
		return nil, fmt.Errorf("download the template %s%s: %w\n  If it stays so, clone it with git, and give the folder instead; one of this name is written ./%[2]s", host, name, innermost(err))
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the downloaded template: %w", err)
	}
	defer root.Close() // only read
	index, err := read(ctx, root, name)
	if err != nil {
		return nil, fmt.Errorf("read the template %s%s: %w", host, name, err)
	}
	return index, nil
}

// innermost is what safehttp said, if it did: go-git's errors around it repeat
// the URL and cannot be unwrapped.
func innermost(err error) error {
	var unexpected *plumbing.UnexpectedError
	if errors.As(err, &unexpected) {
		err = unexpected.Err
	}
	var refused *safehttp.Error
	if errors.As(err, &refused) {
		return refused
	}
	return err
}
