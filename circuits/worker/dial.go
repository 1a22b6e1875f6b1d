package worker

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// Certificates names the files of mutual TLS; all empty means none.
type Certificates struct {
	Authority, Certificate, Key string
}

// Dial prepares a connection to the prover service. Between machines it must be mutual TLS.
func Dial(address string, files Certificates) (*grpc.ClientConn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%q is no address of a prover service; give HOST:PORT, as 127.0.0.1:50061", address)
	}
	if files == (Certificates{}) {
		if !loopback(host) {
			return nil, fmt.Errorf("%s is another machine: give --ca, --certificate and --key, because witnesses and leases must not travel in the clear", host)
		}
		return grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	}
	config, err := files.load()
	if err != nil {
		return nil, err
	}
	return grpc.NewClient(address, grpc.WithTransportCredentials(credentials.NewTLS(config)))
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (c Certificates) load() (*tls.Config, error) {
	authority, err := os.ReadFile(c.Authority)
	if err != nil {
		return nil, fmt.Errorf("the certificate authority (--ca) cannot be read: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", c.Authority)
	}
	own, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
	if err != nil {
		return nil, fmt.Errorf("the worker's certificate (--certificate, --key) cannot be read: %w", err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: roots, Certificates: []tls.Certificate{own}}, nil
}
