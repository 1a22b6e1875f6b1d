// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title Collateral for development chains: six decimals, symbol "USD", and anybody may mint.
/// @dev Warning: worthless by construction. It stands beside the deployment scripts, not in `src`, because no real
/// deployment may use it.
contract DevToken is ERC20, ERC20Permit {
    constructor() ERC20("Development USD", "USD") ERC20Permit("Development USD") {}

    /// @inheritdoc ERC20
    function decimals() public pure virtual override returns (uint8) {
        return 6;
    }

    /// @notice Creates `amount` (10^-6 tokens) for `to`, for whoever asks.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}
