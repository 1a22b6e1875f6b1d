// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MarketTimelock} from "../src/MarketTimelock.sol";
import {Settlement} from "../src/Settlement.sol";
import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {ListingLib} from "../src/libraries/ListingLib.sol";
import {OracleLib} from "../src/libraries/OracleLib.sol";
import {OutcomeLib} from "../src/libraries/OutcomeLib.sol";
import {QueueLib} from "../src/libraries/QueueLib.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./support/Vm.sol";

// constructor
// ├── fee recipient 0, verifier without code, timelock without code or too quick: BadAddress
// ├── bond or least deposit 0 or beyond the vault: AmountOutOfRange
// ├── signers not strictly increasing: UnorderedSigners; quorum 0 or above their number: OracleQuorum
// ├── no shape: UnknownShape
// ├── no market, nine, a name that is empty, "ALL", not plain or used twice, rules out of bounds: BadMarketConfig
// └── else: everything can be read back, and the root is that of the rule book
contract ConstructorTest is Fixture {
    /// @dev By `state_root(genesis(..))` of `zkclear/crypto/tree.py` for this fixture's deployment.
    uint256 private constant GENESIS_ROOT =
        1478312092116590520174338233006154621871823462311241561453879653286772534204;

    function test_C11_TheFirstRootIsThatOfTheRuleBook() public view {
        assertEq(settlement.stateRoot(), GENESIS_ROOT, "genesis root");
        assertEq(settlement.batchNumber(), 0, "number");
        assertEq(settlement.lastTimestamp(), START, "time");
        (uint64 blockNumber, uint40 timestamp) = settlement.genesis();
        assertEq(blockNumber, block.number, "block of the deployment");
        assertEq(timestamp, START, "time of the deployment");
        assertEq(settlement.accountCount(), 2, "accounts");
    }

    function test_MarketsCanBeReadBack() public view {
        assertEq(settlement.marketCount(), 2, "markets");
        (string memory name, ISettlement.MarketConfig memory config, uint32 mark) = settlement.market(1);
        assertEq(name, "BTC-USD", "name");
        assertEq(keccak256(abi.encode(config)), keccak256(abi.encode(btcConfig())), "configuration");
        assertEq(mark, 0, "mark before the first batch");
        assertEq(settlement.marks().length, 2, "marks");
    }

    function test_RevertWhen_TheMarketIsUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownMarket.selector, 2));
        settlement.market(2);
    }

    function test_ShapesCanBeReadBack() public {
        assertEq(settlement.shapeCount(), 2, "shapes");
        (address verifier, uint16 entries, uint16 fills, uint16 requests) = settlement.verifier(SMALL);
        assertEq(verifier, address(small), "verifier");
        assertEq(entries, 64, "entries");
        assertEq(fills, 96, "fills");
        assertEq(requests, 16, "requests");
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownShape.selector, 2));
        settlement.verifier(2);
    }

    function test_OraclesAndParametersCanBeReadBack() public view {
        (address[] memory signers, uint8 quorum) = settlement.oracleSigners();
        assertEq(quorum, 2, "quorum");
        assertEq(keccak256(abi.encode(signers)), keccak256(abi.encode(deployment().oracleSigners)), "signers");
        ISettlement.Parameters memory p = settlement.parameters();
        assertEq(keccak256(abi.encode(p)), keccak256(abi.encode(defaults())), "parameters");
        assertEq(settlement.token(), address(token), "token");
        assertEq(settlement.marketLister(), address(lister), "lister");
        assertEq(settlement.marketGovernor(), address(changer), "governor");
    }

    function test_C1_TheDomainNamesChainContractAndCircuits() public {
        bytes32 circuits = keccak256(abi.encodePacked(address(tiny).codehash, address(small).codehash));
        assertEq(settlement.circuitId(), circuits, "circuit id");
        bytes32 domain = keccak256(abi.encode(block.chainid, address(settlement), circuits));
        assertEq(settlement.domainWord(), uint256(domain) >> 8, "domain word");
        assertTrue(new Settlement(deployment()).domainWord() != settlement.domainWord(), "another contract");
    }

    function test_TheSigningDomainCanBeReadBack() public view {
        (bytes1 fields, string memory name, string memory version, uint256 chainId, address verifying,,) =
            settlement.eip712Domain();
        assertEq(uint8(fields), 0x0f, "fields");
        assertEq(name, "zkclear", "name");
        assertEq(version, "1", "version");
        assertEq(chainId, block.chainid, "chain id");
        assertEq(verifying, address(settlement), "verifying contract");
    }

    function test_RevertWhen_AnAddressIsMissing() public {
        ISettlement.Deployment memory d = deployment();
        d.feeRecipient = address(0);
        _refuse(d, abi.encodeWithSelector(ISettlement.BadAddress.selector, address(0)));
        d = deployment();
        d.shapes[1].verifier = alice;
        _refuse(d, abi.encodeWithSelector(ISettlement.BadAddress.selector, alice));
    }

    function test_RevertWhen_ATimelockIsTooQuick() public {
        address quick = address(new MarketTimelock(7 days - 1, GOVERNOR));
        address slow = address(new MarketTimelock(30 days - 1, GOVERNOR));
        address[3] memory listers = [GOVERNOR, address(token), quick]; // no code, no delay, too short a one
        address[3] memory governors = [GOVERNOR, address(token), slow];
        for (uint256 i = 0; i < 3; ++i) {
            ISettlement.Deployment memory d = deployment();
            d.marketLister = listers[i];
            _refuse(d, abi.encodeWithSelector(ISettlement.BadAddress.selector, listers[i]));
            d = deployment();
            d.marketGovernor = governors[i];
            _refuse(d, abi.encodeWithSelector(ISettlement.BadAddress.selector, governors[i]));
        }
        ISettlement.Deployment memory longer = deployment();
        longer.marketLister = longer.marketGovernor; // one timelock may do both, with the longer delay
        new Settlement(longer);
    }

    /// @dev The rules refuse a DEPOSIT of 0: whoever could queue one would stop every batch.
    function test_C9_RevertWhen_ABondOrTheLeastDepositIsNoDeposit() public {
        uint64[2] memory refused = [0, 2 ** 60];
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory reason =
                abi.encodeWithSelector(ISettlement.AmountOutOfRange.selector, refused[i], 1, 2 ** 60 - 1);
            ISettlement.Deployment memory d = deployment();
            d.parameters.bondE6 = refused[i];
            _refuse(d, reason);
            d = deployment();
            d.parameters.minDepositE6 = refused[i];
            _refuse(d, reason);
        }
        ISettlement.Deployment memory least = deployment();
        (least.parameters.bondE6, least.parameters.minDepositE6) = (1, 2 ** 60 - 1);
        new Settlement(least);
        (least.parameters.bondE6, least.parameters.minDepositE6) = (2 ** 60 - 1, 1);
        new Settlement(least);
    }

    function test_TheFirstMarketsAreAnnounced() public {
        ISettlement.Deployment memory d = deployment();
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectEmit(true, true, true, true);
            emit ISettlement.MarketListed(i, 0, d.markets[i].name, d.markets[i].config);
        }
        new Settlement(d);
    }

    function test_RevertWhen_OraclesAreNotInOrder() public {
        ISettlement.Deployment memory d = deployment();
        address[] memory s = d.oracleSigners;
        (s[0], s[1]) = (s[1], s[0]);
        _refuse(d, abi.encodeWithSelector(ISettlement.UnorderedSigners.selector, s[0], s[1]));
        d = deployment();
        s = d.oracleSigners;
        s[2] = s[1];
        _refuse(d, abi.encodeWithSelector(ISettlement.UnorderedSigners.selector, s[1], s[1]));
        d = deployment();
        d.oracleSigners[0] = address(0);
        _refuse(d, abi.encodeWithSelector(ISettlement.UnorderedSigners.selector, address(0), address(0)));
    }

    function test_RevertWhen_TheQuorumCannotBeMet() public {
        uint8[3] memory refused = [0, 4, 255];
        for (uint256 i = 0; i < 3; ++i) {
            ISettlement.Deployment memory d = deployment();
            d.oracleQuorum = refused[i];
            _refuse(d, abi.encodeWithSelector(ISettlement.OracleQuorum.selector, 0, 3, refused[i]));
        }
    }

    function test_RevertWhen_ThereIsNoShape() public {
        ISettlement.Deployment memory d = deployment();
        d.shapes = new ISettlement.Shape[](0);
        _refuse(d, abi.encodeWithSelector(ISettlement.UnknownShape.selector, 0));
    }

    /// @dev A header names its shape in a byte.
    function test_TheMostShapes() public {
        ISettlement.Deployment memory d = deployment();
        d.shapes = new ISettlement.Shape[](255);
        for (uint256 i = 0; i < 255; ++i) {
            d.shapes[i] = ISettlement.Shape(1, 1, 1, address(tiny));
        }
        assertEq(new Settlement(d).shapeCount(), 255, "shapes");
        d.shapes = new ISettlement.Shape[](256);
        _refuse(d, abi.encodeWithSelector(ISettlement.UnknownShape.selector, 256));
    }

    function test_RevertWhen_MarketsAreNoneOrTooMany() public {
        ISettlement.Deployment memory d = deployment();
        d.markets = new ISettlement.Listing[](0);
        _refuseMarket(d, "count");
        d.markets = _markets(9);
        _refuseMarket(d, "count");
        d.markets = _markets(8);
        new Settlement(d);
    }

    function test_RevertWhen_ANameIsEmptyReservedNotPlainOrUsedTwice() public {
        string[4] memory refused = ["", "ALL", "ETH-USD", "BTC/USD"];
        for (uint256 i = 0; i < 4; ++i) {
            ISettlement.Deployment memory d = deployment();
            d.markets[1].name = refused[i];
            _refuseMarket(d, "name");
        }
    }

    function test_TheSmallestExchange() public {
        ISettlement.Deployment memory d = deployment();
        d.markets = _markets(1);
        d.shapes = new ISettlement.Shape[](1);
        d.shapes[0] = ISettlement.Shape(1, 1, 1, address(tiny));
        d.oracleQuorum = 3; // all of them
        settlement = new Settlement(d);
        assertEq(settlement.marketCount(), 1, "markets");
        assertEq(settlement.shapeCount(), 1, "shapes");
    }

    function test_RevertWhen_AMarketCannotBeCleared() public {
        ISettlement.Deployment memory d = deployment();
        d.markets[1].config.quotePerLotTick = 11;
        _refuseMarket(d, "quote_per_lot_tick");
    }

    /// @dev EIP-170 for the libraries that `Settlement` links to.
    function test_TheLibrariesFitTheChainsLimit() public {
        address[4] memory libraries = [address(ListingLib), address(OracleLib), address(OutcomeLib), address(QueueLib)];
        string[4] memory names = ["ListingLib", "OracleLib", "OutcomeLib", "QueueLib"];
        for (uint256 i = 0; i < 4; ++i) {
            assertTrue(libraries[i].code.length > 0 && libraries[i].code.length <= 24_576, names[i]);
            vm.snapshotValue("size", names[i], libraries[i].code.length);
        }
    }

    /// @dev EIP-170 and EIP-3860: with a full list of markets and four shapes the contract must still be deployable.
    function test_TheCodeFitsTheChainsLimits() public {
        assertTrue(address(settlement).code.length <= 24_576, "runtime code");
        ISettlement.Deployment memory d = deployment();
        d.markets = _markets(8);
        d.shapes = new ISettlement.Shape[](4);
        for (uint256 i = 0; i < 4; ++i) {
            d.shapes[i] = ISettlement.Shape(512, 768, 64, address(tiny));
        }
        bytes memory initCode = bytes.concat(type(Settlement).creationCode, abi.encode(d));
        assertTrue(initCode.length <= 49_152, "creation code with its arguments");
        vm.snapshotValue("size", "runtime code", address(settlement).code.length);
        vm.snapshotValue("size", "creation code with 8 markets and 4 shapes", initCode.length);
    }

    function _markets(uint256 count) private pure returns (ISettlement.Listing[] memory list) {
        list = new ISettlement.Listing[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = ISettlement.Listing(string.concat("M", vm.toString(i), "-USD"), ethConfig());
        }
    }

    function _refuseMarket(ISettlement.Deployment memory d, string memory field) private {
        _refuse(d, abi.encodeWithSelector(ISettlement.BadMarketConfig.selector, field));
    }

    function _refuse(ISettlement.Deployment memory d, bytes memory reason) private {
        vm.expectRevert(reason);
        new Settlement(d);
    }
}
