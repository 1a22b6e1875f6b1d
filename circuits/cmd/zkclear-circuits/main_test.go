package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
	"github.com/zkclear/zkclear/circuits/keys"
)

// call runs a command as the shell would.
func call(t *testing.T, args ...string) (status int, out, problems string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = run(context.Background(), args, &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

func TestRun_SaysWhatIsWrongWithACommandLine(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"conjure"}, `no command "conjure"`},
		{[]string{"compile"}, "--shape is missing; give it as in --shape tiny"},
		{[]string{"compile", "--shape", "tiny"}, "--out is missing"},
		{[]string{"setup", "--shape", "huge"}, `no shape is called "huge"; known: tiny, small`},
		{[]string{"check", "--shape", "tiny"}, "--witness is missing"},
		{[]string{"setup", "tiny"}, `"tiny" is no flag`},
		{[]string{"setup", "--colour", "red"}, "flag provided but not defined"},
		{[]string{"bench", "--shape", "tiny", "--runs", "0"}, "--runs must be 1 to 1000"},
		{[]string{"keys", "--shapes", "tiny,,small"}, "--shape is missing"},
		{[]string{"replay"}, "--cases is missing"},
	} {
		status, _, problems := call(t, c.args...)
		if status != exitUsage || !strings.Contains(problems, c.want) {
			t.Errorf("%v: status %d, %q", c.args, status, problems)
		}
	}
}

func TestRun_EveryCommandExplainsItself(t *testing.T) {
	_, overview, _ := call(t)
	for _, verb := range commands() {
		if !strings.Contains(overview, verb.name) {
			t.Errorf("the overview lacks %s", verb.name)
		}
		if status, _, help := call(t, verb.name, "-h"); status != 0 || !strings.Contains(help, verb.summary) {
			t.Errorf("%s -h: status %d, %q", verb.name, status, help)
		}
	}
}

// The golden file holds what every machine must compile; after an intended change of the circuit write it with
// zkclear-circuits manifest > circuits/keys/manifest.json.
func TestManifest_TinyCompilesToTheCommittedConstraintSystem(t *testing.T) {
	text, err := os.ReadFile("../../keys/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	var committed []keys.Golden
	if err := json.Unmarshal(text, &committed); err != nil {
		t.Fatal(err)
	}
	status, out, problems := call(t, "manifest", "--shapes", "tiny")
	if status != 0 {
		t.Fatal(problems)
	}
	var fresh []keys.Golden
	if err := json.Unmarshal([]byte(out), &fresh); err != nil {
		t.Fatal(err)
	}
	if len(committed) != len(shapeNames()) || fresh[0] != committed[0] {
		t.Errorf("tiny compiles to %+v, circuits/keys/manifest.json has %+v; write it anew if the circuit was meant to change",
			fresh[0], committed)
	}
}

func TestCompile_WritesASystemWithItsHash(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	status, out, problems := call(t, "compile", "--shape", "micro", "--out", dir)
	if status != 0 {
		t.Fatal(problems)
	}
	line, err := os.ReadFile(filepath.Join(dir, "micro.r1cs.sha256"))
	if err != nil {
		t.Fatal(err)
	}
	hash, _, _ := strings.Cut(string(line), " ")
	if !strings.Contains(out, hash) || !strings.Contains(out, "constraints, 3 public") {
		t.Errorf("printed %q, wrote %q", out, line)
	}
}

// witness returns a scripted witness from the vectors.
func witness(t *testing.T, name string) *zkclearv1.Witness {
	t.Helper()
	text, err := os.ReadFile("../../../tests/vectors/witness.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			In  struct{ Batch string }
			Out struct{ Witness string }
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Cases {
		if c.In.Batch != name {
			continue
		}
		raw, err := hex.DecodeString(strings.TrimPrefix(c.Out.Witness, "0x"))
		if err != nil {
			t.Fatal(err)
		}
		message := new(zkclearv1.Witness)
		if err := proto.Unmarshal(raw, message); err != nil {
			t.Fatal(err)
		}
		return message
	}
	t.Fatalf("witness.json has no batch %q", name)
	panic("unreachable")
}

func TestCheck_ExitStatusIsTheVerdict(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		change func(*zkclearv1.Witness)
		status int
		want   string
	}{
		"honest":        {func(*zkclearv1.Witness) {}, 0, "a proof exists"},
		"overfilled":    {func(w *zkclearv1.Witness) { w.Fills[0].Lots++ }, exitUnsatisfied, "no proof exists"},
		"malformed":     {func(w *zkclearv1.Witness) { w.Entries[0].Signer = nil }, exitFailed, "does not fit the circuit"},
		"another shape": {func(w *zkclearv1.Witness) { w.Shape = "small" }, exitFailed, `for shape "small", not "tiny"`},
	} {
		t.Run(name, func(t *testing.T) {
			message := witness(t, "partial fill, funding")
			c.change(message)
			raw, err := proto.Marshal(message)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "witness.bin")
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			status, out, problems := call(t, "check", "--shape", "tiny", "--keys", dir, "--witness", path)
			if status != c.status || !strings.Contains(out+problems, c.want) {
				t.Errorf("status %d, %q", status, out+problems)
			}
		})
	}
}

func TestProve_WithoutKeysSaysHowToMakeThem(t *testing.T) {
	raw, err := proto.Marshal(witness(t, "empty"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "witness.bin")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	status, _, problems := call(t, "prove", "--shape", "tiny", "--keys", dir, "--witness", path, "--out", filepath.Join(dir, "proof.json"))
	if status != exitFailed || !strings.Contains(problems, "zkclear-circuits setup --shape tiny") {
		t.Errorf("status %d, %q", status, problems)
	}
}

func TestWorker_RefusesAnotherMachineInTheClear(t *testing.T) {
	status, _, problems := call(t, "worker", "--prover", "10.1.2.3:50061", "--keys", t.TempDir())
	if status != exitFailed || !strings.Contains(problems, "another machine") {
		t.Errorf("status %d, %q", status, problems)
	}
}

func TestReplay_SaysWhichLineDiffers(t *testing.T) {
	positions, config := `[["5","0"]]`, `{"quote_per_lot_tick":"100","t1":"1000000","t2":"5000000","maintenance":`+
		`["10000","20000","50000"],"initial":["20000","40000","100000"],"liquidation_fee":"10000","keeper_share":"500000",`+
		`"close_factor":"300000","closeout":"500000"}`
	line := func(code string) string {
		return `{"call":"close_outcome","in":{"account":{"collateral":"0","positions":` + positions + `},"fund":{"collateral":"0",` +
			`"positions":[]},"markets":[{"mark":"30000","config":` + config + `}],"index":"1","most":"3"},"out":{"code":"` + code +
			`","amount":"0","lots":"0","cash":["0","0","0"]}}` + "\n" // of a market in which nothing is held
	}
	path := filepath.Join(t.TempDir(), "cases.jsonl")
	for text, want := range map[string]int{line("2"): 0, line("2") + line("5"): exitFailed} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		status, out, problems := call(t, "replay", "--cases", path)
		if status != want || (want != 0) != strings.Contains(out, "line 2: the circuit has another outcome") {
			t.Errorf("status %d: %s%s", status, out, problems)
		}
	}
	if status, _, problems := call(t, "replay", "--cases", path+".not"); status != exitFailed || !strings.Contains(problems, "no such file") {
		t.Errorf("status %d: %s", status, problems)
	}
}
