package keys

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	bn254cs "github.com/consensys/gnark/constraint/bn254"
)

// Store is the cache folder.
//
//	compiled/<sha256 of this program>/<shape>   the hash of the constraint system it compiles
//	systems/<hash>.bin                          a constraint system
//	<hash>/                                     its development keys, see Setup
//
// Everything in it can be deleted at any time; it is made again.
type Store struct {
	dir string
}

// Open returns the store in dir, or in the user's cache folder if dir is empty.
func Open(dir string) (*Store, error) {
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("there is no cache folder for this user (%w); name one with --keys", err)
		}
		dir = filepath.Join(cache, "zkclear", "keys")
	}
	for _, folder := range []string{"compiled", "systems"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			return nil, fmt.Errorf("the key folder cannot be made: %w", err)
		}
	}
	return &Store{dir: dir}, nil
}

// Compiled returns the constraint system of a circuit, from the cache if this very program compiled it before.
//
// The index is keyed by the hash of the running executable: it contains the circuit, the compiler and
// every library, so a cached system can never belong to other sources than those that would compile now.
func (s *Store) Compiled(circuit Circuit) (*Compiled, error) {
	program, err := executableHash()
	if err != nil {
		return nil, err
	}
	index := filepath.Join(s.dir, "compiled", program, circuit.Shape)
	if hash, err := os.ReadFile(index); err == nil {
		if compiled, err := s.readSystem(circuit.Shape, string(hash)); err == nil {
			return compiled, nil
		} // a damaged or deleted cache entry only costs a compilation
	}
	compiled, serialised, err := Compile(circuit)
	if err != nil {
		return nil, err
	}
	if err := writeAtomic(s.systemPath(compiled.Hash.String()), serialised); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(index), 0o700); err != nil {
		return nil, fmt.Errorf("the key folder cannot be written: %w", err)
	}
	return compiled, writeAtomic(index, []byte(compiled.Hash.String()))
}

func (s *Store) systemPath(hash string) string {
	return filepath.Join(s.dir, "systems", hash+".bin")
}

func (s *Store) readSystem(shape, hash string) (*Compiled, error) {
	if raw, err := hex.DecodeString(hash); err != nil || len(raw) != sha256.Size {
		return nil, fmt.Errorf("%q is not a hash", hash)
	}
	serialised, err := os.ReadFile(s.systemPath(hash))
	if err != nil {
		return nil, err
	}
	compiled := &Compiled{Shape: shape, System: new(bn254cs.R1CS), Hash: sha256.Sum256(serialised)}
	if compiled.Hash.String() != hash {
		return nil, fmt.Errorf("the cached constraint system %s is damaged", hash)
	}
	if _, err := compiled.System.ReadFrom(bytes.NewReader(serialised)); err != nil {
		return nil, fmt.Errorf("the cached constraint system %s cannot be read: %w", hash, err)
	}
	return compiled, nil
}

var executableHash = sync.OnceValues(func() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("this program cannot find its own file: %w", err)
	}
	hash, err := fileHash(path)
	if err != nil {
		return "", fmt.Errorf("this program cannot read its own file: %w", err)
	}
	return hash, nil
})

func fileHash(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	digest := sha256.New()
	if _, err := io.Copy(digest, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// writeAtomic writes a file so that a reader sees all of it or nothing.
func writeAtomic(path string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%s cannot be written: %w", path, err), os.Remove(file.Name()))
	}
	return nil
}

// missing tells an absent file or folder from one that cannot be read.
func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// VerifierName is the contract's name for a shape: "tiny" gives "VerifierTiny".
func VerifierName(shape string) string {
	if shape == "" {
		return "Verifier"
	}
	return "Verifier" + strings.ToUpper(shape[:1]) + shape[1:]
}
