"""One evaluation: plan it, run it, fold what came, judge the whole."""
