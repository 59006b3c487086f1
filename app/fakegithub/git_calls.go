package fakegithub

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

const maxBlob = 100 << 20 // bytes (facts 5)

func unprocessable(message string) *apiError { return failure(http.StatusUnprocessableEntity, message) }

// createBlob stores a text, or what base64 stands for.
func (q *request) createBlob() (answer, error) {
	if q.repository.empty() {
		return answer{}, gitIsEmpty()
	}
	var in struct{ Content, Encoding *string }
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	if in.Content == nil {
		return answer{}, malformed("\"content\" wasn't supplied.")
	}
	data, encoding := []byte(*in.Content), "utf-8"
	set(&encoding, in.Encoding)
	switch encoding {
	case "utf-8":
	case "base64":
		var err error
		// GitHub's own answers have line ends in it, which StdEncoding skips.
		if data, err = base64.StdEncoding.DecodeString(*in.Content); err != nil {
			return answer{}, unprocessable("content is not valid Base64")
		}
	default:
		return answer{}, malformed("For 'encoding', %q is not one of utf-8, base64.", encoding)
	}
	if len(data) > maxBlob {
		return answer{}, unprocessable("input was too large to process")
	}
	sha := q.repository.objects.put("blob", data)
	return q.created("/git/blobs/"+sha, object{"sha": sha, "url": q.github.api("/repos/%s/git/blobs/%s", q.repository.fullName(), sha)}), nil
}

// created answers 201 with the place of what was made.
func (q *request) created(at string, body object) answer {
	a := reply(http.StatusCreated, body)
	a.header.Set("Location", q.github.api("/repos/%s%s", q.repository.fullName(), at))
	return a
}

// treeInput is one entry of a tree to be made: with a SHA, null deleting it, or a text.
type treeInput struct {
	Path    *string      `json:"path"`
	Mode    string       `json:"mode"`
	Type    string       `json:"type"`
	Content *string      `json:"content"`
	SHA     optionalText `json:"sha"`
}

// optionalText tells null from nothing.
type optionalText struct {
	given bool
	text  *string
}

// UnmarshalJSON is called for null too, which is what this type is for.
func (o *optionalText) UnmarshalJSON(data []byte) error {
	o.given = true
	return json.Unmarshal(data, &o.text)
}

// createTree makes a tree of the entries, upon base_tree if there is one. What
// touches the workflows needs the permission for them, else it is 404 (facts 5);
// what base_tree has there stays.
func (q *request) createTree() (answer, error) {
	r := q.repository
	if r.empty() {
		return answer{}, gitIsEmpty()
	}
	var in struct {
		BaseTree *string     `json:"base_tree"`
		Tree     []treeInput `json:"tree"`
	}
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	files := map[string]entry{}
	if in.BaseTree != nil {
		if _, ok := r.objects.get("tree", *in.BaseTree); !ok {
			return answer{}, unprocessable("base_tree is not a valid tree oid")
		}
		files = r.objects.files(*in.BaseTree)
	}
	if len(in.Tree) == 0 {
		return answer{}, unprocessable("Invalid tree info")
	}
	before := maps.Clone(files)
	for _, e := range in.Tree {
		if err := e.put(r.objects, files); err != nil {
			return answer{}, err
		}
	}
	if !q.token.may("workflows:write") && workflowsDiffer(before, files) {
		return answer{}, notFound()
	}
	sha := r.objects.putTree(files)
	rows := []object{}
	for _, e := range r.objects.entries(sha) {
		rows = append(rows, q.github.treeEntryJSON(r, e))
	}
	return q.created("/git/trees/"+sha, object{
		"sha": sha, "url": q.github.api("/repos/%s/git/trees/%s", r.fullName(), sha), "tree": rows, "truncated": false,
	}), nil
}

// put applies the entry to a flat list of files.
func (e treeInput) put(o objects, files map[string]entry) error {
	if err := e.check(); err != nil {
		return err
	}
	at := *e.Path
	remove := func() (found bool) {
		before := len(files)
		maps.DeleteFunc(files, func(name string, _ entry) bool { return within(name, at) })
		return len(files) < before
	}
	if e.SHA.given && e.SHA.text == nil {
		if !remove() {
			return unprocessable("GitRPC::BadObjectState")
		}
		return nil
	}
	made := entry{mode: e.Mode}
	switch {
	case e.Content != nil:
		made.sha = o.put("blob", []byte(*e.Content))
	case e.Mode == ModeSubmodule: // its commit is another repository's
		made.sha = *e.SHA.text
	default:
		made.sha = *e.SHA.text
		if _, ok := o.get(e.kind(), made.sha); !ok {
			return unprocessable("tree.sha " + made.sha + " is not a valid " + e.kind())
		}
	}
	remove()
	for folder := path.Dir(at); folder != "."; folder = path.Dir(folder) {
		delete(files, folder) // a file where there is a folder now
	}
	if e.kind() != "tree" {
		files[at] = made
		return nil
	}
	for name, inside := range o.files(made.sha) {
		files[path.Join(at, name)] = inside
	}
	return nil
}

