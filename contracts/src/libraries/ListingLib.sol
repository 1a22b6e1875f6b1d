// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {LedgerLib} from "./LedgerLib.sol";
import {MarketLib} from "./MarketLib.sol";
import {RequestLib} from "./RequestLib.sol";
import {TreeLib} from "./TreeLib.sol";

/// @title The listed markets: fixed at construction, then listed and changed through the queue.
/// @notice A linked library: its functions run on the storage of `Settlement`; here are all the Poseidon2 hashes.
/// @dev A MARKET request takes effect when the batch that consumed it is settled, because that batch was judged by the
/// old rules: its marks, words and digests know the old number of markets.
library ListingLib {
    using LedgerLib for LedgerLib.Ledger;

    /// @dev A name fits one storage slot, so that a listing can be queued by nobody who could not also settle it.
    uint256 private constant NAME_BYTES = 31;

    struct Market {
        bytes32 nameHash;
        string name;
        ISettlement.MarketConfig config;
    }

    /// @dev `queued` by request; `pending` by market, the request's number plus one, 0 is none.
    struct Markets {
        Market[] listed;
        mapping(uint64 request => Queued) queued;
        mapping(uint8 market => uint48) pending;
    }

    struct Queued {
        uint256 configHash;
        ISettlement.Listing listing;
    }

    /// @notice Lists the first markets and returns the root of the exchange that begins with them.
    function list(
        Markets storage markets,
        ISettlement.Listing[] memory listings,
        address feeRecipient
    ) external returns (uint256) {
        require(listings.length >= 1 && listings.length <= TreeLib.MARKETS, ISettlement.BadMarketConfig("count"));
        ISettlement.MarketConfig[] memory configs = new ISettlement.MarketConfig[](listings.length);
        for (uint256 i = 0; i < listings.length; ++i) {
            _checkNewName(markets, listings[i].name);
            configs[i] = listings[i].config;
            MarketLib.check(configs[i]);
            _append(markets, listings[i], 0);
        }
        return TreeLib.genesisRoot(configs, feeRecipient, block.timestamp);
    }

    /// @notice `ISettlement.queueMarket`, for a caller who may list (`isNew`) or change.
    function queue(
        LedgerLib.Ledger storage ledger,
        Markets storage markets,
        uint8 market,
        ISettlement.Listing memory listing
    ) external returns (uint64 id) {
        MarketLib.check(listing.config);
        if (market < markets.listed.length) {
            _checkChange(markets.listed[market], listing);
        } else {
            // One at a time: the next row, and the rule below keeps a second listing out until this one is settled.
            bool isNext = market == markets.listed.length && market < TreeLib.MARKETS;
            require(isNext, ISettlement.BadMarketConfig("market"));
            _checkNewName(markets, listing.name);
        }
        ledger.requireNonePending(LedgerLib.INSURANCE, markets.pending[market]);
        uint256 configHash = TreeLib.configHash(listing.config);
        id = ledger.enqueue(LedgerLib.INSURANCE, RequestLib.configuring(market, configHash));
        markets.pending[market] = uint48(id + 1);
        markets.queued[id] = Queued(configHash, listing);
        emit ISettlement.MarketQueued(id, market, listing.name, listing.config);
    }

    /// @notice Makes what request `id` queued for `market` the rule from the batch after `batch` on.
    function takeEffect(Markets storage markets, uint64 id, uint8 market, uint64 batch) external {
        ISettlement.Listing memory listing = markets.queued[id].listing;
        if (market < markets.listed.length) {
            markets.listed[market].config = listing.config;
            emit ISettlement.MarketListed(market, batch, listing.name, listing.config);
        } else {
            _append(markets, listing, batch);
        }
    }

    function _append(Markets storage markets, ISettlement.Listing memory listing, uint64 batch) private {
        emit ISettlement.MarketListed(markets.listed.length, batch, listing.name, listing.config);
        markets.listed.push(Market(keccak256(bytes(listing.name)), listing.name, listing.config));
    }

    /// @dev A name is what wallets show, so no two may be or look alike, and "ALL" means all of them.
    function _checkNewName(Markets storage markets, string memory name) private view {
        bytes32 nameHash = keccak256(bytes(name));
        bool isFree = _isPlain(bytes(name)) && nameHash != keccak256("ALL");
        for (uint256 i = 0; i < markets.listed.length; ++i) {
            isFree = isFree && nameHash != markets.listed[i].nameHash;
        }
        require(isFree, ISettlement.BadMarketConfig("name"));
    }

    /// @dev 1 to 31 of `A` to `Z`, `0` to `9` and `-`.
    function _isPlain(bytes memory name) private pure returns (bool plain) {
        plain = name.length >= 1 && name.length <= NAME_BYTES;
        for (uint256 i = 0; plain && i < name.length; ++i) {
            bytes1 char = name[i];
            plain = (char >= "A" && char <= "Z") || (char >= "0" && char <= "9") || char == "-";
        }
    }

    /// @dev What a signed order means and what a position is counted in stay as they are.
    function _checkChange(Market storage market, ISettlement.Listing memory listing) private view {
        ISettlement.MarketConfig memory config = listing.config;
        require(keccak256(bytes(listing.name)) == market.nameHash, ISettlement.BadMarketConfig("name"));
        require(config.lotE8 == market.config.lotE8, ISettlement.BadMarketConfig("lot_e8"));
        require(config.tickE8 == market.config.tickE8, ISettlement.BadMarketConfig("tick_e8"));
    }
}
