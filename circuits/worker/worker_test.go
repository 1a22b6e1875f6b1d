package worker

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
	"github.com/zkclear/zkclear/circuits/proving"
)

// service is a prover service with one job, whose misbehaviour a test chooses.
type service struct {
	zkclearv1.UnimplementedProverServiceServer
	register  func(attempt int) error
	renew     error
	witness   []byte
	announced [32]byte

	mutex    sync.Mutex
	attempts int
	leased   bool
	submit   chan *zkclearv1.SubmitProofRequest
	failed   chan *zkclearv1.FailJobRequest
	renewed  chan struct{}
}

func newService() *service {
	witness := []byte(strings.Repeat("w", 3000))
	return &service{
		register: func(int) error { return nil }, witness: witness, announced: sha256.Sum256(witness),
		submit: make(chan *zkclearv1.SubmitProofRequest, 1), failed: make(chan *zkclearv1.FailJobRequest, 1),
		renewed: make(chan struct{}, 100),
	}
}

func (s *service) RegisterWorker(context.Context, *zkclearv1.RegisterWorkerRequest) (*zkclearv1.RegisterWorkerResponse, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.attempts++
	return &zkclearv1.RegisterWorkerResponse{WorkerId: "w1", LeaseS: 1}, s.register(s.attempts)
}

func (s *service) LeaseJob(ctx context.Context, _ *zkclearv1.LeaseJobRequest) (*zkclearv1.LeaseJobResponse, error) {
	s.mutex.Lock()
	first := !s.leased
	s.leased = true
	s.mutex.Unlock()
	if first {
		return &zkclearv1.LeaseJobResponse{JobId: "j1", Batch: 7, Shape: "standin"}, nil
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

func (s *service) RenewLease(context.Context, *zkclearv1.RenewLeaseRequest) (*zkclearv1.RenewLeaseResponse, error) {
	s.renewed <- struct{}{}
	return &zkclearv1.RenewLeaseResponse{}, s.renew
}

func (s *service) FetchWitness(_ *zkclearv1.FetchWitnessRequest, stream zkclearv1.ProverService_FetchWitnessServer) error {
	const piece = 1024
	for rest := s.witness; len(rest) > 0; {
		size := min(piece, len(rest))
		out := &zkclearv1.FetchWitnessResponse{Chunk: rest[:size]}
		if rest = rest[size:]; len(rest) == 0 {
			out.Sha256 = s.announced[:]
		}
		if err := stream.Send(out); err != nil {
			return err
		}
	}
	return nil
}

func (s *service) SubmitProof(_ context.Context, in *zkclearv1.SubmitProofRequest) (*zkclearv1.SubmitProofResponse, error) {
	s.submit <- in
	return &zkclearv1.SubmitProofResponse{}, nil
}

func (s *service) FailJob(_ context.Context, in *zkclearv1.FailJobRequest) (*zkclearv1.FailJobResponse, error) {
	s.failed <- in
	return &zkclearv1.FailJobResponse{}, nil
}

// proverFunc is a prover made of one function.
type proverFunc func(witness []byte) (*proving.Proof, error)

func (f proverFunc) Shapes() []*zkclearv1.WorkerShape {
	return []*zkclearv1.WorkerShape{{Shape: "standin", ConstraintSystemHash: make([]byte, 32)}}
}

func (f proverFunc) Prove(_ string, witness []byte) (*proving.Proof, time.Duration, error) {
	proof, err := f(witness)
	return proof, time.Millisecond, err
}

func good([]byte) (*proving.Proof, error) { return &proving.Proof{Shape: "standin"}, nil }

// run starts the service and a worker; stop ends the worker and gives what it returned.
func run(t *testing.T, s *service, prover proverFunc) (stop func() error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	zkclearv1.RegisterProverServiceServer(server, s)
	go func() { _ = server.Serve(listener) }() // ends with Stop below
	t.Cleanup(server.Stop)
	connection, err := Dial(listener.Addr().String(), Certificates{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := connection.Close(); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	ended := make(chan error, 1)
	worker := &Worker{
		Name: "test", Client: zkclearv1.NewProverServiceClient(connection), Prover: prover,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	go func() { ended <- worker.Run(ctx) }()
	return func() error {
		cancel()
		return receive(t, ended)
	}
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came within 20 s")
		panic("unreachable")
	}
}

func TestRun_ProvesWhatItLeasedAndStopsCleanly(t *testing.T) {
	s := newService()
	stop := run(t, s, func(witness []byte) (*proving.Proof, error) {
		if len(witness) != 3000 {
			return nil, errors.New("wrong witness")
		}
		return good(witness)
	})
	if in := receive(t, s.submit); in.JobId != "j1" || in.Proof.Shape != "standin" || len(in.Proof.Proof) != proving.ProofSize {
		t.Fatalf("submitted %v", in)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

func TestRun_TellsTheServiceWhyAJobFailed(t *testing.T) {
	for name, c := range map[string]struct {
		prover proverFunc
		change func(*service)
	}{
		"no proof exists":  {func([]byte) (*proving.Proof, error) { return nil, errors.New("no proof exists") }, func(*service) {}},
		"panicked: broken": {func([]byte) (*proving.Proof, error) { panic("broken") }, func(*service) {}},
		"arrived damaged":  {good, func(s *service) { s.announced[0] ^= 1 }},
		"is larger than": {good, func(s *service) {
			s.witness = make([]byte, proving.MaxWitness+1)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService()
			c.change(s)
			stop := run(t, s, c.prover)
			if in := receive(t, s.failed); !strings.Contains(in.Reason, name) {
				t.Fatalf("reason %q", in.Reason)
			}
			if err := stop(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestRun_RenewsWhileProvingAndDropsTheResultOfALostLease(t *testing.T) {
	s := newService()
	s.renew = status.Error(codes.Aborted, "LEASE_LOST")
	release := make(chan struct{})
	stop := run(t, s, func(witness []byte) (*proving.Proof, error) {
		<-release
		return good(witness)
	})
	receive(t, s.renewed)
	time.Sleep(100 * time.Millisecond) // the answer travels back before the proof is ready
	close(release)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if len(s.submit) != 0 {
		t.Fatal("the result of a lost lease was submitted")
	}
}

func TestRun_GivesTheJobBackWhenItIsStopped(t *testing.T) {
	s := newService()
	started, never := make(chan struct{}), make(chan struct{})
	stop := run(t, s, func([]byte) (*proving.Proof, error) {
		close(started)
		<-never
		return nil, nil
	})
	receive(t, started)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if in := receive(t, s.failed); !strings.Contains(in.Reason, "stopping") {
		t.Fatalf("reason %q", in.Reason)
	}
}

func TestRun_RegistersAgainAfterAFailureOfTheService(t *testing.T) {
	s := newService()
	s.register = func(attempt int) error {
		if attempt == 1 {
			return status.Error(codes.Unavailable, "starting")
		}
		return nil
	}
	stop := run(t, s, good)
	receive(t, s.submit)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

func TestRun_EndsWhenItsCircuitIsRefused(t *testing.T) {
	s := newService()
	s.register = func(int) error { return status.Error(codes.InvalidArgument, "WRONG_CIRCUIT") }
	stop := run(t, s, good)
	time.Sleep(200 * time.Millisecond) // it ends by itself, before it is stopped
	if err := stop(); err == nil || !strings.Contains(err.Error(), "WRONG_CIRCUIT") {
		t.Fatalf("got %v", err)
	}
}
