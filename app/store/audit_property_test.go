package store_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/store/storetest"
	"github.com/onboard-app/onboard/checks/checkstest"
)

// anyEntry draws an entry about one of two repositories.
func anyEntry(t *rapid.T, n int) store.Entry {
	person := rapid.Custom(func(t *rapid.T) onboarding.Person {
		return onboarding.Person{ID: rapid.Int64Range(1, 4).Draw(t, "id"), Login: rapid.String().Draw(t, "login")}
	})
	details, _ := json.Marshal(map[string]string{"of": rapid.String().Draw(t, "details")})
	return store.Entry{
		Repository: rapid.Int64Range(7, 8).Draw(t, "repository"), At: evening.Add(time.Duration(n) * time.Second),
		Kind: rapid.SampledFrom([]string{"decision", "waiver"}).Draw(t, "kind"), Who: person.Draw(t, "who"),
		About:  rapid.SliceOfN(person, 0, 2).Draw(t, "about"),
		Source: fmt.Sprintf("comment/%d", rapid.IntRange(n-2, n).Draw(t, "source")), // some come twice
		Stage:  rapid.SampledFrom([]string{"", "qa"}).Draw(t, "stage"), Reason: rapid.String().Draw(t, "reason"), Details: details,
	}
}

// anyLog draws some appends, with a person forgotten in between now and then, and
// returns the heads that were published meanwhile.
func anyLog(t *rapid.T, test *testing.T, s *store.Store) store.Heads {
	heads := store.Heads{}
	add := func(first, last int) {
		write(test, s, func(ctx context.Context, tx *sql.Tx) error {
			for n := first; n < last; n++ {
				e := anyEntry(t, n)
				head, err := store.Append(ctx, tx, e)
				if heads[e.Repository] = append(heads[e.Repository], head); err == nil && rapid.Bool().Draw(t, "noted") {
					err = store.NoteHead(ctx, tx, e.Repository, head)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	first, second := rapid.IntRange(1, 6).Draw(t, "entries"), rapid.SampledFrom([]int{0, 0, 0, 2}).Draw(t, "more")
	add(0, first)
	if second > 0 {
		require.NoError(t, s.Forget(test.Context(), rapid.Int64Range(1, 4).Draw(t, "person"), evening))
		add(first, first+second)
	}
	for repository := range heads { // a forgetting that came last is published too
		length, hash, err := s.AuditHead(test.Context(), repository)
		require.NoError(t, err)
		heads[repository] = append(heads[repository], store.Head{Length: length, Hash: hash})
	}
	return heads
}

// empty empties all logs.
func empty(t *testing.T, s *store.Store) {
	tamper(t, s, `DELETE FROM audit; DELETE FROM audit_personal; DELETE FROM audit_head`)
}

func TestAttackAnyByteThatIsChangedIsFound(t *testing.T) {
	s, _ := openFile(t)
	require.NoError(t, s.WithoutDisk(t.Context()))
	columns := map[string][]string{
		"audit":          {"repository", "seq", "at", "kind", "who", "source", "stage", "version", "details", "people", "hash"},
		"audit_personal": {"repository", "seq", "person", "salt", "content"},
		"audit_head":     {"repository", "length", "hash"},
	}
	rapid.Check(t, func(r *rapid.T) {
		empty(t, s)
		anyLog(r, t, s)
		require.Empty(r, faults(t, s, nil))
		table := rapid.SampledFrom([]string{"audit", "audit", "audit_personal", "audit_head"}).Draw(r, "table")
		name := rapid.SampledFrom(columns[table]).Draw(r, "column")
		rows := rowids(t, s, table)
		if len(rows) == 0 {
			return
		}
		row := rapid.SampledFrom(rows).Draw(r, "row")
		var before string
		require.NoError(r, s.Read().QueryRow(`SELECT `+name+` FROM `+table+` WHERE rowid = $1`, row).Scan(&before))
		after := []byte(before + "1") // an empty field gets a byte
		if before != "" {
			at := rapid.IntRange(0, len(before)-1).Draw(r, "at")
			after = []byte(before)
			after[at] += byte(rapid.IntRange(1, 255).Draw(r, "by"))
			if strings.Trim(before, "0123456789") == "" && name != "hash" { // a number stays one
				after[at] = before[at]%10 + '0'
			}
		}
		if string(after) == before || !change(t, s, table, name, row, string(after)) {
			return // two rows would have the same key
		}
		require.NotEmpty(r, faults(t, s, nil), "%s.%s: %q became %q", table, name, before, after)
	})
}

func TestAttackAnyRowThatIsDeletedIsFound(t *testing.T) {
	s, _ := openFile(t)
	require.NoError(t, s.WithoutDisk(t.Context()))
	rapid.Check(t, func(r *rapid.T) {
		empty(t, s)
		heads := anyLog(r, t, s)
		require.Empty(r, faults(t, s, heads), "forgetting keeps it whole")
		table := rapid.SampledFrom([]string{"audit", "audit_personal"}).Draw(r, "table")
		rows := rowids(t, s, table)
		if len(rows) == 0 {
			return
		}
		if rapid.Bool().Draw(r, "the last ones") {
			first := rapid.SampledFrom(rows).Draw(r, "from")
			tamper(t, s, `DELETE FROM audit_head; DELETE FROM `+table+` WHERE rowid >= $1`, first)
		} else {
			tamper(t, s, `DELETE FROM audit_head; DELETE FROM `+table+` WHERE rowid = $1`, rapid.SampledFrom(rows).Draw(r, "row"))
		}
		require.NotEmpty(r, faults(t, s, heads))
	})
}

// change sets a column as somebody with the file can; false if a key forbids it.
func change(t *testing.T, s *store.Store, table, name string, row int64, text string) bool {
	err := s.Write(t.Context(), "change", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE `+table+` SET `+name+` = CAST($1 AS TEXT) WHERE rowid = $2`, []byte(text), row)
		return err
	})
	if err != nil {
		require.ErrorContains(t, err, "UNIQUE")
	}
	return err == nil
}

func rowids(t *testing.T, s *store.Store, table string) (ids []int64) {
	rows, err := s.Read().QueryContext(t.Context(), `SELECT rowid FROM `+table)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var id int64
		require.NoError(t, rows.Scan(&id))
		ids = append(ids, id)
	}
	require.NoError(t, rows.Err())
	slices.Sort(ids)
	return ids
}

func FuzzParseHeads(f *testing.F) {
	f.Add("123456 12 " + strings.Repeat("3f", 32) + "\n\n# a comment\n")
	f.Add("7 0 " + strings.Repeat("0", 64))
	f.Fuzz(func(t *testing.T, text string) {
		heads, err := store.ParseHeads(strings.NewReader(text))
		if err != nil {
			return
		}
		var again strings.Builder
		for repository, list := range heads {
			for _, head := range list {
				require.Positive(t, head.Length)
				fmt.Fprintln(&again, repository, head)
			}
		}
		same, err := store.ParseHeads(strings.NewReader(again.String()))
		require.NoError(t, err)
		require.Equal(t, heads, same, "what was read is written as it is read")
	})
}

// BenchmarkAppend is the cost of one entry within a transaction of 100.
func BenchmarkAppend(b *testing.B) {
	s := openForBenchmark(b)
	n := 0
	for b.Loop() {
		write(b, s, func(ctx context.Context, tx *sql.Tx) error {
			for range 100 {
				n++
				if _, err := store.Append(ctx, tx, decision(n)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	checkstest.AtMost(b, b.Elapsed().Seconds()*1e6/float64(n), 500, "µs/entry")
}

// BenchmarkVerifyAudit is the cost of verifying 10,000 entries.
func BenchmarkVerifyAudit(b *testing.B) {
	s := openForBenchmark(b)
	var entries []store.Entry
	for n := range 10_000 {
		entries = append(entries, decision(n))
	}
	appendAll(b, s, entries...)
	for b.Loop() {
		found, err := s.VerifyAudit(b.Context(), nil)
		require.NoError(b, err)
		require.Equal(b, store.Verification{Logs: 1, Entries: 10_000}, found)
	}
	checkstest.AtMostTime(b, time.Second)
}

func openForBenchmark(b *testing.B) *store.Store {
	b.Helper()
	s, err := store.Open(b.Context(), storetest.URL(b))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	return s
}
