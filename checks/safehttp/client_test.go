package safehttp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const content = "the file's content"

// serve starts a TLS server on loopback and returns a client that may dial it,
// its names example.com and *.example.com included, and its URL.
func serve(t *testing.T, handler http.HandlerFunc, change func(*Policy)) (*Client, string) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes fail on purpose
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	policy := Policy{
		AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, RootCAs: roots,
		Resolver: names{"builds.example.com": {"127.0.0.1"}, "other.example.com": {"127.0.0.1"}, "private.example.com": {"10.0.0.1"}, "wrong.test": {"127.0.0.1"}},
	}
	if change != nil {
		change(&policy)
	}
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	return New(policy), "https://builds.example.com:" + port
}

// fetch gets the whole file.
func fetch(t *testing.T, c *Client, url string) (string, error) {
	t.Helper()
	response, err := c.Get(t.Context(), url, Condition{})
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func TestWhoeverWatchesIsToldWhatHasCome(t *testing.T) {
	total := 0
	c, url := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, content) }, nil)
	response, err := c.Get(Metered(t.Context(), func(bytes int) { total += bytes }), url, Condition{})
	require.NoError(t, err)
	_, err = io.ReadAll(response.Body)
	require.NoError(t, errors.Join(err, response.Body.Close()))
	assert.Equal(t, len(content), total)
}

func TestAttackALibrarysRequestsAreUnderThePolicyToo(t *testing.T) {
	c, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/private":
			http.Redirect(w, r, "https://private.example.com/", http.StatusFound)
		case "/plain":
			http.Redirect(w, r, "http://builds.example.com/", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/large":
			_, _ = io.WriteString(w, strings.Repeat("x", 100))
		default:
			_, _ = io.Copy(w, r.Body)
		}
	}, func(p *Policy) { p.MaxBytes = 50 })
	post := func(url string) (string, error) {
		answer, err := c.HTTP().Post(url, "text/plain", strings.NewReader("hello"))
		if err != nil {
			return "", err
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		return string(body), err
	}
	echo, err := post(url + "/echo")
	require.NoError(t, err)
	assert.Equal(t, "hello", echo)
	for at, rule := range map[string]string{
		url + "/private": notPublic, url + "/plain": notHTTPS, url + "/loop": redirects, url + "/large": tooLarge,
		"https://private.example.com/": notPublic, "http://builds.example.com/": notHTTPS, "https://127.0.0.2:1/": badPort,
	} {
		_, err := post(at)
		var refused *Error
		if assert.ErrorAs(t, err, &refused, at) {
			assert.Equal(t, rule, refused.Rule, at)
		}
	}
}

// rule is the rule of an error.
func rule(err error) string {
	var refused *Error
	if errors.As(err, &refused) {
		return refused.Rule
	}
	return fmt.Sprint(err)
}

func TestAFileIsFetched(t *testing.T) {
	c, url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		_, _ = io.WriteString(w, content)
	}, nil)
	response, err := c.Get(t.Context(), url+"/x%2By.tar.gz#part", Condition{})
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Equal(t, content, string(body))
	assert.Equal(t, `"1"`, response.ETag)
	assert.Equal(t, "Mon, 02 Jan 2006 15:04:05 GMT", response.LastModified)
	assert.Equal(t, int64(len(content)), response.Length)
	assert.Equal(t, []string{"builds.example.com"}, response.Hosts)
}

