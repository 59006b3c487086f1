package fakegithub

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

// archive writes a commit as `git archive` does, which is what GitHub's tarballs
// are: a global header with the commit's SHA, one top folder, files in the
// tree's order. What .gitattributes marks export-ignore is left out, and
// $Format:…$ is filled in where it says export-subst, so that a tarball need not
// hold what the tree says (security.md S9).
type archive struct {
	objects objects
	commit  commit
	tar     *tar.Writer
	pending []string // folders begun but not written: git writes them when it meets a file, left out or not
}

// writeArchive writes the commit as .tar.gz below one top folder. It fails when
// the writer does.
func (o objects) writeArchive(w io.Writer, c commit, top string) error {
	packed, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return fmt.Errorf("archive %s: %w", c.sha, err)
	}
	a := &archive{objects: o, commit: c, tar: tar.NewWriter(packed)}
	err = a.tar.WriteHeader(&tar.Header{
		Typeflag: tar.TypeXGlobalHeader, Name: "pax_global_header", PAXRecords: map[string]string{"comment": c.sha}, Format: tar.FormatPAX,
	})
	if err == nil {
		err = a.header(tar.TypeDir, top+"/", 0o775, 0, "")
	}
	if err == nil {
		err = a.folder(c.tree, top, "", nil)
	}
	if err == nil {
		err = a.tar.Close()
	}
	if err == nil {
		err = packed.Close()
	}
	if err != nil {
		return fmt.Errorf("archive %s: %w", c.sha, err)
	}
	return nil
}

// folder writes what a tree holds. rules are the attributes of the folders above.
func (a *archive) folder(tree, top, folder string, rules []attributes) error {
	entries := a.objects.entries(tree)
	for _, e := range entries {
		if e.name == ".gitattributes" && e.mode != modeTree {
			data, _ := a.objects.get("blob", e.sha)
			rules = append(rules[:len(rules):len(rules)], readAttributes(folder, string(data)))
		}
	}
	for _, e := range entries {
		inside := path.Join(folder, e.name)
		isFolder := e.mode == modeTree || e.mode == ModeSubmodule
		if e.mode != modeTree {
			if err := a.begin(); err != nil {
				return err
			}
		}
		if attribute(rules, "export-ignore", inside, isFolder) {
			continue
		}
		if err := a.entry(e, top, inside, rules); err != nil {
			return fmt.Errorf("%s: %w", inside, err)
		}
	}
	return nil
}

func (a *archive) entry(e entry, top, inside string, rules []attributes) error {
	name := top + "/" + inside
	data, _ := a.objects.get("blob", e.sha)
	if e.mode == modeTree {
		a.pending = append(a.pending, name+"/")
		err := a.folder(e.sha, top, inside, rules)
		if n := len(a.pending); n > 0 && a.pending[n-1] == name+"/" {
			a.pending = a.pending[:n-1] // nothing was in it
		}
		return err
	}
	switch e.mode {
	case ModeSubmodule:
		return a.header(tar.TypeDir, name+"/", 0o775, 0, "")
	case ModeSymlink:
		return a.header(tar.TypeSymlink, name, 0o777, 0, string(data))
	}
	if attribute(rules, "export-subst", inside, false) {
		data = a.substitute(data)
	}
	mode := int64(0o664)
	if e.mode == ModeExecutable {
		mode = 0o775
	}
	if err := a.header(tar.TypeReg, name, mode, int64(len(data)), ""); err != nil {
		return err
	}
	_, err := a.tar.Write(data)
	return err
}

// begin writes the folders that were begun.
func (a *archive) begin() error {
	for _, folder := range a.pending {
		if err := a.header(tar.TypeDir, folder, 0o775, 0, ""); err != nil {
			return err
		}
	}
	a.pending = nil
	return nil
}

func (a *archive) header(kind byte, name string, mode, size int64, target string) error {
	return a.tar.WriteHeader(&tar.Header{
		Typeflag: kind, Name: name, Mode: mode, Size: size, Linkname: target, Uname: "root", Gname: "root", ModTime: a.commit.committer.at,
	})
}

// substitute fills in $Format:…$ on one line each, with the placeholders that
// versions are made of.
func (a *archive) substitute(data []byte) []byte {
	c := a.commit
	title, _, _ := strings.Cut(c.message, "\n")
	placeholders := strings.NewReplacer(
		"%H", c.sha, "%h", c.sha[:7], "%T", c.tree, "%t", c.tree[:7], "%P", strings.Join(c.parents, " "), "%s", title,
		"%an", c.author.name, "%ae", c.author.email, "%at", strconv.FormatInt(c.author.at.Unix(), 10),
		"%cn", c.committer.name, "%ce", c.committer.email, "%ct", strconv.FormatInt(c.committer.at.Unix(), 10),
		"%n", "\n", "%%", "%",
	)
	var filled bytes.Buffer
	for rest := data; ; {
		before, after, found := bytes.Cut(rest, []byte("$Format:"))
		filled.Write(before)
		if !found {
			return filled.Bytes()
		}
		format, tail, closed := bytes.Cut(after, []byte("$"))
		if !closed {
			filled.WriteString("$Format:")
			filled.Write(after)
			return filled.Bytes()
		}
		filled.WriteString(placeholders.Replace(string(format)))
		rest = tail
	}
}
