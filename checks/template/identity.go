package template

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// identity is what tells the template from a plugin made of it, gathered from
// all versions. Prose is kept as hashes of its folded text.
type identity struct {
	IDs          []string `json:"ids"`          // of plugin.json
	Names        []string `json:"names"`        // of plugin.json, hashed
	Descriptions []string `json:"descriptions"` // of plugin.json, hashed
	Headings     []string `json:"headings"`     // first ones of the README, hashed
	Sentences    []string `json:"sentences"`    // first ones of the README, hashed
	Modules      []string `json:"modules"`      // of go.mod
	Repositories []string `json:"repositories"` // "owner/name" in lower case, today's and former ones
	Icons        []string `json:"icons"`        // blob SHAs
}

// OwnsID says whether a plugin id is, or once was, the template's.
func (x *Index) OwnsID(id string) bool { return slices.Contains(x.stored.Identity.IDs, fold(id)) }

// OwnsName says whether a plugin's name is the template's.
func (x *Index) OwnsName(name string) bool {
	return slices.Contains(x.stored.Identity.Names, hashed(name))
}

// OwnsDescription says whether a plugin's description is the template's.
func (x *Index) OwnsDescription(text string) bool {
	return slices.Contains(x.stored.Identity.Descriptions, hashed(text))
}

// OwnsHeading says whether a README's heading is the template's.
func (x *Index) OwnsHeading(text string) bool {
	return slices.Contains(x.stored.Identity.Headings, hashed(text))
}

// OwnsSentence says whether a sentence is the first one of a template's README.
func (x *Index) OwnsSentence(text string) bool {
	return slices.Contains(x.stored.Identity.Sentences, hashed(text))
}

// OwnsModule says whether a Go module path is the template's.
func (x *Index) OwnsModule(module string) bool {
	return slices.Contains(x.stored.Identity.Modules, module)
}

// OwnsIcon says whether a blob is the template's icon.
func (x *Index) OwnsIcon(sha string) bool { return slices.Contains(x.stored.Identity.Icons, sha) }

// OwnsURL says whether a URL leads into the template's repository, or to where
// the repository once was.
func (x *Index) OwnsURL(address string) bool {
	name, ok := repositoryOf(address)
	return ok && slices.Contains(x.stored.Identity.Repositories, name)
}

// repositoryOf returns the "owner/name" that a GitHub URL leads to, in lower case.
func repositoryOf(address string) (string, bool) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return "", false
	}
	host := strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), "www.")
	if host != "github.com" && host != "raw.githubusercontent.com" {
		return "", false
	}
	return repositoryIn(path.Clean(u.Path))
}

// repositoryIn returns the first two parts of a path, in lower case.
func repositoryIn(at string) (string, bool) {
	parts := strings.SplitN(strings.Trim(at, "/"), "/", 3)
	if len(parts) < 2 || parts[0] == "" || parts[1] == "" {
		return "", false
	}
	return strings.ToLower(parts[0] + "/" + strings.TrimSuffix(parts[1], ".git")), true
}

// fold makes texts comparable: lower case, single spaces.
func fold(text string) string {
	return strings.ToLower(strings.Join(strings.Fields(text), " "))
}

// hashed is the hash of a folded text, 16 hex digits.
func hashed(text string) string {
	sum := sha256.Sum256([]byte(fold(text)))
	return hex.EncodeToString(sum[:8])
}

// learn adds what one version of the template says about itself. A file that
// cannot be understood teaches nothing: broken template versions exist.
func (d *identity) learn(content func(path string) (blob string, text []byte, err error)) error {
	_, manifest, err := content("plugin.json")
	if err != nil {
		return err
	}
	var m struct {
		ID          string `json:"id"`
		Name        string `json:"name"`
		Description string `json:"description"`
		Homepage    string `json:"homepage_url"`
		Support     string `json:"support_url"`
		Notes       string `json:"release_notes_url"`
		Icon        string `json:"icon_path"`
	}
	if json.Unmarshal(bytes.TrimPrefix(manifest, bom), &m) == nil {
		note(&d.IDs, fold(m.ID))
		noteHash(&d.Names, m.Name)
		noteHash(&d.Descriptions, m.Description)
		for _, address := range []string{m.Homepage, m.Support, m.Notes} {
			name, _ := repositoryOf(address)
			note(&d.Repositories, name)
		}
	}
	if m.Icon != "" {
		icon, _, err := content(path.Clean(m.Icon))
		if err != nil {
			return err
		}
		note(&d.Icons, icon)
	}
	for _, file := range GoModules() {
		_, mod, err := content(file)
		if err != nil {
			return err
		}
		module, _ := Module(mod)
		note(&d.Modules, module)
		if at, ok := strings.CutPrefix(module, "github.com/"); ok {
			name, _ := repositoryIn(at)
			note(&d.Repositories, name)
		}
	}
	_, readme, err := content("README.md")
	if err != nil {
		return err
	}
	heading, sentences := Readme(readme)
	noteHash(&d.Headings, heading.Text)
	if len(sentences) > 0 {
		noteHash(&d.Sentences, sentences[0].Text)
	}
	return nil
}

// note adds a text to a list that does not have it.
func note(list *[]string, text string) {
	if text != "" && !slices.Contains(*list, text) {
		*list = append(*list, text)
	}
}

// noteHash adds a text's hash to a list that does not have it.
func noteHash(list *[]string, text string) {
	if fold(text) != "" {
		note(list, hashed(text))
	}
}

// clone copies the lists.
func (d identity) clone() identity {
	for _, list := range []*[]string{&d.IDs, &d.Names, &d.Descriptions, &d.Headings, &d.Sentences, &d.Modules, &d.Repositories, &d.Icons} {
		*list = slices.Clone(*list)
	}
	return d
}

// GoModules returns the paths where a plugin's main Go module is.
func GoModules() []string { return []string{"go.mod", "server/go.mod"} }

// moduleLine matches the directive of a go.mod that names the module.
var moduleLine = regexp.MustCompile(`^\s*module\s+(\S+)\s*(//.*)?$`)

// Module returns the module path in a go.mod and its line from 1; "" if there
// is none.
func Module(mod []byte) (module string, line int) {
	for i, text := range strings.Split(string(bytes.TrimPrefix(mod, bom)), "\n") {
		match := moduleLine.FindStringSubmatch(strings.TrimSuffix(text, "\r"))
		if match == nil {
			continue
		}
		if plain, err := strconv.Unquote(match[1]); err == nil {
			return plain, i + 1
		}
		return match[1], i + 1
	}
	return "", 0
}

// bom is the byte order mark of UTF-8.
var bom = []byte("\ufeff")
