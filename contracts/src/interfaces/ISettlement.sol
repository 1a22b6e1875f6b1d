// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";

/// @title zkclear's settlement: custody, request queue, and one proof a batch.
/// @notice Traders sign orders off chain; a sequencer matches them and cuts the result into batches; a batch takes effect
/// here, and only here, if a Groth16 proof shows that it followed the rules of `zkclear/rules`. Money enters through
/// `open` and `deposit`, leaves through `claim`, and in between lives in accounts that only the state root describes.
/// Everything is immutable: no owner, no upgrade, no pause. Markets alone are listed and changed later, by a governor
/// behind timelocks and through the same queue.
///
/// Amounts (`E6`) are 10^-6 of the collateral token, times are Unix seconds, accounts are numbers handed out in order
/// (0 is the insurance fund and has no owner, 1 takes the fees). Byte layouts are those of `docs/encoding.md`.
/// @dev Claims C1, C8, C9 and C11 of the design rest on this contract; the tests name them.
interface ISettlement is IERC5267 {
    // ---------------------------------------------------------------- types

    /// @notice Marginal rates of the three notional brackets, in 10^-6; not decreasing.
    struct Rates {
        uint32 r1;
        uint32 r2;
        uint32 r3;
    }

    /// @notice The rules of one market, field by field `MarketConfig` of `zkclear/rules/state.py`.
    /// @dev Rates and fees are in 10^-6, `maxFundingRate` an hour, `t1` and `t2` in 10^-6 tokens, `maxOpenInterest` in
    /// lots. `quotePerLotTick` must be `lotE8 * tickE8 / 10^10` exactly; `status` must be 1 (live).
    struct MarketConfig {
        uint64 lotE8;
        uint64 tickE8;
        uint32 quotePerLotTick;
        uint64 t1;
        uint64 t2;
        Rates maintenance;
        Rates initial;
        int32 makerFee;
        uint32 takerFee;
        uint32 liquidationFee;
        uint32 keeperShare;
        uint32 closeFactor;
        uint32 closeout;
        uint32 maxFundingRate;
        uint64 maxOpenInterest;
        uint8 status;
    }

    /// @notice A market as it is listed: its name, such as "ETH-USD", and its rules.
    /// @dev A name is 1 to 31 of `A` to `Z`, `0` to `9` and `-`; "ALL" is none.
    struct Listing {
        string name;
        MarketConfig config;
    }

    /// @notice Capacity of one circuit and the contract that verifies its proofs.
    /// @dev `entries` counts orders, withdrawals, cancels and risk entries together. The index in the deployment's list is the `shape`
    /// of a header.
    struct Shape {
        uint16 entries;
        uint16 fills;
        uint16 requests;
        address verifier;
    }

    /// @notice Times in seconds, amounts in 10^-6 tokens, moves in 10^-6 of the last price.
    /// @dev `deadline`: how long a request may wait, as announced to its sender. `maxLag`, `maxLead`: how far a batch's time
    /// may lie before or after the block's. `reportMaxAge`: how much older than the batch a price report may be.
    /// `bondE6`: what a LIQUIDATE costs if it was wrong. `feeE6`: what a request of an account's owner costs.
    struct Parameters {
        uint32 deadline;
        uint32 maxLag;
        uint32 maxLead;
        uint32 reportMaxAge;
        uint32 maxMovePpm;
        uint32 maxMovePpmPerSecond;
        uint64 minDepositE6;
        uint64 bondE6;
        uint64 feeE6;
    }

    /// @notice Everything that the constructor fixes for ever.
    /// @dev `oracleSigners` must be strictly increasing; `oracleQuorum` of them must agree to give a price.
    /// `marketLister` and `marketGovernor` must be timelocks with a `getMinDelay()` of at least 7 and 30 days.
    struct Deployment {
        address token;
        address feeRecipient;
        address marketLister;
        address marketGovernor;
        address[] oracleSigners;
        uint8 oracleQuorum;
        Listing[] markets;
        Shape[] shapes;
        Parameters parameters;
    }

    /// @notice The head of a batch.
    /// @dev `entries`, `fills` and `requests` are counts; `fundingSteps` has one element a listed market. `h` is the
    /// Poseidon2 sponge of the batch's words, which the circuit computes and this contract only binds.
    struct Header {
        uint64 number;
        uint40 timestamp;
        uint8 shape;
        uint16 entries;
        uint16 fills;
        uint16 requests;
        uint256 oldRoot;
        uint256 newRoot;
        uint256 h;
        int64[] fundingSteps;
    }

