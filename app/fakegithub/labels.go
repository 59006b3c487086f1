package fakegithub

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Label is a label of a repository.
type Label struct {
	ID          int64
	Name        string
	Color       string // six hexadecimal digits
	Description string
}

type label struct{ Label }

const (
	maxLabelName        = 50 // characters (facts 2)
	maxLabelDescription = 100
	greyLabel           = "ededed" // what GitHub gives labels made by the way
)

// Labels returns the repository's labels in the order they were made.
func (r *Repository) Labels() []Label {
	defer r.github.lock()()
	var views []Label
	for _, l := range r.labels {
		views = append(views, l.Label)
	}
	return views
}

// label finds one by its name, whose case does not matter; nil if there is none.
func (r *Repository) label(name string) *label {
	index := slices.IndexFunc(r.labels, func(l *label) bool { return strings.EqualFold(l.Name, name) })
	if index < 0 {
		return nil
	}
	return r.labels[index]
}

// labelNamed finds a label, or makes it.
func (r *Repository) labelNamed(name string) *label {
	if l := r.label(name); l != nil {
		return l
	}
	return r.newLabel(Label{Name: name, Color: greyLabel})
}

func (r *Repository) newLabel(view Label) *label {
	view.ID = r.github.newID()
	l := &label{view}
	r.labels = append(r.labels, l)
	return l
}

type labelInput struct {
	Name        *string `json:"name"`
	NewName     *string `json:"new_name"`
	Color       *string `json:"color"`
	Description *string `json:"description"`
}

func invalidLabel(field, code string) *apiError {
	return refused(object{"resource": "Label", "field": field, "code": code})
}

var labelColor = regexp.MustCompile(`^[0-9a-fA-F]{6}$`)

// check refuses what GitHub refuses; own is the label being changed, nil for a new one.
func (in labelInput) check(r *Repository, name *string, own *label) error {
	switch {
	case name != nil && (strings.TrimSpace(*name) == "" || tooLong(*name, maxLabelName)):
		return invalidLabel("name", "invalid")
	case in.Color != nil && !labelColor.MatchString(*in.Color):
		return invalidLabel("color", "invalid")
	case in.Description != nil && tooLong(*in.Description, maxLabelDescription):
		return invalidLabel("description", "invalid")
	}
	if name != nil {
		if other := r.label(*name); other != nil && other != own {
			return invalidLabel("name", "already_exists")
		}
	}
	return nil
}

func (q *request) listLabels() (answer, error) {
	return list(q, q.repository.labels, q.labelJSON)
}

func (q *request) createLabel() (answer, error) {
	var in labelInput
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	if in.Name == nil {
		return answer{}, malformed("\"name\" wasn't supplied.")
	}
	if err := in.check(q.repository, in.Name, nil); err != nil {
		return answer{}, err
	}
	view := Label{Name: *in.Name, Color: greyLabel}
	set(&view.Color, in.Color)
	set(&view.Description, in.Description)
	a := reply(http.StatusCreated, q.labelJSON(q.repository.newLabel(view)))
	a.header.Set("Location", a.body.(object)["url"].(string))
	q.repository.labelMade(q.app.bot, "created", q.repository.label(view.Name), nil)
	return a, nil
}

func (q *request) getLabel() (answer, error) {
	l := q.repository.label(q.PathValue("name"))
	if l == nil {
		return answer{}, notFound()
	}
	return reply(http.StatusOK, q.labelJSON(l)), nil
}

func (q *request) updateLabel() (answer, error) {
	l := q.repository.label(q.PathValue("name"))
	if l == nil {
		return answer{}, notFound()
	}
	var in labelInput
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	if err := in.check(q.repository, in.NewName, l); err != nil {
		return answer{}, err
	}
	changes := object{}
	for field, change := range map[string]struct {
		is *string
		to *string
	}{"name": {&l.Name, in.NewName}, "color": {&l.Color, in.Color}, "description": {&l.Description, in.Description}} {
		if change.to != nil && *change.to != *change.is {
			changes[field] = object{"from": *change.is}
			*change.is = *change.to
		}
	}
	q.repository.labelMade(q.app.bot, "edited", l, changes)
	return reply(http.StatusOK, q.labelJSON(l)), nil
}

