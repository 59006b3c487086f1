package texts

import "time"

// Server is what people are told about the server behind a gate.
type Server struct {
	Version string    // that runs there; "" if Onboard put none there
	SHA256  string    // of its bundle
	Since   time.Time // when it was put there
	Trouble string    // why something else that is wanted is not there, in the middle of a sentence; "" if all is well
	Offered string    // sha256 of the bundle that an admin may deploy; "" if none waits for that
	Earlier Bundle    // that an admin may have put back; zero if none is kept
}

// Bundle is one that runs, or ran, on a server.
type Bundle struct {
	Version string `json:"version"`
	SHA256  string `json:"sha256"`
	Commit  string `json:"commit,omitempty"` // that it is said to be made of; "" if that is not known
}

// Server is what is on the server behind the gate that the check run is about; nil if
// Onboard does not deploy there, or there is nothing to say.
func (d runData) Server() *Server {
	s, has := d.View.Servers[d.Standing.Name]
	if !has || s == (Server{}) || d.View.OnPull {
		return nil
	}
	return &s
}