    // --------------------------------------------------------------- events

    /// @notice Account `account` was handed out to `owner`; its OPEN and DEPOSIT requests follow.
    event AccountOpened(uint32 indexed account, address indexed owner);

    /// @notice A request joined the queue: all that a batch will consume of it is `payload` (248 bits).
    event RequestQueued(
        uint64 indexed request, uint8 indexed kind, uint32 indexed account, uint248 payload, uint40 deadline
    );

    /// @notice The tokens of a DEPOSIT request came from `from`; for a bond that was lost, its keeper.
    event Deposited(uint64 indexed request, uint32 indexed account, address indexed from, uint64 amountE6);

    /// @notice An AGENT request: `agent` may trade for the account until `until`; agent 0 revokes.
    event AgentQueued(uint64 indexed request, uint32 indexed account, address indexed agent, uint40 until);

    /// @notice The owner of `taker` put up the bond for a takeover of at most `maxLots` of the account's position.
    event LiquidationRequested(
        uint64 indexed request, uint32 indexed account, uint32 indexed taker, uint8 market, uint40 maxLots
    );

    /// @notice A MARKET request: `market` gets these rules when a batch consumes it.
    event MarketQueued(uint64 indexed request, uint8 indexed market, string name, MarketConfig config);

    /// @notice From the batch after `batch` on, `market` has these rules; batch 0 is the deployment.
    event MarketListed(uint256 indexed market, uint64 indexed batch, string name, MarketConfig config);

    /// @notice Batch `batch` consumed the request with an outcome of 1 EXECUTED, 2 NOTHING_TO_DO, 3 NOT_LIQUIDATABLE,
    /// 4 TAKER_UNFIT, 5 FUND_UNFIT. `amount`: what a WITHDRAW paid, the lots that a CLOSE or LIQUIDATE moved, the high
    /// bits of a MARKET's configuration hash; else 0.
    event RequestResolved(uint64 indexed request, uint64 indexed batch, uint8 outcome, uint64 amount);

    /// @notice A batch was proved and is final; requests below `requestsEnd` are consumed.
    event BatchSettled(
        uint64 indexed number,
        uint256 indexed newRoot,
        uint8 shape,
        uint40 timestamp,
        uint16 entries,
        uint16 fills,
        uint64 requestsEnd
    );

    /// @notice `recipient` may claim `amountE6` more, paid by `account` in `batch`.
    /// @dev The fee of a request is credited outside any batch: `account` is then 1 and `batch` 0. A bond that goes back
    /// is credited in the batch that consumed its LIQUIDATE, and `account` is then the taker.
    event Claimable(address indexed recipient, uint32 indexed account, uint64 indexed batch, uint64 amountE6);

    /// @notice Everything that `recipient` could claim was sent to `to`.
    event Claimed(address indexed recipient, address indexed to, uint256 amountE6);

    // --------------------------------------------------------------- errors

    /// @notice The address is zero, is this contract, has no code or too short a delay where one is needed, or is not the
    /// account's agent.
    error BadAddress(address given);
    /// @notice Every account number is taken.
    error TreeFull(uint32 accounts);
    /// @notice No account has this number.
    error UnknownAccount(uint32 account);
    /// @notice No market has this index.
    error UnknownMarket(uint256 market);
    /// @notice The caller does not own the account.
    error NotOwner(uint32 account, address caller);
    /// @notice Account and taker have one owner, who would pay itself the discount.
    error SameOwner(uint32 account, uint32 taker);
    /// @notice Only `governor` may list or change this market.
    error NotGovernor(address governor, address caller);
    /// @notice The amount must lie in `minimum..maximum`.
    error AmountOutOfRange(uint256 amount, uint256 minimum, uint256 maximum);
    /// @notice The token delivered another amount than it was asked to.
    error TokenAmountMismatch(uint256 expected, uint256 received);
    /// @notice A request that excludes this one still waits for the account: `request`. For a MARKET, account 0.
    error RequestPending(uint32 account, uint64 request);
    /// @notice The signature is not by `expected`, the owner of the account; `recovered` is 0 if it is malformed.
    error BadSignature(address expected, address recovered);
    /// @notice A market that cannot be cleared or changed so; `field` is named as in `zkclear/rules/markets.py`, "market"
    /// is the index.
    error BadMarketConfig(string field);

