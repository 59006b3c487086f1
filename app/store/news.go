package store

import (
	"context"
	"fmt"
	"time"
)

// News is an entry of an audit log that people outside may want to know of, without
// what is personal in it.
type News struct {
	Repository Repository
	Entry      Entry
}

// maxNews is how many entries [Store.News] returns at most.
const maxNews = 200

// News returns the newest entries of four kinds, those that say how far onboardings
// came: "start", "gate", "complete" and "end". They are of one repository, or, if it
// is 0, of all that are not private; the newest comes first.
func (s *Store) News(ctx context.Context, repository int64) ([]News, error) {
	news, err := s.news(ctx, repository)
	if err != nil {
		return nil, fmt.Errorf("read the news: %w", err)
	}
	return news, nil
}

func (s *Store) news(ctx context.Context, repository int64) ([]News, error) {
	rows, err := s.Read().QueryContext(ctx, `
		SELECT r.id, r.installation, r.owner_id, r.owner, r.name, r.private, a.seq, a.at, a.kind, a.stage, a.version, a.hash
		FROM audit a JOIN repository r ON r.id = a.repository
		WHERE a.kind IN ('start', 'gate', 'complete', 'end')
			AND (a.repository = CAST($1 AS BIGINT) OR CAST($1 AS BIGINT) = 0 AND r.private = 0)
		ORDER BY a.at DESC, a.repository, a.seq DESC LIMIT $2`, repository, maxNews)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var news []News
	for rows.Next() {
		var n News
		var at int64
		r, e := &n.Repository, &n.Entry
		err := rows.Scan(&r.ID, &r.Installation, &r.OwnerID, &r.Owner, &r.Name, &r.Private, &e.Seq, &at, &e.Kind, &e.Stage, &e.Version, &e.Hash)
		if err != nil {
			return nil, err
		}
		e.Repository, e.At = r.ID, time.UnixMilli(at)
		news = append(news, n)
	}
	return news, rows.Err()
}
