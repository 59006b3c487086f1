package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Fault is something about a repository's audit log that is not as it was
// written.
type Fault struct {
	Repository int64
	Seq        int64  // of the entry, the first of them if there are several; 0 if it is about none
	What       string // in plain words
}

// String is the fault in one line.
func (f Fault) String() string {
	if f.Seq == 0 {
		return fmt.Sprintf("repository %d: %s", f.Repository, f.What)
	}
	return fmt.Sprintf("repository %d, entry %d: %s", f.Repository, f.Seq, f.What)
}

// Verification is what came of comparing audit logs with their hashes.
type Verification struct {
	Logs    int // of repositories
	Entries int
	Heads   int     // published ones that the logs were compared with
	Faults  []Fault // in order; at most 1,000, with which verifying ends
}

// auditSchema is the first version of the tables that has audit logs.
const auditSchema = 6

// maxFaults bounds what is told of a broken database.
const maxFaults = 1000

// VerifyAudit compares every audit log with its hashes, with the last heads that
// [NoteHead] kept, and with the published heads, nil if there are none. It finds
// each entry that was changed, added, taken out or put elsewhere, each personal
// part that was changed, or taken out by anything but [Store.Forget], and a cut
// tail if a head was published of it. It sees the database at one moment, and
// others may write meanwhile.
func (s *Store) VerifyAudit(ctx context.Context, published Heads) (v Verification, err error) {
	defer func() {
		if err != nil {
			v, err = Verification{}, fmt.Errorf("verify the audit logs: %w", err)
		}
	}()
	if s.schema < auditSchema {
		return Verification{}, nil // it is older than all audit logs
	}
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return Verification{}, err
	}
	defer tx.Rollback()
	heads, err := notedHeads(ctx, tx)
	if err != nil {
		return Verification{}, err
	}
	for repository, list := range published {
		for _, head := range list {
			if !slices.Contains(heads[repository], head) {
				heads[repository] = append(heads[repository], head)
			}
		}
	}
	if err := repositoriesWithLogs(ctx, tx, heads, &v); err != nil {
		return Verification{}, err
	}
	for _, repository := range slices.Sorted(maps.Keys(heads)) {
		l := &logVerifier{v: &v, repository: repository, heads: heads[repository], next: 1, missing: map[string][]int64{}}
		if err := l.verify(ctx, tx); err != nil {
			return Verification{}, fmt.Errorf("repository %d: %w", repository, err)
		}
		if len(v.Faults) >= maxFaults {
			v.Faults = v.Faults[:maxFaults]
			break
		}
	}
	return v, nil
}

// repositoriesWithLogs adds to heads the repositories that anything is kept of.
func repositoriesWithLogs(ctx context.Context, tx *sql.Tx, heads Heads, v *Verification) error {
	rows, err := tx.QueryContext(ctx, `SELECT repository FROM audit UNION SELECT repository FROM audit_personal`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var text string // SQLite keeps any text in a column of numbers
		if err := rows.Scan(&text); err != nil {
			return err
		}
		repository, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			v.Faults = append(v.Faults, Fault{What: fmt.Sprintf("%q is no repository's id", text)})
			continue
		}
		if _, ok := heads[repository]; !ok {
			heads[repository] = nil
		}
	}
	return rows.Err()
}

// logVerifier verifies the log of one repository.
type logVerifier struct {
	v          *Verification
	repository int64
	heads      []Head // that were published of it
	parts      map[string]map[string]part
	missing    map[string][]int64 // personal parts that are not there, by person: the entries

	next     int64  // number of the next entry
	previous string // hash of the last one
}

func (l *logVerifier) fault(seq int64, what string, args ...any) {
	l.v.Faults = append(l.v.Faults, Fault{Repository: l.repository, Seq: seq, What: fmt.Sprintf(what, args...)})
}

