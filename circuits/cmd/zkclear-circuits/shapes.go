package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/batch"
	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
	"github.com/zkclear/zkclear/circuits/keys"
	"github.com/zkclear/zkclear/circuits/proving"
)

// shapeFlag defines --shape.
func shapeFlag(flags *flag.FlagSet) *string {
	return flags.String("shape", "", "name of the shape: "+strings.Join(shapeNames(), ", "))
}

// keysFlag defines --keys, the cache folder.
func keysFlag(flags *flag.FlagSet) *string {
	return flags.String("keys", os.Getenv("ZKCLEAR_KEYS"), "folder of the key cache; $ZKCLEAR_KEYS, or zkclear/keys in the user's cache folder")
}

func shapeNames() []string {
	var names []string
	for _, shape := range batch.Shapes() {
		names = append(names, shape.Name)
	}
	return names
}

// findShape looks a shape up by its name.
func findShape(name string) (batch.Shape, error) {
	if err := required("shape", name, "tiny"); err != nil {
		return batch.Shape{}, err
	}
	shape, err := batch.ShapeByName(name)
	if err != nil {
		return batch.Shape{}, &usageError{err.Error()}
	}
	return shape, nil
}

// findShapes looks up a list of names with commas.
func findShapes(list string) ([]batch.Shape, error) {
	var shapes []batch.Shape
	for name := range strings.SplitSeq(list, ",") {
		shape, err := findShape(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		shapes = append(shapes, shape)
	}
	return shapes, nil
}

func circuit(shape batch.Shape) keys.Circuit {
	return keys.Circuit{Shape: shape.Name, New: func() frontend.Circuit { return batch.New(shape) }}
}

// compiled opens the cache and returns a shape's constraint system.
func compiled(dir string, shape batch.Shape) (*keys.Store, *keys.Compiled, error) {
	store, err := keys.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	system, err := store.Compiled(circuit(shape))
	return store, system, err
}

// loaded opens the cache and returns a shape's keys.
func loaded(dir string, shape batch.Shape) (*keys.Keys, error) {
	store, system, err := compiled(dir, shape)
	if err != nil {
		return nil, err
	}
	return store.Load(system)
}

// assign turns a witness into the circuit's inputs.
func assign(shape batch.Shape, witness *zkclearv1.Witness) (frontend.Circuit, error) {
	if witness.Shape != shape.Name {
		return nil, fmt.Errorf("the witness is for shape %q, not %q", witness.Shape, shape.Name)
	}
	assigned, err := batch.Assign(shape, witness)
	if err != nil {
		return nil, fmt.Errorf("the witness does not fit the circuit: %w", err)
	}
	return assigned, nil
}

// readAssignment reads --witness.
func readAssignment(shape batch.Shape, path string) (frontend.Circuit, error) {
	if err := required("witness", path, "witness.bin"); err != nil {
		return nil, err
	}
	witness, err := proving.ReadWitness(path)
	if err != nil {
		return nil, err
	}
	return assign(shape, witness)
}

// closing adds the error of closing a file to that of writing it.
func closing(file *os.File, err error) error {
	return errors.Join(err, file.Close())
}
