// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {MarketTimelock} from "../src/MarketTimelock.sol";
import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {Markets} from "./support/Markets.sol";
import {vm} from "./support/Vm.sol";

// MarketTimelock
// ├── before its delay an operation cannot be executed, nor with a shorter one be scheduled
// ├── the lister's takes 7 days, the governor's 30
// ├── only the governor proposes and executes
// └── the delay is fixed for ever
contract MarketTimelockTest is Markets {
    function test_AListingTakesSevenDays() public {
        bytes memory call = abi.encodeCall(ISettlement.queueMarket, (NEW, solListing()));
        _schedule(lister, call, 7 days);
        _refuseExecution(lister, call);
        vm.warp(START + 7 days - 1);
        _refuseExecution(lister, call);
        vm.warp(START + 7 days);
        _execute(lister, call);
        assertEq(settlement.queueLength(), 1, "queue");
        settleOutcome(1, highBits(solListing()));
        assertRules(NEW, solListing(), 0);
    }

    function test_AChangeTakesThirtyDays() public {
        bytes memory call = abi.encodeCall(ISettlement.queueMarket, (ETH, ethChange()));
        _schedule(changer, call, 30 days);
        vm.warp(START + 30 days - 1);
        _refuseExecution(changer, call);
        vm.warp(START + 30 days);
        _execute(changer, call);
        settleOutcome(1, highBits(ethChange()));
        assertRules(ETH, ethChange(), 30_000);
    }

    function test_RevertWhen_TheDelayIsTooShort() public {
        bytes memory call = abi.encodeCall(ISettlement.queueMarket, (NEW, solListing()));
        bytes memory reason =
            abi.encodeWithSelector(TimelockController.TimelockInsufficientDelay.selector, 7 days - 1, 7 days);
        vm.expectRevert(reason);
        _schedule(lister, call, 7 days - 1);
    }

    function test_RevertWhen_TheWrongTimelockCalls() public {
        bytes memory call = abi.encodeCall(ISettlement.queueMarket, (ETH, ethChange()));
        _schedule(lister, call, 7 days);
        vm.warp(START + 7 days);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotGovernor.selector, address(changer), address(lister)));
        _execute(lister, call);
    }

    function test_RevertWhen_AnotherProposesOrExecutes() public {
        bytes memory call = abi.encodeCall(ISettlement.queueMarket, (NEW, solListing()));
        vm.expectRevert();
        vm.prank(alice);
        lister.schedule(address(settlement), 0, call, 0, 0, 7 days);
        _schedule(lister, call, 7 days);
        vm.warp(START + 7 days);
        vm.expectRevert();
        vm.prank(alice);
        lister.execute(address(settlement), 0, call, 0, 0);
        assertEq(settlement.queueLength(), 0, "nothing was queued");
    }

    /// @dev Not even by the timelock itself, through an operation that waited.
    function test_RevertWhen_TheDelayIsToChange() public {
        vm.expectRevert(abi.encodeWithSelector(MarketTimelock.DelayIsFixed.selector, 7 days));
        lister.updateDelay(0);
        bytes memory call = abi.encodeCall(TimelockController.updateDelay, (1));
        vm.prank(GOVERNOR);
        lister.schedule(address(lister), 0, call, 0, 0, 7 days);
        vm.warp(START + 7 days);
        vm.expectRevert(abi.encodeWithSelector(MarketTimelock.DelayIsFixed.selector, 7 days));
        vm.prank(GOVERNOR);
        lister.execute(address(lister), 0, call, 0, 0);
        assertEq(lister.getMinDelay(), 7 days, "delay");
    }

    function test_NobodyIsAdmin() public view {
        bytes32 admin = lister.DEFAULT_ADMIN_ROLE();
        assertTrue(!lister.hasRole(admin, GOVERNOR), "the governor is no admin");
        assertTrue(!lister.hasRole(admin, address(this)), "the deployer is no admin");
        assertTrue(lister.hasRole(lister.PROPOSER_ROLE(), GOVERNOR), "the governor proposes");
        assertTrue(lister.hasRole(lister.EXECUTOR_ROLE(), GOVERNOR), "the governor executes");
    }

    function _schedule(MarketTimelock timelock, bytes memory call, uint256 delay) private {
        vm.prank(GOVERNOR);
        timelock.schedule(address(settlement), 0, call, 0, 0, delay);
    }

    function _execute(MarketTimelock timelock, bytes memory call) private {
        vm.prank(GOVERNOR);
        timelock.execute(address(settlement), 0, call, 0, 0);
    }

    function _refuseExecution(MarketTimelock timelock, bytes memory call) private {
        vm.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
        _execute(timelock, call);
    }
}
