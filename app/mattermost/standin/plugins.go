package standin

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path"
	"slices"

	"github.com/blang/semver/v4"
	"github.com/mattermost/mattermost/server/public/model"
)

func (s *Server) statuses(w http.ResponseWriter, _ *http.Request) {
	list := []model.PluginStatus{}
	s.mu.Lock()
	for _, id := range slices.Sorted(maps.Keys(s.plugins)) {
		p := s.plugins[id]
		for node := range s.o.Nodes {
			status := model.PluginStatus{
				PluginId: id, PluginPath: "plugins/" + id, State: p.State, Error: p.Error,
				Name: p.Manifest.Name, Description: p.Manifest.Description, Version: p.Manifest.Version,
			}
			if s.o.Nodes > 1 {
				status.ClusterId = fmt.Sprintf("node%d", node)
			}
			list = append(list, status)
		}
	}
	s.mu.Unlock()
	s.answer(w, http.StatusOK, list)
}

func (s *Server) list(w http.ResponseWriter, _ *http.Request) {
	body := map[string][]model.Manifest{"active": {}, "inactive": {}}
	s.mu.Lock()
	for _, id := range slices.Sorted(maps.Keys(s.plugins)) {
		p, kind := s.plugins[id], "inactive"
		if p.State == model.PluginStateRunning {
			kind = "active"
		}
		body[kind] = append(body[kind], p.Manifest)
	}
	s.mu.Unlock()
	s.answer(w, http.StatusOK, body)
}

// maxBundle bounds what is uploaded, in bytes.
const maxBundle = 256 << 20

// upload answers whether it takes uploads before it reads any.
func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	if s.o.NoUploads {
		s.refuse(w, http.StatusNotImplemented, "app.plugin.upload_disabled.app_error", "Plugins and/or plugin uploads have been disabled.", "")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBundle)
	reader, err := r.MultipartReader()
	if err != nil {
		s.refuse(w, http.StatusBadRequest, "api.plugin.upload.file.app_error", "Unable to read the file.", err.Error())
		return
	}
	var content []byte
	force := false
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		var read []byte
		if err == nil {
			read, err = io.ReadAll(part)
		}
		if err != nil { // the caller hung up, or the form has no end: nothing is installed
			s.refuse(w, http.StatusBadRequest, "api.plugin.upload.file.app_error", "Unable to read the file.", err.Error())
			return
		}
		switch part.FormName() {
		case "force":
			force = string(read) == "true"
		case "plugin":
			content = read
		}
	}
	s.install(w, content, force)
}

// fetch downloads a bundle and installs it: what the App never has a server do (S6).
func (s *Server) fetch(w http.ResponseWriter, r *http.Request) {
	where := r.URL.Query().Get("plugin_download_url")
	content, err := []byte(nil), errors.New("failed to fetch from "+where)
	if s.o.Fetch != nil {
		content, err = s.o.Fetch(where)
	}
	if err != nil {
		s.refuse(w, http.StatusBadRequest, "api.plugin.install.download_failed.app_error", "An error occurred while downloading the plugin.", err.Error())
		return
	}
	s.install(w, content, r.URL.Query().Get("force") == "true")
}

// install does what a server does with a bundle: an upgrade that cannot start is
// answered with 500, and stays.
func (s *Server) install(w http.ResponseWriter, content []byte, force bool) {
	manifest, err := unpack(content)
	if err != nil {
		s.refuse(w, http.StatusBadRequest, "app.plugin.extract.app_error", "An error occurred extracting the plugin bundle.", err.Error())
		return
	}
	sum := sha256.Sum256(content)
	s.mu.Lock()
	before := s.plugins[manifest.Id]
	if before != nil && !force {
		s.mu.Unlock()
		s.refuse(w, http.StatusBadRequest, "app.plugin.install_id.app_error", "Unable to install plugin. A plugin with the same ID is already installed.", "")
		return
	}
	p := &Plugin{Manifest: manifest, SHA256: hex.EncodeToString(sum[:])}
	if before != nil && before.Enabled {
		s.start(p)
	}
	s.plugins[manifest.Id], s.uploads = p, append(s.uploads, p.SHA256)
	failed := p.Error
	s.mu.Unlock()
	if failed != "" {
		s.refuse(w, http.StatusInternalServerError, "app.plugin.restart.app_error", "Unable to restart plugin on upgrade.", failed)
		return
	}
	s.answer(w, http.StatusCreated, manifest)
}

// start enables a plugin, which may fail to start. The lock is held.
func (s *Server) start(p *Plugin) {
	p.Enabled, p.State, p.Error = true, model.PluginStateRunning, ""
	if why := s.broken[p.Manifest.Id+" "+p.Manifest.Version]; why != "" {
		p.State, p.Error = model.PluginStateFailedToStart, "unable to start plugin: "+p.Manifest.Id+": "+why
	}
	needs, err := semver.Parse(p.Manifest.MinServerVersion)
	if has := semver.MustParse(s.o.Version); err == nil && has.LT(needs) {
		p.State, p.Error = model.PluginStateFailedToStart, "plugin requires Mattermost "+needs.String()+": "+p.Manifest.Id
	}
}

func (s *Server) enable(w http.ResponseWriter, r *http.Request) {
	s.change(w, r, func(p *Plugin) { s.start(p) })
}

func (s *Server) disable(w http.ResponseWriter, r *http.Request) {
	s.change(w, r, func(p *Plugin) { p.Enabled, p.State, p.Error = false, model.PluginStateNotRunning, "" })
}

func (s *Server) remove(w http.ResponseWriter, r *http.Request) {
	s.change(w, r, func(p *Plugin) { delete(s.plugins, p.Manifest.Id) })
}

// change does something to a plugin. The answer is 200 whatever comes of it.
func (s *Server) change(w http.ResponseWriter, r *http.Request, do func(*Plugin)) {
	s.mu.Lock()
	p := s.plugins[r.PathValue("id")]
	if p != nil {
		do(p)
	}
	s.mu.Unlock()
	if p == nil {
		s.refuse(w, http.StatusNotFound, "app.plugin.not_installed.app_error", "Plugin is not installed.", "")
		return
	}
	s.ok(w)
}

// unpack reads a bundle to its end, and its manifest.
func unpack(content []byte) (manifest model.Manifest, err error) {
	packed, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return manifest, fmt.Errorf("failed to initialize gzip reader: %w", err)
	}
	found := false
	for archive := tar.NewReader(packed); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return manifest, err
		}
		text, err := io.ReadAll(io.LimitReader(archive, maxBundle))
		if err != nil {
			return manifest, err
		}
		if path.Base(header.Name) == "plugin.json" {
			if err := json.Unmarshal(text, &manifest); err != nil {
				return manifest, err
			}
			found = true
		}
	}
	if !found {
		return manifest, errors.New("unable to find plugin manifest")
	}
	return manifest, nil
}
