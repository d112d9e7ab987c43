# shellcheck shell=bash
# The steps of ./dev check; sourced by ./dev, whose functions it uses.

check_steps=(format shellcheck python package openapi asan coverage tsan portable fuzz tidy)

# format: clang-format and ruff agree with what is written.
check_format() {
  cpp_sources | xargs "$(tool clang-format)" --dry-run --Werror
  python_sources | xargs .venv/bin/ruff format --config tests/pyproject.toml --check
  package_sources | xargs .venv/bin/ruff format --config client/python/pyproject.toml --check
}

check_shellcheck() {
  shellcheck -x dev .ci/run tests/check.sh
}

# python: linted and typed; the package by rules of its own, for it runs on older Pythons.
check_python() {
  python_sources | xargs .venv/bin/ruff check --config tests/pyproject.toml
  package_sources | xargs .venv/bin/ruff check --config client/python/pyproject.toml
  python_sources | xargs .venv/bin/mypy --config-file tests/pyproject.toml
  package_sources | xargs .venv/bin/mypy --config-file client/python/pyproject.toml
}

# package: the tests of the Python package run nine of ten of its lines, those of programs that they start included.
check_package() {
  local settings=$PWD/client/python/pyproject.toml data=$PWD/build/python/coverage
  build release portd portc
  build_wheel
  rm -f "$data" "$data".*
  COVERAGE_PROCESS_START=$settings COVERAGE_FILE=$data PYTHONPATH=$PWD/client/python/tests/coverage \
    pytest_in build/release -q client/python/tests
  .venv/bin/coverage combine --quiet --rcfile="$settings" --data-file="$data" build/python
  .venv/bin/coverage report --rcfile="$settings" --data-file="$data" --fail-under=90
}

# openapi: the document is valid; tests/e2e/test_openapi.py holds it against real answers.
check_openapi() {
  .venv/bin/openapi-spec-validator daemon/api/openapi.json
}

# asan: the whole suite under the address and undefined behaviour sanitizers, counting lines as it goes.
check_asan() {
  find build/asan -name '*.gcda' -delete 2>/dev/null || true
  build asan
  run_tests asan ""
}

# coverage: of what the asan step ran.
check_coverage() {
  gcovr --root . --filter common/ --filter config/ --filter daemon/ --filter client/ --exclude-throw-branches \
    --gcov-executable "$(tool llvm-cov) gcov" --gcov-ignore-parse-errors --fail-under-line 80 --print-summary --sort-uncovered -j "$(cores)" build/asan
}

# tsan: everything that can have threads (PORTD_THREADED_ONLY); the end-to-end tests of portc use the one of release.
check_tsan() {
  build tsan
  build release portc
  ln -sf ../release/portc build/tsan/portc
  run_tests tsan ""
}

# portable: what other systems than Linux run, on this one.
check_portable() {
  build release portd_portable platform_portable_test portc
  build/release/platform_portable_test --gtest_brief=1
  rm -rf build/portable
  mkdir -p build/portable
  ln -s "$PWD/build/release/portd_portable" build/portable/portd
  ln -s "$PWD/build/release/portc" build/portable/portc
  pytest_in build/portable -q -m portable tests/e2e
}

# fuzz: every target for PORTD_FUZZ_SECONDS (60), side by side.
check_fuzz() {
  local names=() jobs=() name job code=0
  mapfile -t names < <(basename -s .cpp tests/fuzz/*_fuzz.cpp)
  build fuzz "${names[@]}"
  for name in "${names[@]}"; do
    fuzz_one "$name" &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job" || code=1; done
  return "$code"
}

# New inputs and findings stay in build/; the seeds of the repository are only read.
fuzz_one() {
  local name=$1 log=build/logs/$1.txt corpus=("build/fuzz/corpus/$1" "tests/fuzz/corpus/${1%_fuzz}")
  mkdir -p "${corpus[@]}"
  if ! "build/fuzz/$name" -max_total_time="${PORTD_FUZZ_SECONDS:-60}" -timeout=10 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/$name-" "${corpus[@]}" >"$log" 2>&1; then
    tail -n 60 "$log"
    return 1
  fi
  grep -E 'number_of_executed_units|Done' "$log" | sed "s/^/$name: /"
}

# tidy: the checks of .clang-tidy, over what build/release compiles, in its batches; of what changed since all was clean,
# or of everything when a header did.
check_tidy() {
  local stamp=build/logs/tidy.stamp now=build/logs/tidy.now unit units=()
  build release portd portc portd_portable
  touch "$now"
  while read -r unit; do ! needs_tidy "$unit" "$stamp" || units+=("$unit"); done < <(units_to_tidy)
  [[ ${#units[@]} -eq 0 ]] || printf '%s\0' "${units[@]}" \
    | xargs -0 -P "$(cores)" -n 1 "$(tool clang-tidy)" --quiet -p build/release --extra-arg=-Wno-unknown-warning-option \
      --warnings-as-errors='*' 2>/dev/null
  mv "$now" "$stamp"
}

# The files that the compiler is given for our own code, without the tests.
units_to_tidy() {
  sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' build/release/compile_commands.json | grep -v -e "^$PWD/tests/" -e /release/tests/
}

# needs_tidy UNIT STAMP
needs_tidy() {
  local unit=$1 stamp=$2 sources=("$1")
  [[ $unit != */Unity/* ]] || mapfile -t sources < <(sed -n 's/^#include "\(.*\)"$/\1/p' "$unit")
  [[ ! -f $stamp || -n $(find common config daemon client -name '*.hpp' -newer "$stamp" -print -quit) ||
    -n $(find "${sources[@]}" .clang-tidy -newer "$stamp" -print -quit) ]]
}

# check [STEP...]: all steps, or some; goes on after a failure and says at the end how many passed.
check() {
  local steps=("${check_steps[@]}") step passed=0 failed=()
  [[ $# -eq 0 ]] || steps=("$@")
  mkdir -p build/logs
  : >build/logs/check.txt
  for step in "${steps[@]}"; do
    if check_one "$step"; then passed=$((passed + 1)); else failed+=("$step"); fi
  done
  echo "$passed passed, ${#failed[@]} failed" >>build/logs/check.txt
  cat build/logs/check.txt
  [[ ${#failed[@]} -eq 0 ]]
}

# One step, in a process of its own: there `set -e` ends the step and not the check.
check_one() {
  local step=$1 started=$SECONDS word=ok
  declare -F "check_$step" >/dev/null || fail "check has no step $step; ./dev check --list"
  say "check $step"
  ./dev step "$step" || word=FAILED
  printf '%-10s %-6s %4d s\n' "$step" "$word" $((SECONDS - started)) | tee -a build/logs/check.txt
  [[ $word == ok ]]
}
