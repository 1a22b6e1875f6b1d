// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {RequestLib} from "../src/libraries/RequestLib.sol";
import {TreeLib} from "../src/libraries/TreeLib.sol";
import {Assertions} from "./support/Assertions.sol";
import {Batches} from "./support/Batches.sol";
import {vm} from "./support/Vm.sol";
import {Settlement} from "../src/Settlement.sol";

/// @notice Does random things that are allowed, as traders, keepers, a governor, an operator with an honest prover, and a
/// donor; keeps its own books beside the contract's. The verifier is a double: what a proof would enforce, this operator does by itself.
contract SettlementHandler is Batches {
    address internal constant CAROL = address(0xCA401);
    uint256 private constant MOST_ACCOUNTS = 8;

    uint256 public donated;
    uint256 public paid;
    uint256 public batches;
    uint256 public lastRoot;
    uint256 public lastTime = START;
    /// @dev What the proofs say the accounts hold, and what the recipients may claim.
    mapping(uint32 account => uint256) public collateral;
    mapping(address recipient => uint256) public credited;
    /// @dev What waits in the queue: deposits, those made of lost bonds included, and bonds.
    uint256 public deposits;
    uint256 public bonds;
    /// @dev The taker's fee of each listed market, as the settled batches made it.
    uint256[] public takerFees;
    uint56 private _nonce;

    constructor() {
        setUp();
        takerFees = [ethConfig().takerFee, btcConfig().takerFee];
        lastRoot = settlement.stateRoot();
    }

    function contractUnderTest() external view returns (Settlement) {
        return settlement;
    }

    function recipients() public view returns (address[4] memory) {
        return [alice, bob, CAROL, FEE_RECIPIENT];
    }

    function totalCollateral() external view returns (uint256 sum) {
        for (uint32 account = 0; account < settlement.accountCount(); ++account) {
            sum += collateral[account];
        }
    }

    // -------------------------------------------------------------- traders

    function open(uint256 seed, uint64 amountE6) external {
        if (settlement.accountCount() == MOST_ACCOUNTS) return;
        amountE6 = _deposit(amountE6);
        openFor(_actor(seed), amountE6);
        deposits += amountE6;
    }

    function deposit(uint256 seed, uint32 account, uint64 amountE6) external {
        account = uint32(bound(account, 0, settlement.accountCount() - 1));
        amountE6 = _deposit(amountE6);
        vm.prank(_actor(seed));
        settlement.deposit(account, amountE6);
        deposits += amountE6;
    }

    function requestWithdrawal(uint32 account, uint64 amountE6) external {
        account = _owned(account);
        if (account == INSURANCE || _waitsOwn(account)) return;
        vm.prank(settlement.owner(account));
        settlement.requestWithdrawal(account, uint64(bound(amountE6, 1, 2 ** 62 - 1)));
        credited[FEE_RECIPIENT] += FEE;
    }

    function requestClose(uint32 account, uint8 market, uint40 maxLots) external {
        account = _owned(account);
        if (account == INSURANCE || _waitsOwn(account)) return;
        market = _listed(market);
        vm.prank(settlement.owner(account));
        settlement.requestClose(account, market, _lots(maxLots));
        credited[FEE_RECIPIENT] += FEE;
    }

    function liquidate(uint32 account, uint32 taker, uint8 market, uint40 maxLots) external {
        (account, taker) = (_owned(account), _owned(taker));
        if (account == INSURANCE || settlement.owner(account) == settlement.owner(taker)) return;
        if (_waits(account, RequestLib.LIQUIDATE) || _waitsOwn(taker)) return;
        market = _listed(market);
        vm.prank(settlement.owner(taker));
        settlement.liquidate(account, market, _lots(maxLots), taker);
        bonds += BOND;
    }

    function authorizeAgent(uint32 account, address agent, uint40 until) external {
        account = _owned(account);
        if (account == INSURANCE || agent == address(0) || _waits(account, RequestLib.AGENT)) return;
        vm.prank(settlement.owner(account));
        settlement.authorizeAgent(account, agent, until);
        credited[FEE_RECIPIENT] += FEE;
    }

    /// @dev The timelock's delay is over: it changes the fees of a market.
    function changeMarket(uint8 market, uint32 takerFee) external {
        market = _listed(market);
        if (_waitsMarket(market)) return;
        (string memory name, ISettlement.MarketConfig memory config,) = settlement.market(market);
        config.takerFee = _fee(takerFee);
        vm.prank(address(changer));
        settlement.queueMarket(market, ISettlement.Listing(name, config));
    }

    /// @dev The other timelock lists the next market.
    function listMarket(uint32 takerFee) external {
        uint8 market = uint8(settlement.marketCount());
        if (market == TreeLib.MARKETS || _waitsMarket(market)) return;
        ISettlement.Listing memory listing = ISettlement.Listing(string.concat("M", vm.toString(market)), ethConfig());
        listing.config.takerFee = _fee(takerFee);
        vm.prank(address(lister));
        settlement.queueMarket(market, listing);
    }

    function claim(uint256 seed) external {
        address recipient = recipients()[seed % 4];
        if (credited[recipient] == 0) return;
        uint256 amountE6 = settlement.claim(recipient);
        assertEq(amountE6, credited[recipient], "a claim pays what was credited");
        _book(recipient, amountE6);
    }

    function claimTo(uint256 seed, uint256 target) external {
        address recipient = recipients()[seed % 4];
        if (credited[recipient] == 0) return;
        vm.prank(recipient);
        _book(recipient, settlement.claimTo(recipients()[target % 4]));
    }

    function donate(uint64 amountE6) external {
        amountE6 = uint64(bound(amountE6, 0, 1_000 * TOKEN));
        token.mint(address(settlement), amountE6);
        donated += amountE6;
    }

    function passTime(uint256 seconds_) external {
        vm.warp(block.timestamp + bound(seconds_, 1, 2 hours));
    }

    // ------------------------------------------------------------- operator

    function settleBatch(uint256 seed, uint256 requests, uint256 withdrawals) external {
        Draft memory d = draftOf(settlement.marketCount());
        _consume(d, seed, bound(requests, 0, 4));
        _withdraw(d, seed, bound(withdrawals, 0, 4));
        settle(d);
        (lastRoot, lastTime) = (d.header.newRoot, d.header.timestamp);
        ++batches;
    }

    /// @dev Outcomes that the rules allow: a WITHDRAW pays at most what was asked and what is there; of the codes that a
    /// CLOSE or a LIQUIDATE can have, any.
    function _consume(Draft memory d, uint256 seed, uint256 most) private {
        uint64 head = settlement.queueHead();
        uint64 end = settlement.queueLength();
        for (uint64 id = head; id < end && id - head < most; ++id) {
            (uint248 payload,) = settlement.request(id);
            uint32 account = RequestLib.accountOf(payload);
            uint64 amountE6 = RequestLib.amountOf(payload);
            uint8 kind = RequestLib.kindOf(payload);
            uint64 pays = 0;
            if (kind == RequestLib.CLOSE || kind == RequestLib.LIQUIDATE) {
                _decide(d, payload, uint256(keccak256(abi.encode(seed, id))));
                continue;
            }
            if (kind == RequestLib.MARKET) {
                _rule(d, id, RequestLib.marketOf(payload));
                continue;
            }
            if (kind == RequestLib.DEPOSIT) {
                collateral[account] += amountE6;
                deposits -= amountE6;
            } else if (kind == RequestLib.WITHDRAW) {
                uint256 limit = amountE6 < collateral[account] ? amountE6 : collateral[account];
                pays = uint64(bound(uint256(keccak256(abi.encode(seed, id))), 0, limit));
                collateral[account] -= pays;
                credited[settlement.owner(account)] += pays;
            }
            addOutcome(d, 1, pays);
        }
    }

    /// @dev The batch lists a market or changes its rules.
    function _rule(Draft memory d, uint64 id, uint8 market) private {
        (, ISettlement.MarketConfig memory config) = settlement.queuedMarket(id);
        if (market == takerFees.length) takerFees.push();
        takerFees[market] = config.takerFee;
        addOutcome(d, 1, uint64(TreeLib.configHash(config) >> 200));
    }

    /// @dev One of the outcomes of a CLOSE or LIQUIDATE, and where its bond goes.
    function _decide(Draft memory d, uint248 payload, uint256 random) private {
        bool close = RequestLib.kindOf(payload) == RequestLib.CLOSE;
        uint8[4] memory codes = close ? [1, 2, 5, 1] : [1, 2, 3, 4];
        uint8 code = codes[random % 4];
        uint64 lots = code == 1 ? uint64(bound(random >> 8, 1, RequestLib.maxLotsOf(payload))) : 0;
        if (!close) _bond(payload, code);
        addOutcome(d, code, lots);
    }

    function _bond(uint248 payload, uint8 code) private {
        bonds -= BOND;
        if (code <= 2) credited[settlement.owner(RequestLib.takerOf(payload))] += BOND;
        else deposits += BOND;
    }

    function _withdraw(Draft memory d, uint256 seed, uint256 count) private {
        for (uint256 i = 0; i < count; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, "withdraw", i)));
            uint32 account = uint32(bound(random, 0, settlement.accountCount() - 1));
            uint64 amountE6 = uint64(bound(random >> 32, 0, collateral[account]));
            address recipient = recipients()[(random >> 128) % 4];
            addWithdrawal(d, ALICE_KEY, account, amountE6, recipient, ++_nonce);
            collateral[account] -= amountE6;
            credited[recipient] += amountE6;
        }
    }

    // -------------------------------------------------------------- helpers

    function _book(address recipient, uint256 amountE6) private {
        credited[recipient] -= amountE6;
        paid += amountE6;
    }

    function _actor(uint256 seed) private view returns (address) {
        return seed % 2 == 0 ? alice : bob;
    }

    function _deposit(uint64 amountE6) private pure returns (uint64) {
        return uint64(bound(amountE6, MIN_DEPOSIT, 1_000 * TOKEN));
    }

    /// @dev An account of alice or bob, or 0 if there is none yet.
    function _owned(uint32 seed) private view returns (uint32) {
        uint32 accounts = settlement.accountCount();
        return accounts == 2 ? INSURANCE : uint32(bound(seed, 2, accounts - 1));
    }

    function _lots(uint40 maxLots) private pure returns (uint64) {
        return uint64(bound(maxLots, 1, type(uint40).max));
    }

    function _listed(uint8 market) private view returns (uint8) {
        return uint8(market % settlement.marketCount());
    }

    /// @dev Not below the rebate.
    function _fee(uint32 takerFee) private pure returns (uint32) {
        return uint32(bound(takerFee, 100, 2 ** 20 - 1));
    }

    function _waitsMarket(uint8 market) private view returns (bool) {
        for (uint64 id = settlement.queueHead(); id < settlement.queueLength(); ++id) {
            (uint248 payload,) = settlement.request(id);
            if (RequestLib.kindOf(payload) == RequestLib.MARKET && RequestLib.marketOf(payload) == market) return true;
        }
        return false;
    }

    /// @dev Whether a request in the account's own slot waits: read from the queue, not from the slot.
    function _waitsOwn(uint32 account) private view returns (bool) {
        if (_waits(account, RequestLib.WITHDRAW) || _waits(account, RequestLib.CLOSE)) return true;
        for (uint64 id = settlement.queueHead(); id < settlement.queueLength(); ++id) {
            (uint248 payload,) = settlement.request(id);
            if (RequestLib.kindOf(payload) == RequestLib.LIQUIDATE && RequestLib.takerOf(payload) == account) {
                return true;
            }
        }
        return false;
    }

    function _waits(uint32 account, uint8 kind) private view returns (bool) {
        for (uint64 id = settlement.queueHead(); id < settlement.queueLength(); ++id) {
            (uint248 payload,) = settlement.request(id);
            if (RequestLib.accountOf(payload) == account && RequestLib.kindOf(payload) == kind) return true;
        }
        return false;
    }
}

