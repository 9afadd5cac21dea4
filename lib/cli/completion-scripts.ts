/** The completion scripts of shells. They ask the command itself what may come next: `brickwork completion words`. */

export const completionScripts = {
  bash: String.raw`# Completion of brickwork for bash. To use it: source <(brickwork completion bash)
_brickwork() {
  local line=${'$'}{COMP_LINE:0:COMP_POINT} word prefix value help
  word=${'$'}{line##*[[:space:]]}
  # bash replaces only what follows the last = or : of the word.
  prefix=${'$'}{word%"${'$'}{word##*[=:]}"}
  COMPREPLY=()
  while IFS=$'\t' read -r value help; do
    case $value in
      :files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "${'$'}{word##*=}") ;;
      :directories) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "${'$'}{word##*=}") ;;
      *) printf -v value %q "$value"; COMPREPLY+=("${'$'}{value#"$prefix"}") ;;
    esac
  done < <("${'$'}{COMP_WORDS[0]}" completion line -- "$line" 2>/dev/null)
}
complete -F _brickwork brickwork
`,
  zsh: String.raw`#compdef brickwork
# Completion of brickwork for zsh. To use it: source <(brickwork completion zsh), after compinit
_brickwork() {
  local value help
  local -a values shown
  while IFS=$'\t' read -r value help; do
    case $value in
      :files) compset -P '--[a-z-]#='; _files; return ;;
      :directories) compset -P '--[a-z-]#='; _files -/; return ;;
    esac
    values+=("$value")
    shown+=("$value${'$'}{help:+  -- $help}")
  done < <("$words[1]" completion words -- "${'$'}{(@Q)words[2,CURRENT-1]}" "${'$'}{(Q)PREFIX}" 2>/dev/null)
  compadd -l -d shown -a values
}
if [[ "$funcstack[1]" == _brickwork ]]; then
  _brickwork "$@"
else
  compdef _brickwork brickwork
fi
`,
  fish: String.raw`# Completion of brickwork for fish. To use it: brickwork completion fish | source
function __brickwork_complete
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l current (commandline --current-token --cut-at-cursor)
    set -l answer ($words[1] completion words -- $words[2..-1] "$current" 2>/dev/null)
    switch "$answer[1]"
        case ':files*'
            __fish_complete_path "$current"
        case ':directories*'
            __fish_complete_directories "$current"
        case '*'
            printf '%s\n' $answer
    end
end
complete --command brickwork --no-files --arguments '(__brickwork_complete)'
`,
}
export type Shell = keyof typeof completionScripts

export const shells = Object.keys(completionScripts) as readonly Shell[]
