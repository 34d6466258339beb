#!/usr/bin/env bash
# The steps of the GitHub action in action.yml. Its inputs are in the environment; keras-bisect is on the PATH.
set -uo pipefail
summary=${GITHUB_STEP_SUMMARY:-/dev/stdout}
worst=0

# 3, something fails, counts more than 1, something is not known; 2, a wrong request, most.
note() {
    case "$1:$worst" in
        0:*) ;;
        2:* | 3:0 | 3:1 | 1:0) worst=$1 ;;
        [!123]:*) worst=$1 ;;
    esac
}

if [ -n "${INPUT_CASES:-}" ]; then
    keras-bisect matrix --cases "$INPUT_CASES" --keras "$INPUT_KERAS" --check \
        --junit "${INPUT_JUNIT:-keras-bisect.xml}" --markdown "$summary"
    note $?
fi
if [ -n "${INPUT_FILES:-}" ]; then
    while IFS= read -r file; do
        [ -n "$file" ] || continue
        page=$(mktemp)
        keras-bisect file "$file" --keras "$INPUT_KERAS" --check --markdown "$page" \
            ${INPUT_CODE:+--code "$INPUT_CODE"}
        code=$?
        cat "$page" >> "$summary"
        rm -f "$page"
        note $code
        if [ "$code" = 3 ]; then
            echo "::error title=keras-bisect::a release of $INPUT_KERAS cannot use one of the files; see the summary"
        fi
    done <<< "$INPUT_FILES"
fi
if [ -n "${INPUT_SCRIPT:-}" ]; then
    page=$(mktemp)
    keras-bisect bisect --script "$INPUT_SCRIPT" ${INPUT_OLD:+--old "$INPUT_OLD"} \
        ${INPUT_NEW:+--new "$INPUT_NEW"} --find broken --check --markdown "$page"
    code=$?
    cat "$page" >> "$summary"
    rm -f "$page"
    note $code
    if [ "$code" = 3 ]; then
        echo "::error title=keras-bisect::the newest release fails the script; see the summary"
    fi
fi
exit $worst
