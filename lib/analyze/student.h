#pragma once

namespace tidemark {

// P(T > t) for Student's distribution with that many degrees of freedom, exact to
// about 1e-12 of its value as far out as a double reaches: by the continued fraction
// of the incomplete beta function (DLMF 8.17.22). REQUIRES: freedom > 0.
double student_above(double t, double freedom);

}  // namespace tidemark
