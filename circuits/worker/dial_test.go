package worker

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
)

func TestDial_RefusesTheClearBetweenMachinesAndBadAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"prover.example:50061": "another machine", "10.0.0.1:50061": "another machine", "127.0.0.1": "HOST:PORT",
	} {
		if _, err := Dial(address, Certificates{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestDial_MutualTLSReachesTheService(t *testing.T) {
	files, pair, pool := selfSigned(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(config)))
	zkclearv1.RegisterProverServiceServer(server, newService())
	go func() { _ = server.Serve(listener) }() // ends with Stop below
	t.Cleanup(server.Stop)
	for _, c := range []struct {
		files Certificates
		ok    bool
	}{{files, true}, {Certificates{}, false}} {
		connection, err := Dial(listener.Addr().String(), c.files)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		_, err = zkclearv1.NewProverServiceClient(connection).RegisterWorker(ctx, &zkclearv1.RegisterWorkerRequest{Name: "test"})
		cancel()
		if (err == nil) != c.ok {
			t.Errorf("certificates %v: %v", c.files, err)
		}
		if err := connection.Close(); err != nil {
			t.Error(err)
		}
	}
}

// selfSigned makes one certificate that is authority, server and client at once.
func selfSigned(t *testing.T) (Certificates, tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.ParseIP("127.0.0.1")},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	pair, err := tls.X509KeyPair(certificate, private)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certificate)
	dir := t.TempDir()
	files := Certificates{Authority: filepath.Join(dir, "ca.pem"), Certificate: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	for path, content := range map[string][]byte{files.Authority: certificate, files.Certificate: certificate, files.Key: private} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files, pair, pool
}
