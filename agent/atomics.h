#pragma once

// Relaxed atomic access to plain fields, as those of a heap file are: each is read by others
// at any moment. The order between fields is made where it matters, and said there.

#include <cstdint>

namespace tidemark::agent {

template <class T>
T load(const T& field) {
  T value;
  __atomic_load(&field, &value, __ATOMIC_RELAXED);
  return value;
}

template <class T>
void store(T& field, T value) {
  __atomic_store(&field, &value, __ATOMIC_RELAXED);
}

template <class T>
T add(T& field, T amount) {
  return __atomic_fetch_add(&field, amount, __ATOMIC_RELAXED);
}

// Sets `field` to `value` when it is `expected`; everything written before is seen by whoever
// sees the new value with acquire.
template <class T>
bool exchange_if(T& field, T expected, T value) {
  return __atomic_compare_exchange_n(&field, &expected, value, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED);
}

// The sum after adding.
inline double add(double& field, double amount) {
  double old = load(field);
  double sum = old + amount;
  while (!__atomic_compare_exchange(&field, &old, &sum, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    sum = old + amount;
  return sum;
}

}  // namespace tidemark::agent
