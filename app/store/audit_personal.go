package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/onboard-app/onboard/app/onboarding"
)

// auditFormat begins what an entry's hash is made of. A release that hashes
// otherwise has another one.
const auditFormat = "onboard audit 1"

// digest is the sha256 of some fields, each written as a netstring
// ("5:stage,"), so that no two lists of fields read the same.
func digest(fields ...string) string {
	h := sha256.New()
	for _, field := range fields {
		_, _ = fmt.Fprintf(h, "%d:%s,", len(field), field) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil))
}

// link is the hash of an entry with these columns, from repository to people,
// that follows one with the hash previous ("" for the first).
func link(previous string, columns ...string) string {
	return digest(append([]string{auditFormat, previous}, columns...)...)
}

// sealed is how the log names a person: by id, which says little, and by the
// hash of what is kept of them apart from it.
type sealed struct {
	ID     int64  `json:"id"`
	SHA256 string `json:"sha256"`
}

// part is what an entry keeps of one person apart from the log.
type part struct {
	person  int64
	salt    string // so that nobody finds the content by trying what it may be
	content string // personal as JSON
}

func (p part) digest() string { return digest(p.salt, p.content) }

// personal is the content of a part.
type personal struct {
	Login  string `json:"login,omitempty"`
	URL    string `json:"url,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// seal makes an entry's personal parts and the list of them that goes into the
// log, the one of who did it first.
func seal(e Entry) (parts []part, people string, err error) {
	list := []sealed{}
	add := func(id int64, p personal) error {
		content, err := json.Marshal(p)
		if err != nil {
			return fmt.Errorf("write the personal part: %w", err)
		}
		salt := make([]byte, 16)
		_, _ = rand.Read(salt) // never fails
		made := part{person: id, salt: hex.EncodeToString(salt), content: string(content)}
		parts, list = append(parts, made), append(list, sealed{ID: id, SHA256: made.digest()})
		return nil
	}
	if own := (personal{Login: e.Who.Login, URL: e.URL, Reason: e.Reason}); e.Who.ID != 0 || own != (personal{}) {
		if err := add(e.Who.ID, own); err != nil {
			return nil, "", err
		}
	}
	seen := map[int64]bool{e.Who.ID: true}
	for _, p := range e.About {
		if seen[p.ID] {
			continue
		}
		seen[p.ID] = true
		if err := add(p.ID, personal{Login: p.Login}); err != nil {
			return nil, "", err
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, "", fmt.Errorf("list the people: %w", err)
	}
	return parts, string(text), nil
}

// unseal puts what is kept of people back into an entry.
func (e *Entry) unseal(people string, parts map[int64]part) error {
	var list []sealed
	if err := json.Unmarshal([]byte(people), &list); err != nil {
		return fmt.Errorf("read its people: %w", err)
	}
	for _, s := range list {
		var p personal
		if kept, ok := parts[s.ID]; ok {
			if err := json.Unmarshal([]byte(kept.content), &p); err != nil {
				return fmt.Errorf("read what is kept of person %d: %w", s.ID, err)
			}
		}
		if s.ID == e.Who.ID {
			e.Who.Login, e.URL, e.Reason = p.Login, p.URL, p.Reason
		} else {
			e.About = append(e.About, onboarding.Person{ID: s.ID, Login: p.Login})
		}
	}
	return nil
}

// readParts returns the personal parts of some entries of a repository, by the
// entry's number and the person.
func readParts(ctx context.Context, q queryer, repository, first, last int64) (map[int64]map[int64]part, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT seq, person, salt, content FROM audit_personal WHERE repository = $1 AND seq BETWEEN $2 AND $3`, repository, first, last)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	parts := map[int64]map[int64]part{}
	for rows.Next() {
		var seq int64
		var p part
		if err := rows.Scan(&seq, &p.person, &p.salt, &p.content); err != nil {
			return nil, err
		}
		if parts[seq] == nil {
			parts[seq] = map[int64]part{}
		}
		parts[seq][p.person] = p
	}
	return parts, rows.Err()
}
