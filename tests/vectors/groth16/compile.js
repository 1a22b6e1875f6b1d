// Compiles the verifier contracts that circuits/internal/vectors/groth16 wrote here to runtime code (.hex), with the
// contracts' own compiler and settings, and removes the sources.
//
//   node tests/vectors/groth16/compile.js
"use strict";
const fs = require("fs");
const path = require("path");
const solc = require("../../../contracts/node_modules/solc");

for (const name of ["standin", "covered"]) {
  const file = path.join(__dirname, `${name}.sol`);
  const input = {
    language: "Solidity",
    sources: { verifier: { content: fs.readFileSync(file, "utf8") } },
    settings: {
      optimizer: { enabled: true, runs: 200 },
      evmVersion: "osaka",
      outputSelection: { "*": { "*": ["evm.deployedBytecode.object"] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const faults = (output.errors || []).filter((error) => error.severity === "error");
  if (faults.length > 0) throw new Error(faults.map((fault) => fault.formattedMessage).join("\n"));
  const code = output.contracts.verifier.Verifier.evm.deployedBytecode.object;
  fs.writeFileSync(path.join(__dirname, `${name}.hex`), `0x${code}\n`);
  fs.unlinkSync(file);
}
