package keys

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	groth16 "github.com/consensys/gnark/backend/groth16/bn254"
)

// Names of the files in a key folder. VerifierTiny.sol and its like are named by VerifierName.
const (
	ProvingKeyFile       = "proving_key.bin"
	VerifyingKeyFile     = "verifying_key.bin"
	VerifyingKeyJSONFile = "verifying_key.json"
	ManifestFile         = "manifest.json"
)

// GnarkVersion is the version in go.mod; a test compares them.
const GnarkVersion = "v0.16.3"

// Manifest says what lies in a key folder. Its being there means that the set-up finished.
type Manifest struct {
	Shape                  string            `json:"shape"`
	Development            bool              `json:"development"` // Always true: these keys have known toxic waste.
	Gnark                  string            `json:"gnark"`
	Constraints            int               `json:"constraints"`
	ConstraintSystemSHA256 string            `json:"constraint_system_sha256"`
	VerifyingKeyHash       string            `json:"verifying_key_hash"` // keccak256, as in Proof.verifying_key_hash.
	Files                  map[string]string `json:"files"`              // Name to sha256.
}

// Keys is everything that proving one shape takes.
type Keys struct {
	*Compiled
	Dir              string
	Proving          *groth16.ProvingKey
	Verifying        *groth16.VerifyingKey
	VerifyingKeyHash [32]byte
}

// Dir is the folder for the keys of a constraint system.
func (s *Store) Dir(compiled *Compiled) string {
	return filepath.Join(s.dir, compiled.Hash.String())
}

// Setup makes the development keys of a constraint system, unless they are there, and returns their manifest.
//
// It writes to a temporary folder that becomes the key folder by one rename, under a lock, so that
// two set-ups at once, or one that is killed, never leave half a folder.
func (s *Store) Setup(compiled *Compiled, progress io.Writer) (*Manifest, error) {
	unlock, err := lock(s.Dir(compiled) + ".lock")
	if err != nil {
		return nil, err
	}
	manifest, err := s.setupLocked(compiled, progress)
	return manifest, errors.Join(err, unlock())
}

func (s *Store) setupLocked(compiled *Compiled, progress io.Writer) (*Manifest, error) {
	manifest, err := s.Manifest(compiled)
	if err == nil {
		return manifest, nil
	}
	if !missing(err) {
		return nil, err
	}
	if err := os.RemoveAll(s.Dir(compiled)); err != nil { // without a manifest it is of no use
		return nil, fmt.Errorf("the unfinished key folder cannot be removed: %w", err)
	}
	var pk groth16.ProvingKey
	var vk groth16.VerifyingKey
	done := startProgress(progress, "set-up", compiled)
	err = groth16.Setup(compiled.System, &pk, &vk)
	done()
	if err != nil {
		return nil, fmt.Errorf("the set-up of shape %s failed: %w", compiled.Shape, err)
	}
	if err := Lint(&vk); err != nil {
		return nil, err
	}
	temporary, err := os.MkdirTemp(s.dir, ".setup-*")
	if err != nil {
		return nil, fmt.Errorf("the key folder cannot be written: %w", err)
	}
	manifest, err = writeKeys(temporary, compiled, &pk, &vk)
	if err == nil {
		err = os.Rename(temporary, s.Dir(compiled))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the keys of shape %s cannot be written: %w", compiled.Shape, err), os.RemoveAll(temporary))
	}
	return manifest, nil
}