// deleteLabel takes the label off every issue; those events do not name it (facts 2).
func (q *request) deleteLabel() (answer, error) {
	l := q.repository.label(q.PathValue("name"))
	if l == nil {
		return answer{}, notFound()
	}
	q.repository.deleteLabel(q.app.bot, l)
	return answer{status: http.StatusNoContent, header: http.Header{}}, nil
}

func (q *request) listIssueLabels() (answer, error) {
	i := q.issue()
	if i == nil {
		return answer{}, notFound()
	}
	return list(q, i.labels, q.labelJSON)
}

// addIssueLabels takes {"labels": […]} or a bare list; of an unknown name it makes the label.
func (q *request) addIssueLabels() (answer, error) {
	i := q.issue()
	if i == nil {
		return answer{}, notFound()
	}
	labels, err := q.namedLabels()
	if err != nil {
		return answer{}, err
	}
	for _, l := range labels {
		i.addLabel(q.app.bot, l)
	}
	return q.allLabels(i), nil
}

// setIssueLabels takes off what is not named and puts on what is.
func (q *request) setIssueLabels() (answer, error) {
	i := q.issue()
	if i == nil {
		return answer{}, notFound()
	}
	labels, err := q.namedLabels()
	if err != nil {
		return answer{}, err
	}
	for _, l := range slices.Clone(i.labels) {
		if !slices.Contains(labels, l) {
			i.removeLabel(q.app.bot, l)
		}
	}
	for _, l := range labels {
		i.addLabel(q.app.bot, l)
	}
	return q.allLabels(i), nil
}

// namedLabels are the labels that a call names; those that are unknown are made.
func (q *request) namedLabels() ([]*label, error) {
	names, err := q.labelNames()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if q.repository.label(name) == nil {
			if err := (labelInput{}).check(q.repository, &name, nil); err != nil {
				return nil, err
			}
		}
	}
	var labels []*label
	for _, name := range names {
		labels = append(labels, q.repository.labelNamed(name))
	}
	return labels, nil
}

// labelNames reads names from the three forms that GitHub takes: [names],
// {"labels": [names]} and {"labels": [{"name": …}]}.
func (q *request) labelNames() ([]string, error) {
	var in struct{ Labels []json.RawMessage }
	if q.decode(&in.Labels) != nil {
		if err := q.decode(&in); err != nil {
			return nil, err
		}
	}
	var names []string
	for _, raw := range in.Labels {
		var named struct{ Name string }
		if json.Unmarshal(raw, &named.Name) != nil && json.Unmarshal(raw, &named) != nil {
			return nil, malformed("For 'labels', %s is neither a name nor a label.", raw)
		}
		names = append(names, named.Name)
	}
	return names, nil
}

func (q *request) removeIssueLabel() (answer, error) {
	i := q.issue()
	if i == nil {
		return answer{}, notFound()
	}
	l := q.repository.label(q.PathValue("name"))
	if l == nil || !i.removeLabel(q.app.bot, l) {
		return answer{}, failure(http.StatusNotFound, "Label does not exist")
	}
	return q.allLabels(i), nil
}

// allLabels answers with every label of the issue, on one page.
func (q *request) allLabels(i *Issue) answer {
	rows := []object{}
	for _, l := range i.labels {
		rows = append(rows, q.labelJSON(l))
	}
	return reply(http.StatusOK, rows)
}

func (q *request) labelJSON(l *label) object { return q.github.labelJSON(q.repository, l) }

func (g *GitHub) labelJSON(r *Repository, l *label) object {
	return object{
		"id": l.ID, "node_id": nodeID("LA", l.ID), "name": l.Name, "color": l.Color, "default": false, "description": orNull(l.Description),
		"url": g.api("/repos/%s/labels/%s", r.fullName(), url.PathEscape(l.Name)),
	}
}
