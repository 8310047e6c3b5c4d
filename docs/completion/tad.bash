# Completion of tad for bash. Written by `make docs` from src/cli/commands.def and options.def.
_tad()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} words=
    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        words='eval explain check train graph ops help --help --version'
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
        return
    fi
    case $command:$before in
    *:--optimizer | *:-O) words='sgd momentum adam' ;;
    *:--format ) words='dot svg html mmd' ;;
    help:*) words='eval explain check train graph ops help language' ;;
    esac
    case $word:$command in
    -*:eval) words='--expression --of --wrt --all --hessian --trust --jvp --digits --hex --json --help' ;;
    -*:explain) words='--expression --of --wrt --latex --markdown --paths --update --digits --json --help' ;;
    -*:check) words='--expression --of --wrt --all --lib --fn --at --second --tolerance --json --help' ;;
    -*:train) words='--expression --of --rate --steps --optimizer --momentum --svg --quiet --digits --ascii --json --help' ;;
    -*:graph) words='--expression --of --output --format --digits --help' ;;
    -*:ops) words='--names --ascii --json --help' ;;
    -*:help) words='--help' ;;
    *:ops) words=$(tad ops --names 2>/dev/null) ;;
    esac
    if [ -n "$words" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    else
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}
complete -F _tad tad
