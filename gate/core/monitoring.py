"""What the policy says about the time after the release: windows, how much is enough, and when to raise an alarm."""

from dataclasses import dataclass

__all__ = ["Monitoring"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    """The terms of monitoring.

    Args:
        window_days: how many days make a window; windows of seven days begin on Mondays.
        delay_days: how many days after its end a window is counted; what arrives later is never merged.
        maturity_days: how many days after its end the labels of a window are taken as complete.
        recent_days: over how many days a group has to have `min_rows`, and shares are taken.
        min_rows: the fewest rows (or positives, where a rate divides by them) of a group on these days.
        max_unlabelled_share: the largest share of rows of mature windows, on these days, that never got a label.
        alarm: the share of processes within their bound that ever raise an alarm, for one rule on one feature.
        warning: likewise of a warning.
        require_revalidation: whether `gate verify` refuses a version after an alarm until there is a new decision.
        max_psi: the largest population stability index of a column; None judges none.
        max_wasserstein: the largest Wasserstein distance of a column, in standard deviations of the reference; None judges none.
        min_p_value: the smallest p-value of a chi-square test of a column; None judges none.
    """

    window_days: int = 1
    delay_days: int = 0
    maturity_days: int = 0
    recent_days: int = 28
    min_rows: int = 30
    max_unlabelled_share: float = 0.1
    alarm: float = 0.05
    warning: float = 0.2
    require_revalidation: bool = False
    max_psi: float | None = None
    max_wasserstein: float | None = None
    min_p_value: float | None = None
