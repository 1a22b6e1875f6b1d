package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/zkclear/zkclear/circuits/batch"
	"github.com/zkclear/zkclear/circuits/keys"
)

func setupCommand(flags *flag.FlagSet) action {
	name, dir := shapeFlag(flags), keysFlag(flags)
	return func(_ context.Context, out io.Writer) error {
		shape, err := findShape(*name)
		if err != nil {
			return err
		}
		return setup(*dir, shape, out)
	}
}

func keysCommand(flags *flag.FlagSet) action {
	dir := keysFlag(flags)
	list := flags.String("shapes", "tiny,small", "names of shapes with commas")
	return func(_ context.Context, out io.Writer) error {
		shapes, err := findShapes(*list)
		if err != nil {
			return err
		}
		for _, shape := range shapes {
			if err := setup(*dir, shape, out); err != nil {
				return err
			}
		}
		return nil
	}
}

// setup prints one line for programs: shape, hash of the verifying key, key folder.
func setup(dir string, shape batch.Shape, out io.Writer) error {
	store, system, err := compiled(dir, shape)
	if err != nil {
		return err
	}
	manifest, err := store.Setup(system, os.Stderr)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\t%s\t%s\n", shape.Name, manifest.VerifyingKeyHash, store.Dir(system))
	return nil
}

func exportCommand(flags *flag.FlagSet) action {
	name, dir := shapeFlag(flags), keysFlag(flags)
	path := flags.String("out", "", "file for the Solidity source")
	contract := flags.String("name", "", "name of the contract; Verifier and the shape's name if empty")
	return func(_ context.Context, _ io.Writer) error {
		shape, err := findShape(*name)
		if err != nil {
			return err
		}
		if err := required("out", *path, "VerifierTiny.sol"); err != nil {
			return err
		}
		store, system, err := compiled(*dir, shape)
		if err != nil {
			return err
		}
		vk, err := store.LoadVerifying(system)
		if err != nil {
			return err
		}
		if *contract == "" {
			*contract = keys.VerifierName(shape.Name)
		}
		file, err := os.Create(*path)
		if err != nil {
			return fmt.Errorf("the contract cannot be written: %w", err)
		}
		return closing(file, keys.ExportSolidity(file, vk, *contract))
	}
}
