package ghapi

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v60/github"
)

// reader returns a client that acts as an installation with the least that is
// needed (S20): to read members, or nothing but what everybody sees. It follows
// no redirect: what was asked for by name is wanted under that name.
func (c *Clients) reader(id int64, why purpose) (*github.Client, error) {
	return c.client(id, why, func(i *installation) (*github.Client, error) {
		config := c.config()
		transport, err := ghinstallation.New(closeRefusedTokens(c.transport()), config.App.IntegrationID, id, []byte(config.App.PrivateKey))
		if err != nil {
			return nil, err //nolint:wrapcheck // client does
		}
		transport.BaseURL = strings.TrimSuffix(config.V3APIURL, "/")
		base, err := url.Parse(transport.BaseURL + "/")
		if err != nil {
			return nil, err //nolint:wrapcheck // client does
		}
		least := &github.InstallationPermissions{Metadata: github.String("read")}
		if why == toReadMembers {
			least = &github.InstallationPermissions{Members: github.String("read")}
		}
		transport.InstallationTokenOptions = &github.InstallationTokenOptions{Permissions: least}
		client := github.NewClient(&http.Client{
			Transport: c.retries()(i.limits.obey(c)(transport)), Timeout: callTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		})
		client.BaseURL, client.UserAgent = base, c.options.UserAgent
		return client, nil
	})
}

// maxRefusal bounds what is read of why there is no token, in bytes.
const maxRefusal = 4 << 10

// closeRefusedTokens ends the answers that mint no token, and keeps what they say:
// ghinstallation leaves them open, and reads nothing of them.
func closeRefusedTokens(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		if err == nil && response.StatusCode/100 != 2 && strings.HasSuffix(r.URL.Path, "/access_tokens") {
			said, _ := io.ReadAll(io.LimitReader(response.Body, maxRefusal)) // what is cut off says nothing
			_ = response.Body.Close()
			response.Body = noToken{http.NoBody, string(said)}
		}
		return response, err
	})
}

// noToken is the body of an answer that minted no token, as it was read.
type noToken struct {
	io.ReadCloser
	said string
}
