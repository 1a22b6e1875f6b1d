// Command zkclear-circuits compiles the batch circuit, makes keys for it, proves, verifies, and works
// for a prover service.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/consensys/gnark/logger"

	"github.com/zkclear/zkclear/circuits/proving"
)

// Exit statuses, so that scripts need not read messages.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitUnsatisfied = 3 // check, prove: a constraint does not hold, so no proof exists
	exitUnsolvable  = 4 // check, prove: an honest prover cannot go on, so no proof was found
)

// command is one verb.
type command struct {
	name    string
	summary string
	define  func(*flag.FlagSet) action
}

// action runs a command whose flags were parsed.
type action func(ctx context.Context, out io.Writer) error

func commands() []command {
	return []command{
		{"compile", "compile a shape into a constraint system", compileCommand},
		{"setup", "make the development keys of one shape, unless they are cached", setupCommand},
		{"keys", "make the development keys of several shapes", keysCommand},
		{"check", "say whether a proof exists for a witness, without proving", checkCommand},
		{"prove", "prove a witness and write proof.json", proveCommand},
		{"verify", "verify a proof.json", verifyCommand},
		{"export-solidity", "write the verifier contract of a shape", exportCommand},
		{"stats", "print constraints, sections, time and memory of shapes as JSON", statsCommand},
		{"bench", "measure proving a witness", benchCommand},
		{"manifest", "print the constraint counts and hashes that circuits/keys/manifest.json holds", manifestCommand},
		{"replay", "compare outcomes of LIQUIDATE and CLOSE requests with the circuit's", replayCommand},
		{"worker", "prove for a prover service until stopped", workerCommand},
	}
}

func main() {
	logger.Disable() // gnark's log is for its authors; what a user must know is in errors and results
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

func run(ctx context.Context, args []string, out, problems io.Writer) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage(out)
		return 0
	}
	for _, verb := range commands() {
		if verb.name != args[0] {
			continue
		}
		flags := flag.NewFlagSet(verb.name, flag.ContinueOnError)
		flags.SetOutput(problems)
		flags.Usage = func() {
			fmt.Fprintf(flags.Output(), "zkclear-circuits %s: %s\n\n", verb.name, verb.summary)
			flags.PrintDefaults()
		}
		act := verb.define(flags)
		if err := flags.Parse(args[1:]); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return 0
			}
			return exitUsage
		}
		if flags.NArg() > 0 {
			fmt.Fprintf(problems, "zkclear-circuits %s: %q is no flag; see zkclear-circuits %s -h\n", verb.name, flags.Arg(0), verb.name)
			return exitUsage
		}
		return report(act(ctx, out), problems)
	}
	fmt.Fprintf(problems, "zkclear-circuits: there is no command %q\n\n", args[0])
	usage(problems)
	return exitUsage
}

func usage(out io.Writer) {
	fmt.Fprint(out, "usage: zkclear-circuits COMMAND [flags]\n\n")
	for _, verb := range commands() {
		fmt.Fprintf(out, "  %-16s %s\n", verb.name, verb.summary)
	}
	fmt.Fprint(out, "\nzkclear-circuits COMMAND -h lists the flags of a command.\n")
}

// report says what went wrong in one line and turns it into the exit status.
func report(err error, problems io.Writer) int {
	if err == nil {
		return 0
	}
	fmt.Fprintf(problems, "zkclear-circuits: %v\n", err)
	var unsatisfied *proving.UnsatisfiedError
	var unsolvable *proving.UnsolvableError
	var misuse *usageError
	switch {
	case errors.As(err, &unsatisfied):
		return exitUnsatisfied
	case errors.As(err, &unsolvable):
		return exitUnsolvable
	case errors.As(err, &misuse):
		return exitUsage
	default:
		return exitFailed
	}
}

// usageError is a flag that is missing or cannot be.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func required(name, value, example string) error {
	if value == "" {
		return &usageError{fmt.Sprintf("--%s is missing; give it as in --%s %s", name, name, example)}
	}
	return nil
}
