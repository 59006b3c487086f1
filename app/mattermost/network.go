package mattermost

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"syscall"
)

// whyNot says in our own words why there was no answer: the texts of others name
// addresses of the own network, and URLs.
func whyNot(err error) error {
	var (
		lookup      *net.DNSError
		certificate *tls.CertificateVerificationError
		timeout     net.Error
	)
	switch {
	case errors.Is(err, errSenseless):
		return errSenseless
	case errors.As(err, &lookup):
		return errors.New("its host is not known")
	case errors.As(err, &certificate):
		return errors.New("its certificate is not trusted")
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("nothing listens there")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return errors.New("it does not answer in time")
	}
	return errors.New("the connection broke")
}
