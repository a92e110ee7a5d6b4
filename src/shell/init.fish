# bridgeline: the agent's session of this directory, in a line above the prompt.
#
#   bridgeline init fish | source           # in ~/.config/fish/config.fish
#
# $bridgeline_prompt is updated before each prompt. With `set -g bridgeline_place none` it is not shown;
# place it yourself:
#
#   function fish_right_prompt; string join ' ' $bridgeline_prompt; end

function _bridgeline_renew --on-event fish_prompt
    set -g bridgeline_prompt
    if command -q bridgeline
        set bridgeline_prompt (command bridgeline prompt fish --width (math $COLUMNS - 1) 2>/dev/null)
    end
    if test -n "$bridgeline_prompt"; and test "$bridgeline_place" != none
        printf '%s\n' $bridgeline_prompt
    end
end
