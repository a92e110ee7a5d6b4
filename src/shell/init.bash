# shellcheck shell=bash
# bridgeline: the agent's session of this directory, in a line above the prompt.
#
#   eval "$(bridgeline init bash)"          # in ~/.bashrc, after anything else that sets the prompt
#
# $bridgeline_prompt is updated before each prompt. With bridgeline_place=none it is not shown; place it
# yourself, in single quotes so that it is expanded each time: PS1='${bridgeline_prompt} \w \$ '

_bridgeline_renew() {
    local code=$? columns=${COLUMNS:-80}
    bridgeline_prompt=$(command bridgeline prompt bash --width "$((columns > 1 ? columns - 1 : 1))" 2>/dev/null) ||
        bridgeline_prompt=
    _bridgeline_show
    # Under `set -e` a status would end the shell.
    [[ $- == *e* ]] || return "$code"
}

_bridgeline_show() {
    # shellcheck disable=SC2016 # PS1 is expanded at each prompt
    local reference='${bridgeline_prompt-}'$'\n' shown=
    if [[ -n $bridgeline_prompt && ${bridgeline_place-} != none ]]; then
        if shopt -q promptvars || [[ -o posix ]]; then
            # The value of a variable is not expanded again.
            shown=$reference
        else
            shown=${bridgeline_prompt//\\/\\\\}$'\n'
            shown=${shown//$'\001'/\\[}
            shown=${shown//$'\002'/\\]}
        fi
    fi
    PS1=${PS1-}
    PS1=${PS1#"${_bridgeline_shown-}"}
    PS1=$shown${PS1#"$reference"}
    _bridgeline_shown=$shown
}

_bridgeline_hook() {
    local entry
    for entry in "${PROMPT_COMMAND[@]-}"; do
        if [[ $entry == *_bridgeline_renew* ]]; then
            return
        fi
    done
    if [[ $(declare -p PROMPT_COMMAND 2>/dev/null) == 'declare -a'* ]] &&
        ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)); then
        PROMPT_COMMAND+=(_bridgeline_renew)
    else
        # Only bash 5.1 and later run each element of an array. The existing value can end in `;` or a comment.
        # shellcheck disable=SC2178,SC2128 # the first element
        PROMPT_COMMAND=${PROMPT_COMMAND:+$PROMPT_COMMAND$'\n'}_bridgeline_renew
    fi
}

_bridgeline_hook
unset -f _bridgeline_hook
