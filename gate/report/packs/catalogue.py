"""The packs: which clauses each has, and which evidence belongs to which."""

from collections.abc import Mapping
from types import MappingProxyType

from gate.core.card import Section
from gate.report.packs.clauses import Clause, Pack
from gate.report.packs.evidence import all_of, answered, composition, governed, judged, nothing, oversight, promised, recorded, rules_for, written

__all__ = ["PACKS"]

_OUTSIDE = "Not a matter of a decision before deployment: bring it from elsewhere."

EU_AI_ACT = Pack(
    id="eu-ai-act",
    title="EU AI Act, Regulation (EU) 2024/1689: technical documentation (Annex IV) and what it draws on",
    notes=(
        "Annex III names employment (4) and creditworthiness (5(b)) among the high-risk uses; whether yours is one, people decide.",
        (
            "Under the Digital Omnibus on AI (adopted June 2026), obligations for Annex III begin on 2 December 2027; "
            "its publication in the Official Journal was not confirmed by us."
        ),
    ),
    clauses=(
        Clause(
            id="eu-ai-act/art-9",
            title="Art. 9, risk management",
            about="Which risks are known, and what is done about them.",
            evidence=all_of(
                governed, judged, written(Section.ETHICAL_CONSIDERATIONS), nothing("Risks other than unequal treatment and lack of use are not judged here.")
            ),
        ),
        Clause(
            id="eu-ai-act/art-10",
            title="Art. 10, data and examination for bias",
            about="What the data are like, and whether they were examined for bias.",
            evidence=all_of(
                composition, rules_for("eu-ai-act/art-10"), written(Section.EVALUATION_DATA, Section.TRAINING_DATA, Section.COLLECTION, Section.PREPROCESSING)
            ),
        ),
        Clause(
            id="eu-ai-act/art-11",
            title="Art. 11 with Annex IV, technical documentation",
            about="What the system is, what it is for, and how it was evaluated.",
            evidence=all_of(written(Section.MODEL_DETAILS, Section.INTENDED_USE, Section.METRICS), judged, promised),
        ),
        Clause(
            id="eu-ai-act/art-12",
            title="Art. 12, record-keeping",
            about="What can be reconstructed later.",
            evidence=all_of(recorded, nothing("Logs of the system in operation are kept elsewhere.")),
        ),
        Clause(
            id="eu-ai-act/art-13",
            title="Art. 13, information to deployers",
            about="What those who use the system are told about its limits.",
            evidence=all_of(written(Section.INTENDED_USE, Section.CAVEATS), promised),
        ),
        Clause(
            id="eu-ai-act/art-14",
            title="Art. 14, human oversight",
            about="Where a person may decide otherwise.",
            evidence=all_of(oversight, nothing("Oversight of single decisions in operation is described elsewhere.")),
        ),
        Clause(
            id="eu-ai-act/art-15",
            title="Art. 15, accuracy and robustness",
            about="How good the system is, and for whom.",
            evidence=all_of(rules_for("eu-ai-act/art-15"), answered, nothing("Robustness and cybersecurity of the system are not judged here.")),
        ),
        Clause(id="eu-ai-act/art-17", title="Art. 17, quality management", about="Who answers for rules and models.", evidence=all_of(governed, recorded)),
        Clause(id="eu-ai-act/art-26", title="Art. 26, deployers", about="What whoever uses the system has to do.", evidence=nothing(_OUTSIDE)),
        Clause(id="eu-ai-act/art-27", title="Art. 27, fundamental-rights impact assessment", about="Whose rights the use touches.", evidence=nothing(_OUTSIDE)),
        Clause(id="eu-ai-act/art-72", title="Art. 72, post-market monitoring", about="How the system is watched once it is used.", evidence=nothing(_OUTSIDE)),
    ),
)

