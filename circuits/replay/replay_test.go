package replay

import (
	"bytes"
	"encoding/json"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/zkclear/zkclear/circuits/internal/golden"
)

// cases returns the outcomes of liquidation.json, each with its JSON.
func cases(t *testing.T) (all []*Case, lines [][]byte) {
	t.Helper()
	raw, err := os.ReadFile(golden.Path("liquidation"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []json.RawMessage `json:"cases"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	for _, text := range file.Cases {
		var head struct {
			Call string `json:"call"`
		}
		if err := json.Unmarshal(text, &head); err != nil {
			t.Fatal(err)
		}
		if head.Call != CallTakeover && head.Call != CallClose {
			continue
		}
		c := new(Case)
		if err := json.Unmarshal(text, c); err != nil {
			t.Fatal(err)
		}
		var line bytes.Buffer
		if err := json.Compact(&line, text); err != nil {
			t.Fatal(err)
		}
		all, lines = append(all, c), append(lines, line.Bytes())
	}
	if len(all) < 300 {
		t.Fatalf("liquidation.json has only %d outcomes", len(all))
	}
	return all, lines
}

// TestRun_C7_OutcomesAreThoseOfTheRuleBook replays every outcome, and refuses it when a part is one more or one less.
func TestRun_C7_OutcomesAreThoseOfTheRuleBook(t *testing.T) {
	replayer, err := New()
	if err != nil {
		t.Fatal(err)
	}
	all, _ := cases(t)
	for i, c := range all {
		agrees, err := replayer.Agrees(c)
		if err != nil || !agrees {
			t.Errorf("outcome %d of %s: %v, %v", i, c.Call, c.Out, err)
		}
		if i%10 != 0 {
			continue
		}
		for k, part := range []*number{
			&c.Out.Code, &c.Out.Amount, &c.Out.Lots, &c.Out.Cash[0], &c.Out.Cash[1], &c.Out.Cash[2],
		} {
			for _, more := range []int64{1, -1} {
				part.Add(&part.Int, big.NewInt(more))
				if agrees, _ := replayer.Agrees(c); agrees {
					t.Errorf("outcome %d of %s: part %d may be changed by %d", i, c.Call, k, more)
				}
				part.Sub(&part.Int, big.NewInt(more))
			}
		}
	}
}

// TestRun_NamesMismatchesByTheirLine: a wrong line is named, a line that is no case ends the run.
func TestRun_NamesMismatchesByTheirLine(t *testing.T) {
	replayer, err := New()
	if err != nil {
		t.Fatal(err)
	}
	_, lines := cases(t)
	wrong := bytes.Replace(lines[1], []byte(`"out":{"code":"`), []byte(`"out":{"code":"1`), 1)
	var out strings.Builder
	count, mismatches, err := replayer.Run(bytes.NewReader(bytes.Join([][]byte{lines[0], wrong, lines[2]}, []byte("\n"))), &out)
	if count != 3 || mismatches != 1 || err != nil || !strings.HasPrefix(out.String(), "line 2: the circuit has another outcome") {
		t.Errorf("%d cases, %d mismatches, %v: %s", count, mismatches, err, out.String())
	}
	for text, want := range map[string]string{
		"{}":                           `line 1: call is ""`,
		`{"call":"takeover_outcome"}`:  "names no account that would carry",
		`{"call":"close_outcome","in"`: "line 1: unexpected end",
		`{"in":{"index":5}}`:           "is not a string",
		`{"in":{"most":"five"}}`:       "is not a decimal integer",
	} {
		if _, _, err := replayer.Run(strings.NewReader(text), &out); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