/// @notice What holds after any sequence of allowed calls.
contract SettlementInvariants is Assertions {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    SettlementHandler private _handler;
    Settlement private _settlement;

    function setUp() public {
        _handler = new SettlementHandler();
        _settlement = _handler.contractUnderTest();
    }

    function targetContracts() public view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(_handler);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory list) {
        bytes4[] memory selectors = new bytes4[](15);
        selectors[0] = SettlementHandler.open.selector;
        selectors[1] = SettlementHandler.deposit.selector;
        selectors[2] = SettlementHandler.requestWithdrawal.selector;
        selectors[3] = SettlementHandler.authorizeAgent.selector;
        selectors[4] = SettlementHandler.claim.selector;
        selectors[5] = SettlementHandler.claimTo.selector;
        selectors[6] = SettlementHandler.donate.selector;
        selectors[7] = SettlementHandler.passTime.selector;
        selectors[8] = SettlementHandler.settleBatch.selector;
        selectors[9] = SettlementHandler.requestClose.selector;
        selectors[10] = SettlementHandler.liquidate.selector;
        selectors[11] = SettlementHandler.changeMarket.selector;
        selectors[14] = SettlementHandler.listMarket.selector;
        // Twice as often, so that the queue is consumed and bonds come to their end.
        selectors[12] = SettlementHandler.settleBatch.selector;
        selectors[13] = SettlementHandler.liquidate.selector;
        list = new FuzzSelector[](1);
        list[0] = FuzzSelector(address(_handler), selectors);
    }

    /// @dev B = W + D + K + C + donations: every token is owed to somebody, given away, or in an account.
    function invariant_C8_VaultCoversEveryClaim() public view {
        uint256 balance = IBalance(_settlement.token()).balanceOf(address(_settlement));
        uint256 queued = _settlement.queuedDeposits() + _settlement.queuedBonds();
        uint256 owed = _settlement.totalClaims() + queued + _handler.totalCollateral();
        assertEq(balance, owed + _handler.donated(), "B = W + D + K + C + donations");
    }

    /// @dev W = sum of claimable = what the books say was credited and not paid.
    function invariant_C8_ClaimsAreTheSumOfCredits() public view {
        address[4] memory list = _handler.recipients();
        uint256 sum = 0;
        for (uint256 i = 0; i < list.length; ++i) {
            assertEq(_settlement.claimable(list[i]), _handler.credited(list[i]), "claimable = credited - paid");
            sum += _settlement.claimable(list[i]);
        }
        assertEq(_settlement.totalClaims(), sum, "W = sum of claimable");
    }

    /// @dev D = sum of the amounts of DEPOSIT requests in head .. length - 1, K = bonds of the LIQUIDATE requests there.
    function invariant_C9_QueuedMoneyIsThatOfTheQueue() public view {
        uint256 sum = 0;
        uint256 bonds = 0;
        for (uint64 id = _settlement.queueHead(); id < _settlement.queueLength(); ++id) {
            (uint248 payload,) = _settlement.request(id);
            if (RequestLib.kindOf(payload) == RequestLib.DEPOSIT) sum += RequestLib.amountOf(payload);
            if (RequestLib.kindOf(payload) == RequestLib.LIQUIDATE) bonds += _settlement.parameters().bondE6;
        }
        assertEq(_settlement.queuedDeposits(), sum, "D = sum of waiting deposits");
        assertEq(_settlement.queuedBonds(), bonds, "K = bonds of waiting takeovers");
        assertEq(_handler.deposits(), sum, "D = what was deposited or lost and not consumed");
        assertEq(_handler.bonds(), bonds, "K = what was put up and neither came back nor was lost");
    }

    /// @dev head <= length; in each slot of an account at most one request waits, one OPEN ever; one MARKET a market.
    function invariant_C9_NoAccountHoldsTheQueueUp() public view {
        assertTrue(_settlement.queueHead() <= _settlement.queueLength(), "head <= length");
        uint256[16] memory seen;
        for (uint64 id = _settlement.queueHead(); id < _settlement.queueLength(); ++id) {
            (uint248 payload,) = _settlement.request(id);
            uint8 kind = RequestLib.kindOf(payload);
            if (kind == RequestLib.DEPOSIT) continue;
            uint32 account = RequestLib.accountOf(payload);
            if (kind == RequestLib.LIQUIDATE) {
                _once(seen, RequestLib.WITHDRAW, RequestLib.takerOf(payload));
                (, uint64 targeted) = _settlement.pendingRisk(account);
                assertEq(targeted, id + 1, "the slot names the request");
            }
            if (kind == RequestLib.MARKET) account = RequestLib.marketOf(payload);
            _once(seen, kind == RequestLib.CLOSE ? RequestLib.WITHDRAW : kind, account);
        }
    }

    function _once(uint256[16] memory seen, uint8 slot, uint32 account) private pure {
        assertTrue(seen[slot] & (1 << account) == 0, "one request waits in a slot");
        seen[slot] |= 1 << account;
    }

    /// @dev number, root and time are those of the last batch, the rules of markets those that settled batches gave them.
    function invariant_C1_OnlyBatchesMoveTheState() public view {
        assertEq(_settlement.batchNumber(), _handler.batches(), "number = batches settled");
        assertEq(_settlement.stateRoot(), _handler.lastRoot(), "root = that of the last batch");
        assertEq(_settlement.lastTimestamp(), _handler.lastTime(), "time = that of the last batch");
        for (uint256 i = 0; i < _settlement.marketCount(); ++i) {
            (, ISettlement.MarketConfig memory config,) = _settlement.market(i);
            assertEq(config.takerFee, _handler.takerFees(i), "taker's fee = that of the settled rules");
        }
    }
}

interface IBalance {
    function balanceOf(address account) external view returns (uint256);
}
