// Command generate writes the index of the starter template that is part of
// the program, from a clone of the template. It holds numbers only: no line of
// the template is written.
package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
)

func main() {
	clone := flag.String("clone", "", "folder of a clone of the template, with its git directory or bare")
	repository := flag.String("repository", template.BuiltinRepository, "the template's owner/name")
	out := flag.String("out", "", "file to write")
	flag.Parse()
	if err := generate(context.Background(), *clone, *repository, *out); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(2)
	}
}

// generate reads all commits of the clone's HEAD and writes the index.
func generate(ctx context.Context, clone, repository, out string) error {
	git := clonedir(clone)
	versions, err := git.versions(ctx)
	if err != nil {
		return err
	}
	blobs, err := git.blobs(ctx)
	if err != nil {
		return err
	}
	index, err := template.Build(repository, versions, blobs)
	if err != nil {
		return err
	}
	var encoded bytes.Buffer
	if err := index.Encode(&encoded); err != nil {
		return err
	}
	fmt.Printf("%d commits, %d files, %d bytes\n", len(index.Commits()), len(index.Files()), encoded.Len())
	return os.WriteFile(out, encoded.Bytes(), 0o600)
}

// clonedir is the folder of a clone.
type clonedir string

// command prepares a git command. What it writes to stderr is shown.
func (d clonedir) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", string(d)}, args...)...) //nolint:gosec // G204: a developer's own tool
	cmd.Stderr = os.Stderr
	return cmd
}

// versions lists the commits, parents first, with their files.
func (d clonedir) versions(ctx context.Context) ([]template.Version, error) {
	list, err := d.command(ctx, "log", "--topo-order", "--reverse", "--format=%H %cI %T", "HEAD").Output()
	if err != nil {
		return nil, fmt.Errorf("list the commits of %s: %w", d, err)
	}
	var versions []template.Version
	for line := range strings.Lines(string(list)) {
		var version template.Version
		var date string
		if _, err := fmt.Sscan(line, &version.SHA, &date, &version.Tree); err != nil {
			return nil, fmt.Errorf("read the commit %q: %w", line, err)
		}
		if version.Date, err = time.Parse(time.RFC3339, date); err != nil {
			return nil, fmt.Errorf("read the date of commit %s: %w", version.SHA, err)
		}
		if version.Files, err = d.files(ctx, version.SHA); err != nil {
			return nil, err
		}
		versions = append(versions, version)
	}
	return versions, nil
}

// files lists the files of a commit.
func (d clonedir) files(ctx context.Context, commit string) ([]checks.File, error) {
	list, err := d.command(ctx, "ls-tree", "-r", "-l", "-z", commit).Output()
	if err != nil {
		return nil, fmt.Errorf("list the files of commit %s: %w", commit, err)
	}
	var files []checks.File
	for entry := range strings.SplitSeq(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		meta, path, found := strings.Cut(entry, "\t")
		if !found {
			continue // the empty tree
		}
		fields := strings.Fields(meta) // mode, type, SHA, size or "-"
		file := checks.File{Path: path, Mode: checks.Mode(fields[0]), SHA: fields[2]}
		if fields[3] != "-" {
			if file.Size, err = strconv.ParseInt(fields[3], 10, 64); err != nil {
				return nil, fmt.Errorf("read the size of %q at %s: %w", path, commit, err)
			}
		}
		files = append(files, file)
	}
	return files, nil
}

// blobs starts a git that answers with blobs.
func (d clonedir) blobs(ctx context.Context) (template.Reader, error) {
	cmd := d.command(ctx, "cat-file", "--batch")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("read blobs of %s: %w", d, err)
	}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("read blobs of %s: %w", d, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("read blobs of %s: %w", d, err)
	}
	out := bufio.NewReader(pipe)
	return func(file checks.File) ([]byte, error) {
		if _, err := fmt.Fprintln(in, file.SHA); err != nil {
			return nil, err
		}
		header, err := out.ReadString('\n')
		if err != nil {
			return nil, err
		}
		var sha, kind string
		var size int64
		if _, err := fmt.Sscan(header, &sha, &kind, &size); err != nil {
			return nil, fmt.Errorf("git answered %q: %w", header, err)
		}
		content := make([]byte, size+1) // a line end follows
		if _, err := io.ReadFull(out, content); err != nil {
			return nil, err
		}
		return content[:size], nil
	}, nil
}