func (l *logVerifier) verify(ctx context.Context, tx *sql.Tx) (err error) {
	if l.parts, err = partsAsText(ctx, tx, l.repository); err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, `
		SELECT repository, seq, at, kind, who, source, stage, version, details, people, hash FROM audit
		WHERE repository = $1 ORDER BY seq`, l.repository)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() && len(l.v.Faults) < maxFaults {
		var row [11]string // SQLite keeps any text in a column of numbers
		var into []any
		for i := range row {
			into = append(into, &row[i])
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		l.entry(row)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	l.end()
	return nil
}

// entry verifies the next entry of the log.
func (l *logVerifier) entry(row [11]string) {
	l.v.Entries++
	columns, text, kind, details, people, hash := row[:10], row[1], row[3], row[8], row[9], row[10]
	seq, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seq < l.next {
		l.fault(0, "there is an entry with the number %q, which none can have", text)
		return
	}
	parts := l.parts[text]
	delete(l.parts, text)
	whole := link(l.previous, columns...) == hash
	switch {
	case seq > l.next:
		l.gap(l.next, seq-1)
	case !whole:
		l.fault(seq, "was changed, or does not follow the entry before it")
	default:
		l.people(seq, people, parts)
		if kind == kindForget {
			l.forgotten(details)
		}
	}
	for _, head := range l.heads {
		if head.Length == seq && head.Hash != hash {
			l.fault(seq, "is not the one that a head was published of: the log was written anew up to here")
		}
	}
	l.next, l.previous = seq+1, hash
}

// gap is the fault that entries are missing.
func (l *logVerifier) gap(first, last int64) {
	if first == last {
		l.fault(first, "is missing")
	} else {
		l.fault(first, "is missing, and so are all up to entry %d", last)
	}
}

// people compares what is kept of people beside an entry with its list of them.
func (l *logVerifier) people(seq int64, list string, parts map[string]part) {
	var people []sealed
	if err := json.Unmarshal([]byte(list), &people); err != nil {
		l.fault(seq, "its list of people cannot be read")
		return
	}
	for _, p := range people {
		id := number(p.ID)
		kept, ok := parts[id]
		delete(parts, id)
		if !ok {
			l.missing[id] = append(l.missing[id], seq)
		} else if kept.digest() != p.SHA256 {
			l.fault(seq, "what is kept of person %s was changed", id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(parts)) {
		l.fault(seq, "something is kept of person %q that was not recorded", id)
	}
}

// forgotten notes why personal parts of the entries up to here are missing.
func (l *logVerifier) forgotten(details string) {
	var f forgetting
	if err := json.Unmarshal([]byte(details), &f); err == nil {
		delete(l.missing, number(f.Person))
	}
}

// end finds what is missing behind the last entry, and what belongs to none.
func (l *logVerifier) end() {
	if l.next > 1 {
		l.v.Logs++
	}
	l.v.Heads += len(l.heads)
	last := int64(0)
	for _, head := range l.heads {
		if head.Length < 1 {
			l.fault(0, "the length %d is kept as its published one, which none has", head.Length)
		}
		last = max(last, head.Length)
	}
	if last >= l.next {
		l.gap(l.next, last)
	}
	for _, id := range slices.Sorted(maps.Keys(l.missing)) {
		for _, seq := range l.missing[id] {
			l.fault(seq, "what was kept of person %s is missing, and nobody asked to forget them", id)
		}
	}
	for _, seq := range slices.Sorted(maps.Keys(l.parts)) {
		l.fault(0, "something personal is kept of entry %q, which there is none of or is not whole", seq)
	}
}

// partsAsText returns the personal parts of a repository's log, by the entry's
// number and the person.
func partsAsText(ctx context.Context, tx *sql.Tx, repository int64) (map[string]map[string]part, error) {
	rows, err := tx.QueryContext(ctx, `SELECT seq, person, salt, content FROM audit_personal WHERE repository = $1`, repository)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	parts := map[string]map[string]part{}
	for rows.Next() {
		var seq, person string
		var p part
		if err := rows.Scan(&seq, &person, &p.salt, &p.content); err != nil {
			return nil, err
		}
		if parts[seq] == nil {
			parts[seq] = map[string]part{}
		}
		parts[seq][person] = p
	}
	return parts, rows.Err()
}
