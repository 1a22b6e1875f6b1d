package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
	"github.com/zkclear/zkclear/circuits/keys"
	"github.com/zkclear/zkclear/circuits/proving"
	"github.com/zkclear/zkclear/circuits/worker"
)

// shapeProver proves the shapes whose keys were loaded when the worker started.
type shapeProver map[string]*keys.Keys

// Shapes lists what it can prove.
func (p shapeProver) Shapes() []*zkclearv1.WorkerShape {
	var shapes []*zkclearv1.WorkerShape
	for name, with := range p {
		shapes = append(shapes, &zkclearv1.WorkerShape{Shape: name, ConstraintSystemHash: with.Hash[:]})
	}
	return shapes
}

// Prove decodes a witness and proves it.
func (p shapeProver) Prove(name string, serialised []byte) (*proving.Proof, time.Duration, error) {
	with, ok := p[name]
	if !ok {
		return nil, 0, fmt.Errorf("this worker has no keys for shape %q", name)
	}
	shape, err := findShape(name)
	if err != nil {
		return nil, 0, err
	}
	witness, err := proving.ParseWitness(serialised)
	if err != nil {
		return nil, 0, err
	}
	assignment, err := assign(shape, witness)
	if err != nil {
		return nil, 0, err
	}
	return proving.Prove(with, assignment)
}

func workerCommand(flags *flag.FlagSet) action {
	dir := keysFlag(flags)
	address := flags.String("prover", "127.0.0.1:50061", "HOST:PORT of the prover service")
	list := flags.String("shapes", "tiny,small", "names of shapes with commas; their keys must be there")
	name := flags.String("name", "", "unique name of this worker; host and process id if empty")
	var files worker.Certificates
	flags.StringVar(&files.Authority, "ca", "", "certificate authority of the prover service, PEM; needed off this machine")
	flags.StringVar(&files.Certificate, "certificate", "", "this worker's certificate, PEM")
	flags.StringVar(&files.Key, "key", "", "this worker's private key, PEM")
	return func(ctx context.Context, _ io.Writer) error {
		connection, err := worker.Dial(*address, files)
		if err != nil {
			return err
		}
		prover, err := loadProver(*dir, *list)
		if err != nil {
			return errors.Join(err, connection.Close())
		}
		if *name == "" {
			host, err := os.Hostname()
			if err != nil {
				return errors.Join(fmt.Errorf("this machine has no name (%w); give --name", err), connection.Close())
			}
			*name = fmt.Sprintf("%s-%d", host, os.Getpid())
		}
		log := slog.New(slog.NewJSONHandler(os.Stderr, nil)).With("worker_name", *name)
		log.Info("keys loaded", "shapes", *list, "peak_memory_mib", proving.PeakMemory())
		w := &worker.Worker{Name: *name, Client: zkclearv1.NewProverServiceClient(connection), Prover: prover, Log: log}
		return errors.Join(w.Run(ctx), connection.Close())
	}
}

func loadProver(dir, list string) (shapeProver, error) {
	shapes, err := findShapes(list)
	if err != nil {
		return nil, err
	}
	prover := make(shapeProver)
	for _, shape := range shapes {
		if prover[shape.Name], err = loaded(dir, shape); err != nil {
			return nil, err
		}
	}
	return prover, nil
}
