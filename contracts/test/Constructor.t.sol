// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixture} from "./support/Fixture.sol";
import {vm} from "./support/Vm.sol";

contract ConstructorTest is Fixture {
    function test_GenesisRootIsThatOfTheRuleBook() public view {
        assertEq(
            settlement.stateRoot(), 1478312092116590520174338233006154621871823462311241561453879653286772534204, "x"
        );
    }
}
