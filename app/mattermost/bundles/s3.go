package bundles

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3Options say which bucket it is, of which S3-compatible store.
type S3Options struct {
	URL       string // of the store
	Region    string // "" for the store's own
	Bucket    string
	Prefix    string // of the bundles' names; "" for none
	AccessKey string
	SecretKey func() string // asked for each request: it may change
}

// S3 is a bucket in which bundles are kept beside a folder, so that several machines
// have the same ones, and a new machine has them, too. What comes from it is checked
// like what comes from anywhere else.
type S3 struct {
	client *minio.Client
	bucket string
	prefix string
}

// s3Patience bounds one request's wait for an answer, and s3Tries how often one is sent.
const (
	s3Patience = 30 * time.Second
	s3Tries    = 3
)

// NewS3 makes a client; nothing is asked of the store yet.
func NewS3(o S3Options) (*S3, error) {
	store, err := url.Parse(o.URL)
	if err != nil {
		return nil, fmt.Errorf("use the store of bundles: %w", err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = s3Patience
	client, err := minio.New(store.Host, &minio.Options{
		Creds: credentials.New(&keys{o.AccessKey, o.SecretKey}), Secure: store.Scheme == "https", Region: o.Region, Transport: transport, MaxRetries: s3Tries,
	})
	if err != nil {
		return nil, fmt.Errorf("use the store of bundles: %w", err)
	}
	return &S3{client: client, bucket: o.Bucket, prefix: o.Prefix}, nil
}

// keys are the credentials, which are read anew for each request.
type keys struct {
	access string
	secret func() string
}

// RetrieveWithCredContext implements [credentials.Provider].
func (k *keys) RetrieveWithCredContext(*credentials.CredContext) (credentials.Value, error) {
	return credentials.Value{AccessKeyID: k.access, SecretAccessKey: k.secret(), SignerType: credentials.SignatureV4}, nil
}

// Retrieve implements [credentials.Provider].
func (k *keys) Retrieve() (credentials.Value, error) { return k.RetrieveWithCredContext(nil) }

// IsExpired implements [credentials.Provider].
func (k *keys) IsExpired() bool { return true }

func (s *S3) key(sha256 string) string { return path.Join(s.prefix, sha256+suffix) }

// isMissing tells that there is no such object.
func isMissing(err error) bool { return minio.ToErrorResponse(err).Code == minio.NoSuchKey }

func (s *S3) has(ctx context.Context, sha256 string) (bool, error) {
	_, err := s.client.StatObject(ctx, s.bucket, s.key(sha256), minio.StatObjectOptions{})
	if isMissing(err) {
		return false, nil
	}
	return err == nil, err
}

// get returns the content of a bundle; [fs.ErrNotExist] if there is none.
func (s *S3) get(ctx context.Context, sha256 string) (io.ReadCloser, error) {
	object, err := s.client.GetObject(ctx, s.bucket, s.key(sha256), minio.GetObjectOptions{})
	if err == nil {
		_, err = object.Stat() // only now it is asked for
	}
	if isMissing(err) {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, err
	}
	return object, nil
}

func (s *S3) put(ctx context.Context, sha256 string, content io.Reader, size int64) error {
	// In one request, so that a bundle is there whole or not at all.
	options := minio.PutObjectOptions{ContentType: "application/gzip", DisableMultipart: true}
	_, err := s.client.PutObject(ctx, s.bucket, s.key(sha256), content, size, options)
	return err
}

func (s *S3) remove(ctx context.Context, sha256 string) error {
	return s.client.RemoveObject(ctx, s.bucket, s.key(sha256), minio.RemoveObjectOptions{})
}

// list returns the bundles in the bucket, and leaves out what is none.
func (s *S3) list(ctx context.Context) (list []kept, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // the listing ends with it
	prefix := s.prefix
	if prefix != "" {
		prefix = strings.TrimSuffix(prefix, "/") + "/"
	}
	for object := range s.client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix}) {
		if object.Err != nil {
			return nil, object.Err
		}
		if sha256, is := strings.CutSuffix(strings.TrimPrefix(object.Key, prefix), suffix); is && digest.MatchString(sha256) {
			list = append(list, kept{sha256: sha256, size: object.Size, at: object.LastModified})
		}
	}
	return list, nil
}

// clean deletes what nobody needs, and brings what the folder has of what is needed.
func (s *S3) clean(ctx context.Context, f Folder, needed map[string]bool, before time.Time) (deleted int, err error) {
	list, err := s.list(ctx)
	if err != nil {
		return 0, &StoreError{fmt.Errorf("list it: %w", err)}
	}
	there := map[string]bool{}
	for _, b := range list {
		if there[b.sha256] = true; needed[b.sha256] || !b.at.Before(before) {
			continue
		}
		if err := s.remove(ctx, b.sha256); err != nil {
			return deleted, &StoreError{fmt.Errorf("delete the bundle %.12s…: %w", b.sha256, err)}
		}
		deleted++
	}
	for sha256 := range needed {
		if there[sha256] {
			continue
		}
		if err := f.share(ctx, sha256); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return deleted, err
		}
	}
	return deleted, nil
}
