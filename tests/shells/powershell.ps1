# What `bridgeline init pwsh` prints, in PowerShell itself: `pwsh -NoProfile -File tests/shells/powershell.ps1 SNIPPET`.
# There is none where the other suites run; the workflow of GitHub has it, and says so where this fails.
param([Parameter(Mandatory)] [string] $Snippet)
$ErrorActionPreference = 'Stop'

function Assert-Equal($Actual, $Expected, $What) {
    if ($Actual -cne $Expected) { throw "${What}: '$Actual', not '$Expected'" }
}

# Text that would run if it were expanded.
$hostile = '$(throw "ran") `$x $env:HOME (throw "ran")'
function global:bridgeline { $hostile }
function global:prompt { "inner $global:LASTEXITCODE> " }

# Twice, as by a start file that is read again.
1..2 | ForEach-Object { Get-Content -Raw $Snippet | Invoke-Expression }

$global:LASTEXITCODE = 7
Assert-Equal (prompt) "$hostile`ninner 7> " 'a line above the prompt'
Assert-Equal $global:LASTEXITCODE 7 'the status of the last program'
Assert-Equal $global:bridgeline_prompt $hostile 'the variable'

$global:bridgeline_place = 'none'
Assert-Equal (prompt) 'inner 7> ' 'no line where the user places it'
$global:bridgeline_place = $null

function global:bridgeline { throw 'a defect' }
Assert-Equal (prompt) 'inner 7> ' 'a program that fails'
