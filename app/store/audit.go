package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Entry is one entry of a repository's audit log: a decision, or anything else
// that must not be changed unseen (S22). The fields called personal are kept
// apart from the log, so that [Store.Forget] can take them out of it.
type Entry struct {
	Repository int64
	Seq        int64               // from 1; given by Append
	At         time.Time           // kept to the millisecond
	Kind       string              // what was done: "start", "approve", "waive", "end", …
	Who        onboarding.Person   // who did it, nobody being the App itself; the login is personal
	About      []onboarding.Person // whom it concerns beside them; the logins are personal
	Source     string              // what GitHub signed (S13, S14): "comment/123", "review/45"
	URL        string              // of the source; personal
	Stage      string              // "" if it is about no stage
	Version    string              // the commit or sha256 that was decided on; "" if it is about none
	Reason     string              // in their own words; personal
	Details    json.RawMessage     // what else there is to know, nothing personal; nil is {}
	Hash       string              // given by Append
}

// Bounds of an entry, in bytes. GitHub's own texts end at 65,536 characters.
const (
	maxText  = 256 << 10
	maxField = 1 << 10
	maxAbout = 100 // people
)

// maxEntries is how many entries [Store.Audit] returns at most.
const maxEntries = 1000

// kindForget is the kind of the entry that [Store.Forget] writes. VerifyAudit
// takes it for the reason why something is missing, so nobody else may.
const kindForget = "forget"

// Head is how far a repository's audit log goes, and the hash that stands for
// all of it. Published where only GitHub can change it, it shows a cut tail.
type Head struct {
	Length int64  // entries; 0 if there is none
	Hash   string // of the last one, 64 hex digits; "" if there is none
}

// String is the head as `onboard audit verify --heads` reads it after the
// repository's id: "12 3f2a…".
func (h Head) String() string { return fmt.Sprintf("%d %s", h.Length, h.Hash) }

// queryer is a transaction or a pool.
type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Append adds an entry to its repository's audit log, in the transaction of what
// it records, and returns the log's head. If an entry of the same source, kind
// and stage is in the log it adds nothing, so that a repeated delivery does not
// count twice. Therefore each command of one text needs a source of its own
// ("comment/123/2").
//
// It fails if the entry has no kind, source or time, is not UTF-8, or is larger
// than anything that GitHub sends.
func Append(ctx context.Context, tx *sql.Tx, e Entry) (Head, error) {
	if e.Kind == kindForget {
		return Head{}, fmt.Errorf("append to the audit log of repository %d: the kind %q is Forget's", e.Repository, e.Kind)
	}
	return appendEntry(ctx, tx, e)
}

func appendEntry(ctx context.Context, tx *sql.Tx, e Entry) (head Head, err error) {
	defer func() {
		if err != nil {
			head, err = Head{}, fmt.Errorf("append %s of %s to the audit log of repository %d: %w", e.Kind, e.Source, e.Repository, err)
		}
	}()
	if err := e.complete(); err != nil {
		return Head{}, err
	}
	if head, err = headOf(ctx, tx, e.Repository); err != nil {
		return Head{}, err
	}
	var known int
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM audit WHERE repository = $1 AND source = $2 AND kind = $3 AND stage = $4`,
		e.Repository, e.Source, e.Kind, e.Stage).Scan(&known)
	if err != nil || known > 0 {
		return head, err
	}
	e.Seq = head.Length + 1 // where two append at once, the primary key lets one of them in
	parts, people, err := seal(e)
	if err != nil {
		return Head{}, err
	}
	e.Hash = link(head.Hash, number(e.Repository), number(e.Seq), number(e.At.UnixMilli()), e.Kind, number(e.Who.ID), e.Source, e.Stage,
		e.Version, string(e.Details), people)
	_, err = tx.ExecContext(ctx, `
		INSERT INTO audit (repository, seq, at, kind, who, source, stage, version, details, people, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		e.Repository, e.Seq, e.At.UnixMilli(), e.Kind, e.Who.ID, e.Source, e.Stage, e.Version, string(e.Details), people, e.Hash)
	if err != nil {
		return Head{}, err
	}
	for _, p := range parts {
		_, err := tx.ExecContext(ctx, `INSERT INTO audit_personal (repository, seq, person, salt, content) VALUES ($1, $2, $3, $4, $5)`,
			e.Repository, e.Seq, p.person, p.salt, p.content)
		if err != nil {
			return Head{}, err
		}
	}
	return Head{Length: e.Seq, Hash: e.Hash}, nil
}

