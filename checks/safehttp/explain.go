package safehttp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
)

// explain makes an *Error of what went wrong with a request. If the caller gave
// up, it returns the context's error instead: that is nobody's fault.
func (c *Client) explain(ctx context.Context, u *url.URL, err error) error {
	var known *Error
	if cause := context.Cause(ctx); errors.As(cause, &known) || errors.As(err, &known) {
		return known
	} else if cause != nil {
		return fmt.Errorf("fetch from %s: %w", u.Hostname(), cause)
	}
	if message, ok := tlsProblem(err); ok {
		return failed(badTLS, fmt.Sprintf("The server %s %s.", u.Hostname(), message), err)
	}
	var wait net.Error
	switch {
	case strings.Contains(err.Error(), "server response headers exceeded"): // net/http has no type for it
		return refuse(badHeaders, "The server's answer has more headers than we read.")
	case errors.As(err, &wait) && wait.Timeout():
		return failed(unreachable, fmt.Sprintf("The server %s did not answer in time.", u.Hostname()), err)
	case strings.Contains(err.Error(), "malformed"):
		return failed(unreachable, fmt.Sprintf("The server %s does not speak HTTP.", u.Hostname()), err)
	default:
		return failed(unreachable, fmt.Sprintf("The server %s could not be reached, or hung up.", u.Hostname()), err)
	}
}

// tlsProblem says what is wrong with the server's TLS, if that is the cause.
func tlsProblem(err error) (string, bool) {
	var (
		invalid  x509.CertificateInvalidError
		name     x509.HostnameError
		unknown  x509.UnknownAuthorityError
		verify   *tls.CertificateVerificationError
		record   tls.RecordHeaderError
		alert    tls.AlertError
		protocol = strings.Contains(err.Error(), "tls: ") // for its errors without a type
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "has a certificate that has expired or is not valid yet", true
	case errors.As(err, &name):
		return "has a certificate for another name", true
	case errors.As(err, &unknown):
		return "has a certificate from somebody whom browsers do not trust", true
	case errors.As(err, &verify):
		return "has a certificate that is not valid", true
	case errors.As(err, &record):
		return "does not speak TLS", true
	case errors.As(err, &alert), protocol:
		return "did not agree on a TLS connection", true
	}
	return "", false
}

// bodyProblem makes an *Error of what went wrong while a body was read.
func (b *body) problem(err error) error {
	var known *Error
	if cause := context.Cause(b.ctx); errors.As(cause, &known) || errors.As(err, &known) {
		return known
	} else if cause != nil {
		return fmt.Errorf("read the file from %s: %w", b.host, cause)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return failed(cutOff, "The server stopped before the end of the file.", err)
	}
	return failed(cutOff, "The connection broke before the end of the file.", err)
}
