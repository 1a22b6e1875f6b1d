package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/zkclear/zkclear/circuits/replay"
)

// replayCommand compares outcomes of the rule book with the circuit's gadgets.
func replayCommand(flags *flag.FlagSet) action {
	path := flags.String("cases", "", "file of cases, one a line, as tests/vectors/liquidation.json has them; - is stdin")
	return func(_ context.Context, out io.Writer) (err error) {
		if err := required("cases", *path, "cases.jsonl"); err != nil {
			return err
		}
		file := os.Stdin
		if *path != "-" {
			if file, err = os.Open(*path); err != nil {
				return err
			}
			defer func() { err = errors.Join(err, file.Close()) }()
		}
		replayer, err := replay.New()
		if err != nil {
			return err
		}
		cases, mismatches, err := replayer.Run(bufio.NewReader(file), out)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%d cases, %d mismatches\n", cases, mismatches)
		if mismatches > 0 {
			return fmt.Errorf("%d of %d outcomes are not the circuit's", mismatches, cases)
		}
		return nil
	}
}
