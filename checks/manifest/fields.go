package manifest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/mattermost/mattermost/server/public/model"
	"gopkg.in/yaml.v3"

	"github.com/onboard-app/onboard/checks"
)

// maxBytes bounds the manifest and the README (S17).
const maxBytes = 1 << 20

// names are the names of manifests in the order in which a server looks for them.
var names = []string{"plugin.yml", "plugin.yaml", "plugin.json"}

// linkFields are the fields that hold addresses.
var linkFields = []string{"homepage_url", "support_url", "release_notes_url"}

// isJSON reports whether the manifest is JSON rather than YAML.
func (l *look) isJSON() bool { return strings.HasSuffix(l.path, ".json") }

// read finds, reads and decodes the manifest.
func (l *look) read() error {
	var found []checks.File
	for _, name := range names {
		if file, ok := l.subject.Find(name); ok {
			found = append(found, file)
		}
	}
	if len(found) == 0 {
		l.add(missing, "", span{}, "The repository has no plugin.json at its root.")
		return nil
	}
	file := found[0]
	l.path = file.Path
	for _, other := range found[1:] {
		l.add(several, other.Path, span{}, fmt.Sprintf("There is also %s, which a server reads instead of this one.", l.path))
	}
	switch {
	case file.Mode != checks.Regular && file.Mode != checks.Executable:
		l.add(notAFile, l.path, span{}, "The manifest is a symbolic link or a submodule.")
		return nil
	case file.Size > maxBytes:
		l.add(tooLarge, l.path, span{}, fmt.Sprintf("The manifest has %d bytes; at most %d are read.", file.Size, maxBytes))
		return nil
	}
	content, err := l.subject.Read(l.ctx, file, maxBytes)
	if err != nil {
		return fmt.Errorf("read manifest %q: %w", l.path, err)
	}
	return l.decode(content)
}

// decode decodes the manifest as the server does.
func (l *look) decode(content []byte) error {
	parse, decode := parseYAML, yaml.Unmarshal
	if l.isJSON() {
		parse, decode = parseJSON, json.Unmarshal
	}
	root, fault := parse(content)
	if fault != nil {
		l.add(fault.rule, l.path, span{fault.line, fault.line}, fault.message)
		return nil
	}
	if root.kind != object {
		l.add(wrongType, l.path, span{root.line, root.line}, fmt.Sprintf("The manifest is %s, but it must be an object.", root.kind))
		return nil
	}
	if right := l.shape("", root, reflect.TypeFor[model.Manifest]()); !right || l.count[duplicateKey] > 0 {
		return nil // which of two values counts is not ours to guess
	}
	var manifest model.Manifest
	if err := decode(content, &manifest); err != nil {
		l.add(refused, l.path, span{root.line, root.line}, fmt.Sprintf("A Mattermost server cannot read the manifest: %v.", err))
		return nil
	}
	l.root, l.manifest = root, manifest
	return nil
}

// accepts reports whether a server accepts a manifest that is right but for
// what change changes, so that each complaint can be told on its own line.
func accepts(change func(*model.Manifest)) error {
	m := model.Manifest{Id: "com.example.plugin", Name: "Example"}
	change(&m)
	return m.IsValid()
}

// fields checks the manifest's fields one by one.
func (l *look) fields() error {
	if l.root == nil {
		return nil
	}
	m := l.manifest
	for _, name := range slices.Concat([]string{"id", "name"}, l.policy.Required) {
		l.present(name, missingField, "is missing, but every plugin must have it")
	}
	for _, name := range l.policy.Recommended {
		l.present(name, recommendedField, "is missing; the marketplace shows it")
	}
	if m.Id != "" && !model.IsValidPluginId(m.Id) {
		l.add(invalidID, l.path, l.root.at("id"), fmt.Sprintf("The id “%s” is not one that a Mattermost server accepts.", checks.Shorten(m.Id, 200)))
	}
	if err := l.identity(m.Id); err != nil {
		return err
	}
	l.version("version", m.Version, func(c *model.Manifest) { c.Version = m.Version })
	l.version("min_server_version", m.MinServerVersion, func(c *model.Manifest) { c.MinServerVersion = m.MinServerVersion })
	for i, address := range []string{m.HomepageURL, m.SupportURL, m.ReleaseNotesURL} {
		if problem := badURL(address); address != "" && problem != "" {
			l.add(invalidURL, l.path, l.root.at(linkFields[i]), fmt.Sprintf("The address in “%s” %s.", linkFields[i], problem))
		}
	}
	if v := notesVersion.FindStringSubmatch(m.ReleaseNotesURL); v != nil && m.Version != "" && v[1] != strings.TrimPrefix(m.Version, "v") {
		l.add(releaseNotes, l.path, l.root.at("release_notes_url"), fmt.Sprintf("The release notes are those of %s, but the version is %s.", v[1], m.Version))
	}
	m.SettingsSchema = nil // its complaints are notices
	if err := m.IsValid(); err != nil && l.result.Outcome != checks.Fail {
		l.add(refused, l.path, l.root.at(), fmt.Sprintf("A Mattermost server refuses the manifest: %v.", err))
	}
	return nil
}

