package signin

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/simplelru"
	"golang.org/x/time/rate"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Viewer is who looks at a page. The zero Viewer is anybody.
type Viewer struct {
	Person onboarding.Person
	Roles  []onboarding.Role
	Unsure bool // GitHub could not say which other roles; what hangs on them is shut
}

// SeesAll tells whether the viewer has any role: to them all onboardings are open,
// and what concerns the process as a whole.
func (v Viewer) SeesAll() bool { return len(v.Roles) > 0 }

// Admin tells whether the viewer may do what changes something.
func (v Viewer) Admin() bool { return slices.Contains(v.Roles, onboarding.Admin) }

// Repository is what it takes to tell who may see an onboarding.
type Repository struct {
	ID           int64
	Installation int64
	Owner        string
	Name         string
	Private      bool    // or not known
	Involved     []int64 // the plugin's author and who started it, by their ids
}

// Sees tells, without asking GitHub, whether a viewer may see what is of a
// repository: for lists of many. Those who only may read it there see it in lists
// once they were on its own page.
func (s *SignIn) Sees(v Viewer, r Repository) bool {
	may, ask := s.sees(v, r)
	return may || ask && s.reads.known(r.ID, v.Person.ID)
}

// MaySee tells whether a viewer may see what is of a repository: anybody what is
// public; of what is private those who have a role, the plugin's author, who
// started it, and whoever may read it on GitHub. An error means no.
func (s *SignIn) MaySee(ctx context.Context, v Viewer, r Repository) (bool, error) {
	may, ask := s.sees(v, r)
	if may || !ask {
		return may, nil
	}
	return s.reads.get(ctx, r, v.Person)
}

// sees tells what needs no question, and whether there is one.
func (s *SignIn) sees(v Viewer, r Repository) (may, ask bool) {
	switch {
	case !r.Private:
		return true, false
	case v.Person.ID == 0:
		return false, false
	}
	return v.SeesAll() || slices.Contains(r.Involved, v.Person.ID), true
}

// How long GitHub's answers hold, and how much is asked for one person: whoever is
// signed in could name one private repository after the other (S17).
const (
	keepYes  = 5 * time.Minute
	keepNo   = time.Minute
	maxKept  = 10_000
	asksOnce = 30          // questions at once
	asksEach = time.Minute // and one more after that
)

// ErrAskedTooOften says that GitHub is not asked for this person at present.
var ErrAskedTooOften = errors.New("too many private repositories were asked for")

// reads keeps who may read what.
type reads struct {
	ask func(context.Context, Repository, onboarding.Person) (bool, error)
	now func() time.Time

	mu      sync.Mutex
	answers *simplelru.LRU // pair → answer
	bounds  *simplelru.LRU // id of a person → *rate.Limiter
}

type pair struct{ repository, person int64 }

type answer struct {
	may bool
	at  time.Time
}

func newReads(ask func(context.Context, Repository, onboarding.Person) (bool, error), now func() time.Time) *reads {
	return &reads{ask: ask, now: now, answers: newLRU(), bounds: newLRU()}
}

func newLRU() *simplelru.LRU {
	lru, err := simplelru.NewLRU(maxKept, nil)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return lru
}

// get returns whether a person may read a repository, as it was a few minutes ago
// at most.
func (r *reads) get(ctx context.Context, repository Repository, person onboarding.Person) (bool, error) {
	asked := r.now() // it may be that old
	if have, ok := r.kept(repository.ID, person.ID); ok {
		return have, nil
	}
	if !r.allowed(person.ID) {
		return false, ErrAskedTooOften
	}
	may, err := r.ask(ctx, repository, person)
	if err != nil {
		return false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers.Add(pair{repository.ID, person.ID}, answer{may, asked})
	return may, nil
}

// kept is the answer that is still good, if there is one.
func (r *reads) kept(repository, person int64) (may, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found, ok := r.answers.Get(pair{repository, person})
	if !ok {
		return false, false
	}
	have, age := found.(answer), keepNo
	if have.may {
		age = keepYes
	}
	old := r.now().Sub(have.at)
	return have.may, old >= 0 && old < age
}

// known tells whether it is known that a person may read a repository.
func (r *reads) known(repository, person int64) bool {
	may, ok := r.kept(repository, person)
	return may && ok
}

// allowed takes one of the questions that may be asked for a person.
func (r *reads) allowed(person int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	bound, ok := r.bounds.Get(person)
	if !ok {
		bound = rate.NewLimiter(rate.Every(asksEach), asksOnce)
		r.bounds.Add(person, bound)
	}
	return bound.(*rate.Limiter).AllowN(r.now(), 1)
}
