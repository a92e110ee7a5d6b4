# bridgeline: the agent's session of this directory, in a line above the prompt.
#
#   eval "$(bridgeline init zsh)"           # in ~/.zshrc, after anything else that sets the prompt
#
# $bridgeline_prompt is updated before each prompt. With bridgeline_place=none it is not shown; place it
# yourself, in single quotes so that it is expanded each time:
#
#   setopt prompt_subst; RPROMPT='${bridgeline_prompt}'

_bridgeline_renew() {
    local reader=zsh reference='${bridgeline_prompt-}'$'\n' shown=''
    local -i columns=${COLUMNS:-80}
    typeset -g bridgeline_prompt _bridgeline_shown
    # Without percent escapes zsh cannot know which bytes take no columns, so there are no colours.
    [[ -o prompt_percent ]] || reader=plain
    bridgeline_prompt=$(command bridgeline prompt $reader --width $((columns > 1 ? columns - 1 : 1)) 2>/dev/null) ||
        bridgeline_prompt=''
    if [[ -o prompt_bang ]]; then
        bridgeline_prompt=${bridgeline_prompt//\!/!!}
    fi
    if [[ -n $bridgeline_prompt && ${bridgeline_place-} != none ]]; then
        if [[ -o prompt_subst ]]; then
            # The value of a variable is not substituted again.
            shown=$reference
        else
            shown=$bridgeline_prompt$'\n'
        fi
    fi
    PROMPT=${PROMPT#"${_bridgeline_shown-}"}
    PROMPT=$shown${PROMPT#"$reference"}
    _bridgeline_shown=$shown
}

autoload -Uz add-zsh-hook
add-zsh-hook precmd _bridgeline_renew
