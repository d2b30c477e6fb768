"""The models of a product: what they read, in which order, which columns, and what is wrong."""

from meshwright.experience.models.analyse import AnalysisCache, analyse_product, analyse_products
from meshwright.experience.models.analysis import (
    ModelAnalysis,
    ProductAnalysis,
    Read,
    analysis_from_json,
    analysis_to_json,
)
from meshwright.experience.models.declared import model_name
from meshwright.experience.models.lineage import product_lineages

__all__ = [
    "AnalysisCache",
    "ModelAnalysis",
    "ProductAnalysis",
    "Read",
    "analyse_product",
    "analyse_products",
    "analysis_from_json",
    "analysis_to_json",
    "model_name",
    "product_lineages",
]
