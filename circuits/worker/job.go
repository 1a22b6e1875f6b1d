package worker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
	"github.com/zkclear/zkclear/circuits/proving"
)

// outcome is what proving in the background ends with.
type outcome struct {
	proof *proving.Proof
	took  time.Duration
	err   error
}

// prove fetches the witness and proves it while the lease is renewed.
//
// gnark cannot be interrupted: when ctx ends the job is given back at once and the process goes down
// with its prover; when the lease is lost the worker waits for the prover, because a second one
// beside it would take the memory twice.
func (w *Worker) prove(ctx context.Context, a *assignment) (*proving.Proof, time.Duration, error) {
	renewing, stop := context.WithCancel(ctx)
	defer stop()
	lost := make(chan struct{})
	go w.renew(renewing, a, lost)
	witness, err := w.fetch(ctx, a)
	if err != nil {
		return nil, 0, err
	}
	done := make(chan outcome, 1)
	go func() { done <- w.proveSafely(a.job.Shape, witness) }()
	select {
	case <-ctx.Done():
		return nil, 0, errStopping
	case result := <-done:
		select {
		case <-lost:
			return nil, 0, errLeaseLost
		default:
			return result.proof, result.took, result.err
		}
	}
}

// proveSafely turns a panic into the job's failure: a malformed witness must not stop the worker.
func (w *Worker) proveSafely(shape string, witness []byte) (result outcome) {
	defer func() {
		if cause := recover(); cause != nil {
			result = outcome{err: fmt.Errorf("the prover panicked: %v", cause)}
		}
	}()
	proof, took, err := w.Prover.Prove(shape, witness)
	return outcome{proof: proof, took: took, err: err}
}

// renew keeps the lease, three times in its length, and closes lost when the service says that it is gone.
// Other failures are left to the next turn and to the submission.
func (w *Worker) renew(ctx context.Context, a *assignment, lost chan<- struct{}) {
	ticker := time.NewTicker(a.lease / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		call, cancel := context.WithTimeout(ctx, callTimeout)
		_, err := w.Client.RenewLease(call, &zkclearv1.RenewLeaseRequest{WorkerId: a.worker, JobId: a.job.JobId})
		cancel()
		switch status.Code(err) {
		case codes.OK:
		case codes.Aborted, codes.NotFound:
			close(lost)
			return
		default:
			w.Log.Warn("lease not renewed", "job", a.job.JobId, "error", status.Convert(err).Message())
		}
	}
}

// fetch reads the witness, never more than MaxWitness, and checks its sha256.
func (w *Worker) fetch(ctx context.Context, a *assignment) ([]byte, error) {
	call, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	stream, err := w.Client.FetchWitness(call, &zkclearv1.FetchWitnessRequest{WorkerId: a.worker, JobId: a.job.JobId})
	if err != nil {
		return nil, fmt.Errorf("the witness could not be fetched: %w", err)
	}
	var witness bytes.Buffer
	var digest []byte
	for {
		piece, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("the witness could not be fetched: %w", err)
		}
		if witness.Len()+len(piece.Chunk) > proving.MaxWitness {
			return nil, fmt.Errorf("the witness is larger than %d bytes, which no shape needs", proving.MaxWitness)
		}
		witness.Write(piece.Chunk)
		digest = piece.Sha256
	}
	if got := sha256.Sum256(witness.Bytes()); !bytes.Equal(got[:], digest) {
		return nil, fmt.Errorf("the witness arrived damaged: its sha256 is %x, the service announced %x", got, digest)
	}
	return witness.Bytes(), nil
}
