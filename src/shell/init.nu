# bridgeline: the agent's session of this directory, in a line above the prompt.
#
#   bridgeline init nu | save --force ($nu.data-dir | path join vendor/autoload/bridgeline.nu)
#
# $env.bridgeline.prompt is updated before each prompt. With $env.bridgeline_place = "none" it is not shown,
# and you can place it yourself: $env.PROMPT_COMMAND_RIGHT = {|| $env.bridgeline.prompt }

if $env.bridgeline? == null {
    # A record, since Nushell does not pass records to the programs that it starts.
    $env.bridgeline = { prompt: "", inner: $env.PROMPT_COMMAND? }
    $env.config.hooks.pre_prompt = ($env.config.hooks.pre_prompt? | default [] | append {||
        let columns = (term size).columns - 1
        $env.bridgeline.prompt = (
            try { (^bridgeline prompt nu --width $columns | complete).stdout | str trim --right } catch { "" }
        )
    })
    $env.PROMPT_COMMAND = {||
        let inner = $env.bridgeline.inner
        let inner = if ($inner | describe) == "closure" { do $inner } else { $inner | default "" }
        if $env.bridgeline.prompt == "" or $env.bridgeline_place? == "none" {
            $inner
        } else {
            $"($env.bridgeline.prompt)\n($inner)"
        }
    }
}