// kind is the type that belongs to the mode, "" if there is no such mode.
func (e treeInput) kind() string {
	return map[string]string{
		ModeFile: "blob", ModeExecutable: "blob", ModeSymlink: "blob", ModeSubmodule: "commit", "040000": "tree",
	}[e.Mode]
}

// check refuses entries that are no entries of a tree, whatever the repository holds.
func (e treeInput) check() error {
	deletes := e.SHA.given && e.SHA.text == nil
	switch {
	case e.Path == nil || *e.Path == "":
		return unprocessable("Must supply a valid tree.path")
	case strings.HasPrefix(*e.Path, "/"):
		return unprocessable("tree.path cannot start with a slash")
	case slices.ContainsFunc(strings.Split(*e.Path, "/"), malformedPart):
		return unprocessable("tree.path contains a malformed path component")
	case e.kind() == "" && (!deletes || e.Mode != ""):
		return unprocessable("Must supply a valid tree.mode")
	case e.Type != "" && e.Mode != "" && e.Type != e.kind():
		return unprocessable("tree.type " + e.Type + " does not fit tree.mode " + e.Mode)
	case e.SHA.given == (e.Content != nil):
		return unprocessable("Must supply either tree.sha or tree.content")
	case e.Content != nil && e.kind() != "blob":
		return unprocessable("tree.content is for blobs only")
	case e.SHA.text != nil && !isSHA(*e.SHA.text):
		return unprocessable("The tree parameter contains an invalid SHA: " + *e.SHA.text)
	}
	return nil
}

func malformedPart(part string) bool {
	return part == "" || part == "." || part == ".." || strings.EqualFold(part, ".git") || strings.ContainsRune(part, 0)
}

func isSHA(text string) bool {
	return len(text) == len(zeroSHA) && strings.Trim(text, "0123456789abcdef") == ""
}

const workflows = ".github/workflows"

// workflowsDiffer says whether two flat lists of files have other workflows.
func workflowsDiffer(before, after map[string]entry) bool {
	only := func(files map[string]entry) map[string]entry {
		found := map[string]entry{}
		for name, e := range files {
			if within(name, workflows) {
				found[name] = e
			}
		}
		return found
	}
	return !maps.Equal(only(before), only(after))
}

// changesWorkflows compares a commit with its first parent, or with nothing.
func (r *Repository) changesWorkflows(c commit) bool {
	before := map[string]entry{}
	if len(c.parents) > 0 {
		before = r.filesAt(c.parents[0])
	}
	return workflowsDiffer(before, r.objects.files(c.tree))
}

type personInput struct {
	Name  *string
	Email *string
	Date  *time.Time
}

// over puts what the caller said over a signature, without what git cannot write.
func (in *personInput) over(otherwise signature) signature {
	if in == nil {
		return otherwise
	}
	clean := strings.NewReplacer("<", "", ">", "", "\n", "")
	set(&otherwise.name, in.Name)
	set(&otherwise.email, in.Email)
	set(&otherwise.at, in.Date)
	return signature{clean.Replace(otherwise.name), clean.Replace(otherwise.email), otherwise.at.UTC()}
}

// createCommit makes a commit, of the App's bot and now unless it says otherwise.
// Equal commits have equal SHAs, so that times have to be given for that.
// GitHub signs what bots commit without naming an author; nothing is signed here.
func (q *request) createCommit() (answer, error) {
	r := q.repository
	if r.empty() {
		return answer{}, gitIsEmpty()
	}
	var in struct {
		Message, Tree     *string
		Parents           []string
		Author, Committer *personInput
	}
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	switch {
	case in.Message == nil:
		return answer{}, malformed("\"message\" wasn't supplied.")
	case in.Tree == nil:
		return answer{}, malformed("\"tree\" wasn't supplied.")
	case in.Author != nil && (in.Author.Name == nil || in.Author.Email == nil):
		return answer{}, malformed("\"name\" and \"email\" of the author weren't both supplied.")
	}
	if _, ok := r.objects.get("tree", *in.Tree); !ok {
		return answer{}, unprocessable("Tree SHA does not exist")
	}
	for _, parent := range in.Parents {
		if _, ok := r.objects.commit(parent); !ok {
			return answer{}, unprocessable("Parent SHA does not exist or is not a commit object")
		}
	}
	author := in.Author.over(signature{q.app.bot.Login, email(q.app.bot), q.github.now()})
	c := commit{tree: *in.Tree, parents: in.Parents, message: *in.Message, author: author, committer: in.Committer.over(author)}
	if !q.token.may("workflows:write") && r.changesWorkflows(c) {
		return answer{}, notFound()
	}
	c.sha = r.objects.putCommit(c)
	c, _ = r.objects.commit(c.sha) // with the whole seconds that git keeps
	return q.created("/git/commits/"+c.sha, q.github.gitCommitJSON(r, c)), nil
}
