#pragma once

#include <span>
#include <vector>

namespace tidemark {

// Each p-value adjusted for there being so many: who takes all that are at most q has
// a share of at most q of false ones among them, in the mean over many runs. By
// Benjamini and Yekutieli, "The control of the false discovery rate in multiple testing
// under dependency", Annals of Statistics 29 (2001), theorem 1.3:
//
//   p_(i) m (1 + 1/2 + ... + 1/m) / i, made to rise with i, at most 1
//
// Their factor 1 + 1/2 + ... + 1/m (8.6 for 3,000) is what makes it hold whatever the
// sites have to do with each other. The plain procedure of Benjamini and Hochberg holds
// when they only rise together; but sites of one process share the load, which moves
// them together, and the memory, so that one frees what another one takes (a table that
// grows, an object that changes hands). The price is small, because the p-values of
// steady growth are tiny: with 30 snapshots, t must be 6.9 instead of 5.9 for the only
// leak among 3,000 sites.
std::vector<double> adjusted_for_many(std::span<const double> p_values);

}  // namespace tidemark