// notesVersion finds the version of a release in the address of its notes.
var notesVersion = regexp.MustCompile(`/releases/tag/v?(\d+\.\d+\.\d+[^/?#]*)$`)

// present adds a finding if a field is missing, null or blank.
func (l *look) present(name, rule, problem string) {
	v := l.root.get(name)
	if v == nil || v.kind == null || v.kind == text && strings.TrimSpace(v.text) == "" {
		l.add(rule, l.path, l.root.at(name), fmt.Sprintf("“%s” %s.", name, problem))
	}
}

// version adds a finding if a version is given that a server does not accept.
func (l *look) version(name, version string, set func(*model.Manifest)) {
	if version != "" && accepts(set) != nil {
		l.add(invalidVersion, l.path, l.root.at(name), fmt.Sprintf("“%s” in “%s” is not a semantic version.", checks.Shorten(version, 60), name))
	}
}

// badURL says what is wrong with an address, "" for nothing.
func badURL(address string) string {
	parsed, err := url.Parse(address)
	switch {
	case strings.ContainsFunc(address, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }):
		return "has spaces or invisible characters"
	case err != nil || !model.IsValidHTTPURL(address) && parsed.Scheme == "https":
		return "is not a complete web address"
	case parsed.Scheme != "https":
		return "does not start with https://"
	case parsed.User != nil:
		return "has a user name or password in it"
	case parsed.Hostname() == "":
		return "is not a complete web address"
	}
	return ""
}

// links looks whether the manifest's addresses answer, if the policy can.
func (l *look) links() error {
	if l.root == nil || l.policy.Links == nil {
		return nil
	}
	for _, field := range linkFields {
		v := l.root.get(field)
		if v == nil || v.text == "" || badURL(v.text) != "" {
			continue
		}
		status, err := l.policy.Links.Status(l.ctx, v.text)
		if err != nil {
			return fmt.Errorf("look up %s %q: %w", field, v.text, err)
		}
		if status != http.StatusOK {
			l.add(brokenURL, l.path, l.root.at(field), fmt.Sprintf("The page in “%s” answers with status %d.", field, status))
		}
	}
	return nil
}

// settings checks each setting on its own. A server's complaints are notices:
// it would refuse two of Mattermost's own plugins (check-rules.md).
func (l *look) settings() error {
	schema := l.manifest.SettingsSchema
	if l.root == nil || schema == nil {
		return nil
	}
	where := l.root.get("settings_schema")
	l.settingList(schema.Settings, where.get("settings"))
	sections := where.get("sections")
	for i, section := range schema.Sections {
		bare := *section
		bare.Settings = nil
		l.setting(&model.PluginSettingsSchema{Sections: []*model.PluginSettingsSection{&bare}}, sections.item(i))
		l.settingList(section.Settings, sections.item(i).get("settings"))
	}
	return nil
}

// settingList checks settings that stand in one list.
func (l *look) settingList(settings []*model.PluginSetting, where *value) {
	for i, setting := range settings {
		l.setting(&model.PluginSettingsSchema{Settings: []*model.PluginSetting{setting}}, where.item(i))
	}
}

// setting checks a schema of one setting or section that stands at a place.
func (l *look) setting(schema *model.PluginSettingsSchema, where *value) {
	if err := accepts(func(m *model.Manifest) { m.SettingsSchema = schema }); err != nil {
		l.add(settingsSchema, l.path, where.at(), fmt.Sprintf("A Mattermost server complains about this setting: %v.", err))
	}
}
