package keys

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/internal/standin"
)

func circuit() Circuit {
	return Circuit{Shape: "standin", New: func() frontend.Circuit { return new(standin.Circuit) }}
}

func openStore(t *testing.T) *Store {
	t.Helper()
	store, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func compiled(t *testing.T, store *Store) *Compiled {
	t.Helper()
	system, err := store.Compiled(circuit())
	if err != nil {
		t.Fatal(err)
	}
	return system
}

func TestCompile_TwiceGivesTheSameHash(t *testing.T) {
	first, _, err := Compile(circuit())
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := Compile(circuit())
	if err != nil {
		t.Fatal(err)
	}
	if first.Hash != second.Hash {
		t.Fatalf("the hash of one circuit changed from %s to %s", first.Hash, second.Hash)
	}
}

type wrongPublic struct {
	H frontend.Variable `gnark:",public"`
}

func (c *wrongPublic) Define(api frontend.API) error {
	api.AssertIsEqual(api.Mul(c.H, c.H), 4)
	return nil
}

func TestCompile_RefusesAnotherNumberOfPublicInputs(t *testing.T) {
	_, _, err := Compile(Circuit{Shape: "x", New: func() frontend.Circuit { return new(wrongPublic) }})
	if err == nil || !strings.Contains(err.Error(), "1 public inputs") {
		t.Fatalf("got %v", err)
	}
}

func TestCompiled_ComesFromTheCacheAndSurvivesDamage(t *testing.T) {
	store := openStore(t)
	fresh := compiled(t, store)
	path := store.systemPath(fresh.Hash.String())
	never := Circuit{Shape: "standin", New: func() frontend.Circuit { panic("compiled although cached") }}
	if cached, err := store.Compiled(never); err != nil || cached.Hash != fresh.Hash {
		t.Fatalf("not from the cache: %v", err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 1
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if again := compiled(t, store); again.Hash != fresh.Hash {
		t.Fatal("a damaged cache entry was believed")
	}
}

func TestSetup_TwoAtOnceMakeOneSetOfKeys(t *testing.T) {
	store := openStore(t)
	system := compiled(t, store)
	manifests := make([]*Manifest, 2)
	var group sync.WaitGroup
	for i := range manifests {
		group.Add(1)
		go func() {
			defer group.Done()
			manifest, err := store.Setup(system, io.Discard)
			if err != nil {
				t.Error(err)
			}
			manifests[i] = manifest
		}()
	}
	group.Wait()
	if t.Failed() {
		return
	}
	if manifests[0].VerifyingKeyHash != manifests[1].VerifyingKeyHash {
		t.Fatal("two set-ups at once made different keys")
	}
	if !manifests[0].Development || manifests[0].Constraints != system.Constraints() {
		t.Fatalf("manifest %+v", manifests[0])
	}
	if _, err := os.Stat(filepath.Join(store.Dir(system), "VerifierStandin.sol")); err != nil {
		t.Fatal(err)
	}
}

func TestSetup_ReplacesAFolderThatWasNeverFinished(t *testing.T) {
	store := openStore(t)
	system := compiled(t, store)
	if err := os.MkdirAll(store.Dir(system), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(store.Dir(system), ProvingKeyFile), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Setup(system, io.Discard); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Load(system); err != nil {
		t.Fatal(err)
	}
}

func TestLoad_RefusesAChangedByteInAnyKey(t *testing.T) {
	store := openStore(t)
	system := compiled(t, store)
	if _, err := store.Setup(system, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{ProvingKeyFile, VerifyingKeyFile} {
		path := filepath.Join(store.Dir(system), name)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := bytes.Clone(content)
		changed[len(changed)-1] ^= 1
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Load(system); err == nil || !strings.Contains(err.Error(), "hash in its manifest") {
			t.Fatalf("%s with a changed byte: %v", name, err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.Load(system); err != nil {
		t.Fatal(err)
	}
}

func TestLoad_WithoutKeysSaysHowToMakeThem(t *testing.T) {
	store := openStore(t)
	if _, err := store.Load(compiled(t, store)); err == nil || !strings.Contains(err.Error(), "setup --shape standin") {
		t.Fatalf("got %v", err)
	}
}

func TestGnarkVersion_IsTheOneInTheModule(t *testing.T) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		t.Fatal("no build information")
	}
	for _, module := range info.Deps {
		if module.Path == "github.com/consensys/gnark" && module.Version != GnarkVersion {
			t.Fatalf("GnarkVersion is %s, the module is %s", GnarkVersion, module.Version)
		}
	}
}
