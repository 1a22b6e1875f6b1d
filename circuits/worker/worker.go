// Package worker leases jobs from the prover service and brings proofs.
//
// A worker connects out, holds one job at a time, and renews its lease while it proves. Whatever
// goes wrong with a job is told to the service in one sentence; whatever goes wrong with the
// connection is answered by registering again, with growing pauses.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
	"github.com/zkclear/zkclear/circuits/proving"
)

// Deadlines of the calls, and the pauses between attempts to connect.
const (
	callTimeout  = 10 * time.Second
	leaseTimeout = 45 * time.Second // the service itself waits up to 30 s for a job
	fetchTimeout = 60 * time.Second
	firstPause   = 500 * time.Millisecond
	longestPause = 30 * time.Second
)

// Prover makes proofs for the shapes that it has keys for.
type Prover interface {
	// Shapes lists what it can prove, each with the hash of its constraint system.
	Shapes() []*zkclearv1.WorkerShape
	// Prove turns a serialised witness into a proof, and says how long that took.
	Prove(shape string, witness []byte) (*proving.Proof, time.Duration, error)
}

// Worker is one connection's worth of proving.
type Worker struct {
	Name   string
	Client zkclearv1.ProverServiceClient
	Prover Prover
	Log    *slog.Logger
}

// errLeaseLost says that another worker may hold the job by now.
var errLeaseLost = errors.New("the lease was lost")

// errStopping says that this worker was asked to stop while it proved.
var errStopping = errors.New("the worker is stopping")

// Run works until ctx ends, which is no error. It returns an error only for what trying again cannot cure.
func (w *Worker) Run(ctx context.Context) error {
	pause := firstPause
	for ctx.Err() == nil {
		registered, err := w.session(ctx)
		if ctx.Err() != nil {
			break
		}
		if permanent(err) {
			return fmt.Errorf("the prover service refused this worker: %s", status.Convert(err).Message())
		}
		if registered {
			pause = firstPause
		}
		w.Log.Warn("lost the prover service, trying again", "error", status.Convert(err).Message(), "pause_ms", pause.Milliseconds())
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
	w.Log.Info("stopped")
	return nil
}

// permanent tells refusals that would only repeat: a wrong circuit, a wrong name, no permission.
func permanent(err error) bool {
	switch status.Code(err) {
	case codes.InvalidArgument, codes.PermissionDenied, codes.Unimplemented:
		return true
	default:
		return false
	}
}

// session registers, then leases and works off jobs until a call fails.
func (w *Worker) session(ctx context.Context) (registered bool, err error) {
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	worker, err := w.Client.RegisterWorker(call, &zkclearv1.RegisterWorkerRequest{Name: w.Name, Shapes: w.Prover.Shapes()})
	if err != nil {
		return false, err
	}
	lease := time.Duration(max(worker.LeaseS, 1)) * time.Second
	w.Log.Info("registered", "worker", worker.WorkerId, "lease_s", worker.LeaseS)
	for {
		job, err := w.lease(ctx, worker.WorkerId)
		if err != nil {
			return true, ignorePermanent(err)
		}
		if job.JobId == "" {
			continue
		}
		if err := w.work(ctx, &assignment{worker: worker.WorkerId, lease: lease, job: job}); err != nil {
			return true, ignorePermanent(err)
		}
	}
}

// ignorePermanent makes a refusal after registration one that a new registration may cure.
func ignorePermanent(err error) error {
	if permanent(err) {
		return status.Error(codes.Aborted, status.Convert(err).Message())
	}
	return err
}

func (w *Worker) lease(ctx context.Context, worker string) (*zkclearv1.LeaseJobResponse, error) {
	call, cancel := context.WithTimeout(ctx, leaseTimeout)
	defer cancel()
	return w.Client.LeaseJob(call, &zkclearv1.LeaseJobRequest{WorkerId: worker})
}

// assignment is a leased job.
type assignment struct {
	worker string
	lease  time.Duration
	job    *zkclearv1.LeaseJobResponse
}

// work proves one job. Its error is the connection's; the job's own failure goes to the service.
func (w *Worker) work(ctx context.Context, a *assignment) error {
	log := w.Log.With("job", a.job.JobId, "batch", a.job.Batch, "shape", a.job.Shape)
	log.Info("leased")
	proof, took, err := w.prove(ctx, a)
	switch {
	case errors.Is(err, errLeaseLost):
		log.Warn("lease lost, result dropped")
		return nil
	case err != nil:
		log.Error("failed", "error", err.Error())
		return w.fail(ctx, a, err)
	}
	log.Info("proved", "prove_ms", took.Milliseconds(), "peak_memory_mib", proving.PeakMemory())
	return w.submit(ctx, a, proof, took)
}

func (w *Worker) fail(ctx context.Context, a *assignment, reason error) error {
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout) // also said while stopping
	defer cancel()
	_, err := w.Client.FailJob(call, &zkclearv1.FailJobRequest{WorkerId: a.worker, JobId: a.job.JobId, Reason: sentence(reason)})
	return err
}

// maxReason bounds what a failure may say: a solver's error can hold whole field elements.
const maxReason = 500

func sentence(reason error) string {
	text := []rune(reason.Error())
	return string(text[:min(len(text), maxReason)])
}

func (w *Worker) submit(ctx context.Context, a *assignment, proof *proving.Proof, took time.Duration) error {
	call, cancel := context.WithTimeout(ctx, fetchTimeout) // the service verifies before it answers
	defer cancel()
	h, r, y := proof.H(), proof.R(), proof.Y()
	_, err := w.Client.SubmitProof(call, &zkclearv1.SubmitProofRequest{
		WorkerId: a.worker, JobId: a.job.JobId, ProveUs: uint64(took.Microseconds()),
		Proof: &zkclearv1.Proof{
			Proof: proof.Bytes[:], H: h[:], R: r[:], Y: y[:], Shape: proof.Shape, VerifyingKeyHash: proof.VerifyingKeyHash[:],
		},
	})
	return err
}
