package standin

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
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
	Edited            int            // how often
	Props             map[string]any // of one by the API
	At                int64          // when it was made, or changed last, in milliseconds
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

// json is Mattermost's post.
func (p Post) json() map[string]any {
	return map[string]any{
		"id": p.ID, "create_at": p.At, "update_at": p.At, "delete_at": 0, "user_id": bot, "channel_id": p.Channel, "root_id": p.Root,
		"message": p.Text, "type": "", "props": p.Props,
	}
}

// bot is the id of the token's account.
const bot = "to47iirepfy9uqmenspozic98o"

func (s *Server) createPost(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Channel string         `json:"channel_id"`
		Root    string         `json:"root_id"`
		Message string         `json:"message"`
		Props   map[string]any `json:"props"`
	}
	err := json.NewDecoder(r.Body).Decode(&in)
	defer s.lock()()
	switch {
	case err != nil || in.Message == "" || len([]rune(in.Message)) > 16383:
		s.refuseLocked(w, http.StatusBadRequest, "model.post.is_valid.msg.app_error", "Invalid message.", "")
		return
	case !slices.Contains(s.o.Channels, in.Channel):
		s.refuseLocked(w, http.StatusForbidden, "api.context.permissions.app_error", "You do not have the appropriate permissions.", "")
		return
	case in.Root != "" && s.post(in.Root) == nil:
		s.refuseLocked(w, http.StatusBadRequest, "api.post.create_post.root_id.app_error", "Invalid RootId parameter.", "")
		return
	}
	s.posts = append(s.posts, Post{ID: s.newID(), Channel: in.Channel, Root: in.Root, Text: in.Message, Props: in.Props, At: time.Now().UnixMilli()})
	s.answerLocked(w, http.StatusCreated, s.posts[len(s.posts)-1].json())
}

// post is that of an id; nil if there is none. The lock is held.
func (s *Server) post(id string) *Post {
	for i := range s.posts {
		if s.posts[i].ID == id {
			return &s.posts[i]
		}
	}
	return nil
}

func (s *Server) patchPost(w http.ResponseWriter, r *http.Request) {
	var in struct{ Message *string }
	err := json.NewDecoder(r.Body).Decode(&in)
	defer s.lock()()
	p := s.post(r.PathValue("id"))
	if err != nil || p == nil {
		s.refuseLocked(w, http.StatusNotFound, "app.post.get.app_error", "Unable to get the post.", "")
		return
	}
	if in.Message != nil {
		p.Text, p.At = *in.Message, time.Now().UnixMilli()
		p.Edited++
	}
	s.answerLocked(w, http.StatusOK, p.json())
}

// listPosts lists the posts of a channel that were made or changed since a time.
func (s *Server) listPosts(w http.ResponseWriter, r *http.Request) {
	since, _ := strconv.ParseInt(r.URL.Query().Get("since"), 10, 64)
	defer s.lock()()
	order, posts := []string{}, map[string]any{}
	for _, p := range slices.Backward(s.posts) {
		if p.Channel == r.PathValue("id") && p.At >= since {
			order, posts[p.ID] = append(order, p.ID), p.json()
		}
	}
	s.answerLocked(w, http.StatusOK, map[string]any{"order": order, "posts": posts, "next_post_id": "", "prev_post_id": ""})
}

// DeletePost takes a post away, as an admin may.
func (s *Server) DeletePost(id string) {
	defer s.lock()()
	s.posts = slices.DeleteFunc(s.posts, func(p Post) bool { return p.ID == id || p.Root == id })
}