    /// @notice Batches settle one after the other.
    error WrongBatchNumber(uint64 expected, uint64 given);
    /// @notice The batch starts from a state that is not the last one.
    error StaleRoot(uint256 expected, uint256 given);
    /// @notice The batch's time must lie in `earliest..latest`, both seen from this block.
    error TimestampOutOfWindow(uint40 timestamp, uint256 earliest, uint256 latest);
    /// @notice The batch consumes requests up to `end`, but only `queued` exist.
    error RequestsOverrun(uint64 end, uint64 queued);
    /// @notice The outcome is not one that this kind of request can have.
    error BadOutcome(uint64 request, uint8 code);
    /// @notice The report is not by a listed signer (0: its signature is malformed).
    error UnknownOracleSigner(address signer);
    /// @notice Reports must come in strictly increasing order of their signers, so that none counts twice.
    error UnorderedSigners(address previous, address next);
    /// @notice A report's time must lie in `earliest..latest`, both seen from the batch.
    error ReportOutOfWindow(uint64 time, uint256 earliest, uint256 latest);
    /// @notice Only `reports` signers have an opinion on the market; `needed` must.
    error OracleQuorum(uint256 market, uint256 reports, uint256 needed);
    /// @notice The median price (in ticks) is further from the last one than the time between them allows.
    error PriceMoveTooLarge(uint256 market, uint256 last, uint256 median);
    /// @notice No circuit has this number.
    error UnknownShape(uint256 shape);
    /// @notice The section ("entries", "fills", "requests") has more rows than the shape.
    error ShapeOverflow(string section, uint256 count, uint256 maximum);
    /// @notice Entry `index` has an action outside the closed set.
    error UnknownAction(uint256 index, uint8 code);
    /// @notice The signature of entry `index` recovers nobody, or its s is high.
    error BadEntrySignature(uint256 index);
    /// @notice A part of the calldata has `given` bytes (or elements) where the header implies `expected`.
    error BadLength(uint256 expected, uint256 given);
    /// @notice The value does not fit its field, or sets bits that its kind must leave 0.
    error FieldOverflow(uint256 value);
    /// @notice The vault would hold `balance` and owe `owed`.
    error VaultShort(uint256 balance, uint256 owed);

    /// @notice Nothing is credited to this address.
    error NothingToClaim(address recipient);

    // ------------------------------------------------- accounts and requests

    /// @notice Hands out the next account number to `owner` and deposits `amountE6` of the caller's tokens into it.
    /// @dev Reverts with BadAddress, TreeFull, AmountOutOfRange, TokenAmountMismatch.
    /// @return account The number.
    /// @return request The DEPOSIT request; the OPEN request is the one before it.
    function open(address owner, uint64 amountE6) external returns (uint32 account, uint64 request);

    /// @notice Queues a deposit of `amountE6` of the caller's tokens into any account, the insurance fund included.
    /// @dev Reverts with UnknownAccount, AmountOutOfRange, TokenAmountMismatch. The vault as a whole stays below 2^60.
    function deposit(uint32 account, uint64 amountE6) external returns (uint64 request);

    /// @notice Queues a withdrawal to the owner, which needs nobody's consent: the batch that consumes it must pay
    /// `min(amountE6, withdrawable)`. Pulls the fee. At most one waits for each account.
    /// @dev Reverts with NotOwner, AmountOutOfRange, RequestPending, TokenAmountMismatch.
    function requestWithdrawal(uint32 account, uint64 amountE6) external returns (uint64 request);

    /// @notice Queues the closing of at most `maxLots` of the account's position in a market against the insurance fund,
    /// at the mark less the liquidation discount: a way out that needs no counterparty. Pulls the fee.
    /// @dev Reverts with NotOwner, UnknownMarket, AmountOutOfRange (1 .. 2^40 - 1), RequestPending, TokenAmountMismatch.
    /// One request a time waits in each of two slots of an account: its own (WITHDRAW, CLOSE, or being the taker of a
    /// LIQUIDATE), and the one for being liquidated. So no stranger's LIQUIDATE keeps an owner from leaving, no owner
    /// keeps a keeper away by requests of its own, and a batch can always consume a prefix of the queue.
    function requestClose(uint32 account, uint8 market, uint64 maxLots) external returns (uint64 request);