func TestAnUnchangedFileCostsOneAnswerWithoutABody(t *testing.T) {
	c, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"1"` && r.Header.Get("If-Modified-Since") == "yesterday" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, content)
	}, nil)
	response, err := c.Get(t.Context(), url, Condition{ETag: `"1"`, LastModified: "yesterday"})
	require.NoError(t, err)
	assert.True(t, response.NotModified)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Empty(t, body)
	require.NoError(t, response.Body.Close())
}

func TestA304ThatNobodyAskedForIsAnError(t *testing.T) {
	c, url := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }, nil)
	_, err := fetch(t, c, url)
	assert.Equal(t, badStatus, rule(err))
}

func TestRedirects(t *testing.T) {
	var base string
	c, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		to := r.URL.Query().Get("to")
		if r.URL.Path == "/count/0" || to == "" && !strings.HasPrefix(r.URL.Path, "/count/") {
			_, _ = io.WriteString(w, content)
			return
		}
		if n, ok := strings.CutPrefix(r.URL.Path, "/count/"); ok {
			to = base + "/count/" + string(rune(n[0]-1))
		}
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}, nil)
	base = url
	port := url[strings.LastIndex(url, ":"):]
	tests := []struct{ name, path, rule string }{
		{"five are followed", "/count/5", ""},
		{"six are too many", "/count/6", redirects},
		{"to another host", "/?to=https://other.example.com" + port + "/", ""},
		{"to a path", "/?to=/x", ""},
		{"from https to http", "/?to=http://other.example.com" + port + "/", notHTTPS},
		{"to a private name", "/?to=https://private.example.com/", notPublic},
		{"to metadata", "/?to=https://169.254.169.254/latest", notPublic},
		{"to localhost", "/?to=https://localhost/", notPublic},
		{"to a file", "/?to=file:///etc/passwd", notHTTPS},
		{"with a user", "/?to=https://user:pass@other.example.com/", credentials},
		{"to a decimal address", "/?to=https://2130706433/", badHost},
		{"to a port for mail", "/?to=https://other.example.com:25/", badPort},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body, err := fetch(t, c, url+test.path)
			if test.rule == "" {
				require.NoError(t, err)
				assert.Equal(t, content, body)
				return
			}
			assert.Equal(t, test.rule, rule(err))
		})
	}
}

func TestAttackNothingOfOneRequestGoesToTheNext(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	var mu sync.Mutex
	var seen []http.Header
	c, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r.Header.Clone())
		mu.Unlock()
		if r.URL.Path == "/" {
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
			http.Redirect(w, r, "/next", http.StatusTemporaryRedirect)
			return
		}
		_, _ = io.WriteString(w, content)
	}, nil)
	_, err := fetch(t, c, url+"/")
	require.NoError(t, err)
	require.Len(t, seen, 2)
	for _, header := range seen {
		for name := range header {
			assert.Contains(t, []string{"User-Agent", "Accept", "Connection"}, name)
		}
	}
}

func TestAttackPlainHTTPOnlyWhereTheConfigurationSaysSo(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, content) }))
	t.Cleanup(server.Close)
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	_, err := fetch(t, New(Policy{AllowCIDRs: loopback}), server.URL)
	assert.Equal(t, notHTTPS, rule(err))
	body, err := fetch(t, New(Policy{AllowCIDRs: loopback, AllowHTTP: true}), server.URL)
	require.NoError(t, err)
	assert.Equal(t, content, body)
	_, err = fetch(t, New(Policy{AllowHTTP: true}), server.URL)
	assert.Equal(t, notPublic, rule(err))
}

func TestFaultsOfServersHaveNames(t *testing.T) {
	wait := func(r *http.Request) { <-r.Context().Done() }
	tests := []struct {
		name    string
		handler http.HandlerFunc
		change  func(*Policy)
		rule    string
	}{
		{"404", http.NotFound, nil, badStatus},
		{"500", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, nil, badStatus},
		{"429", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }, nil, badStatus},
		{"206", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusPartialContent) }, nil, badStatus},
		{"204", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, nil, badStatus},
		{"a redirect to nowhere", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusFound) }, nil, redirects},
		{"hanging up at once", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, nil, unreachable},
		{"no headers in time", func(_ http.ResponseWriter, r *http.Request) { wait(r) }, func(p *Policy) { p.HeaderTimeout = 50 * time.Millisecond }, tooSlow},
		{"a long chain in too long a time", func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(40 * time.Millisecond):
			}
			http.Redirect(w, r, "/", http.StatusFound)
		}, func(p *Policy) { p.HeaderTimeout = 100 * time.Millisecond }, tooSlow},
		{"huge headers", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 100<<10)) }, nil, badHeaders},
		{"many headers", func(w http.ResponseWriter, _ *http.Request) {
			for i := range 5000 {
				w.Header().Set(fmt.Sprintf("X-%d", i), "a value of some length")
			}
		}, nil, badHeaders},
		{"a large file that says so", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "2000000") }, func(p *Policy) { p.MaxBytes = 1 << 20 }, tooLarge},
		{"a large file that does not say so", func(w http.ResponseWriter, _ *http.Request) {
			for range 40 {
				_, _ = io.WriteString(w, strings.Repeat("x", 64<<10))
			}
		}, func(p *Policy) { p.MaxBytes = 1 << 20 }, tooLarge},
		{"half a body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, content)
		}, nil, cutOff},
		{"half a body in chunks", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, content)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, nil, cutOff},
		{"a body that stops", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, content)
			w.(http.Flusher).Flush()
			wait(r)
		}, func(p *Policy) { p.RateWindow = 50 * time.Millisecond }, tooSlow},
		{"a body that drips", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "x")
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
				case <-time.After(5 * time.Millisecond):
				}
			}
		}, func(p *Policy) { p.RateWindow = 100 * time.Millisecond }, tooSlow},
		{"a body that never ends", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, strings.Repeat("x", 4<<10))
			}
		}, func(p *Policy) { p.TotalTimeout = 100 * time.Millisecond; p.MaxBytes = 1 << 40 }, tooSlow},
		{"a certificate that nobody knows", http.NotFound, func(p *Policy) { p.RootCAs = x509.NewCertPool() }, badTLS},
		{"a name that cannot be looked up", http.NotFound, func(p *Policy) { p.Resolver = names{"builds.example.com": {"broken"}} }, lookup},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, url := serve(t, test.handler, test.change)
			_, err := fetch(t, c, url)
			require.Error(t, err)
			assert.Equal(t, test.rule, rule(err))
			assert.NotContains(t, err.Error(), "127.0.0.1")
		})
	}
}

func TestFaultsOfConnectionsHaveNames(t *testing.T) {
	tests := []struct {
		name   string
		accept func(net.Conn)
		rule   string
	}{
		{"a reset", func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 1))
			_ = conn.(*net.TCPConn).SetLinger(0)
		}, unreachable},
		{"no TLS", func(conn net.Conn) {
			_, _ = io.WriteString(conn, "220 mail.example.com ESMTP\r\n")
			_, _ = io.Copy(io.Discard, conn)
		}, badTLS},
		{"TLS that is too old", func(conn net.Conn) {
			_ = tls.Server(conn, &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}).Handshake()
		}, badTLS},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			t.Cleanup(func() { _ = listener.Close() })
			go func() {
				if conn, err := listener.Accept(); err == nil {
					test.accept(conn)
					_ = conn.Close()
				}
			}()
			c := New(Policy{AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
			_, err = fetch(t, c, "https://"+listener.Addr().String()+"/")
			assert.Equal(t, test.rule, rule(err), "%v", errors.Unwrap(err))
		})
	}
	t.Run("refused", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, listener.Close())
		c := New(Policy{AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
		_, err = fetch(t, c, "https://"+listener.Addr().String()+"/")
		assert.Equal(t, unreachable, rule(err))
	})
	t.Run("a certificate for another name", func(t *testing.T) {
		c, url := serve(t, http.NotFound, nil)
		_, err := fetch(t, c, strings.Replace(url, "builds.example.com", "wrong.test", 1))
		assert.Equal(t, badTLS, rule(err))
		assert.ErrorContains(t, err, "another name")
	})
}

func TestACallerThatGivesUpIsNoFaultOfTheServer(t *testing.T) {
	c, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, content)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	response, err := c.Get(ctx, url, Condition{})
	require.NoError(t, err)
	defer response.Body.Close()
	cancel()
	_, err = io.ReadAll(response.Body)
	require.ErrorIs(t, err, context.Canceled)
	_, err = c.Get(ctx, url, Condition{})
	require.ErrorIs(t, err, context.Canceled)
	var refused *Error
	assert.NotErrorAs(t, err, &refused)
}
