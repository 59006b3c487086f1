package reconcile

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/checks"
)

// seen is the head of the last look, and of its files those that online checks
// read: at an unchanged head the nightly look needs no others, and no call.
type seen struct {
	head  ghapi.Head
	files excerpt
}

// excerpt is some files of one tree, with what they hold.
type excerpt []excerptFile

type excerptFile struct {
	File    checks.File
	Content []byte
}

// Bounds of an excerpt (S17).
const (
	maxExcerptFile = 1 << 20 // bytes; a manifest may be as large
	maxExcerpt     = 4 << 20 // bytes of all files
)

// recall reads what was seen last; of a first look that is nothing.
func (l *look) recall(ctx context.Context) (s seen, err error) {
	kept, ok, err := l.Store.Seen(ctx, l.repository.ID)
	if err != nil || !ok {
		return seen{}, err
	}
	if err := json.Unmarshal(kept.Head, &s.head); err != nil {
		return seen{}, fmt.Errorf("read the last head of %s: %w", l.repository.FullName(), err)
	}
	if err := json.Unmarshal(kept.Files, &s.files); err != nil {
		return seen{}, fmt.Errorf("read the kept files of %s: %w", l.repository.FullName(), err)
	}
	return s, nil
}

// remember keeps what was seen.
func (l *look) remember(ctx context.Context, s seen) error {
	head, err := json.Marshal(s.head)
	if err != nil {
		return fmt.Errorf("write down the head of %s: %w", l.repository.FullName(), err)
	}
	files, err := json.Marshal(s.files)
	if err != nil {
		return fmt.Errorf("write down the kept files of %s: %w", l.repository.FullName(), err)
	}
	return l.Store.Write(ctx, "record what was seen of "+l.repository.FullName(), func(ctx context.Context, tx *sql.Tx) error {
		return store.SaveSeen(ctx, tx, l.repository.ID, store.Seen{Head: head, Files: files})
	})
}

// excerptOf takes from a tree the files that online checks read. ok is false if
// they are too many or too large: then each look reads them anew.
func (l *look) excerptOf(ctx context.Context, subject checks.Subject) (files excerpt, ok bool, err error) {
	total := int64(0)
	for _, file := range subject.Files {
		if file.Mode == checks.Submodule || !l.readByOnline(file.Path) {
			continue
		}
		if total += file.Size; file.Size > maxExcerptFile || total > maxExcerpt {
			return nil, false, nil
		}
		content, err := subject.Read(ctx, file, maxExcerptFile)
		if err != nil {
			return nil, false, fmt.Errorf("keep %s for the nightly looks: %w", file.Path, err)
		}
		files = append(files, excerptFile{file, content})
	}
	return files, true, nil
}

func (l *look) readByOnline(path string) bool {
	for _, c := range l.checks {
		if c.Online && c.Reads(path) {
			return true
		}
	}
	return false
}

// subject makes of an excerpt what online checks look at.
func (e excerpt) subject(head ghapi.Head) checks.Subject {
	subject := checks.Subject{Commit: head.Commit, Tree: head.Tree}
	content := map[string][]byte{}
	for _, f := range e {
		subject.Files = append(subject.Files, f.File)
		content[f.File.Path] = f.Content
	}
	subject.Read = func(_ context.Context, file checks.File, limit int64) ([]byte, error) {
		if file.Size > limit {
			return nil, fmt.Errorf("read %s: it has %d bytes, more than %d", file.Path, file.Size, limit)
		}
		return content[file.Path], nil
	}
	return subject
}
