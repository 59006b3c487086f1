package store_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/store/storetest"
)

var (
	alice = onboarding.Person{ID: 11, Login: "alice-at-github"}
	bob   = onboarding.Person{ID: 12, Login: "bob-at-github"}
)

// decision is alice's nth decision about repository 7, about bob.
func decision(n int) store.Entry {
	return store.Entry{
		Repository: 7, At: evening.Add(time.Duration(n) * time.Minute), Kind: "decision", Who: alice, About: []onboarding.Person{bob},
		Source: fmt.Sprintf("comment/%d", n), URL: "https://github.example/alice-at-github/x#issuecomment", Stage: "qa", Version: "c0ffee",
		Reason: "it looks good, she said", Details: json.RawMessage(`{"approves": true}`),
	}
}

func write(t testing.TB, s *store.Store, fn func(ctx context.Context, tx *sql.Tx) error) {
	t.Helper()
	require.NoError(t, s.Write(t.Context(), "write", fn))
}

func appendAll(t testing.TB, s *store.Store, entries ...store.Entry) (head store.Head) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx *sql.Tx) (err error) {
		for _, e := range entries {
			if head, err = store.Append(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	return head
}

// tamper does what somebody with the database's file can do.
func tamper(t testing.TB, s *store.Store, query string, args ...any) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx *sql.Tx) error {
		drop := `DROP TRIGGER IF EXISTS audit_unchanged; DROP TRIGGER IF EXISTS audit_undeleted;
			DROP TRIGGER IF EXISTS audit_personal_unchanged`
		if s.Shared() {
			drop = `DROP TRIGGER IF EXISTS audit_unchanged ON audit; DROP TRIGGER IF EXISTS audit_undeleted ON audit;
				DROP TRIGGER IF EXISTS audit_personal_unchanged ON audit_personal`
		}
		_, err := tx.ExecContext(ctx, drop)
		if err == nil {
			_, err = tx.ExecContext(ctx, query, args...)
		}
		return err
	})
}

func faults(t testing.TB, s *store.Store, heads store.Heads) []string {
	t.Helper()
	found, err := s.VerifyAudit(t.Context(), heads)
	require.NoError(t, err)
	said := []string{}
	for _, fault := range found.Faults {
		said = append(said, fault.String())
	}
	return said
}

func TestWhatIsAppendedIsReadBack(t *testing.T) {
	s, _ := openTemp(t)
	first, second := decision(1), store.Entry{Repository: 7, At: evening, Kind: "end", Source: "round/1/end"}
	head := appendAll(t, s, first, second)
	length, hash, err := s.AuditHead(t.Context(), 7)
	require.NoError(t, err)
	assert.Equal(t, store.Head{Length: length, Hash: hash}, head)
	assert.Equal(t, int64(2), length)

	entries, err := s.Audit(t.Context(), 7, 1, 10)
	require.NoError(t, err)
	require.Len(t, entries, 2)
	for i, want := range []store.Entry{first, second} {
		got := entries[i]
		assert.True(t, want.At.Equal(got.At))
		want.At, want.Seq, want.Hash, want.Details = got.At, int64(i+1), got.Hash, json.RawMessage(`{"approves":true}`)
		if i == 1 {
			want.Details = json.RawMessage(`{}`)
		}
		assert.Equal(t, want, got)
	}
	assert.Equal(t, hash, entries[1].Hash)
	entries, err = s.Audit(t.Context(), 7, 2, 1)
	require.NoError(t, err)
	assert.Len(t, entries, 1)
	entries, err = s.Audit(t.Context(), 8, 1, 1)
	require.NoError(t, err)
	assert.Empty(t, entries)
	found, err := s.VerifyAudit(t.Context(), nil)
	require.NoError(t, err)
	assert.Equal(t, store.Verification{Logs: 1, Entries: 2}, found)
}

func TestARepeatedDeliveryAddsNothing(t *testing.T) {
	s, _ := openTemp(t)
	head := appendAll(t, s, decision(1))
	again := decision(1)
	again.At = again.At.Add(time.Hour)
	assert.Equal(t, head, appendAll(t, s, again))
	other := decision(1)
	other.Stage = "pm-ux"
	assert.Equal(t, int64(2), appendAll(t, s, other).Length, "the same text may decide about another stage")
}

func TestWhatIsRolledBackIsNotInTheLog(t *testing.T) {
	s, _ := openTemp(t)
	err := s.Write(t.Context(), "fail", func(ctx context.Context, tx *sql.Tx) error {
		_, err := store.Append(ctx, tx, decision(1))
		require.NoError(t, err)
		return assert.AnError
	})
	require.ErrorIs(t, err, assert.AnError)
	length, hash, err := s.AuditHead(t.Context(), 7)
	require.NoError(t, err)
	assert.Zero(t, length)
	assert.Empty(t, hash)
}

