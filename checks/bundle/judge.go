package bundle

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/blang/semver/v4"
	"github.com/mattermost/mattermost/server/public/model"
)

// linux is the platform of the servers on which plugins are tried.
const linux = "linux-amd64"

// add notes a problem that does not end the reading.
func (a *archive) add(rule, path, message string, args ...any) {
	a.problems = append(a.problems, *problem(rule, path, message, args...))
}

// judge looks at the whole: at the manifest, and at what it says is there.
func (a *archive) judge() {
	base, ok := a.base()
	if !ok {
		return
	}
	manifest := a.choose(base)
	if manifest == nil {
		return
	}
	a.bundle.ID, a.bundle.Version, a.bundle.MinServerVersion = manifest.Id, manifest.Version, manifest.MinServerVersion
	a.bundle.Manifest = a.manifests[a.bundle.ManifestPath]
	a.fields(manifest)
	a.executables(base, manifest)
	if manifest.Webapp != nil {
		a.webapp(base, manifest.Webapp.BundlePath)
	}
}

// base returns the folder of the manifest, "" or "name/": the server takes the
// only folder of an archive that has nothing else at its root.
func (a *archive) base() (string, bool) {
	if a.tops == 0 {
		a.add(empty, "", "The bundle has no files.")
		return "", false
	}
	single := a.tops == 1 && !a.rootFiles
	for name := range a.manifests {
		if !strings.Contains(name, "/") {
			return "", true
		}
		if single {
			return a.top + "/", true
		}
	}
	if len(a.manifests) > 0 {
		a.add(layout, "", "The bundle's manifest is in the folder %s, but there is more beside that folder.", quote(a.top))
	} else {
		a.add(noManifest, "", "The bundle has no plugin.json, neither at the top nor in its only folder.")
	}
	return "", false
}

// choose parses the manifests in the folder and returns the one that the server
// takes. Others have to say the same.
func (a *archive) choose(base string) *model.Manifest {
	var chosen *model.Manifest
	for _, name := range ManifestNames() {
		at := base + name
		content, there := a.manifests[at]
		if !there {
			continue
		}
		if content == nil {
			a.add(manifestTooLarge, at, "The manifest %s is larger than %s.", size(a.limits.Manifest))
			return nil
		}
		manifest, err := ParseManifest(name, content)
		switch {
		case errors.Is(err, errIntricate):
			a.add(manifestTooLarge, at, "The manifest %s is too intricate: %v.", err)
			return nil
		case err != nil:
			a.add(badManifest, at, "The manifest %s cannot be read: %s.", oneLine(err))
			return nil
		case chosen == nil:
			chosen, a.bundle.ManifestPath = manifest, at
		case !alike(chosen, manifest):
			a.add(duplicateManifest, at, "The manifest %s says other things than %s, which servers prefer.", quote(a.bundle.ManifestPath))
			return nil
		}
	}
	return chosen
}

// oneLine is an error's text in at most 200 bytes on one line.
func oneLine(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	return strings.ToValidUTF8(text[:min(len(text), 200)], "")
}

// alike reports whether two manifests say the same about what is looked at.
func alike(a, b *model.Manifest) bool {
	return a.Id == b.Id && a.Version == b.Version && a.MinServerVersion == b.MinServerVersion &&
		reflect.DeepEqual(a.Server, b.Server) && reflect.DeepEqual(a.Webapp, b.Webapp)
}

// fields judges what the manifest says about the plugin. Versions are parsed as
// the server does.
func (a *archive) fields(m *model.Manifest) {
	at := a.bundle.ManifestPath
	if !model.IsValidPluginId(m.Id) {
		a.add(badID, at, "The manifest %s has the id %s, which is not a valid one.", quote(m.Id))
	}
	if _, err := semver.Parse(m.Version); err != nil {
		a.add(badVersion, at, "The manifest %s has the version %s, which is not semver.", quote(m.Version))
	}
	if _, err := semver.Parse(m.MinServerVersion); err != nil {
		a.add(badMinVersion, at, "The manifest %s has the min_server_version %s, which is not semver.", quote(m.MinServerVersion))
	}
}

// maxPlatforms bounds the platforms whose programs are looked at; Go has some
// fifty.
const maxPlatforms = 64

// executables judges the server's programs.
func (a *archive) executables(base string, m *model.Manifest) {
	if m.Server == nil {
		return
	}
	programs := map[string]string{}
	maps.Copy(programs, m.Server.Executables)
	if programs[linux] == "" && m.Server.Executable != "" {
		programs[linux] = m.Server.Executable // the server's choice for every platform without one
	}
	if programs[linux] == "" {
		a.add(noLinux, a.bundle.ManifestPath, "The manifest %s names no program for linux-amd64.")
	}
	if len(programs) > maxPlatforms {
		a.add(badManifest, a.bundle.ManifestPath, "The manifest %s names programs for more than %d platforms.", maxPlatforms)
		return
	}
	for _, platform := range slices.Sorted(maps.Keys(programs)) {
		a.executable(base, platform, programs[platform])
	}
}

// executable judges the program for one platform.
func (a *archive) executable(base, platform, named string) {
	at, found, ok := a.named(base, named)
	if !ok {
		a.add(executableMissing, at, "The program %s, for %s, is not in the bundle.", quote(platform))
		return
	}
	e := Executable{Platform: platform, Path: at, Bytes: found.size}
	if found.program != nil {
		e.Kind, e.Revision = found.program.kind, found.program.revision
	}
	a.bundle.Executables = append(a.bundle.Executables, e)
	switch {
	case e.Kind == "":
		a.add(executableMachine, at, "The program %s, for %s, is no program.", quote(platform))
	case !runsOn(e.Kind, platform):
		a.add(executableMachine, at, "The program %s is not one for %s: it is %s.", quote(platform), e.Kind)
	case platform == linux:
		a.bundle.Revision, a.bundle.Modified = e.Revision, found.program.modified
	}
}

// webapp judges the web app's file.
func (a *archive) webapp(base, named string) {
	at, found, ok := a.named(base, named)
	switch {
	case !ok:
		a.add(webappMissing, at, "The web app's file %s is not in the bundle.")
	case found.size == 0:
		a.add(webappMissing, at, "The web app's file %s is empty.")
	default:
		a.bundle.WebappPath = at
	}
}

// named finds the file that the manifest names by a path from its own folder.
// A path that leads out of that folder names none.
func (a *archive) named(base, name string) (at string, found node, ok bool) {
	clean := path.Clean(name)
	if name == "" || path.IsAbs(name) || clean == ".." || strings.HasPrefix(clean, "../") {
		return fmt.Sprintf("(%s)", name), node{}, false
	}
	at = base + clean
	found, ok = a.names.find(at)
	return at, found, ok
}
