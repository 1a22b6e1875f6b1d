// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {BindLib} from "./libraries/BindLib.sol";
import {EntryLib} from "./libraries/EntryLib.sol";
import {LedgerLib} from "./libraries/LedgerLib.sol";
import {ListingLib} from "./libraries/ListingLib.sol";
import {OracleLib} from "./libraries/OracleLib.sol";
import {OutcomeLib} from "./libraries/OutcomeLib.sol";
import {QueueLib} from "./libraries/QueueLib.sol";
import {WordsLib} from "./libraries/WordsLib.sol";

/// @title zkclear's settlement. The prose is in `ISettlement`.
contract Settlement is ISettlement, EIP712, ReentrancyGuardTransient {
    using LedgerLib for LedgerLib.Ledger;
    using ListingLib for ListingLib.Markets;
    using OracleLib for OracleLib.Panel;
    using OutcomeLib for LedgerLib.Ledger;
    using QueueLib for LedgerLib.Ledger;

    uint256 private constant VERIFY_GAS = 500_000;
    uint256 private constant LIST_DELAY = 7 days;
    uint256 private constant CHANGE_DELAY = 30 days;
    uint8 private constant DECIMALS = 6;

    /// @dev What `settle` gathers before the proof is checked.
    struct Gathered {
        uint256[] payloads;
        uint256[] marks;
        uint256[] words;
        uint256[] withdrawals;
    }

    /// @inheritdoc ISettlement
    bytes32 public immutable circuitId;
    /// @inheritdoc ISettlement
    uint256 public immutable domainWord;
    /// @inheritdoc ISettlement
    address public immutable marketLister;
    /// @inheritdoc ISettlement
    address public immutable marketGovernor;
    bytes32 private immutable _asset;
    uint64 private immutable _genesisBlock;
    uint40 private immutable _genesisTimestamp;

    /// @inheritdoc ISettlement
    uint256 public stateRoot;
    /// @inheritdoc ISettlement
    uint64 public batchNumber;
    /// @inheritdoc ISettlement
    uint40 public lastTimestamp;
    /// @dev Ticks of market i in bits 32 i .. 32 i + 31.
    uint256 private _marks;

    LedgerLib.Ledger private _ledger;
    ListingLib.Markets private _markets;
    Shape[] private _shapes;
    OracleLib.Panel private _panel;

    constructor(Deployment memory deployment) EIP712("zkclear", "1") {
        require(deployment.feeRecipient != address(0), BadAddress(deployment.feeRecipient));
        IERC20Metadata collateral = IERC20Metadata(deployment.token);
        require(collateral.decimals() == DECIMALS, BadAddress(deployment.token));
        _asset = keccak256(bytes(collateral.symbol()));
        marketLister = _delayed(deployment.marketLister, LIST_DELAY);
        marketGovernor = _delayed(deployment.marketGovernor, CHANGE_DELAY);
        _ledger.found(deployment.token, deployment.feeRecipient, deployment.parameters);
        _panel.seat(deployment.oracleSigners, deployment.oracleQuorum);

        circuitId = _listShapes(deployment.shapes);
        domainWord = uint256(keccak256(abi.encode(block.chainid, address(this), circuitId))) >> 8;

        _genesisBlock = uint64(block.number);
        _genesisTimestamp = lastTimestamp = uint40(block.timestamp);
        stateRoot = _markets.list(deployment.markets, deployment.feeRecipient);
    }

    // ------------------------------------------------- accounts and requests

    /// @inheritdoc ISettlement
    function open(address owner_, uint64 amountE6) external nonReentrant returns (uint32 account, uint64 id) {
        return _ledger.open(owner_, amountE6);
    }

    /// @inheritdoc ISettlement
    function deposit(uint32 account, uint64 amountE6) external nonReentrant returns (uint64 id) {
        return _ledger.deposit(account, amountE6);
    }

    /// @inheritdoc ISettlement
    function requestWithdrawal(uint32 account, uint64 amountE6) external nonReentrant returns (uint64 id) {
        return _ledger.requestWithdrawal(account, amountE6);
    }

    /// @inheritdoc ISettlement
    function requestClose(uint32 account, uint8 market_, uint64 maxLots) external nonReentrant returns (uint64 id) {
        return _ledger.requestClose(marketCount(), account, market_, maxLots);
    }

    /// @inheritdoc ISettlement
    function liquidate(
        uint32 account,
        uint8 market_,
        uint64 maxLots,
        uint32 taker
    ) external nonReentrant returns (uint64 id) {
        return _ledger.liquidate(marketCount(), account, market_, maxLots, taker);
    }

    /// @inheritdoc ISettlement
    function authorizeAgent(uint32 account, address agent, uint40 until) external nonReentrant returns (uint64 id) {
        return _ledger.authorizeAgent(account, agent, until);
    }

    /// @inheritdoc ISettlement
    function authorizeAgentWithSig(
        uint32 account,
        address agent,
        uint40 until,
        bytes calldata signature
    ) external nonReentrant returns (uint64 id) {
        return _ledger.authorizeAgentWithSig(_domainSeparatorV4(), account, agent, until, signature);
    }

    /// @inheritdoc ISettlement
    function revokeAgent(uint32 account, address agent) external nonReentrant returns (uint64 id) {
        return _ledger.revokeAgent(account, agent);
    }

    /// @inheritdoc ISettlement
    function revokeAgentWithSig(
        uint32 account,
        address agent,
        bytes calldata signature
    ) external nonReentrant returns (uint64 id) {
        return _ledger.revokeAgentWithSig(_domainSeparatorV4(), account, agent, signature);
    }

    /// @inheritdoc ISettlement
    function queueMarket(uint8 market_, Listing memory listing) external nonReentrant returns (uint64 id) {
        address governor = market_ < marketCount() ? marketGovernor : marketLister;
        require(msg.sender == governor, NotGovernor(governor, msg.sender));
        return ListingLib.queue(_ledger, _markets, market_, listing);
    }

    // ----------------------------------------------------------- settlement

    /// @inheritdoc ISettlement
    function settle(
        Header calldata header,
        bytes calldata reports,
        bytes calldata entries,
        bytes calldata fills,
        bytes calldata outcomes,
        bytes calldata proof
    ) external nonReentrant {
        _requireNext(header);
        Gathered memory gathered;
        gathered.payloads = _ledger.gather(_markets, header.requests, outcomes);
        _gatherMarks(gathered, header, reports);
        _gatherWords(gathered, header, entries, fills, outcomes);
        // Capped: a proof with a point off the curve burns all the gas that it is given.
        IVerifier(_shapes[header.shape].verifier).verifyProof{gas: VERIFY_GAS}(proof, BindLib.inputs(gathered.words));

        _advance(header, gathered.marks);
        _creditWithdrawals(header.number, entries, gathered.withdrawals);
        if (header.requests > 0) _ledger.resolve(_markets, header.number, gathered.payloads, outcomes);
        _announce(header);
        _ledger.requireVaultCovers(); // C8
    }

    // --------------------------------------------------------------- claims

    /// @inheritdoc ISettlement
    function claim(address recipient) external nonReentrant returns (uint256 amountE6) {
        amountE6 = _ledger.pay(recipient, recipient);
    }

    /// @inheritdoc ISettlement
    function claimTo(address to) external nonReentrant returns (uint256 amountE6) {
        require(to != address(0) && to != address(this), BadAddress(to));
        amountE6 = _ledger.pay(msg.sender, to);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ISettlement
    function token() external view returns (address) {
        return _ledger.token;
    }

    /// @inheritdoc ISettlement
    function genesis() external view returns (uint64 blockNumber, uint40 timestamp) {
        return (_genesisBlock, _genesisTimestamp);
    }

    /// @inheritdoc ISettlement
    function owner(uint32 account) external view returns (address) {
        return _ledger.accounts[account].owner;
    }

    /// @inheritdoc ISettlement
    function accountCount() external view returns (uint32) {
        return _ledger.accountCount;
    }

    /// @inheritdoc ISettlement
    function agentNonce(uint32 account) external view returns (uint64) {
        return _ledger.accounts[account].agentNonce;
    }

    /// @inheritdoc ISettlement
    function pendingRisk(uint32 account) external view returns (uint64 own, uint64 targeted) {
        return _ledger.pendingRisk(account);
    }

    /// @inheritdoc ISettlement
    function request(uint64 id) external view returns (uint248 payload, uint40 deadline) {
        return (_ledger.requests[id].payload, _ledger.requests[id].deadline);
    }

    /// @inheritdoc ISettlement
    function queueHead() external view returns (uint64) {
        return _ledger.queueHead;
    }

    /// @inheritdoc ISettlement
    function queueLength() external view returns (uint64) {
        return _ledger.queueLength;
    }

    /// @inheritdoc ISettlement
    function queuedDeposits() external view returns (uint256) {
        return _ledger.queuedDeposits;
    }

    /// @inheritdoc ISettlement
    function queuedBonds() external view returns (uint256) {
        return _ledger.queuedBonds;
    }

    /// @inheritdoc ISettlement
    function claimable(address recipient) external view returns (uint256) {
        return _ledger.claimable[recipient];
    }

    /// @inheritdoc ISettlement
    function totalClaims() external view returns (uint256) {
        return _ledger.totalClaims;
    }

    /// @inheritdoc ISettlement
    function marketCount() public view returns (uint256) {
        return _markets.listed.length;
    }

    /// @inheritdoc ISettlement
    function market(uint256 index) external view returns (string memory name, MarketConfig memory config, uint32 mark) {
        require(index < marketCount(), UnknownMarket(index));
        return (_markets.listed[index].name, _markets.listed[index].config, _mark(_marks, index));
    }

    /// @inheritdoc ISettlement
    function queuedMarket(uint64 id) external view returns (string memory name, MarketConfig memory config) {
        return (_markets.queued[id].listing.name, _markets.queued[id].listing.config);
    }

    /// @inheritdoc ISettlement
    function marks() public view returns (uint32[] memory ticks) {
        uint256 packed = _marks;
        ticks = new uint32[](marketCount());
        for (uint256 i = 0; i < ticks.length; ++i) {
            ticks[i] = _mark(packed, i);
        }
    }

    /// @inheritdoc ISettlement
    function shapeCount() external view returns (uint256) {
        return _shapes.length;
    }

    /// @inheritdoc ISettlement
    function verifier(uint256 shape)
        external
        view
        returns (address verifierAddress, uint16 entries, uint16 fills, uint16 requests)
    {
        Shape memory found = _shape(shape);
        return (found.verifier, found.entries, found.fills, found.requests);
    }

    /// @inheritdoc ISettlement
    function oracleSigners() external view returns (address[] memory signers, uint8 quorum) {
        return (_panel.signers, _panel.quorum);
    }

    /// @inheritdoc ISettlement
    function parameters() external view returns (Parameters memory) {
        return _ledger.parameters;
    }

    // --------------------------------------------------- construction, inside

    /// @dev Fixes the verifiers and returns the circuit id: the hash of their code hashes.
    function _listShapes(Shape[] memory shapes) private returns (bytes32) {
        require(shapes.length >= 1 && shapes.length <= type(uint8).max, UnknownShape(shapes.length));
        bytes32[] memory codeHashes = new bytes32[](shapes.length);
        for (uint256 i = 0; i < shapes.length; ++i) {
            require(shapes[i].verifier.code.length > 0, BadAddress(shapes[i].verifier));
            codeHashes[i] = shapes[i].verifier.codehash;
            _shapes.push(shapes[i]);
        }
        return keccak256(abi.encodePacked(codeHashes));
    }

    /// @dev A timelock, so that everybody sees what will change in time to leave.
    function _delayed(address timelock, uint256 delay) private view returns (address) {
        (bool answers, bytes memory answer) = timelock.staticcall(abi.encodeCall(TimelockController.getMinDelay, ()));
        require(answers && answer.length == 32, BadAddress(timelock));
        require(abi.decode(answer, (uint256)) >= delay, BadAddress(timelock));
        return timelock;
    }

    // ----------------------------------------------------- settlement, inside

    function _requireNext(Header calldata header) private view {
        require(header.number == batchNumber + 1, WrongBatchNumber(batchNumber + 1, header.number));
        require(header.oldRoot == stateRoot, StaleRoot(stateRoot, header.oldRoot));
        uint256 earliest = _since(block.timestamp, _ledger.parameters.maxLag);
        if (earliest < lastTimestamp) earliest = lastTimestamp;
        uint256 latest = block.timestamp + _ledger.parameters.maxLead;
        require(
            earliest <= header.timestamp && header.timestamp <= latest,
            TimestampOutOfWindow(header.timestamp, earliest, latest)
        );
    }

    function _gatherMarks(Gathered memory gathered, Header calldata header, bytes calldata reports) private view {
        OracleLib.Demand memory demand;
        demand.domainSeparator = _domainSeparatorV4();
        demand.earliest = _since(header.timestamp, _ledger.parameters.reportMaxAge);
        demand.latest = header.timestamp;
        demand.moveAtMostPpm = _ledger.parameters.maxMovePpm + uint256(_ledger.parameters.maxMovePpmPerSecond)
            * (header.timestamp - lastTimestamp);
        uint256[] memory tickE8 = new uint256[](marketCount());
        for (uint256 i = 0; i < tickE8.length; ++i) {
            tickE8[i] = _markets.listed[i].config.tickE8;
        }
        gathered.marks = _panel.marks(reports, demand, tickE8, marks());
    }

    function _gatherWords(
        Gathered memory gathered,
        Header calldata header,
        bytes calldata entries,
        bytes calldata fills,
        bytes calldata outcomes
    ) private view {
        Shape memory shape = _shape(header.shape);
        require(header.entries <= shape.entries, ShapeOverflow("entries", header.entries, shape.entries));
        require(header.fills <= shape.fills, ShapeOverflow("fills", header.fills, shape.fills));
        require(header.requests <= shape.requests, ShapeOverflow("requests", header.requests, shape.requests));
        uint256[] memory words = WordsLib.room(shape);
        gathered.words = words;
        gathered.withdrawals = EntryLib.read(words, entries, header.entries, _context());
        WordsLib.checkFills(header.fills, fills);
        WordsLib.writeFills(words, shape, fills);
        WordsLib.writeRequests(words, shape, gathered.payloads, outcomes);
        WordsLib.writeHead(words, header, domainWord, _ledger.queueHead, gathered.marks);
    }

    function _context() private view returns (EntryLib.Context memory context) {
        context.domainSeparator = _domainSeparatorV4();
        context.asset = _asset;
        uint256 count = marketCount();
        uint256[] memory rows = new uint256[](EntryLib.ROW_WORDS * count);
        for (uint256 i = 0; i < count; ++i) {
            ListingLib.Market storage listed = _markets.listed[i];
            rows[3 * i] = uint256(listed.nameHash);
            rows[3 * i + 1] = listed.config.lotE8;
            rows[3 * i + 2] = listed.config.tickE8;
        }
        context.rows = rows;
    }

    function _advance(Header calldata header, uint256[] memory ticks) private {
        stateRoot = header.newRoot;
        batchNumber = header.number;
        lastTimestamp = header.timestamp;
        uint256 packed = 0;
        for (uint256 i = 0; i < ticks.length; ++i) {
            packed |= ticks[i] << (32 * i);
        }
        _marks = packed;
    }

    function _announce(Header calldata header) private {
        emit BatchSettled(
            header.number,
            header.newRoot,
            header.shape,
            header.timestamp,
            header.entries,
            header.fills,
            _ledger.queueHead
        );
    }

    function _creditWithdrawals(uint64 number, bytes calldata entries, uint256[] memory withdrawals) private {
        for (uint256 i = 0; i < withdrawals.length; ++i) {
            (uint32 account, uint64 amountE6, address recipient) = EntryLib.withdrawalAt(entries, withdrawals[i]);
            _ledger.credit(recipient, account, number, amountE6);
        }
    }

    function _shape(uint256 shape) private view returns (Shape memory) {
        require(shape < _shapes.length, UnknownShape(shape));
        return _shapes[shape];
    }

    function _mark(uint256 packed, uint256 index) private pure returns (uint32) {
        return uint32(packed >> (32 * index));
    }

    /// @dev `time - span`, or 0 where that would be before all time.
    function _since(uint256 time, uint256 span) private pure returns (uint256) {
        return time > span ? time - span : 0;
    }
}
