package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/zkclear/zkclear/circuits/batch"
	"github.com/zkclear/zkclear/circuits/keys"
	"github.com/zkclear/zkclear/circuits/proving"
)

func compileCommand(flags *flag.FlagSet) action {
	name := shapeFlag(flags)
	dir := flags.String("out", "", "folder for SHAPE.r1cs and SHAPE.r1cs.sha256")
	return func(_ context.Context, out io.Writer) error {
		shape, err := findShape(*name)
		if err != nil {
			return err
		}
		if err := required("out", *dir, "build/circuits"); err != nil {
			return err
		}
		start := time.Now()
		system, serialised, err := keys.Compile(circuit(shape))
		if err != nil {
			return err
		}
		if err := os.MkdirAll(*dir, 0o755); err != nil {
			return fmt.Errorf("the folder cannot be made: %w", err)
		}
		path := filepath.Join(*dir, shape.Name+".r1cs")
		if err := os.WriteFile(path, serialised, 0o644); err != nil {
			return fmt.Errorf("the constraint system cannot be written: %w", err)
		}
		line := fmt.Sprintf("%s  %s\n", system.Hash, filepath.Base(path)) // as sha256sum checks it
		if err := os.WriteFile(path+".sha256", []byte(line), 0o644); err != nil {
			return fmt.Errorf("the hash cannot be written: %w", err)
		}
		fmt.Fprintf(out, "%s: %d constraints, %d public and %d secret inputs, %d internal wires, %d ms\n%s  %s\n",
			shape.Name, system.Constraints(), system.System.GetNbPublicVariables()-1, system.System.GetNbSecretVariables(),
			system.System.GetNbInternalVariables(), time.Since(start).Milliseconds(), system.Hash, path)
		return nil
	}
}

// shapeStats is one line of stats.
type shapeStats struct {
	Shape         string         `json:"shape"`
	Constraints   int            `json:"constraints"`
	Sections      map[string]int `json:"sections"`
	PublicInputs  int            `json:"public_inputs"`
	SecretInputs  int            `json:"secret_inputs"`
	InternalWires int            `json:"internal_wires"`
	SHA256        string         `json:"constraint_system_sha256"`
	CompileMS     int64          `json:"compile_ms"`
	PeakMemoryMiB int64          `json:"peak_memory_mib"`
}

func statsCommand(flags *flag.FlagSet) action {
	list := flags.String("shapes", "tiny,small", "names of shapes with commas")
	return func(_ context.Context, out io.Writer) error {
		shapes, err := findShapes(*list)
		if err != nil {
			return err
		}
		stats := make([]shapeStats, 0, len(shapes))
		for _, shape := range shapes {
			start := time.Now()
			system, _, err := keys.Compile(circuit(shape))
			if err != nil {
				return err
			}
			stats = append(stats, shapeStats{
				Shape: shape.Name, Constraints: system.Constraints(), Sections: batch.Sections(shape),
				PublicInputs: keys.PublicInputs, SecretInputs: system.System.GetNbSecretVariables(),
				InternalWires: system.System.GetNbInternalVariables(), SHA256: system.Hash.String(),
				CompileMS: time.Since(start).Milliseconds(), PeakMemoryMiB: proving.PeakMemory(),
			})
		}
		return printJSON(out, stats)
	}
}

func manifestCommand(flags *flag.FlagSet) action {
	list := flags.String("shapes", "", "names of shapes with commas; all if empty")
	return func(_ context.Context, out io.Writer) error {
		shapes := batch.Shapes()
		if *list != "" {
			var err error
			if shapes, err = findShapes(*list); err != nil {
				return err
			}
		}
		golden := make([]keys.Golden, 0, len(shapes))
		for _, shape := range shapes {
			system, _, err := keys.Compile(circuit(shape))
			if err != nil {
				return err
			}
			golden = append(golden, system.Golden())
		}
		return printJSON(out, golden)
	}
}

func printJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", " ")
	return encoder.Encode(value)
}
