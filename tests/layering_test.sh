#!/usr/bin/env bash
# Fails when a folder includes from one above it: base < collectors < rules < exporter. Nobody
# includes from tests, and only exporter knows CivetWeb.
set -euo pipefail

layers=(base collectors rules exporter) # lowest first

# Prints the includes in tree $1 that match the expression $2, in the folders that follow.
includes() {
  local tree=$1 pattern=$2
  shift 2
  (cd "$tree" && grep -rnE --include='*.h' --include='*.cpp' --include='*.c' \
    "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($pattern)" "$@") || true
}

# Prints those of the folders that tree $1 has.
existing() {
  local folder tree=$1
  shift
  for folder; do
    if [[ -d $tree/$folder ]]; then printf '%s\n' "$folder"; fi
  done
}

has_source() { [[ -n $(find "$1" -name '*.h' -print -quit -o -name '*.cpp' -print -quit) ]]; }

# Prints what is wrong with the tree $1: nothing, if all is well.
violations() {
  local tree=$1 layer above i
  for layer in $(existing "$tree" "${layers[@]}"); do
    has_source "$tree/$layer" || printf '%s: no source here, so nothing was checked\n' "$layer"
    for ((i = 0; i < ${#layers[@]}; i++)); do [[ ${layers[i]} != "$layer" ]] || break; done
    above=$(IFS='|' && printf '%s' "${layers[*]:i+1}")
    includes "$tree" "(tests${above:+|$above})/|\.\./" "$layer"
  done
  # shellcheck disable=SC2046 # folder names have no blanks
  set -- $(existing "$tree" base collectors rules bench tests)
  if (($# > 0)); then includes "$tree" 'civetweb|Civet' "$@"; fi
  # A library that CMake builds and that is no layer of ours would go unchecked.
  sed -nE 's/^procmarshal_library\(([a-z_]+).*/\1/p' "$tree/CMakeLists.txt" |
    grep -vxE "$(IFS='|' && printf '%s' "${layers[*]}")" |
    sed 's/$/: a library that is not in the list of layers/' || true
}

# A check that can't fail is none: each kind of violation must be found in a tree made for it.
expect_violation() {
  local file=$1 line=$2 tree
  tree=$(mktemp -d)
  mkdir -p "$tree"/{base,collectors,exporter,tests}
  printf 'procmarshal_library(base)\n' >"$tree/CMakeLists.txt"
  printf '#include <civetweb.h>\n#include "rules/rule.h"\n' >"$tree/exporter/server.cpp"
  printf '#include "base/result.h"\n' | tee "$tree/base/a.h" >"$tree/collectors/a.cpp"
  [[ -z $(violations "$tree") ]] || self_test="finds violations where there are none"
  printf '%s\n' "$line" >>"$tree/$file"
  [[ -n $(violations "$tree") ]] || self_test="does not see '$line' in $file"
  rm -rf "$tree"
}

self_test=
expect_violation base/b.h '#include "collectors/collector.h"'
expect_violation collectors/b.cpp '#include "exporter/config.h"'
expect_violation collectors/b.cpp '  #  include "rules/rule.h"'
expect_violation collectors/b.cpp '#include "../exporter/config.h"'
expect_violation exporter/b.cpp '#include "tests/support/collect.h"'
expect_violation collectors/b.cpp '#include <civetweb.h>'
expect_violation tests/b.cpp '#include "CivetServer.h"'
expect_violation CMakeLists.txt 'procmarshal_library(network)'
if [[ -n $self_test ]]; then
  printf 'layering: the check itself is broken: it %s\n' "$self_test"
  exit 1
fi

found=$(violations "$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)")
if [[ -n $found ]]; then
  printf 'These break the layering (base < collectors < rules < exporter):\n%s\n' "$found"
  exit 1
fi
