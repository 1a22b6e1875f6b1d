// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {BindLib} from "./libraries/BindLib.sol";
import {Eip712Lib} from "./libraries/Eip712Lib.sol";
import {EntryLib} from "./libraries/EntryLib.sol";
import {MarketLib} from "./libraries/MarketLib.sol";
import {OracleLib} from "./libraries/OracleLib.sol";
import {RequestLib} from "./libraries/RequestLib.sol";
import {TreeLib} from "./libraries/TreeLib.sol";
import {WordsLib} from "./libraries/WordsLib.sol";

/// @title zkclear's settlement. The prose is in `ISettlement`.
contract Settlement is ISettlement, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using OracleLib for OracleLib.Panel;

    uint32 private constant INSURANCE = 0;
    uint32 private constant FEES = 1;
    uint256 private constant QUOTE_BOUND = 2 ** 62;
    /// @dev A quarter of what an account can hold, so that no sum of deposits leaves the circuit's range.
    uint256 private constant VAULT_BOUND = 2 ** 60;
    uint256 private constant VERIFY_GAS = 500_000;
    uint8 private constant DECIMALS = 6;

    /// @dev Two slots. A pending request is kept as its number plus one; 0 is none.
    struct Account {
        address owner;
        uint64 agentNonce;
        address agent;
        uint48 withdrawal;
        uint48 agency;
    }

    struct Request {
        uint248 payload;
        uint40 deadline;
    }

    struct Market {
        bytes32 nameHash;
        string name;
        MarketConfig config;
    }

    /// @dev What `settle` gathers before the proof is checked.
    struct Gathered {
        uint64 requestsEnd;
        uint256[] payloads;
        uint256[] marks;
        uint256[] words;
        uint256[] withdrawals;
    }

    /// @inheritdoc ISettlement
    address public immutable token;
    /// @inheritdoc ISettlement
    bytes32 public immutable circuitId;
    /// @inheritdoc ISettlement
    uint256 public immutable domainWord;
    bytes32 private immutable _asset;
    address private immutable _feeRecipient;
    uint64 private immutable _genesisBlock;
    uint40 private immutable _genesisTimestamp;

    /// @inheritdoc ISettlement
    uint256 public stateRoot;
    /// @inheritdoc ISettlement
    uint64 public batchNumber;
    /// @inheritdoc ISettlement
    uint40 public lastTimestamp;
    /// @inheritdoc ISettlement
    uint64 public queueHead;
    /// @inheritdoc ISettlement
    uint64 public queueLength;
    /// @dev Ticks of market i in bits 32 i .. 32 i + 31.
    uint256 private _marks;

    /// @inheritdoc ISettlement
    uint32 public accountCount;
    /// @inheritdoc ISettlement
    uint256 public queuedDeposits;
    /// @inheritdoc ISettlement
    uint256 public totalClaims;
    /// @inheritdoc ISettlement
    mapping(address recipient => uint256) public claimable;

    mapping(uint32 account => Account) private _accounts;
    mapping(uint64 id => Request) private _requests;
    Market[] private _markets;
    Shape[] private _shapes;
    OracleLib.Panel private _panel;
    Parameters private _parameters;

    constructor(Deployment memory deployment) EIP712("zkclear", "1") {
        require(deployment.feeRecipient != address(0), BadAddress(deployment.feeRecipient));
        IERC20Metadata collateral = IERC20Metadata(deployment.token);
        require(collateral.decimals() == DECIMALS, BadAddress(deployment.token));
        token = deployment.token;
        _asset = keccak256(bytes(collateral.symbol()));
        _feeRecipient = deployment.feeRecipient;
        _accounts[FEES].owner = deployment.feeRecipient;
        accountCount = FEES + 1;
        _panel.seat(deployment.oracleSigners, deployment.oracleQuorum);
        _parameters = deployment.parameters;

        circuitId = _listShapes(deployment.shapes);
        domainWord = uint256(keccak256(abi.encode(block.chainid, address(this), circuitId))) >> 8;

        _genesisBlock = uint64(block.number);
        _genesisTimestamp = lastTimestamp = uint40(block.timestamp);
        stateRoot = TreeLib.genesisRoot(_listMarkets(deployment.markets), deployment.feeRecipient, block.timestamp);
    }

    // ------------------------------------------------- accounts and requests

    /// @inheritdoc ISettlement
    function open(address owner_, uint64 amountE6) external nonReentrant returns (uint32 account, uint64 id) {
        require(owner_ != address(0) && owner_ != address(this), BadAddress(owner_));
        account = accountCount;
        require(account < TreeLib.ACCOUNTS, TreeFull(account));
        accountCount = account + 1;
        _accounts[account].owner = owner_;
        emit AccountOpened(account, owner_);
        _enqueue(account, RequestLib.opening(account, owner_));
        id = _deposit(account, amountE6);
    }

    /// @inheritdoc ISettlement
    function deposit(uint32 account, uint64 amountE6) external nonReentrant returns (uint64 id) {
        require(account < accountCount, UnknownAccount(account));
        id = _deposit(account, amountE6);
    }

    /// @inheritdoc ISettlement
    function requestWithdrawal(uint32 account, uint64 amountE6) external nonReentrant returns (uint64 id) {
        _requireOwner(account);
        require(amountE6 >= 1 && amountE6 < QUOTE_BOUND, AmountOutOfRange(amountE6, 1, QUOTE_BOUND - 1));
        Account storage leaf = _accounts[account];
        _requireNonePending(account, leaf.withdrawal);
        id = _enqueue(account, RequestLib.withdrawing(account, amountE6));
        leaf.withdrawal = uint48(id + 1);
        _takeFee();
    }

    /// @inheritdoc ISettlement
    function authorizeAgent(uint32 account, address agent, uint40 until) external nonReentrant returns (uint64 id) {
        _requireOwner(account);
        id = _authorize(account, agent, until);
    }

    /// @inheritdoc ISettlement
    function authorizeAgentWithSig(
        uint32 account,
        address agent,
        uint40 until,
        bytes calldata signature
    ) external nonReentrant returns (uint64 id) {
        _requireSigned(account, Eip712Lib.authorizeAgent(account, agent, until, agentNonce(account)), signature);
        id = _authorize(account, agent, until);
    }

    /// @inheritdoc ISettlement
    function revokeAgent(uint32 account, address agent) external nonReentrant returns (uint64 id) {
        _requireOwner(account);
        id = _revoke(account, agent);
    }

    /// @inheritdoc ISettlement
    function revokeAgentWithSig(
        uint32 account,
        address agent,
        bytes calldata signature
    ) external nonReentrant returns (uint64 id) {
        _requireSigned(account, Eip712Lib.revokeAgent(account, agent, agentNonce(account)), signature);
        id = _revoke(account, agent);
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
        _gatherRequests(gathered, header, outcomes);
        _gatherMarks(gathered, header, reports);
        _gatherWords(gathered, header, entries, fills, outcomes);
        // Capped: a proof with a point off the curve burns all the gas that it is given.
        IVerifier(_shapes[header.shape].verifier).verifyProof{gas: VERIFY_GAS}(proof, BindLib.inputs(gathered.words));

        _advance(header, gathered);
        _creditWithdrawals(header.number, entries, gathered.withdrawals);
        _resolveRequests(header, outcomes, gathered.payloads);
        _announce(header);
        _requireVaultCovers(); // C8
    }

    // --------------------------------------------------------------- claims

    /// @inheritdoc ISettlement
    function claim(address recipient) external nonReentrant returns (uint256 amountE6) {
        amountE6 = _pay(recipient, recipient);
    }

    /// @inheritdoc ISettlement
    function claimTo(address to) external nonReentrant returns (uint256 amountE6) {
        require(to != address(0) && to != address(this), BadAddress(to));
        amountE6 = _pay(msg.sender, to);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ISettlement
    function genesis() external view returns (uint64 blockNumber, uint40 timestamp) {
        return (_genesisBlock, _genesisTimestamp);
    }

    /// @inheritdoc ISettlement
    function owner(uint32 account) public view returns (address) {
        return _accounts[account].owner;
    }

    /// @inheritdoc ISettlement
    function agentNonce(uint32 account) public view returns (uint64) {
        return _accounts[account].agentNonce;
    }

    /// @inheritdoc ISettlement
    function request(uint64 id) external view returns (uint248 payload, uint40 deadline) {
        return (_requests[id].payload, _requests[id].deadline);
    }

    /// @inheritdoc ISettlement
    function marketCount() external view returns (uint256) {
        return _markets.length;
    }

    /// @inheritdoc ISettlement
    function market(uint256 index) external view returns (string memory name, MarketConfig memory config, uint32 mark) {
        require(index < _markets.length, UnknownMarket(index));
        return (_markets[index].name, _markets[index].config, _mark(_marks, index));
    }

    /// @inheritdoc ISettlement
    function marks() public view returns (uint32[] memory ticks) {
        uint256 packed = _marks;
        ticks = new uint32[](_markets.length);
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
        return _parameters;
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

    /// @dev Lists the markets; a name is what wallets show, so no two may be alike, and "ALL" means all of them.
    function _listMarkets(Listing[] memory listings) private returns (MarketConfig[] memory configs) {
        require(listings.length >= 1 && listings.length <= TreeLib.MARKETS, BadMarketConfig("count"));
        configs = new MarketConfig[](listings.length);
        for (uint256 i = 0; i < listings.length; ++i) {
            bytes32 nameHash = keccak256(bytes(listings[i].name));
            require(nameHash != keccak256("") && nameHash != keccak256("ALL"), BadMarketConfig("name"));
            for (uint256 j = 0; j < i; ++j) {
                require(nameHash != _markets[j].nameHash, BadMarketConfig("name"));
            }
            configs[i] = listings[i].config;
            MarketLib.check(configs[i]);
            _markets.push(Market(nameHash, listings[i].name, configs[i]));
        }
    }

    // ------------------------------------------------------- requests, inside

    function _requireOwner(uint32 account) private view {
        require(_accounts[account].owner == msg.sender, NotOwner(account, msg.sender));
    }

    /// @dev An account without owner has no signature: a failed recovery also gives 0.
    function _requireSigned(uint32 account, bytes32 structHash, bytes calldata signature) private view {
        address expected = owner(account);
        require(expected != address(0), UnknownAccount(account));
        bytes32 digest = _hashTypedDataV4(structHash);
        address recovered;
        if (signature.length == 64) {
            (recovered,,) = ECDSA.tryRecover(digest, bytes32(signature[:32]), bytes32(signature[32:]));
        } else {
            (recovered,,) = ECDSA.tryRecoverCalldata(digest, signature);
        }
        require(recovered == expected, BadSignature(expected, recovered));
    }

    function _requireNonePending(uint32 account, uint48 idPlusOne) private view {
        // Not `require`: its arguments are evaluated even where it holds, and 0 has no predecessor.
        if (idPlusOne > queueHead) revert RequestPending(account, idPlusOne - 1);
    }

    function _deposit(uint32 account, uint64 amountE6) private returns (uint64 id) {
        uint256 held = IERC20(token).balanceOf(address(this));
        uint256 most = held < VAULT_BOUND ? VAULT_BOUND - 1 - held : 0;
        uint256 least = _parameters.minDepositE6;
        require(least <= amountE6 && amountE6 <= most, AmountOutOfRange(amountE6, least, most));
        id = _enqueue(account, RequestLib.depositing(account, amountE6));
        queuedDeposits += amountE6;
        emit Deposited(id, account, msg.sender, amountE6);
        _pull(amountE6);
    }

    function _authorize(uint32 account, address agent, uint40 until) private returns (uint64) {
        require(agent != address(0), BadAddress(agent));
        return _appoint(account, agent, until);
    }

    function _revoke(uint32 account, address agent) private returns (uint64) {
        require(agent != address(0) && agent == _accounts[account].agent, BadAddress(agent));
        return _appoint(account, address(0), 0);
    }

    function _appoint(uint32 account, address agent, uint40 until) private returns (uint64 id) {
        Account storage leaf = _accounts[account];
        _requireNonePending(account, leaf.agency);
        id = _enqueue(account, RequestLib.appointing(account, agent, until));
        ++leaf.agentNonce;
        leaf.agent = agent;
        leaf.agency = uint48(id + 1);
        emit AgentQueued(id, account, agent, until);
        _takeFee();
    }

    function _enqueue(uint32 account, uint248 payload) private returns (uint64 id) {
        id = queueLength++;
        uint40 deadline = uint40(block.timestamp + _parameters.deadline);
        _requests[id] = Request(payload, deadline);
        emit RequestQueued(id, RequestLib.kindOf(payload), account, payload, deadline);
    }

    /// @dev A request costs something, or the queue could be flooded for gas alone.
    function _takeFee() private {
        uint64 feeE6 = _parameters.feeE6;
        _credit(_feeRecipient, FEES, 0, feeE6);
        _pull(feeE6);
    }

    /// @dev Takes exactly `amountE6` of the caller's tokens; what arrives is measured.
    function _pull(uint256 amountE6) private {
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amountE6);
        uint256 received = IERC20(token).balanceOf(address(this)) - before;
        require(received == amountE6, TokenAmountMismatch(amountE6, received));
    }

    // ----------------------------------------------------- settlement, inside

    function _requireNext(Header calldata header) private view {
        require(header.number == batchNumber + 1, WrongBatchNumber(batchNumber + 1, header.number));
        require(header.oldRoot == stateRoot, StaleRoot(stateRoot, header.oldRoot));
        uint256 earliest = _since(block.timestamp, _parameters.maxLag);
        if (earliest < lastTimestamp) earliest = lastTimestamp;
        uint256 latest = block.timestamp + _parameters.maxLead;
        require(
            earliest <= header.timestamp && header.timestamp <= latest,
            TimestampOutOfWindow(header.timestamp, earliest, latest)
        );
    }

    function _gatherRequests(Gathered memory gathered, Header calldata header, bytes calldata outcomes) private view {
        uint64 head = queueHead;
        uint64 end = head + header.requests;
        require(end <= queueLength, RequestsOverrun(end, queueLength));
        WordsLib.checkOutcomes(header.requests, outcomes);
        uint256[] memory payloads = new uint256[](header.requests);
        for (uint256 i = 0; i < payloads.length; ++i) {
            uint64 id = head + uint64(i);
            payloads[i] = _requests[id].payload;
            (uint8 code, uint64 amountE6) = WordsLib.outcomeAt(outcomes, i);
            require(RequestLib.allows(payloads[i], code, amountE6), BadOutcome(id, code));
        }
        (gathered.requestsEnd, gathered.payloads) = (end, payloads);
    }

    function _gatherMarks(Gathered memory gathered, Header calldata header, bytes calldata reports) private view {
        OracleLib.Demand memory demand;
        demand.domainSeparator = _domainSeparatorV4();
        demand.earliest = _since(header.timestamp, _parameters.reportMaxAge);
        demand.latest = header.timestamp;
        demand.moveAtMostPpm =
            _parameters.maxMovePpm + uint256(_parameters.maxMovePpmPerSecond) * (header.timestamp - lastTimestamp);
        uint256[] memory tickE8 = new uint256[](_markets.length);
        for (uint256 i = 0; i < tickE8.length; ++i) {
            tickE8[i] = _markets[i].config.tickE8;
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
        WordsLib.writeHead(words, header, domainWord, queueHead, gathered.marks);
    }

    function _context() private view returns (EntryLib.Context memory context) {
        context.domainSeparator = _domainSeparatorV4();
        context.asset = _asset;
        uint256[] memory rows = new uint256[](EntryLib.ROW_WORDS * _markets.length);
        for (uint256 i = 0; i < _markets.length; ++i) {
            Market storage listed = _markets[i];
            rows[3 * i] = uint256(listed.nameHash);
            rows[3 * i + 1] = listed.config.lotE8;
            rows[3 * i + 2] = listed.config.tickE8;
        }
        context.rows = rows;
    }

    function _advance(Header calldata header, Gathered memory gathered) private {
        stateRoot = header.newRoot;
        batchNumber = header.number;
        lastTimestamp = header.timestamp;
        queueHead = gathered.requestsEnd;
        uint256 packed = 0;
        for (uint256 i = 0; i < gathered.marks.length; ++i) {
            packed |= gathered.marks[i] << (32 * i);
        }
        _marks = packed;
    }

    function _announce(Header calldata header) private {
        emit BatchSettled(
            header.number, header.newRoot, header.shape, header.timestamp, header.entries, header.fills, queueHead
        );
    }

    function _creditWithdrawals(uint64 number, bytes calldata entries, uint256[] memory withdrawals) private {
        for (uint256 i = 0; i < withdrawals.length; ++i) {
            (uint32 account, uint64 amountE6, address recipient) = EntryLib.withdrawalAt(entries, withdrawals[i]);
            _credit(recipient, account, number, amountE6);
        }
    }

    function _resolveRequests(Header calldata header, bytes calldata outcomes, uint256[] memory payloads) private {
        uint64 first = queueHead - header.requests;
        uint256 deposited = 0;
        for (uint256 i = 0; i < payloads.length; ++i) {
            (uint8 code, uint64 amountE6) = WordsLib.outcomeAt(outcomes, i);
            uint8 kind = RequestLib.kindOf(payloads[i]);
            if (kind == RequestLib.DEPOSIT) deposited += RequestLib.amountOf(payloads[i]);
            if (amountE6 > 0) {
                uint32 account = RequestLib.accountOf(payloads[i]); // only a WITHDRAW has an amount
                _credit(owner(account), account, header.number, amountE6);
            }
            emit RequestResolved(first + uint64(i), header.number, code, amountE6);
        }
        if (deposited > 0) queuedDeposits -= deposited;
    }

    /// @dev Nobody is called here: claims are pulled.
    function _credit(address recipient, uint32 account, uint64 number, uint64 amountE6) private {
        claimable[recipient] += amountE6;
        totalClaims += amountE6;
        emit Claimable(recipient, account, number, amountE6);
    }

    function _requireVaultCovers() private view {
        uint256 held = IERC20(token).balanceOf(address(this));
        uint256 owed = totalClaims + queuedDeposits;
        require(held >= owed, VaultShort(held, owed));
    }

    function _pay(address recipient, address to) private returns (uint256 amountE6) {
        amountE6 = claimable[recipient];
        require(amountE6 > 0, NothingToClaim(recipient));
        claimable[recipient] = 0;
        totalClaims -= amountE6;
        emit Claimed(recipient, to, amountE6);
        IERC20(token).safeTransfer(to, amountE6);
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
