#pragma once

#include <array>
#include <string_view>

namespace tidemark::load {

// What ${word} and ${text:N} are made of: 256, so that a random byte chooses one.
constexpr std::array<std::string_view, 256> kWords = {
    "able",     "about",    "above",   "account", "across",  "action",  "active",  "after",
    "again",    "agent",    "allow",   "alone",   "along",   "amber",   "anchor",  "animal",
    "answer",   "apple",    "april",   "arch",    "area",    "arrow",   "atlas",   "autumn",
    "away",     "balance",  "bank",    "basic",   "basket",  "beach",   "bear",    "before",
    "begin",    "below",    "bench",   "berry",   "beside",  "bird",    "black",   "blank",
    "block",    "blue",     "board",   "boat",    "bold",    "book",    "border",  "bottle",
    "bottom",   "branch",   "brave",   "bread",   "bridge",  "bright",  "bring",   "broad",
    "bronze",   "brook",    "brown",   "build",   "button",  "cabin",   "cable",   "calm",
    "camera",   "candle",   "canvas",  "carbon",  "carry",   "castle",  "center",  "chain",
    "chair",    "change",   "chart",   "check",   "cherry",  "circle",  "city",    "clean",
    "clear",    "clock",    "cloud",   "coast",   "coffee",  "cold",    "color",   "copper",
    "corner",   "cotton",   "count",   "course",  "cover",   "craft",   "create",  "cross",
    "crowd",    "crystal",  "current", "curve",   "daily",   "dance",   "dark",    "data",
    "dawn",     "decide",   "deep",    "delta",   "desert",  "design",  "detail",  "diary",
    "differ",   "distance", "door",    "double",  "draft",   "dream",   "drift",   "drive",
    "early",    "earth",    "east",    "echo",    "edge",    "eight",   "elbow",   "empty",
    "engine",   "enter",    "equal",   "evening", "event",   "every",   "exact",   "example",
    "fabric",   "fair",     "falcon",  "family",  "farm",    "fast",    "feather", "fence",
    "field",    "figure",   "filter",  "final",   "finger",  "fire",    "first",   "fish",
    "flag",     "flame",    "flat",    "floor",   "flower",  "focus",   "follow",  "forest",
    "form",     "forward",  "found",   "fourth",  "frame",   "fresh",   "friend",  "frost",
    "fruit",    "future",   "garden",  "gate",    "gentle",  "giant",   "glass",   "globe",
    "gold",     "grain",    "grand",   "granite", "graph",   "grass",   "gravel",  "great",
    "green",    "ground",   "group",   "guide",   "harbor",  "harvest", "hazel",   "heart",
    "heavy",    "height",   "hill",    "history", "holiday", "honey",   "horizon", "house",
    "human",    "hundred",  "idea",    "image",   "index",   "inner",   "island",  "item",
    "ivory",    "jacket",   "january", "jewel",   "join",    "journey", "july",    "jungle",
    "keep",     "kernel",   "kettle",  "kind",    "kitchen", "ladder",  "lake",    "lamp",
    "language", "large",    "later",   "layer",   "leaf",    "learn",   "lemon",   "letter",
    "level",    "light",    "limit",   "linen",   "little",  "local",   "long",    "lower",
    "lunar",    "magnet",   "maple",   "marble",  "march",   "margin",  "market",  "meadow",
    "memory",   "metal",    "middle",  "minute",  "mirror",  "modern",  "moment",  "month"};

}  // namespace tidemark::load
