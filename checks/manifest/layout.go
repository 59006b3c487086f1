package manifest

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/checks"
)

const (
	maxIcon = 1 << 20 // bytes of an icon that are read
	png     = "\x89PNG\r\n\x1a\n"
)

// layout compares the files that the manifest names with those that are there.
// What the build makes, the executables and the webapp's bundle, is not in the
// repository: the nightly build is looked at for it.
func (l *look) layout() error {
	if l.root == nil {
		return nil
	}
	m := l.manifest
	if m.Server != nil {
		executables := slices.Sorted(maps.Keys(m.Server.Executables))
		for _, platform := range executables {
			l.builtFile(m.Server.Executables[platform], "server", "executables", platform)
		}
		l.builtFile(m.Server.Executable, "server", "executable")
		if m.Server.Executables["linux-amd64"] == "" && m.Server.Executable == "" {
			l.add(noExecutable, l.path, l.root.at("server", "executables"), "The plugin has a server part, but no executable for linux-amd64.")
		}
		l.source("server", m.Server.Executable, m.Server.Executables["linux-amd64"])
	} else if l.has(func(p string) bool { return strings.HasPrefix(p, "server/") && path.Ext(p) == ".go" }) {
		l.add(undeclaredPart, l.path, l.root.at(), "There is Go code in the folder server, but the manifest has no “server”.")
	}
	if m.Webapp != nil {
		l.builtFile(m.Webapp.BundlePath, "webapp", "bundle_path")
		l.source("webapp", m.Webapp.BundlePath)
	}
	if _, isWebapp := l.subject.Find("webapp/package.json"); isWebapp && (m.Webapp == nil || m.Webapp.BundlePath == "") {
		l.add(undeclaredPart, l.path, l.root.at("webapp"), "There is a folder webapp, but the manifest has no “webapp.bundle_path”.")
	}
	return l.icon()
}

// builtFile looks at the path of a file that the build makes. keys are those of
// the path in the manifest.
func (l *look) builtFile(file string, keys ...string) {
	if file != "" && !safe(file) {
		l.add(unsafePath, l.path, l.root.at(keys...), fmt.Sprintf("The path in “%s” does not stay within the plugin.", strings.Join(keys, ".")))
	}
}

// safe reports whether a path of the manifest is relative and stays within the plugin.
func safe(file string) bool {
	return !path.IsAbs(file) && !strings.ContainsAny(file, "\\:\x00") && !slices.Contains(strings.Split(file, "/"), "..")
}

// source looks whether a part that the manifest declares has a folder with its
// source, which is the first of its built file's path.
func (l *look) source(part string, built ...string) {
	file := path.Clean(cmp.Or(slices.Concat(built, []string{part})...))
	folder, _, _ := strings.Cut(file, "/")
	inside := func(p string) bool { return strings.HasPrefix(p, folder+"/") || strings.HasPrefix(p, part+"/") }
	if safe(file) && !l.has(inside) {
		l.add(missingFolder, l.path, l.root.at(part), fmt.Sprintf("The manifest has a “%s”, but the repository has no folder %s.", part, folder))
	}
}

// has reports whether the tree has a file whose path fits.
func (l *look) has(fits func(path string) bool) bool {
	return slices.ContainsFunc(l.subject.Files, func(f checks.File) bool { return fits(f.Path) })
}

// icon looks at the picture that icon_path names.
func (l *look) icon() error {
	icon := l.manifest.IconPath
	where := l.root.at("icon_path")
	if icon == "" {
		return nil // a recommended field
	}
	if !safe(icon) {
		l.builtFile(icon, "icon_path")
		return nil
	}
	file, ok := l.subject.Find(path.Clean(icon))
	switch {
	case !ok && l.has(func(p string) bool { return path.Base(p) == path.Base(icon) }):
		l.add(iconElsewhere, l.path, where, fmt.Sprintf("The icon “%s” does not exist, but elsewhere there is a file of its name; the build must copy it.", icon))
		return nil
	case !ok:
		l.add(iconFile, l.path, where, fmt.Sprintf("The icon “%s” does not exist.", icon))
		return nil
	case file.Mode != checks.Regular && file.Mode != checks.Executable:
		l.add(iconFile, l.path, where, fmt.Sprintf("The icon “%s” is a symbolic link or a submodule.", icon))
		return nil
	case file.Size > maxIcon:
		l.add(iconFile, l.path, where, fmt.Sprintf("The icon “%s” has more than %d KiB.", icon, maxIcon>>10))
		return nil
	}
	content, err := l.subject.Read(l.ctx, file, maxIcon)
	if err != nil {
		return fmt.Errorf("read icon %q: %w", file.Path, err)
	}
	if !bytes.HasPrefix(content, []byte(png)) && !bytes.Contains(content, []byte("<svg")) && !bytes.Contains(content, []byte(":svg")) {
		l.add(iconFile, l.path, where, fmt.Sprintf("The icon “%s” is neither an SVG nor a PNG picture.", icon))
	}
	return nil
}
