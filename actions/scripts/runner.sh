# What the scripts of the actions share to speak to the runner.
# shellcheck shell=bash

# A text as a command of the runner holds it.
escape() {
    local text=${1//'%'/'%25'}
    text=${text//$'\r'/'%0D'}
    printf '%s' "${text//$'\n'/'%0A'}"
}
