package clone

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/folder"
	"github.com/onboard-app/onboard/checks/internal/rootfs"
	"github.com/onboard-app/onboard/checks/template"
)

// Bounds of a template (S17). The starter template has 200 commits.
const (
	maxCommits     = 10_000
	maxFiles       = folder.MaxFiles // of one commit
	maxEntries     = 1_000_000       // of all different folders together, with what is below them
	maxDepth       = 100             // of folders
	maxObjectBytes = 1 << 20         // of a commit, and of the list of a folder
	maxConfigBytes = 64 << 10
)

// reader reads the history of one repository.
type reader struct {
	ctx     context.Context //nolint:containedctx // a reader lives as long as one call of read
	storage *filesystem.Storage
	folders map[plumbing.Hash][]checks.File // by their tree, paths from there
	sizes   map[plumbing.Hash]int64         // of blobs
	entries int
}

// read makes the index of the template in a git directory. A name of "" is
// looked up in the clone.
func read(ctx context.Context, git *os.Root, name string) (_ *template.Index, err error) {
	defer rootfs.Recovered(&err)
	r := reader{ctx: ctx, storage: rootfs.Storage(git, maxObjectBytes), folders: map[plumbing.Hash][]checks.File{}, sizes: map[plumbing.Hash]int64{}}
	if cut, err := r.storage.Shallow(); err != nil || len(cut) > 0 {
		return nil, errors.Join(err, errors.New("it has only the newest commits; get the others with git fetch --unshallow"))
	}
	head, err := storer.ResolveReference(r.storage, plumbing.HEAD)
	if err != nil {
		return nil, fmt.Errorf("resolve HEAD: %w", err)
	}
	versions, err := r.versions(head.Hash())
	if err != nil {
		return nil, err
	}
	if name == "" {
		if name, err = r.name(versions[len(versions)-1]); err != nil {
			return nil, err
		}
	}
	return template.Build(name, versions, r.blob) //nolint:wrapcheck // it says which commit and file
}

// versions lists the commits with their files, parents first: as
// `git log --topo-order --reverse` does.
func (r *reader) versions(head plumbing.Hash) ([]template.Version, error) {
	commits, children, err := r.commits(head)
	if err != nil {
		return nil, err
	}
	var versions []template.Version
	for ready := []plumbing.Hash{head}; len(ready) > 0; {
		commit := commits[ready[len(ready)-1]]
		ready = ready[:len(ready)-1]
		version := template.Version{Commit: template.Commit{
			SHA: commit.Hash.String(), Date: commit.Committer.When, Tree: commit.TreeHash.String(),
		}}
		if version.Files, err = r.files(commit.TreeHash, 0); err != nil {
			return nil, fmt.Errorf("list the files of commit %s: %w", commit.Hash, err)
		}
		versions = append(versions, version)
		for _, parent := range commit.ParentHashes {
			if children[parent]--; children[parent] == 0 {
				ready = append(ready, parent)
			}
		}
	}
	slices.Reverse(versions)
	return versions, nil
}

// commits reads all commits of HEAD, and counts the children that each has.
func (r *reader) commits(head plumbing.Hash) (map[plumbing.Hash]*object.Commit, map[plumbing.Hash]int, error) {
	commits, children := map[plumbing.Hash]*object.Commit{}, map[plumbing.Hash]int{}
	for todo := []plumbing.Hash{head}; len(todo) > 0; {
		hash := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if commits[hash] != nil {
			continue
		}
		if len(commits) == maxCommits {
			return nil, nil, fmt.Errorf("it has more than %d commits", maxCommits)
		}
		if err := r.bounded(hash, "commit"); err != nil {
			return nil, nil, err
		}
		commit, err := object.GetCommit(r.storage, hash)
		if err != nil {
			return nil, nil, fmt.Errorf("read commit %s: %w", hash, err)
		}
		commits[hash] = commit
		for _, parent := range commit.ParentHashes {
			children[parent]++
			todo = append(todo, parent)
		}
	}
	return commits, children, nil
}

