// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DevToken} from "../../script/DevToken.sol";

/// @notice Keeps a thousandth of every transfer.
contract FeeToken is DevToken {
    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) super._update(to, address(0xdead), value / 1000);
    }
}

/// @notice Says `false` instead of reverting, and moves nothing.
contract FalseToken is DevToken {
    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return false;
    }

    function transfer(address, uint256) public pure override returns (bool) {
        return false;
    }
}

/// @notice Calls back into a target whenever it is moved, once.
contract ReentrantToken is DevToken {
    address public target;
    bytes public call;

    function arm(address target_, bytes calldata call_) external {
        (target, call) = (target_, call_);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (target == address(0)) return;
        address called = target;
        target = address(0);
        (bool success, bytes memory answer) = called.call(call);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
    }
}

/// @notice Anybody may burn anybody's tokens: the vault can be robbed.
contract BurnableByAllToken is DevToken {
    function burn(address from, uint256 value) external {
        _burn(from, value);
    }
}

/// @notice Refuses to pay one recipient.
contract BlacklistToken is DevToken {
    error Blacklisted(address account);

    address public blacklisted;

    function blacklist(address account) external {
        blacklisted = account;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(to != blacklisted || to == address(0), Blacklisted(to));
        super._update(from, to, value);
    }
}

/// @notice Has 18 decimals, which the amounts of this contract do not fit.
contract WideToken is DevToken {
    function decimals() public pure override returns (uint8) {
        return 18;
    }
}
