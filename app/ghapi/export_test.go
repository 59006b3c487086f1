package ghapi

import "github.com/google/go-github/v60/github"

// ClientOf is the client that works as an installation.
func (c *Clients) ClientOf(installation int64) (*github.Client, error) {
	return c.installed(installation)
}
