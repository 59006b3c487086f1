package clone

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/http"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/onboard-app/onboard/checks/internal/rootfs"
	"github.com/onboard-app/onboard/checks/safehttp"
)

// MaxPack is the largest repository that is downloaded, packed as git sends it,
// in bytes. The client that is given to Open is to enforce it, by its MaxBytes.
const MaxPack = 64 << 20

// fetch puts all objects that HEAD of a repository has into a new git directory
// in an empty folder. Only the client dials: its policy bounds addresses, bytes
// and time.
func fetch(ctx context.Context, client *safehttp.Client, url, dir string) (err error) {
	defer rootfs.Recovered(&err)
	endpoint, err := transport.NewEndpoint(url)
	if err != nil {
		return fmt.Errorf("read the URL: %w", err)
	}
	session, err := http.NewClient(client.HTTP()).NewUploadPackSession(endpoint, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	offer, err := session.AdvertisedReferencesContext(ctx)
	if errors.Is(err, transport.ErrAuthenticationRequired) || errors.Is(err, transport.ErrRepositoryNotFound) {
		return errors.New("there is no public repository of this name")
	}
	if err != nil {
		return fmt.Errorf("ask for its branches: %w", err)
	}
	if offer.Head == nil {
		return errors.New("it has no default branch")
	}
	request := packp.NewUploadPackRequestFromCapabilities(offer.Capabilities)
	request.Wants = []plumbing.Hash{*offer.Head}
	if offer.Capabilities.Supports(capability.NoProgress) {
		if err := request.Capabilities.Set(capability.NoProgress); err != nil {
			return fmt.Errorf("ask for its commits: %w", err)
		}
	}
	answer, err := session.UploadPack(ctx, request)
	if err != nil {
		return fmt.Errorf("ask for its commits: %w", err)
	}
	defer func() { err = errors.Join(err, answer.Close()) }()
	storage := filesystem.NewStorage(osfs.New(dir, osfs.WithBoundOS()), cache.NewObjectLRUDefault())
	if err := packfile.UpdateObjectStorage(storage, unwrapped(request.Capabilities, answer)); err != nil {
		return fmt.Errorf("store its commits: %w", err)
	}
	if err := storage.SetReference(plumbing.NewHashReference(plumbing.HEAD, *offer.Head)); err != nil {
		return fmt.Errorf("store its default branch: %w", err)
	}
	return nil
}

// unwrapped takes the pack out of the channel that was agreed on.
func unwrapped(agreed *capability.List, answer io.Reader) io.Reader {
	switch {
	case agreed.Supports(capability.Sideband64k):
		return sideband.NewDemuxer(sideband.Sideband64k, answer)
	case agreed.Supports(capability.Sideband):
		return sideband.NewDemuxer(sideband.Sideband, answer)
	default:
		return answer
	}
}