    /// @notice Queues a takeover: the caller's account `taker` takes at most `maxLots` of the position of `account`, if that
    /// is below its maintenance requirement, at the mark less a discount. Pulls the bond, which comes back as a claim
    /// with EXECUTED and NOTHING_TO_DO and else goes to the insurance fund.
    /// @dev Reverts with UnknownAccount (0 included), NotOwner (of the taker), SameOwner, UnknownMarket,
    /// AmountOutOfRange (lots: 1 .. 2^40 - 1; the bond, if the vault is full), RequestPending (of either account),
    /// TokenAmountMismatch.
    function liquidate(uint32 account, uint8 market, uint64 maxLots, uint32 taker) external returns (uint64 request);

    /// @notice Queues a new market (`market == marketCount()`, by `marketLister`) or new rules for a listed one (by
    /// `marketGovernor`). They hold from the batch after the one that consumes the request. Name, lot and tick of a listed
    /// market stay; at most one request waits for each market.
    /// @dev Reverts with NotGovernor, BadMarketConfig, RequestPending.
    function queueMarket(uint8 market, Listing memory listing) external returns (uint64 request);

    /// @notice Queues `agent` as the one key besides the owner's that may trade (never withdraw) until `until`.
    /// Pulls the fee. Replaces the agent before it. At most one AGENT request waits for each account.
    /// @dev Reverts with NotOwner, BadAddress, RequestPending, TokenAmountMismatch.
    function authorizeAgent(uint32 account, address agent, uint40 until) external returns (uint64 request);

    /// @notice `authorizeAgent`, by the owner's EIP-712 signature of `AuthorizeAgent` over `agentNonce(account)`;
    /// the caller pays the fee. 65 bytes (r, s, v) or 64 (ERC-2098), low s.
    /// @dev Reverts with UnknownAccount, BadSignature, BadAddress, RequestPending, TokenAmountMismatch.
    function authorizeAgentWithSig(
        uint32 account,
        address agent,
        uint40 until,
        bytes calldata signature
    ) external returns (uint64 request);

    /// @notice Queues the removal of `agent`, which must be the newest agent given to the account. Pulls the fee.
    /// @dev Reverts with NotOwner, BadAddress, RequestPending, TokenAmountMismatch.
    function revokeAgent(uint32 account, address agent) external returns (uint64 request);

    /// @notice `revokeAgent`, by the owner's EIP-712 signature of `RevokeAgent`; the caller pays the fee.
    /// @dev Reverts with UnknownAccount, BadSignature, BadAddress, RequestPending, TokenAmountMismatch.
    function revokeAgentWithSig(
        uint32 account,
        address agent,
        bytes calldata signature
    ) external returns (uint64 request);

    // ----------------------------------------------------------- settlement

    /// @notice Settles the next batch. Anyone may call it: what a valid proof says is valid, whoever brings it.
    /// @dev The checks, in this order: WrongBatchNumber; StaleRoot; TimestampOutOfWindow; RequestsOverrun; BadOutcome;
    /// UnknownOracleSigner, UnorderedSigners, ReportOutOfWindow, OracleQuorum, PriceMoveTooLarge; UnknownShape,
    /// ShapeOverflow; UnknownAction, BadEntrySignature; BadLength; FieldOverflow; the verifier's own revert; and after all
    /// effects VaultShort. A part whose length is wrong is refused with BadLength before it is read; of the entries, whose
    /// lengths differ, the first that reaches beyond the end.
    ///
    /// Effects: signed withdrawals and those of requests become claims; the bond of a LIQUIDATE goes back as a claim of the
    /// taker's owner (EXECUTED, NOTHING_TO_DO) or becomes a new DEPOSIT request to the insurance fund; a MARKET request
    /// changes the list last, so that the batch itself knows the old one.
    ///
    /// The contract computes itself whatever it can: marks from the signed reports, signers from the signatures, requests
    /// from its storage. Those become words of the batch, and the proof is checked against a random combination of all
    /// words (claim C1): it can speak of nothing else.
    /// @param header Number, time, shape, counts, roots, `h` and funding steps.
    /// @param reports Each: time 8, a price of 8 bytes a listed market (10^-8 tokens, 0 = no opinion), signature 64.
    /// @param entries Each: the entry word 32, signature 64 (ERC-2098); after a WITHDRAW its recipient, 20. A risk entry
    /// (actions 0xc0 .. 0xc3), which nobody signs, is its word alone.
    /// @param fills Each: maker 2, taker 2, lots 6 bytes.
    /// @param outcomes Each: code 1, amount 8 bytes; one a consumed request.
    /// @param proof 384 bytes, handed to the shape's verifier unread.
    function settle(
        Header calldata header,
        bytes calldata reports,
        bytes calldata entries,
        bytes calldata fills,
        bytes calldata outcomes,
        bytes calldata proof
    ) external;

