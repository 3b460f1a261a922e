"""What models do, to read: reports on labelled data, explanations and attention of one text."""

from kerabert.reports.answer_report import AnsweredQuestion, AnswerReport
from kerabert.reports.attention_maps import AttentionMaps
from kerabert.reports.calibration import Calibration
from kerabert.reports.choice_report import ChoiceReport, WrongChoice
from kerabert.reports.class_scores import ClassScores
from kerabert.reports.classification_report import ClassificationReport, ClassifiedText
from kerabert.reports.entity_report import EntityReport, TaggedRow
from kerabert.reports.explanation import Attribution, Explanation
from kerabert.reports.multi_label_report import LabelError, MultiLabelReport
from kerabert.reports.regression_report import RegressionReport, ScoredText
from kerabert.reports.report import Report

__all__ = [
    "AnswerReport",
    "AnsweredQuestion",
    "AttentionMaps",
    "Attribution",
    "Calibration",
    "ChoiceReport",
    "ClassScores",
    "ClassificationReport",
    "ClassifiedText",
    "EntityReport",
    "Explanation",
    "LabelError",
    "MultiLabelReport",
    "RegressionReport",
    "Report",
    "ScoredText",
    "TaggedRow",
    "WrongChoice",
]
