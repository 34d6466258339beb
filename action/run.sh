#!/usr/bin/env bash
# The steps of the GitHub action in action.yml. Its inputs are in the environment; keras-bisect is on the PATH.
set -uo pipefail
summary=${GITHUB_STEP_SUMMARY:-/dev/stdout}
worst=0

# How bad an exit code is: 1, something is not known; 3, something fails; 2, a wrong request; and
# any other, which means that a command was killed or is missing.
badness() {
    case $1 in
        0) echo 0 ;;
        1) echo 1 ;;
        3) echo 2 ;;
        2) echo 3 ;;
        *) echo 4 ;;
    esac
}

note() {
    if [ "$(badness "$1")" -gt "$(badness "$worst")" ]; then
        worst=$1
    fi
}

# Runs a command that writes a page for the summary. The first argument says what a failure means.
with_page() {
    local meaning=$1 page code
    shift
    page=$(mktemp)
    "$@" --check --markdown "$page"
    code=$?
    cat "$page" >> "$summary"
    rm -f "$page"
    note $code
    if [ "$code" = 3 ]; then
        echo "::error title=keras-bisect::$meaning; see the summary"
    fi
}

if [ -z "${INPUT_CASES:-}${INPUT_FILES:-}${INPUT_SCRIPT:-}" ]; then
    echo "::error title=keras-bisect::nothing to run: give cases, files or script"
    exit 2
fi
if [ -n "${INPUT_CASES:-}" ]; then
    keras-bisect matrix --cases "$INPUT_CASES" --keras "$INPUT_KERAS" --check --no-report \
        --junit "${INPUT_JUNIT:-keras-bisect.xml}" --markdown "$summary"
    note $?
fi
if [ -n "${INPUT_FILES:-}" ]; then
    while IFS= read -r file; do
        [ -n "$file" ] || continue
        with_page "a release of $INPUT_KERAS cannot use one of the files" \
            keras-bisect file "$file" --keras "$INPUT_KERAS" ${INPUT_CODE:+--code "$INPUT_CODE"}
    done <<< "$INPUT_FILES"
fi
if [ -n "${INPUT_SCRIPT:-}" ]; then
    with_page "the newest release fails the script" \
        keras-bisect bisect --script "$INPUT_SCRIPT" --find broken \
        ${INPUT_OLD:+--old "$INPUT_OLD"} ${INPUT_NEW:+--new "$INPUT_NEW"}
fi
exit $worst
