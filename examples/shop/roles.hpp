#pragma once
// The parts of the shop; each is one process of the program gunflint-shop.

#include "net.hpp"

namespace shop {

int web(const Options& options);
int database(const Options& options);
/// A least-connections TCP balancer, used only where haproxy is not installed.
int balancer(const Options& options);
/// Starts and keeps all the others: replaces what dies and, when asked, scales with the load.
int fleet(const Options& options);

}  // namespace shop
