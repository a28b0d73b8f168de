# tools/stages.sh: sourced by run and test. A stage is a named piece of work with its log and its time; here are
# the stages that both share.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
logs=build/logs
mkdir -p "$logs"
stage_names=() stage_seconds=() stage_budgets=()
working=

# Whatever ends us ends the stage too, with all that it has started: each stage is a process group of its own.
end_stage() {
  if [[ -n $working ]]; then
    kill -TERM -- "-$working" 2>/dev/null || true
    wait "$working" 2>/dev/null || true
  fi
}
trap 'end_stage; exit 130' INT
trap 'end_stage; exit 143' TERM
trap 'end_stage; exit 129' HUP

# stage NAME BUDGET_MINUTES COMMAND...: runs it into build/logs/NAME.log, tells every half minute how far it is, shows
# the end of the log when it fails, and returns its status. With STAGE_SHOW=1 the output goes to the screen as well.
stage() {
  local name=$1 budget=$2 log=$logs/$1.log begun=$SECONDS said=$SECONDS status=0
  shift 2
  printf '%-9s …\n' "$name"
  set -m
  if [[ ${STAGE_SHOW:-} == 1 ]]; then
    { "$@" 2>&1 | tee "$log"; exit "${PIPESTATUS[0]}"; } </dev/null &
  else
    "$@" >"$log" 2>&1 </dev/null &
  fi
  working=$!
  set +m
  while kill -0 "$working" 2>/dev/null; do
    sleep 0.2 &
    wait $! || true
    if [[ ${STAGE_SHOW:-} != 1 ]] && ((SECONDS - said >= 30)); then
      said=$SECONDS
      printf '%-9s … %d s: %s\n' "$name" $((SECONDS - begun)) "$(tail -n 1 "$log" | cut -c 1-100)"
    fi
  done
  wait "$working" || status=$?
  working=
  stage_names+=("$name") stage_seconds+=($((SECONDS - begun))) stage_budgets+=($((budget * 60)))
  if ((status != 0)); then
    if [[ ${STAGE_SHOW:-} != 1 ]]; then
      grep -n -E -A 8 'error:|FAILED:|CMake Error|npm (ERR|error)' "$log" | head -n 60 || true
      tail -n 20 "$log"
    fi
    printf '%-9s failed after %d s; all of it: %s\n' "$name" $((SECONDS - begun)) "$log"
    return "$status"
  fi
  printf '%-9s done in %d s\n' "$name" $((SECONDS - begun))
}

print_budget() {
  local i
  printf '\n%-10s %8s %8s\n' stage took budget
  for i in "${!stage_names[@]}"; do
    printf '%-10s %5d:%02d %5d:%02d%s\n' "${stage_names[i]}" $((stage_seconds[i] / 60)) $((stage_seconds[i] % 60)) \
      $((stage_budgets[i] / 60)) $((stage_budgets[i] % 60)) \
      "$( ((stage_seconds[i] > stage_budgets[i])) && echo '  over' || true)"
  done
}

# build_cpp PRESET [TARGET...]: configures where needed, builds, keeps what ccache did for the figures of this build.
build_cpp() {
  local preset=$1
  shift
  export CCACHE_STATSLOG=$PWD/$logs/ccache.$preset.log TANDEM_COMPILE_TIMES=$PWD/$logs/compile_times.$preset.log
  export CCACHE_PREFIX=$PWD/tools/compile_timed
  rm -f "$CCACHE_STATSLOG"
  if [[ ! -e build/$preset/build.ninja ]]; then cmake --preset "$preset" || return; fi
  ninja -C "build/$preset" "$@"
}
print_build_figures() {  # PRESET
  python3 tools/build_figures.py "$logs/compile_times.$1.log" "$logs/ccache.$1.log"
}
