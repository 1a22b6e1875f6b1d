package batch

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
	"github.com/zkclear/zkclear/circuits/rules"
)

func (a *assignment) markets() error {
	for i := range a.circuit.Markets {
		row := &a.circuit.Markets[i]
		if i >= len(a.witness.GetMarkets()) {
			*row = unlistedMarket()
			continue
		}
		if err := assignMarket(row, a.witness.GetMarkets()[i]); err != nil {
			return fmt.Errorf("market %d: %w", i, err)
		}
	}
	return nil
}

// unlistedMarket is the row of a market that is not listed: zeros, but for the offset of the maker fee.
func unlistedMarket() MarketRow {
	zeros := [3]frontend.Variable{0, 0, 0}
	return MarketRow{
		Listed: 0, QuotePerLotTick: 0, LotAndTick: 0, MaxOpenInterest: 0, Status: 0, T1: 0, T2: 0,
		Maintenance: zeros, Initial: zeros, ShiftedMakerFee: 1 << feeOffsetBits, TakerFee: 0, LiquidationFee: 0,
		KeeperShare: 0, CloseFactor: 0, Closeout: 0, Changed: 0, NextConfigHash: 0, MaxFundingRate: 0, OldMark: 0, OldShiftedIndex: 0, OldOpenInterest: 0, Mark: 0, ShiftedStep: 0,
	}
}

func assignMarket(row *MarketRow, m *zkclearv1.WitnessMarket) error {
	maintenance, err := threeRates("maintenance_ppm", m.GetMaintenancePpm())
	if err != nil {
		return err
	}
	initial, err := threeRates("initial_ppm", m.GetInitialPpm())
	if err != nil {
		return err
	}
	*row = MarketRow{
		Listed:          1,
		QuotePerLotTick: m.GetQuotePerLotTick(),
		LotAndTick: new(big.Int).Add(new(big.Int).Lsh(new(big.Int).SetUint64(m.GetLotE8()), 64),
			new(big.Int).SetUint64(m.GetTickE8())),
		MaxOpenInterest: m.GetMaxOpenInterest(),
		Status:          m.GetStatus(),
		T1:              m.GetT1(), T2: m.GetT2(),
		Maintenance: maintenance, Initial: initial,
		ShiftedMakerFee: shifted(int64(m.GetMakerFeePpm()), feeOffsetBits),
		TakerFee:        m.GetTakerFeePpm(),
		LiquidationFee:  m.GetLiquidationFeePpm(),
		KeeperShare:     m.GetKeeperSharePpm(),
		CloseFactor:     m.GetCloseFactorPpm(),
		Closeout:        m.GetCloseoutPpm(),
		Changed:         0,
		NextConfigHash:  0,
		MaxFundingRate:  m.GetMaxFundingRatePpm(),
		OldMark:         m.GetOldMark(),
		OldShiftedIndex: shifted(m.GetOldFundingIndex(), indexOffsetBits),
		OldOpenInterest: m.GetOldOpenInterest(),
		Mark:            m.GetMark(),
		ShiftedStep:     shifted(m.GetFundingStep(), stepOffsetBits),
	}
	return checkMarket(m)
}

// marketChanges marks the rows that MARKET requests list or change.
func (a *assignment) marketChanges() error {
	previous := int64(-1)
	for i, change := range a.witness.GetMarketChanges() {
		if err := row("market", change.GetMarket(), a.shape.Markets); err != nil {
			return fmt.Errorf("market change %d: %w", i, err)
		}
		if int64(change.GetMarket()) <= previous {
			return fmt.Errorf("market change %d: market %d behind %d, they must increase", i, change.GetMarket(), previous)
		}
		previous = int64(change.GetMarket())
		hash, err := element("config_hash", change.GetConfigHash())
		if err != nil {
			return fmt.Errorf("market change %d: %w", i, err)
		}
		row := &a.circuit.Markets[change.GetMarket()]
		row.Changed, row.NextConfigHash = 1, hash
	}
	return nil
}

func threeRates(name string, rates []uint32) (three [3]frontend.Variable, err error) {
	if len(rates) != len(three) {
		return three, fmt.Errorf("%s has %d rates, it must have %d", name, len(rates), len(three))
	}
	for i, rate := range rates {
		if err := below(name, uint64(rate), rules.RateBits); err != nil {
			return three, err
		}
		three[i] = rate
	}
	return three, nil
}

// checkMarket refuses fields that do not fit their place in the words.
func checkMarket(m *zkclearv1.WitnessMarket) error {
	return errors.Join(
		below("quote_per_lot_tick", uint64(m.GetQuotePerLotTick()), rules.PerLotTickBits),
		below("max_open_interest", m.GetMaxOpenInterest(), rules.SizeBits),
		below("status", uint64(m.GetStatus()), 8),
		below("t1", m.GetT1(), rules.ThresholdBits),
		below("t2", m.GetT2(), rules.ThresholdBits),
		signedBelow("maker_fee_ppm", int64(m.GetMakerFeePpm()), feeOffsetBits),
		below("taker_fee_ppm", uint64(m.GetTakerFeePpm()), rules.RateBits),
		below("liquidation_fee_ppm", uint64(m.GetLiquidationFeePpm()), rules.RateBits),
		below("keeper_share_ppm", uint64(m.GetKeeperSharePpm()), rules.RateBits),
		below("close_factor_ppm", uint64(m.GetCloseFactorPpm()), rules.RateBits),
		below("closeout_ppm", uint64(m.GetCloseoutPpm()), rules.RateBits),
		below("max_funding_rate_ppm", uint64(m.GetMaxFundingRatePpm()), rules.RateBits),
		below("old_mark", m.GetOldMark(), rules.TicksBits),
		signedBelow("old_funding_index", m.GetOldFundingIndex(), rules.IndexBits),
		below("old_open_interest", m.GetOldOpenInterest(), rules.SizeBits),
		below("mark", m.GetMark(), rules.TicksBits),
		signedBelow("funding_step", m.GetFundingStep(), rules.StepBits),
	)
}