func TestAnEntryThatCannotBeHashedIsRefused(t *testing.T) {
	s, _ := openTemp(t)
	for name, change := range map[string]func(*store.Entry){
		"no kind":           func(e *store.Entry) { e.Kind = "" },
		"no source":         func(e *store.Entry) { e.Source = "" },
		"no time":           func(e *store.Entry) { e.At = time.Time{} },
		"Forget's kind":     func(e *store.Entry) { e.Kind = "forget" },
		"no UTF-8":          func(e *store.Entry) { e.Stage = "\xff" },
		"no JSON":           func(e *store.Entry) { e.Details = json.RawMessage(`{`) },
		"JSON and no UTF-8": func(e *store.Entry) { e.Details = json.RawMessage("\"\xff\"") },
		"endless reason":    func(e *store.Entry) { e.Reason = strings.Repeat("x", 300_000) },
		"endless details":   func(e *store.Entry) { e.Details = json.RawMessage(`"` + strings.Repeat("x", 300_000) + `"`) },
		"endless source":    func(e *store.Entry) { e.Source = strings.Repeat("x", 2_000) },
		"too many people":   func(e *store.Entry) { e.About = make([]onboarding.Person, 200) },
	} {
		t.Run(name, func(t *testing.T) {
			e := decision(1)
			change(&e)
			err := s.Write(t.Context(), "append", func(ctx context.Context, tx *sql.Tx) error {
				_, err := store.Append(ctx, tx, e)
				return err
			})
			require.ErrorContains(t, err, "audit log of repository 7")
		})
	}
}

func TestAttackTheDatabaseRefusesToChangeTheLog(t *testing.T) {
	url := storetest.URL(t)
	s, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	appendAll(t, s, decision(1))
	refused := func(s *store.Store) {
		for _, query := range []string{
			`UPDATE audit SET kind = 'waiver'`, `DELETE FROM audit`, `UPDATE audit_personal SET content = '{}'`,
			`UPDATE audit SET hash = hash WHERE seq = 1`,
		} {
			err := s.Write(t.Context(), "tamper", func(ctx context.Context, tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, query)
				return err
			})
			require.Error(t, err, query)
		}
	}
	refused(s)
	tamper(t, s, `SELECT 1`)
	require.NoError(t, s.Close())
	again, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	refused(again) // the triggers are there again
	require.NoError(t, again.Close())
}

func TestAttackEachKindOfTamperingIsToldInPlainWords(t *testing.T) {
	for name, c := range map[string]struct {
		query string
		want  []string
	}{
		"nothing":            {`SELECT 1`, []string{}},
		"changed":            {`UPDATE audit SET kind = 'waiver' WHERE seq = 2`, []string{"repository 7, entry 2: was changed, or does not follow the entry before it"}},
		"missing":            {`DELETE FROM audit WHERE seq = 2`, []string{"repository 7, entry 2: is missing", `repository 7: something personal is kept of entry "2", which there is none of or is not whole`}},
		"all missing but 1":  {`DELETE FROM audit WHERE seq < 4; DELETE FROM audit_personal WHERE seq < 4`, []string{"repository 7, entry 1: is missing, and so are all up to entry 3"}},
		"a tail cut":         {`DELETE FROM audit WHERE seq > 2; DELETE FROM audit_personal WHERE seq > 2`, []string{"repository 7, entry 3: is missing, and so are all up to entry 4"}},
		"all cut":            {`DELETE FROM audit; DELETE FROM audit_personal`, []string{"repository 7, entry 1: is missing, and so are all up to entry 4"}},
		"a reason changed":   {`UPDATE audit_personal SET content = '{}' WHERE seq = 2 AND person = 11`, []string{"repository 7, entry 2: what is kept of person 11 was changed"}},
		"a reason taken out": {`DELETE FROM audit_personal WHERE seq = 2 AND person = 11`, []string{"repository 7, entry 2: what was kept of person 11 is missing, and nobody asked to forget them"}},
		"a reason put in":    {`INSERT INTO audit_personal VALUES (7, 2, 99, '', '{}')`, []string{`repository 7, entry 2: something is kept of person "99" that was not recorded`}},
		"a number that is none": {`UPDATE audit SET seq = 'x' WHERE seq = 4`, []string{
			`repository 7: there is an entry with the number "x", which none can have`, "repository 7, entry 4: is missing",
			`repository 7: something personal is kept of entry "4", which there is none of or is not whole`,
		}},
		"a repository that is none": {`UPDATE audit_personal SET repository = 'x' WHERE seq = 4 AND person = 12`, []string{
			`repository 0: "x" is no repository's id`, "repository 7, entry 4: what was kept of person 12 is missing, and nobody asked to forget them",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := openTemp(t)
			if s.Shared() && strings.Contains(c.query, "= 'x'") {
				t.Skip("PostgreSQL keeps no text in a column of numbers")
			}
			head := appendAll(t, s, decision(1), decision(2), decision(3), decision(4))
			write(t, s, func(ctx context.Context, tx *sql.Tx) error { return store.NoteHead(ctx, tx, 7, head) })
			tamper(t, s, c.query)
			assert.Equal(t, c.want, faults(t, s, nil))
			tamper(t, s, `DELETE FROM audit_head`)
			assert.Equal(t, c.want, faults(t, s, store.Heads{7: {head}}), "with the head from elsewhere")
		})
	}
}