// bounded fails if an object is missing, or is too large for what it is.
func (r *reader) bounded(hash plumbing.Hash, kind string) error {
	if err := r.ctx.Err(); err != nil {
		return err //nolint:wrapcheck // the caller gave up
	}
	size, err := r.storage.EncodedObjectSize(hash)
	if err == nil && size > maxObjectBytes {
		err = fmt.Errorf("it has more than %d KiB", maxObjectBytes>>10)
	}
	if err != nil {
		return fmt.Errorf("read %s %s: %w", kind, hash, err)
	}
	return nil
}

// files lists what is below a folder, with paths from there. Each folder is
// read once, however many commits have it.
func (r *reader) files(hash plumbing.Hash, depth int) ([]checks.File, error) {
	if files, ok := r.folders[hash]; ok {
		return files, nil
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("folders are nested more than %d deep", maxDepth)
	}
	if err := r.bounded(hash, "tree"); err != nil {
		return nil, err
	}
	tree, err := object.GetTree(r.storage, hash)
	if err != nil {
		return nil, fmt.Errorf("read tree %s: %w", hash, err)
	}
	var files []checks.File
	for _, entry := range tree.Entries {
		below := []checks.File{{SHA: entry.Hash.String(), Mode: checks.Mode(strings.TrimLeft(entry.Mode.String(), "0"))}}
		switch entry.Mode {
		case filemode.Dir:
			below, err = r.files(entry.Hash, depth+1)
		case filemode.Submodule:
		default:
			below[0].Size, err = r.size(entry.Hash)
		}
		if err != nil {
			return nil, err
		}
		if len(files)+len(below) > maxFiles || r.entries+len(below) > maxEntries {
			return nil, fmt.Errorf("there are more than %d files, or %d in all commits", maxFiles, maxEntries)
		}
		r.entries += len(below)
		for _, file := range below {
			file.Path = strings.TrimSuffix(entry.Name+"/"+file.Path, "/")
			files = append(files, file)
		}
	}
	r.folders[hash] = files
	return files, nil
}

// size is the size of a blob, in bytes.
func (r *reader) size(hash plumbing.Hash) (int64, error) {
	if size, ok := r.sizes[hash]; ok {
		return size, nil
	}
	size, err := r.storage.EncodedObjectSize(hash)
	if err != nil {
		return 0, fmt.Errorf("read blob %s: %w", hash, err)
	}
	r.sizes[hash] = size
	return size, nil
}

// blob is the template.Reader: it is asked for files of at most
// template.MaxBytes only.
func (r *reader) blob(file checks.File) ([]byte, error) {
	if err := r.ctx.Err(); err != nil {
		return nil, err //nolint:wrapcheck // the caller gave up
	}
	blob, err := object.GetBlob(r.storage, plumbing.NewHash(file.SHA))
	if err != nil {
		return nil, fmt.Errorf("read blob %s: %w", file.SHA, err)
	}
	content, err := blob.Reader()
	if err != nil {
		return nil, fmt.Errorf("read blob %s: %w", file.SHA, err)
	}
	defer content.Close() // only read
	return io.ReadAll(io.LimitReader(content, template.MaxBytes+1))
}

// remote is an address of a repository on GitHub in git's configuration.
var remote = regexp.MustCompile(`^(?:https://|ssh://git@|git@)github\.com[:/]([A-Za-z0-9-]+/[A-Za-z0-9._-]+?)(?:\.git)?/?$`)

// name is the template's owner/name on GitHub: where it was cloned from, else
// the module that its newest version says to be; "" if neither is on GitHub.
func (r *reader) name(newest template.Version) (string, error) {
	if file, err := r.storage.Filesystem().Open("config"); err == nil {
		defer file.Close() // only read
		settings, err := config.ReadConfig(io.LimitReader(file, maxConfigBytes))
		if err != nil {
			return "", fmt.Errorf("read git's configuration: %w", err)
		}
		if origin := settings.Remotes["origin"]; origin != nil && len(origin.URLs) > 0 {
			if match := remote.FindStringSubmatch(origin.URLs[0]); match != nil {
				return match[1], nil
			}
		}
	}
	i := slices.IndexFunc(newest.Files, func(f checks.File) bool { return f.Path == "go.mod" && f.Size <= template.MaxBytes })
	if i < 0 {
		return "", nil
	}
	content, err := r.blob(newest.Files[i])
	if err != nil {
		return "", err
	}
	module, _ := template.Module(content)
	if match := named.FindStringSubmatch("https://" + module); match != nil {
		return match[1], nil
	}
	return "", nil
}