SR_26_2 = Pack(
    id="sr-26-2",
    title="SR 26-2 (formerly SR 11-7): model-validation report",
    notes=(
        "SR 26-2 / OCC 2026-13 of 17 April 2026 supersedes SR 11-7; models that are not generative are in scope.",
        (
            "ECOA / Regulation B: the CFPB's final rule (effective 21 July 2026) removes the effects test; "
            "intentional proxies stay covered, and state law continues."
        ),
    ),
    clauses=(
        Clause(
            id="sr-26-2/purpose",
            title="Purpose and use",
            about="What the model is, and what it is for.",
            evidence=written(Section.MODEL_DETAILS, Section.INTENDED_USE),
        ),
        Clause(
            id="sr-26-2/data",
            title="Data",
            about="On which rows it was validated.",
            evidence=all_of(composition, written(Section.EVALUATION_DATA, Section.TRAINING_DATA)),
        ),
        Clause(
            id="sr-26-2/outcomes",
            title="Outcomes",
            about="How it performs, for whom, and how sure that is.",
            evidence=all_of(judged, rules_for("sr-26-2/outcomes"), promised),
        ),
        Clause(id="sr-26-2/implementation", title="Implementation", about="What was run to get the predictions.", evidence=answered),
        Clause(
            id="sr-26-2/limitations",
            title="Limitations",
            about="What it must not be used for.",
            evidence=written(Section.CAVEATS, Section.ETHICAL_CONSIDERATIONS),
        ),
        Clause(
            id="sr-26-2/governance",
            title="Governance",
            about="Who answers for it, and who may decide otherwise.",
            evidence=all_of(governed, oversight, recorded),
        ),
        Clause(id="sr-26-2/monitoring", title="Ongoing monitoring", about="How it is watched.", evidence=nothing(_OUTSIDE)),
    ),
)

NYC_LL144 = Pack(
    id="nyc-ll144",
    title="New York City Local Law 144 (6 RCNY 5-300 and following): impact ratios",
    notes=(
        "The audit itself has to be independent, and made every year: this pack holds numbers for it and is no audit.",
        (
            "A category of less than 2 % of the rows may be left out with a justification, and its number is reported all the same: "
            "the tables mark it and leave nothing out."
        ),
        (
            "29 CFR 1607.4(D): below four fifths is generally regarded as evidence of adverse impact. "
            "A rescission is announced (RIN 3046-AB43); no final rule was found by us."
        ),
    ),
    clauses=(
        Clause(
            id="nyc-ll-144/impact-ratio",
            title="Impact ratios",
            about="The selection or scoring rate of every category over that of the highest, by sex, by race, and by both.",
            evidence=all_of(rules_for("nyc-ll-144/impact-ratio"), composition),
        ),
        Clause(id="nyc-ll-144/data", title="Source of the data", about="Whose data, from when.", evidence=written(Section.EVALUATION_DATA, Section.COLLECTION)),
    ),
    impact=True,
)

NIST_AI_RMF = Pack(
    id="nist-ai-rmf",
    title="NIST AI Risk Management Framework 1.0: govern, map, measure, manage",
    notes=("Which thresholds are right takes human judgement: the framework names none.",),
    clauses=(
        Clause(id="nist-ai-rmf/govern", title="GOVERN", about="Who answers for what.", evidence=all_of(governed, oversight)),
        Clause(
            id="nist-ai-rmf/map",
            title="MAP",
            about="What the system is for, and whom it touches.",
            evidence=written(Section.INTENDED_USE, Section.FACTORS, Section.ETHICAL_CONSIDERATIONS),
        ),
        Clause(
            id="nist-ai-rmf/measure-2.11",
            title="MEASURE 2.11",
            about="Fairness and bias, as MAP found them, are evaluated and documented.",
            evidence=all_of(rules_for("nist-ai-rmf/measure-2.11"), judged, composition, promised),
        ),
        Clause(id="nist-ai-rmf/manage", title="MANAGE", about="What is done about what was measured.", evidence=all_of(judged, recorded)),
    ),
)

PACKS: Mapping[str, Pack] = MappingProxyType({pack.id: pack for pack in (EU_AI_ACT, SR_26_2, NYC_LL144, NIST_AI_RMF)})
"""Every pack by the name that it has on the command line."""
