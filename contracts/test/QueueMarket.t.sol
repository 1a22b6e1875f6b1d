// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Settlement} from "../src/Settlement.sol";
import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {TreeLib} from "../src/libraries/TreeLib.sol";
import {Markets} from "./support/Markets.sol";
import {Vectors} from "./support/Vectors.sol";
import {vm} from "./support/Vm.sol";

// queueMarket
// ├── a new market not by the lister, a listed one not by the governor: NotGovernor
// ├── an index beyond the next, or beyond the rows: BadMarketConfig("market")
// ├── rules out of bounds; a name that is used, empty, reserved, long, not plain, or changed; a lot or tick that changes: BadMarketConfig
// ├── every change of the vectors: taken or refused as by the rule book
// ├── a request for the market waits: RequestPending
// └── else: queued and announced; nothing changes yet
contract QueueMarketTest is Markets, Vectors {
    function test_ListingIsQueued() public {
        ISettlement.Listing memory listing = solListing();
        _queues(address(lister), NEW, listing);
        assertEq(settlement.marketCount(), 2, "markets");
    }

    function test_AChangeIsQueued() public {
        bytes32 before = configOf(ETH);
        _queues(address(changer), ETH, ethChange());
        assertEq(configOf(ETH), before, "rules");
    }

    function test_RevertWhen_CallerMayNot() public {
        address[3] memory callers = [GOVERNOR, address(changer), alice];
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory reason = abi.encodeWithSelector(ISettlement.NotGovernor.selector, address(lister), callers[i]);
            _refuse(callers[i], NEW, solListing(), reason);
        }
        callers[1] = address(lister);
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory reason = abi.encodeWithSelector(ISettlement.NotGovernor.selector, address(changer), callers[i]);
            _refuse(callers[i], ETH, ethChange(), reason);
        }
    }

    function test_RevertWhen_TheIndexIsNotTheNext() public {
        uint8[3] memory refused = [3, 8, 255];
        for (uint256 i = 0; i < 3; ++i) {
            _refuseField(address(lister), refused[i], solListing(), "market");
        }
    }

    function test_RevertWhen_EveryRowIsTaken() public {
        for (uint8 i = NEW; i < 8; ++i) {
            ISettlement.Listing memory listing = solListing();
            listing.name = string.concat("M", vm.toString(i));
            queueAs(address(lister), i, listing);
            Draft memory d = draftOf(i);
            addOutcome(d, 1, highBits(listing));
            settle(d);
        }
        assertEq(settlement.marketCount(), 8, "markets");
        _refuseField(address(lister), 8, solListing(), "market");
    }

    function test_RevertWhen_TheRulesAreOutOfBounds() public {
        ISettlement.Listing memory listing = solListing();
        listing.config.closeFactor = 10 ** 6 + 1;
        _refuseField(address(lister), NEW, listing, "close_factor");
        listing = ethChange();
        listing.config.maintenance.r1 = 0;
        _refuseField(address(changer), ETH, listing, "maintenance.r1");
    }

    function test_RevertWhen_TheNameOfANewMarketIsTaken() public {
        string[4] memory refused = ["", "ALL", "ETH-USD", "BTC-USD"];
        for (uint256 i = 0; i < 4; ++i) {
            ISettlement.Listing memory listing = solListing();
            listing.name = refused[i];
            _refuseField(address(lister), NEW, listing, "name");
        }
    }

    /// @dev A name of many slots could be queued but not settled, and letters of other alphabets look like these.
    function test_C9_RevertWhen_TheNameIsLongOrNotPlain() public {
        string[10] memory refused = [
            "A234567890123456789012345678901-", // 32 bytes
            "sol-usd",
            "SOL USD",
            "SOL/USD",
            "SOL.USD",
            "SOL:USD",
            "SOL@USD",
            "SOL[USD",
            "SOL,USD",
            unicode"SOL\u2010USD"
        ];
        for (uint256 i = 0; i < 10; ++i) {
            _refuseName(refused[i]);
        }
        _refuseName(string(new bytes(20_000)));
    }

    function test_TheLongestAndTheShortestName() public {
        string[4] memory taken = ["A234567890123456789012345678901", "A", "Z", "09-AZ"];
        for (uint8 i = 0; i < 4; ++i) {
            ISettlement.Listing memory listing = solListing();
            listing.name = taken[i];
            queueAs(address(lister), NEW + i, listing);
            Draft memory d = draftOf(NEW + i);
            addOutcome(d, 1, highBits(listing));
            settle(d);
            assertRules(NEW + i, listing, 0);
        }
    }

    function _refuseName(string memory name) private {
        ISettlement.Listing memory listing = solListing();
        listing.name = name;
        _refuseField(address(lister), NEW, listing, "name");
    }

    /// @dev What was signed for a market and what is held in it keep their meaning.
    function test_RevertWhen_AChangeTouchesNameLotOrTick() public {
        ISettlement.Listing memory listing = ethChange();
        listing.name = "BTC-USD";
        _refuseField(address(changer), ETH, listing, "name");
        listing = ethChange();
        (listing.config.lotE8, listing.config.quotePerLotTick) = (200_000, 200);
        _refuseField(address(changer), ETH, listing, "lot_e8");
        listing = ethChange();
        (listing.config.tickE8, listing.config.quotePerLotTick) = (20_000_000, 200);
        _refuseField(address(changer), ETH, listing, "tick_e8");
        listing = ethChange();
        listing.config.quotePerLotTick = 101;
        _refuseField(address(changer), ETH, listing, "quote_per_lot_tick");
    }

    function test_C9_ChangesAreJudgedAsInTheVectors() public {
        string memory json = load("markets");
        uint256[2] memory judged;
        for (uint256 i = 0; i < count(json); ++i) {
            Case memory c = caseAt(json, i);
            if (!calls(c, "check_change")) continue;
            bool accepted = _isAccepted(c);
            assertTrue(accepted == !rejected(c), label(c));
            ++judged[accepted ? 1 : 0];
        }
        assertTrue(judged[0] >= 4 && judged[1] >= 2, "changes were accepted and refused");
    }

    /// @dev Whether a new exchange with the case's markets takes its change.
    function _isAccepted(Case memory c) private returns (bool) {
        ISettlement.Deployment memory d = deployment();
        d.markets = new ISettlement.Listing[](length(c, ".in.markets"));
        for (uint256 i = 0; i < d.markets.length; ++i) {
            string memory key = string.concat(element(".in.markets", i), ".config");
            d.markets[i] = ISettlement.Listing(string.concat("M", vm.toString(i)), config(c, key));
        }
        settlement = new Settlement(d);
        uint8 index = uint8(number(c, ".in.index"));
        ISettlement.Listing memory listing =
            ISettlement.Listing(string.concat("M", vm.toString(index)), config(c, ".in.config"));
        vm.prank(index < d.markets.length ? address(changer) : address(lister));
        try settlement.queueMarket(index, listing) {
            return true;
        } catch {
            return false;
        }
    }

    function test_RevertWhen_ARequestForTheMarketWaits() public {
        queueAs(address(lister), NEW, solListing());
        ISettlement.Listing memory other = solListing();
        other.name = "DOT-USD";
        bytes memory pending = abi.encodeWithSelector(ISettlement.RequestPending.selector, INSURANCE, 0);
        _refuse(address(lister), NEW, other, pending);
        _refuseField(address(lister), NEW + 1, other, "market");
        queueAs(address(changer), ETH, ethChange()); // another market
        pending = abi.encodeWithSelector(ISettlement.RequestPending.selector, INSURANCE, 1);
        _refuse(address(changer), ETH, ethChange(), pending);
        settleOutcome(1, highBits(solListing()));
        _refuse(address(changer), ETH, ethChange(), pending);
    }

    function _queues(address caller, uint8 market, ISettlement.Listing memory listing) private {
        uint256 hash = TreeLib.configHash(listing.config);
        uint248 payload = uint248((uint256(7) << 240) | (uint256(market) << 200) | uint200(hash));
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.RequestQueued(0, 7, INSURANCE, payload, uint40(START + 1 days));
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.MarketQueued(0, market, listing.name, listing.config);
        assertEq(queueAs(caller, market, listing), 0, "request");
        (string memory name, ISettlement.MarketConfig memory config) = settlement.queuedMarket(0);
        assertEq(name, listing.name, "name");
        assertEq(keccak256(abi.encode(config)), keccak256(abi.encode(listing.config)), "configuration");
    }

    function _refuse(address caller, uint8 market, ISettlement.Listing memory listing, bytes memory reason) private {
        uint64 before = settlement.queueLength();
        vm.expectRevert(reason);
        queueAs(caller, market, listing);
        assertEq(settlement.queueLength(), before, "nothing was queued");
    }

    function _refuseField(
        address caller,
        uint8 market,
        ISettlement.Listing memory listing,
        string memory field
    ) private {
        _refuse(caller, market, listing, abi.encodeWithSelector(ISettlement.BadMarketConfig.selector, field));
    }
}

