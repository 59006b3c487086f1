package standin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/mattermost/mattermost/server/public/model"
)

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v4/system/ping", s.ping)
	mux.HandleFunc("GET /api/v4/users/me", s.allowed(s.me))
	mux.HandleFunc("GET /api/v4/plugins", s.allowed(s.list))
	mux.HandleFunc("POST /api/v4/plugins", s.allowed(s.upload))
	mux.HandleFunc("GET /api/v4/plugins/statuses", s.allowed(s.statuses))
	mux.HandleFunc("POST /api/v4/plugins/install_from_url", s.allowed(s.fetch))
	mux.HandleFunc("DELETE /api/v4/plugins/{id}", s.allowed(s.remove))
	mux.HandleFunc("POST /api/v4/plugins/{id}/enable", s.allowed(s.enable))
	mux.HandleFunc("POST /api/v4/plugins/{id}/disable", s.allowed(s.disable))
	mux.HandleFunc("POST /api/v4/posts", s.allowed(s.createPost))
	mux.HandleFunc("PUT /api/v4/posts/{id}/patch", s.allowed(s.patchPost))
	mux.HandleFunc("GET /api/v4/channels/{id}/posts", s.allowed(s.listPosts))
	mux.HandleFunc("POST /hooks/{id}", s.hook)
	return s.faulty(mux)
}

// allowed lets only an account through that may manage plugins.
func (s *Server) allowed(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		strong, weak := model.HeaderBearer+" "+s.o.Token, model.HeaderBearer+" "+s.o.Weak
		s.mu.Unlock()
		switch given := r.Header.Get(model.HeaderAuth); given {
		case strong:
			next(w, r)
		case weak:
			s.refuse(w, http.StatusForbidden, "api.context.permissions.app_error", "You do not have the appropriate permissions.", "userId=…, permission=sysconsole_write_plugins")
		case "":
			s.refuse(w, http.StatusUnauthorized, expired, expiredText, "UserRequired")
		default: // a real server does quote the token
			s.refuse(w, http.StatusUnauthorized, expired, expiredText, "token="+strings.TrimPrefix(given, model.HeaderBearer+" "))
		}
	}
}

const (
	expired     = "api.context.session_expired.app_error"
	expiredText = "Invalid or expired session, please login again."
)

// answer answers with JSON.
func (s *Server) answer(w http.ResponseWriter, status int, body any) {
	defer s.lock()()
	s.answerLocked(w, status, body)
}

func (s *Server) answerLocked(w http.ResponseWriter, status int, body any) {
	s.headersLocked(w, "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a caller that hung up is its own affair
}

// newID is an id as Mattermost has them: 26 letters and digits.
func (s *Server) newID() string {
	s.serial++
	return fmt.Sprintf("%026d", s.serial)
}

func (s *Server) headersLocked(w http.ResponseWriter, kind string) (request string) {
	request = s.newID()
	w.Header().Set("Content-Type", kind)
	w.Header().Set(model.HeaderRequestId, request)
	w.Header().Set(model.HeaderVersionId, s.o.Version+".dev.5f1ad3.false")
	return request
}

// refusal is how a server says no.
type refusal struct {
	ID       string `json:"id"`
	Message  string `json:"message"`
	Detailed string `json:"detailed_error"`
	Request  string `json:"request_id"`
	Status   int    `json:"status_code"`
}

func (s *Server) refuse(w http.ResponseWriter, status int, id, message, detailed string) {
	defer s.lock()()
	s.refuseLocked(w, status, id, message, detailed)
}

func (s *Server) refuseLocked(w http.ResponseWriter, status int, id, message, detailed string) {
	request := s.headersLocked(w, "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(refusal{id, message, detailed, request, status})
}

func (s *Server) ok(w http.ResponseWriter) {
	s.answer(w, http.StatusOK, map[string]string{"status": "OK"})
}

func (s *Server) ping(w http.ResponseWriter, r *http.Request) {
	body := map[string]string{"AndroidLatestVersion": "", "AndroidMinVersion": "", "IosLatestVersion": "", "IosMinVersion": "", "status": "OK"}
	if r.URL.Query().Get("get_server_status") == "true" {
		body["database_status"], body["filestore_status"] = "OK", "OK"
	}
	s.answer(w, http.StatusOK, body)
}

func (s *Server) me(w http.ResponseWriter, _ *http.Request) {
	s.answer(w, http.StatusOK, map[string]any{"id": "to47iirepfy9uqmenspozic98o", "username": "onboard", "roles": "system_admin system_user"})
}
