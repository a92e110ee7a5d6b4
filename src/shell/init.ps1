# bridgeline: the agent's session of this directory, in a line above the prompt.
#
#   Invoke-Expression (& bridgeline init pwsh | Out-String)     # in $PROFILE
#
# $global:bridgeline_prompt is updated before each prompt. With $global:bridgeline_place = 'none' it is not
# shown, and you can place it yourself.

if (-not (Test-Path Variable:global:_bridgeline_inner)) {
    $global:_bridgeline_inner = $function:prompt
    function global:prompt {
        $succeeded, $code = $?, $global:LASTEXITCODE
        $encoding, $lines = [Console]::OutputEncoding, @()
        try {
            [Console]::OutputEncoding = [Text.UTF8Encoding]::new($false)
            # Unknown or 0 if the host has no window.
            $columns = try { $Host.UI.RawUI.WindowSize.Width } catch { 0 }
            $width = @(if ($columns -gt 1) { '--width', ($columns - 1) })
            $lines = @(& bridgeline prompt pwsh @width 2>$null)
        } catch {
            $lines = @()
        } finally {
            # A host without a console has no encoding to set.
            try { [Console]::OutputEncoding = $encoding } catch { }
        }
        $global:bridgeline_prompt = $lines -join "`n"
        if ($global:bridgeline_prompt -and $global:bridgeline_place -ne 'none') {
            $above = "$global:bridgeline_prompt`n"
        } else {
            $above = ''
        }
        $global:LASTEXITCODE = $code
        # The next prompt finds the status of the last command in $?.
        if (-not $succeeded) { Write-Error '' -ErrorAction Ignore }
        $inner = & $global:_bridgeline_inner
        $text = "$above$inner"
        # Number of lines that PSReadLine must redraw besides that of the cursor.
        if (Get-Module PSReadLine) {
            Set-PSReadLineOption -ExtraPromptLineCount ($text.Split("`n").Length - 1) -ErrorAction Ignore
        }
        $text
    }
}
