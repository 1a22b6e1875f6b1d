// Signs one zkclear order as a wallet would: viem's signTypedData, nothing of zkclear's own code.
// Input on stdin: {privateKey, chainId, contract, order}; output: {signature, address, digest}.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const require = createRequire(process.argv[2]); // a file inside the folder that has node_modules
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { hashTypedData } = await load("viem");
const { privateKeyToAccount } = await load("viem/accounts");

const input = JSON.parse(readFileSync(0, "utf8"));
const account = privateKeyToAccount(input.privateKey);
const typedData = {
  domain: { name: "zkclear", version: "1", chainId: input.chainId, verifyingContract: input.contract },
  types: {
    Order: [
      { name: "account", type: "uint32" },
      { name: "market", type: "string" },
      { name: "action", type: "string" },
      { name: "sizeE8", type: "uint64" },
      { name: "limitPriceE8", type: "uint64" },
      { name: "expiry", type: "uint64" },
      { name: "nonce", type: "uint64" },
    ],
  },
  primaryType: "Order",
  message: Object.fromEntries(
    Object.entries(input.order).map(([name, value]) =>
      [name, ["sizeE8", "limitPriceE8", "expiry", "nonce"].includes(name) ? BigInt(value) : value]),
  ),
};
const signature = await account.signTypedData(typedData);
process.stdout.write(JSON.stringify({ signature, address: account.address, digest: hashTypedData(typedData) }));