    // --------------------------------------------------------------- claims

    /// @notice Sends to `recipient` all that it may claim; anyone may push the button.
    /// @dev Reverts with NothingToClaim. Payments are pulled, so that one bad recipient blocks nobody else.
    function claim(address recipient) external returns (uint256 amountE6);

    /// @notice Sends all that the caller may claim to `to`.
    /// @dev Reverts with BadAddress, NothingToClaim.
    function claimTo(address to) external returns (uint256 amountE6);

    // ---------------------------------------------------------------- views

    /// @notice The collateral token.
    function token() external view returns (address);
    /// @notice The root of the state after the last batch.
    function stateRoot() external view returns (uint256);
    /// @notice The number of the last batch; 0 before the first.
    function batchNumber() external view returns (uint64);
    /// @notice The time of the last batch; that of the deployment before the first.
    function lastTimestamp() external view returns (uint40);
    /// @notice Block and time of the deployment, from which an auditor starts; the time is in the first root.
    function genesis() external view returns (uint64 blockNumber, uint40 timestamp);

    /// @notice The owner of an account; 0 for the insurance fund and for numbers not handed out.
    function owner(uint32 account) external view returns (address);
    /// @notice How many accounts exist, 0 and 1 included; the next one gets this number.
    function accountCount() external view returns (uint32);
    /// @notice What the owner's next AuthorizeAgent or RevokeAgent must carry; every agent request raises it, signed or
    /// sent, so that an older signature is dead.
    function agentNonce(uint32 account) external view returns (uint64);

    /// @notice The requests in the account's two slots that still wait, each as its number plus one (0: none). `own`: its
    /// WITHDRAW or CLOSE, or a LIQUIDATE of which it is the taker; `targeted`: a LIQUIDATE of this account.
    function pendingRisk(uint32 account) external view returns (uint64 own, uint64 targeted);

    /// @notice A request: its 248 bits (0: no such request) and the time until which it should be consumed.
    function request(uint64 id) external view returns (uint248 payload, uint40 deadline);
    /// @notice The oldest request that no batch has consumed, or `queueLength` if there is none.
    function queueHead() external view returns (uint64);
    /// @notice How many requests were ever queued; the next one gets this number.
    function queueLength() external view returns (uint64);
    /// @notice Deposits that arrived and that no batch has consumed.
    function queuedDeposits() external view returns (uint256);
    /// @notice Bonds of LIQUIDATE requests that no batch has consumed. The vault holds claims, queued deposits and these
    /// besides what is in accounts.
    function queuedBonds() external view returns (uint256);

    /// @notice What `recipient` may claim.
    function claimable(address recipient) external view returns (uint256);
    /// @notice The sum of all that may be claimed.
    function totalClaims() external view returns (uint256);

    /// @notice How many markets are listed.
    function marketCount() external view returns (uint256);
    /// @notice A listed market: its name, its rules, and its mark in ticks (0 before the first batch).
    function market(uint256 index) external view returns (string memory name, MarketConfig memory config, uint32 mark);
    /// @notice What a MARKET request asks for or asked for; empty for other requests.
    function queuedMarket(uint64 id) external view returns (string memory name, MarketConfig memory config);
    /// @notice The timelock that lists markets.
    function marketLister() external view returns (address);
    /// @notice The timelock that changes the rules of listed markets.
    function marketGovernor() external view returns (address);
    /// @notice The marks of all listed markets in ticks.
    function marks() external view returns (uint32[] memory);
    /// @notice How many shapes can be settled.
    function shapeCount() external view returns (uint256);
    /// @notice The verifier of a shape and the shape's capacity.
    function verifier(uint256 shape)
        external
        view
        returns (address verifierAddress, uint16 entries, uint16 fills, uint16 requests);
    /// @notice keccak256 of the verifiers' code hashes in order of shape: which circuits this contract accepts.
    function circuitId() external view returns (bytes32);
    /// @notice The first word of every batch: chain, contract and circuits in 248 bits.
    function domainWord() external view returns (uint256);
    /// @notice Who signs prices, and how many must agree.
    function oracleSigners() external view returns (address[] memory signers, uint8 quorum);
    /// @notice The times, amounts and moves fixed at deployment.
    function parameters() external view returns (Parameters memory);
}