func writeKeys(dir string, compiled *Compiled, pk *groth16.ProvingKey, vk *groth16.VerifyingKey) (*Manifest, error) {
	hash, err := VerifyingKeyHash(vk)
	if err != nil {
		return nil, err
	}
	verifier := VerifierName(compiled.Shape)
	manifest := &Manifest{
		Shape: compiled.Shape, Development: true, Gnark: GnarkVersion, Constraints: compiled.Constraints(),
		ConstraintSystemSHA256: compiled.Hash.String(), VerifyingKeyHash: fmt.Sprintf("0x%x", hash),
		Files: map[string]string{},
	}
	writers := map[string]func(io.Writer) error{
		ProvingKeyFile:   pk.WriteDump,
		VerifyingKeyFile: func(w io.Writer) error { _, err := vk.WriteRawTo(w); return err },
		VerifyingKeyJSONFile: func(w io.Writer) error {
			text, err := VerifyingKeyJSON(compiled.Shape, vk)
			return errors.Join(err, write(w, text))
		},
		verifier + ".sol": func(w io.Writer) error { return ExportSolidity(w, vk, verifier) },
	}
	for name, content := range writers {
		if manifest.Files[name], err = writeHashed(filepath.Join(dir, name), content); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	text, err := json.MarshalIndent(manifest, "", " ")
	if err != nil {
		return nil, err
	}
	return manifest, os.WriteFile(filepath.Join(dir, ManifestFile), append(text, '\n'), 0o600)
}

func write(w io.Writer, content []byte) error {
	_, err := w.Write(content)
	return err
}

// writeHashed writes a file and returns the sha256 of what it wrote.
func writeHashed(path string, content func(io.Writer) error) (string, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	digest := sha256.New()
	buffered := bufio.NewWriterSize(io.MultiWriter(file, digest), 1<<20)
	err = errors.Join(content(buffered), buffered.Flush(), file.Close())
	return hex.EncodeToString(digest.Sum(nil)), err
}

// Manifest reads the manifest of a key folder; an error for which os.IsNotExist holds means no set-up yet.
func (s *Store) Manifest(compiled *Compiled) (*Manifest, error) {
	path := filepath.Join(s.Dir(compiled), ManifestFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	manifest := new(Manifest)
	if err := json.Unmarshal(text, manifest); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w); delete its folder and run set-up again", path, err)
	}
	if manifest.ConstraintSystemSHA256 != compiled.Hash.String() || manifest.Shape != compiled.Shape {
		return nil, fmt.Errorf("%s is for shape %s and constraint system %s; delete its folder and run set-up again",
			path, manifest.Shape, manifest.ConstraintSystemSHA256)
	}
	return manifest, nil
}

// Load reads the keys of a constraint system and checks every file against the manifest.
func (s *Store) Load(compiled *Compiled) (*Keys, error) {
	manifest, err := s.manifestOrAdvice(compiled)
	if err != nil {
		return nil, err
	}
	keys := &Keys{Compiled: compiled, Dir: s.Dir(compiled), Proving: new(groth16.ProvingKey)}
	if keys.Verifying, err = s.readVerifying(compiled, manifest); err != nil {
		return nil, err
	}
	if keys.VerifyingKeyHash, err = VerifyingKeyHash(keys.Verifying); err != nil {
		return nil, err
	}
	read := func(r io.Reader) error { return keys.Proving.ReadDump(r) }
	return keys, readHashed(filepath.Join(keys.Dir, ProvingKeyFile), manifest.Files[ProvingKeyFile], read)
}

// LoadVerifying reads the verifying key alone, which is all that verifying takes.
func (s *Store) LoadVerifying(compiled *Compiled) (*groth16.VerifyingKey, error) {
	manifest, err := s.manifestOrAdvice(compiled)
	if err != nil {
		return nil, err
	}
	return s.readVerifying(compiled, manifest)
}

func (s *Store) manifestOrAdvice(compiled *Compiled) (*Manifest, error) {
	manifest, err := s.Manifest(compiled)
	if missing(err) {
		return nil, fmt.Errorf("there are no keys for shape %s; make them with: zkclear-circuits setup --shape %s",
			compiled.Shape, compiled.Shape)
	}
	return manifest, err
}

func (s *Store) readVerifying(compiled *Compiled, manifest *Manifest) (*groth16.VerifyingKey, error) {
	vk := new(groth16.VerifyingKey)
	read := func(r io.Reader) error { _, err := vk.ReadFrom(r); return err }
	path := filepath.Join(s.Dir(compiled), VerifyingKeyFile)
	if err := readHashed(path, manifest.Files[VerifyingKeyFile], read); err != nil {
		return nil, err
	}
	return vk, Lint(vk)
}

// readHashed checks the whole file first: the decoder of a proving key trusts its input.
func readHashed(path, want string, decode func(io.Reader) error) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("a key cannot be read (%w); delete its folder and run set-up again", err)
	}
	if digest := sha256.Sum256(content); hex.EncodeToString(digest[:]) != want {
		return fmt.Errorf("%s does not have the hash in its manifest; delete its folder and run set-up again", path)
	}
	if err := decode(bytes.NewReader(content)); err != nil {
		return fmt.Errorf("%s cannot be decoded (%w); delete its folder and run set-up again", path, err)
	}
	return nil
}
