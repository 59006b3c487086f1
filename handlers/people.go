package handlers

import (
	"context"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// assign has people asked for a stage before all others, however busy they are.
// They must be able to decide it.
func assign(ctx context.Context, r *request, args []string) error {
	return r.assignment(ctx, "assign", args, func(stage onboarding.Stage, person onboarding.Person) (refusal string, err error) {
		roles, err := r.rolesOfOther(ctx, person)
		if err != nil {
			return "", err
		}
		if r.record.Excluded(person) || !slices.ContainsFunc(stage.Deciders(), func(role onboarding.Role) bool { return slices.Contains(roles, role) }) {
			return texts.CannotDecide(r.link(person), stage.Name, texts.Deciders(stage.Deciders()), r.unreadable), nil
		}
		r.record.Assigned = with(r.record.Assigned, stage.Name, person)
		r.record.Unassigned = without(r.record.Unassigned, stage.Name, person)
		r.record.Declined = without(r.record.Declined, stage.Name, person)
		return "", nil
	})
}

// unassign has people not asked for a stage.
func unassign(ctx context.Context, r *request, args []string) error {
	return r.assignment(ctx, "unassign", args, func(stage onboarding.Stage, person onboarding.Person) (string, error) {
		r.record.Assigned = without(r.record.Assigned, stage.Name, person)
		r.record.Unassigned = with(r.record.Unassigned, stage.Name, person)
		return "", nil
	})
}

// assignment does something about each person that a command names after a stage,
// or says why not. All are looked at before anything is on record.
func (r *request) assignment(ctx context.Context, kind string, args []string, do func(onboarding.Stage, onboarding.Person) (string, error)) error {
	stage, known := r.named(args)
	if !known {
		return nil
	}
	if len(args) < 2 || len(args) > 1+maxNamed {
		r.confuse(texts.SayWhom(kind + " " + stage.Name))
		return nil
	}
	var about []onboarding.Person
	for _, word := range args[1:] {
		person, ok, err := r.person(ctx, word)
		if err != nil || !ok {
			return err
		}
		about = append(about, person)
	}
	before := r.record
	for _, person := range about {
		refusal, err := do(stage, person)
		if err != nil {
			return err
		}
		if refusal != "" {
			r.record = before
			r.confuse(refusal)
			return nil
		}
	}
	r.changed = true
	return r.log(store.Entry{Kind: kind, Stage: stage.Name, About: about}, map[string]any{"roles": r.has})
}

// maxNamed is how many people one command may name.
const maxNamed = 10

// transfer offers the plugin to somebody, who takes it by saying so.
func transfer(ctx context.Context, r *request, args []string) error {
	if len(args) != 1 {
		r.confuse(texts.SayWhom("transfer"))
		return nil
	}
	person, ok, err := r.person(ctx, args[0])
	if err != nil || !ok {
		return err
	}
	if person.ID == r.record.Author.ID {
		r.confuse(texts.AuthorAlready(r.link(person)))
		return nil
	}
	name := r.link(person)
	if r.record.Accepted() && r.record.Heir == nil { // S18: nobody is mentioned before, nor then one after the other
		name = texts.Mention(person.Login)
	}
	r.record.Heir, r.changed = &person, true
	r.answer(texts.Take(name, r.link(r.act.By)))
	return r.log(store.Entry{Kind: "transfer", About: []onboarding.Person{person}}, nil)
}

func isHeir(_ context.Context, r *request) (bool, error) {
	return r.record.Heir != nil && r.record.Heir.ID == r.act.By.ID, nil
}

// take makes the sender the plugin's author. Whoever was it before stays on the
// plugin's side (S11).
func take(ctx context.Context, r *request, _ []string) error {
	may, err := mayWrite(ctx, r)
	if err != nil {
		return err
	}
	if !may {
		r.confuse(texts.CannotTake())
		return nil
	}
	former := r.record.Author
	r.record.Leaves(former)
	r.record.Author, r.record.Heir, r.changed, r.verdict = r.act.By, nil, true, nil
	return r.log(store.Entry{Kind: "take", About: []onboarding.Person{former}}, nil)
}

// person is whom a word of a command names; ok is false if that is nobody on
// GitHub, which is answered.
func (r *request) person(ctx context.Context, word string) (person onboarding.Person, ok bool, err error) {
	if login := strings.TrimPrefix(strings.TrimSuffix(word, ","), "@"); onboarding.IsLogin(login) {
		if person.ID, err = r.github.UserID(ctx, login); err != nil {
			return person, false, err
		}
		person.Login = login
	}
	if person.ID == 0 {
		r.confuse(texts.NobodyOfThatName(word))
		return person, false, nil
	}
	return person, true, nil
}

// link names a person without a mention.
func (r *request) link(person onboarding.Person) string {
	return texts.PersonLink(r.deps.WebURL, person.Login)
}

// with is a map of people by stage with one more.
func with(people map[string][]onboarding.Person, stage string, person onboarding.Person) map[string][]onboarding.Person {
	people = without(people, stage, person)
	people[stage] = append(people[stage], person)
	return people
}

// without is a copy of a map of people by stage, without one of them.
func without(people map[string][]onboarding.Person, stage string, person onboarding.Person) map[string][]onboarding.Person {
	copied := map[string][]onboarding.Person{}
	for name, list := range people {
		list = slices.Clone(list)
		if name == stage {
			list = slices.DeleteFunc(list, func(p onboarding.Person) bool { return p.ID == person.ID })
		}
		if len(list) > 0 {
			copied[name] = list
		}
	}
	return copied
}
