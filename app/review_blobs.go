package app

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/checkout"
	"github.com/onboard-app/onboard/checks/safehttp"
	"github.com/onboard-app/onboard/checks/template"
)

// Bounds of one blob of the template in GitHub's answer (S17).
const (
	maxBlobAnswer = 1 << 20 // bytes: a file of template.MaxBytes in base64, and some
	blobTimeout   = 30 * time.Second
)

// blobSource is where the template's texts come from.
type blobSource interface {
	Blob(ctx context.Context, file checks.File) ([]byte, error)
	Close() error
}

// templateBlobs reads from a clone of the template, or from GitHub if there is none.
func templateBlobs(config Config, repository, clone string) (blobSource, error) {
	if clone != "" {
		git, err := checkout.Open(clone)
		if err != nil {
			return nil, fmt.Errorf("read the template given by --template: %w", err)
		}
		return cloneBlobs{git, clone}, nil
	}
	api, err := url.Parse(config.GitHub.V3APIURL)
	if err != nil {
		return nil, fmt.Errorf("read the address of GitHub's API: %w", err)
	}
	return apiBlobs{
		api: strings.TrimRight(config.GitHub.V3APIURL, "/") + "/repos/" + repository + "/git/blobs/", repository: repository,
		client: safehttp.New(safehttp.Policy{
			// the configuration names this host, so it may be on a private network
			AllowHosts: []string{strings.ToLower(api.Hostname())}, AllowHTTP: api.Scheme == "http",
			MaxBytes: maxBlobAnswer, HeaderTimeout: blobTimeout, TotalTimeout: blobTimeout, UserAgent: "onboard/" + version(),
		}),
	}, nil
}

// cloneBlobs reads from a local clone.
type cloneBlobs struct {
	git *checkout.Checkout
	dir string
}

func (c cloneBlobs) Blob(_ context.Context, file checks.File) ([]byte, error) {
	content, err := c.git.Blob(file.SHA, template.MaxBytes)
	if errors.Is(err, checkout.ErrAbsent) {
		return nil, fmt.Errorf("the template in %q lacks a version of %s that the plugin was made from: bring the clone up to date (git pull, and git fetch --unshallow if it is shallow)", c.dir, file.Path)
	}
	return content, err
}

func (c cloneBlobs) Close() error { return c.git.Close() }

// apiBlobs reads from GitHub's API, without signing in.
type apiBlobs struct {
	api        string // up to the SHA
	repository string
	client     *safehttp.Client
}

func (a apiBlobs) Blob(ctx context.Context, file checks.File) ([]byte, error) {
	content, err := a.get(ctx, file.SHA)
	if err == nil && checks.BlobSHA(content) != file.SHA {
		err = errors.New("the answer is another file than was asked for")
	}
	if err != nil {
		return nil, fmt.Errorf("fetch %s of the starter template from %s: %w\n  without GitHub (it also limits how much is asked for), clone %s and name the clone with --template DIR",
			file.Path, a.api+file.SHA, err, a.repository)
	}
	return content, nil
}

func (a apiBlobs) get(ctx context.Context, sha string) ([]byte, error) {
	answer, err := a.client.Get(ctx, a.api+sha, safehttp.Condition{})
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return nil, err
	}
	var blob struct {
		Content  string `json:"content"`
		Encoding string `json:"encoding"`
	}
	if err := json.Unmarshal(body, &blob); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if blob.Encoding != "base64" {
		return nil, fmt.Errorf("read the answer: the encoding is %q, not base64", blob.Encoding)
	}
	// JSON holds the content in base64, broken into lines
	return base64.StdEncoding.DecodeString(strings.ReplaceAll(blob.Content, "\n", ""))
}

func (a apiBlobs) Close() error { return nil }
