package fakegithub

import (
	"fmt"
	"slices"
)

// CreateLabel makes a label, in grey; one that is there stays. Webhook: label created.
func (r *Repository) CreateLabel(by *User, name string) {
	defer r.github.lock()()
	if r.label(name) == nil {
		r.labelMade(by, "created", r.newLabel(Label{Name: name, Color: greyLabel}), nil)
	}
}

// RenameLabel gives a label another name, on all issues that have it. Webhook:
// label edited.
func (r *Repository) RenameLabel(by *User, name, another string) {
	defer r.github.lock()()
	if l := r.label(name); l != nil && r.label(another) == nil {
		from := l.Name
		l.Name = another
		r.labelMade(by, "edited", l, object{"name": object{"from": from}})
	}
}

// DeleteLabel deletes a label and so takes it off every issue. Webhooks: label
// deleted, and issues or pull_request unlabeled, which do not name it (facts 2).
func (r *Repository) DeleteLabel(by *User, name string) {
	defer r.github.lock()()
	if l := r.label(name); l != nil {
		r.deleteLabel(by, l)
	}
}

func (r *Repository) deleteLabel(by *User, l *label) {
	r.labels = slices.DeleteFunc(r.labels, func(other *label) bool { return other == l })
	r.labelMade(by, "deleted", l, nil)
	for _, i := range r.issues {
		if index := slices.Index(i.labels, l); index >= 0 {
			i.labels = slices.Delete(i.labels, index, index+1)
			i.labelChanged(by, l, "unlabeled", "removed", object{})
		}
	}
}

// labelMade tells webhooks and observers of a label of the repository. changes are
// nil if it is nothing that changed.
func (r *Repository) labelMade(by *User, action string, l *label, changes object) {
	fields := object{"label": r.github.labelJSON(r, l)}
	if changes != nil {
		fields["changes"] = changes
	}
	r.github.emit(r, "label", action, by, fields)
	r.github.changed(Change{
		Kind: "label", Action: action, Repository: r.fullName(), By: by.Login, Name: l.Name,
		Text: fmt.Sprintf("%s %s the label %s", by.Login, action, l.Name),
	})
}