// settle, with a MARKET request
// ├── another hash than that of the queued rules: BadOutcome
// ├── a listing: the batch itself has the old markets; the next one has one more, without a mark
// └── a change: the rules are replaced, mark and name stay
contract SettleMarketTest is Markets {
    function test_C9_RevertWhen_TheOutcomeIsNotTheHashOfTheRules() public {
        ISettlement.Listing memory listing = solListing();
        uint64 high = highBits(listing);
        queueAs(address(lister), NEW, listing);
        uint64[4] memory amounts = [0, high + 1, high - 1, type(uint64).max];
        for (uint256 i = 0; i < 4; ++i) {
            refuseOutcome(0, 1, amounts[i]);
        }
        for (uint8 code = 0; code < 7; ++code) {
            if (code != 1) refuseOutcome(0, code, high);
        }
    }

    function test_AListingHoldsFromTheNextBatchOn() public {
        ISettlement.Listing memory listing = solListing();
        queueAs(address(lister), NEW, listing);
        Draft memory d = draftOutcome(1, highBits(listing));
        tiny.expect(expectedInputs(d)); // with two markets
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.MarketListed(NEW, 1, listing.name, listing.config);
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.RequestResolved(0, 1, 1, highBits(listing));
        settle(d);
        assertEq(settlement.marketCount(), 3, "markets");
        assertRules(NEW, listing, 0);
        assertRules(ETH, ISettlement.Listing("ETH-USD", ethConfig()), 30_000);

        d = draft(); // prices of two markets are too few now
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadLength.selector, 96, 176));
        settle(d);
        uint64[] memory prices = new uint64[](3);
        (prices[0], prices[1], prices[2]) = (ETH_PRICE_E8, BTC_PRICE_E8, 150 * 10 ** 8);
        d.reports = reportsOf(uint64(block.timestamp), prices);
        d.header.fundingSteps = new int64[](3);
        settleWithoutWords(d);
        assertRules(NEW, listing, 15_000);
    }

    function test_AChangeHoldsFromTheNextBatchOn() public {
        queueAs(address(changer), ETH, ethChange());
        uint32 account = openFor(alice, 100 * TOKEN);
        Draft memory d = draft();
        addOutcome(d, 1, highBits(ethChange()));
        addOutcome(d, 1, 0);
        addOutcome(d, 1, 0);
        addOrder(d, ALICE_KEY, orderWord(account, ETH, BUY_GTC, 1, 30_000, 1));
        tiny.expect(expectedInputs(d));
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.MarketListed(ETH, 1, "ETH-USD", ethChange().config);
        settle(d);
        assertEq(settlement.marketCount(), 2, "markets");
        assertRules(ETH, ethChange(), 30_000);
        assertRules(1, ISettlement.Listing("BTC-USD", btcConfig()), 60_000);
        settleExpecting(draft());
    }

    function test_AMarketMayChangeAgain() public {
        queueAs(address(changer), ETH, ethChange());
        settleOutcome(1, highBits(ethChange()));
        ISettlement.Listing memory back = ISettlement.Listing("ETH-USD", ethConfig());
        assertEq(queueAs(address(changer), ETH, back), 1, "request");
        settleOutcome(1, highBits(back));
        assertRules(ETH, back, 30_000);
    }

    /// @dev A request for the new market is refused until it is listed, and taken after.
    function test_AMarketExistsOnceItIsListed() public {
        uint32 account = openFor(alice, 100 * TOKEN);
        drain();
        queueAs(address(lister), NEW, solListing());
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownMarket.selector, NEW));
        vm.prank(alice);
        settlement.requestClose(account, NEW, 1);
        settleOutcome(1, highBits(solListing()));
        vm.prank(alice);
        settlement.requestClose(account, NEW, 1);
    }

    /// @dev The expected words are those of two markets; this batch has three.
    function settleWithoutWords(Draft memory d) private {
        vm.etch(address(tiny), hex"00"); // accepts every proof
        settle(d);
    }
}