// complete brings an entry into the form that is hashed, or says what it lacks.
func (e *Entry) complete() error {
	switch {
	case e.Kind == "" || e.Source == "" || e.At.IsZero():
		return errors.New("it needs a kind, a source and a time")
	case len(e.URL)+len(e.Reason) > maxText || len(e.About) > maxAbout:
		return fmt.Errorf("a reason of %d bytes or a list of %d people is too long", len(e.Reason), len(e.About))
	}
	for _, field := range []string{e.Kind, e.Source, e.Stage, e.Version} {
		if len(field) > maxField || !utf8.ValidString(field) {
			return fmt.Errorf("a field of %d bytes is too long or no UTF-8", len(field))
		}
	}
	if len(e.Details) == 0 {
		e.Details = json.RawMessage("{}")
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, e.Details); err != nil {
		return fmt.Errorf("read its details: %w", err)
	}
	if e.Details = compact.Bytes(); len(e.Details) > maxText || !utf8.Valid(e.Details) {
		return fmt.Errorf("details of %d bytes are too long or no UTF-8", len(e.Details))
	}
	return nil
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// headOf returns the head of a repository's audit log.
func headOf(ctx context.Context, q queryer, repository int64) (head Head, err error) {
	err = q.QueryRowContext(ctx, `SELECT seq, hash FROM audit WHERE repository = $1 ORDER BY seq DESC LIMIT 1`, repository).
		Scan(&head.Length, &head.Hash)
	if errors.Is(err, sql.ErrNoRows) {
		return Head{}, nil
	}
	return head, err
}

// AuditHead returns how many entries a repository's audit log has and the hash of
// the last one; 0 and "" if there are none.
func (s *Store) AuditHead(ctx context.Context, repository int64) (length int64, hash string, err error) {
	head, err := headOf(ctx, s.Read(), repository)
	if err != nil {
		return 0, "", fmt.Errorf("read the head of the audit log of repository %d: %w", repository, err)
	}
	return head.Length, head.Hash, nil
}

// Audit returns the entries of a repository's audit log from a number on, at most
// limit and at most 1,000. What was forgotten of them is empty. It believes
// what it reads: see [Store.VerifyAudit].
func (s *Store) Audit(ctx context.Context, repository, fromSeq int64, limit int) ([]Entry, error) {
	entries, err := s.audit(ctx, repository, `seq >= $2 ORDER BY seq LIMIT $3`, fromSeq, max(0, min(limit, maxEntries)))
	if err != nil {
		return nil, fmt.Errorf("read the audit log of repository %d: %w", repository, err)
	}
	return entries, nil
}

// AuditBefore is Audit the other way round: the entries before a number, the newest
// first, 0 being the end of the log. Of a stage, "" being all, it returns those about it.
func (s *Store) AuditBefore(ctx context.Context, repository, seq int64, stage string, limit int) ([]Entry, error) {
	if seq <= 0 {
		seq = math.MaxInt64
	}
	entries, err := s.audit(ctx, repository, `seq < $2 AND ($3 = '' OR stage = $3) ORDER BY seq DESC LIMIT $4`, seq, stage, max(0, min(limit, maxEntries)))
	if err != nil {
		return nil, fmt.Errorf("read the audit log of repository %d: %w", repository, err)
	}
	return entries, nil
}

// audit returns the entries of a repository that a condition picks; its parameters
// begin at $2.
func (s *Store) audit(ctx context.Context, repository int64, which string, args ...any) ([]Entry, error) {
	rows, err := s.Read().QueryContext(ctx, `
		SELECT seq, at, kind, who, source, stage, version, details, people, hash FROM audit
		WHERE repository = $1 AND `+which, append([]any{repository}, args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var entries []Entry
	var listed []string
	for rows.Next() {
		e := Entry{Repository: repository}
		var at int64
		var details, people string
		if err := rows.Scan(&e.Seq, &at, &e.Kind, &e.Who.ID, &e.Source, &e.Stage, &e.Version, &details, &people, &e.Hash); err != nil {
			return nil, err
		}
		e.At, e.Details = time.UnixMilli(at), json.RawMessage(details)
		entries, listed = append(entries, e), append(listed, people)
	}
	if err := rows.Err(); err != nil || len(entries) == 0 {
		return nil, err
	}
	first, last := entries[0].Seq, entries[len(entries)-1].Seq
	parts, err := readParts(ctx, s.Read(), repository, min(first, last), max(first, last))
	if err != nil {
		return nil, err
	}
	for i := range entries {
		if err := entries[i].unseal(listed[i], parts[entries[i].Seq]); err != nil {
			return nil, fmt.Errorf("entry %d: %w", entries[i].Seq, err)
		}
	}
	return entries, nil
}
