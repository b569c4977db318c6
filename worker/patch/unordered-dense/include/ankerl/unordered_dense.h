// Stands in for ankerl::unordered_dense, which Debian 12 does not have. The worker uses only what the standard
// containers offer as well, so aliases are enough. It costs speed in look-ups, never correctness.
#ifndef TUREEN_ANKERL_UNORDERED_DENSE_H
#define TUREEN_ANKERL_UNORDERED_DENSE_H

#include <functional>
#include <unordered_map>
#include <unordered_set>

namespace ankerl::unordered_dense
{
	template<typename Key>
	using hash = std::hash<Key>;

	template<typename Key, typename Value, typename Hash = std::hash<Key>, typename Equal = std::equal_to<Key>>
	using map = std::unordered_map<Key, Value, Hash, Equal>;

	template<typename Key, typename Hash = std::hash<Key>, typename Equal = std::equal_to<Key>>
	using set = std::unordered_set<Key, Hash, Equal>;
} // namespace ankerl::unordered_dense

#endif
