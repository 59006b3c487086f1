package standin

import (
	"encoding/json"
	"net/http"
	"slices"
)

// Hook is an incoming webhook.
type Hook struct {
	ID      string
	Channel string // where it posts unless it is told otherwise
}

// Post is what somebody posted.
type Post struct {
	ID, Channel, Root string // Root: the post whose thread it is in; "" for none
	Username          string // as a webhook calls itself
	Text              string
	Edited            int // how often
}

// AddHook adds an incoming webhook. The channels that there are, are those of the
// webhooks.
func (s *Server) AddHook(h Hook) {
	defer s.lock()()
	s.hooks = append(s.hooks, h)
}

// Posts are the posts so far, in the order of their arrival.
func (s *Server) Posts() []Post {
	defer s.lock()()
	return slices.Clone(s.posts)
}

// hook takes a post by an incoming webhook.
func (s *Server) hook(w http.ResponseWriter, r *http.Request) {
	var said struct{ Channel, Username, Text string }
	id := r.PathValue("id")
	defer s.lock()()
	i := slices.IndexFunc(s.hooks, func(h Hook) bool { return h.ID == id })
	switch err := json.NewDecoder(r.Body).Decode(&said); {
	case i < 0:
		s.refuseLocked(w, http.StatusBadRequest, "web.incoming_webhook.invalid.app_error", "Invalid webhook.", "resource: IncomingWebhook id: "+id)
		return
	case err != nil || said.Text == "":
		s.refuseLocked(w, http.StatusBadRequest, "web.incoming_webhook.text.app_error", "No text specified.", "")
		return
	case said.Channel == "":
		said.Channel = s.hooks[i].Channel
	case !slices.ContainsFunc(s.hooks, func(h Hook) bool { return h.Channel == said.Channel }):
		s.refuseLocked(w, http.StatusNotFound, "web.incoming_webhook.channel.app_error", "Couldn't find the channel.", "resource: Channel id: Name="+said.Channel)
		return
	}
	s.posts = append(s.posts, Post{ID: s.newID(), Channel: said.Channel, Username: said.Username, Text: said.Text})
	s.headersLocked(w, "text/plain")
	_, _ = w.Write([]byte("ok")) // a caller that hung up is its own affair
}
