package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/zkclear/zkclear/circuits/keys"
	"github.com/zkclear/zkclear/circuits/proving"
)

func checkCommand(flags *flag.FlagSet) action {
	name, dir := shapeFlag(flags), keysFlag(flags)
	witness := flags.String("witness", "", "file with a serialised zkclear.v1.Witness")
	return func(_ context.Context, out io.Writer) error {
		shape, err := findShape(*name)
		if err != nil {
			return err
		}
		assignment, err := readAssignment(shape, *witness)
		if err != nil {
			return err
		}
		_, system, err := compiled(*dir, shape)
		if err != nil {
			return err
		}
		start := time.Now()
		if err := proving.Check(system.System, assignment); err != nil {
			return err
		}
		fmt.Fprintf(out, "a proof exists: all %d constraints hold, %d ms\n", system.Constraints(), time.Since(start).Milliseconds())
		return nil
	}
}

func proveCommand(flags *flag.FlagSet) action {
	name, dir := shapeFlag(flags), keysFlag(flags)
	witness := flags.String("witness", "", "file with a serialised zkclear.v1.Witness")
	path := flags.String("out", "", "file for proof.json")
	return func(_ context.Context, out io.Writer) error {
		shape, err := findShape(*name)
		if err != nil {
			return err
		}
		if err := required("out", *path, "proof.json"); err != nil {
			return err
		}
		assignment, err := readAssignment(shape, *witness)
		if err != nil {
			return err
		}
		start := time.Now()
		with, err := loaded(*dir, shape)
		if err != nil {
			return err
		}
		loading := time.Since(start)
		proof, took, err := proving.Prove(with, assignment)
		if err != nil {
			return err
		}
		if err := proof.Write(*path); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %d constraints, keys loaded in %d ms, solved and proved in %d ms, peak memory %d MiB\n",
			shape.Name, with.Constraints(), loading.Milliseconds(), took.Milliseconds(), proving.PeakMemory())
		return nil
	}
}

func verifyCommand(flags *flag.FlagSet) action {
	name, dir := shapeFlag(flags), keysFlag(flags)
	path := flags.String("proof", "", "proof.json")
	return func(_ context.Context, out io.Writer) error {
		shape, err := findShape(*name)
		if err != nil {
			return err
		}
		if err := required("proof", *path, "proof.json"); err != nil {
			return err
		}
		proof, err := proving.ReadProof(*path)
		if err != nil {
			return err
		}
		if proof.Shape != shape.Name {
			return fmt.Errorf("the proof is for shape %q, not %q", proof.Shape, shape.Name)
		}
		store, system, err := compiled(*dir, shape)
		if err != nil {
			return err
		}
		vk, err := store.LoadVerifying(system)
		if err != nil {
			return err
		}
		hash, err := keys.VerifyingKeyHash(vk)
		if err != nil {
			return err
		}
		if hash != proof.VerifyingKeyHash {
			return fmt.Errorf("the proof was made with verifying key %x, this key is %x", proof.VerifyingKeyHash, hash)
		}
		if err := proving.Verify(vk, proof); err != nil {
			return err
		}
		fmt.Fprintf(out, "the proof of shape %s verifies\n", shape.Name)
		return nil
	}
}

// benchmark is what bench prints; times are the best of the runs.
type benchmark struct {
	Shape         string `json:"shape"`
	Constraints   int    `json:"constraints"`
	LoadMS        int64  `json:"load_ms"`
	SolveMS       int64  `json:"solve_ms"`
	ProveMS       int64  `json:"prove_ms"` // Solving included.
	VerifyUS      int64  `json:"verify_us"`
	PeakMemoryMiB int64  `json:"peak_memory_mib"`
	Runs          int    `json:"runs"`
}

func benchCommand(flags *flag.FlagSet) action {
	name, dir := shapeFlag(flags), keysFlag(flags)
	witness := flags.String("witness", "", "file with a serialised zkclear.v1.Witness")
	runs := flags.Int("runs", 3, "how often to prove; the best time counts")
	return func(_ context.Context, out io.Writer) error {
		shape, err := findShape(*name)
		if err != nil {
			return err
		}
		if *runs < 1 || *runs > 1000 {
			return &usageError{"--runs must be 1 to 1000"}
		}
		assignment, err := readAssignment(shape, *witness)
		if err != nil {
			return err
		}
		start := time.Now()
		with, err := loaded(*dir, shape)
		if err != nil {
			return err
		}
		result := benchmark{Shape: shape.Name, Constraints: with.Constraints(), LoadMS: time.Since(start).Milliseconds(), Runs: *runs}
		for n := range *runs {
			start := time.Now()
			errCheck := proving.Check(with.System, assignment)
			solved := time.Since(start)
			proof, proved, errProve := proving.Prove(with, assignment)
			if err := errors.Join(errCheck, errProve); err != nil {
				return err
			}
			start = time.Now()
			if err := proving.Verify(with.Verifying, proof); err != nil {
				return err
			}
			verified := time.Since(start)
			keep(&result.SolveMS, solved.Milliseconds(), n)
			keep(&result.ProveMS, proved.Milliseconds(), n)
			keep(&result.VerifyUS, verified.Microseconds(), n)
		}
		result.PeakMemoryMiB = proving.PeakMemory()
		return printJSON(out, result)
	}
}

// keep takes the better of the best figure so far and that of run n.
func keep(best *int64, figure int64, n int) {
	if n == 0 || figure < *best {
		*best = figure
	}
}