func TestAttackALogWrittenAnewDoesNotHaveThePublishedHead(t *testing.T) {
	s, _ := openTemp(t)
	head := appendAll(t, s, decision(1), decision(2))
	tamper(t, s, `DELETE FROM audit; DELETE FROM audit_personal`)
	other := decision(1)
	other.Who = bob
	appendAll(t, s, other, decision(2), decision(3))
	assert.Empty(t, faults(t, s, nil), "by itself it is whole")
	assert.Equal(t, []string{"repository 7, entry 2: is not the one that a head was published of: the log was written anew up to here"},
		faults(t, s, store.Heads{7: {head}}))
}

func TestAttackPublishingOnDoesNotForgiveACutTail(t *testing.T) {
	s, _ := openTemp(t)
	note := func(head store.Head) error {
		return s.Write(t.Context(), "note", func(ctx context.Context, tx *sql.Tx) error { return store.NoteHead(ctx, tx, 7, head) })
	}
	first := appendAll(t, s, decision(1))
	second := appendAll(t, s, decision(2))
	require.NoError(t, note(second))
	require.NoError(t, note(first), "an older head that arrives late changes nothing")
	tamper(t, s, `DELETE FROM audit WHERE seq = 2; DELETE FROM audit_personal WHERE seq = 2`)
	require.ErrorIs(t, note(first), store.ErrAuditCut)
	third := appendAll(t, s, decision(8), decision(9))
	require.ErrorIs(t, note(third), store.ErrAuditCut)
	assert.Len(t, faults(t, s, nil), 1)
}

func TestAttackWhoIsForgottenIsGoneAndTheLogIsWhole(t *testing.T) {
	s, url := openTemp(t)
	appendAll(t, s, decision(1), decision(2))
	write(t, s, func(ctx context.Context, tx *sql.Tx) error {
		_, err := store.AddAct(ctx, tx, store.Act{ID: "comment/1", Repository: 7, By: alice, Recorded: evening, Answers: []string{"Thanks, @alice-at-github"}})
		return err
	})
	require.NoError(t, s.MarkAnswered(t.Context(), "comment/1", evening))
	require.NoError(t, s.Forget(t.Context(), alice.ID, evening))
	require.NoError(t, s.Forget(t.Context(), alice.ID, evening), "forgotten twice")
	require.Error(t, s.Forget(t.Context(), 0, evening), "the App itself is nobody to forget")

	assert.Empty(t, faults(t, s, nil))
	entries, err := s.Audit(t.Context(), 7, 1, 10)
	require.NoError(t, err)
	require.Len(t, entries, 3, "the second time there was nothing")
	assert.Equal(t, onboarding.Person{ID: 11}, entries[0].Who)
	assert.Empty(t, entries[0].URL+entries[0].Reason)
	assert.Equal(t, []onboarding.Person{bob}, entries[0].About, "others are not forgotten")
	assert.Equal(t, "forget", entries[2].Kind)

	if !s.Shared() { // whose files a client does not see
		noFileContains(t, strings.TrimPrefix(url, "sqlite://"), alice.Login, "looks good")
	}
	appendAll(t, s, decision(3))
	tamper(t, s, `DELETE FROM audit_personal WHERE person = 11`)
	assert.Equal(t, []string{"repository 7, entry 4: what was kept of person 11 is missing, and nobody asked to forget them"}, faults(t, s, nil),
		"to have been forgotten once excuses nothing later")
	require.NoError(t, s.Forget(t.Context(), bob.ID, evening))
}

// Who has two repositories may have them change names while one of them is looked at:
// GitHub then shows the head of the other one's log. It is on record, so the database
// is not older than what GitHub shows, and nobody else is to be held up (S22).
func TestAttackTheHeadOfAnotherRepositorysLogHoldsNothing(t *testing.T) {
	s, _ := openTemp(t)
	appendAll(t, s, decision(1))
	other := decision(2)
	other.Repository = 8
	theirs := appendAll(t, s, other)
	holds, err := s.HoldsHead(t.Context(), 7, theirs)
	require.NoError(t, err)
	assert.True(t, holds)
	theirs.Length++
	holds, err = s.HoldsHead(t.Context(), 7, theirs)
	require.NoError(t, err)
	assert.False(t, holds, "that is nobody's")

	published := store.Head{Length: 9, Hash: strings.Repeat("a", 64)}
	write(t, s, func(ctx context.Context, tx *sql.Tx) error { return store.NoteBehind(ctx, tx, 7, published, evening) })
	for length, want := range map[int64]bool{8: true, 9: true, 10: false} {
		holds, err = s.HoldsHead(t.Context(), 7, store.Head{Length: length, Hash: strings.Repeat("b", 64)})
		require.NoError(t, err)
		assert.Equal(t, want, holds, "%d: what was confirmed to be missing is missing to its end", length)
	}
}

// noFileContains looks at the bytes of a database's files.
func noFileContains(t *testing.T, path string, texts ...string) {
	t.Helper()
	for _, file := range []string{path, path + "-wal"} {
		bytes, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, text := range texts {
			assert.NotContains(t, string(bytes), text, "%s", filepath.Base(file))
		}
	}
}
