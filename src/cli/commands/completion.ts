import type { Command } from 'commander'
import { UsageError } from '../../base/errors.js'
import type { CommandEntry } from '../contract.js'

/** `flotilla completion`: scripts made from the declared commands, so they cannot fall behind. */
export const completionCommand: CommandEntry = {
  name: 'completion',
  register(program, io) {
    program
      .command('completion <shell>')
      .description('print a completion script: source <(flotilla completion bash)')
      .action((shell: string) => {
        if (shell === 'bash') io.out(bashScript(program))
        else if (shell === 'zsh') io.out(`autoload -U +X bashcompinit && bashcompinit\n${bashScript(program)}`)
        else if (shell === 'fish') io.out(fishScript(program))
        else
          throw new UsageError({
            code: 'unknown-shell',
            message: `no completion for the shell "${shell}"`,
            fix: 'Use bash, zsh or fish.',
          })
      })
  },
}

interface Node {
  /** Words that lead here, without options: `app sync`. */
  readonly path: string
  readonly words: readonly string[]
}

function nodes(command: Command, path: readonly string[] = []): Node[] {
  const options = command.options.flatMap((option) =>
    [option.long, option.short].filter((flag): flag is string => flag !== undefined && flag !== null),
  )
  const words = [...command.commands.map((child) => child.name()), ...options]
  return [{ path: path.join(' '), words }, ...command.commands.flatMap((child) => nodes(child, [...path, child.name()]))]
}

function bashScript(program: Command): string {
  const cases = nodes(program).map((node) => `    "${node.path}") words="${node.words.join(' ')}" ;;`)
  return `_flotilla() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) case " ${nodes(program)
      .map((node) => node.path.replaceAll(' ', '/'))
      .join(' ')} " in *" \${path:+\${path// //}/}$word "*) path="\${path:+$path }$word" ;; esac ;; esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _flotilla flotilla
`
}

function fishScript(program: Command): string {
  const lines: string[] = []
  for (const command of program.commands) {
    lines.push(`complete -c flotilla -n __fish_use_subcommand -a ${command.name()} -d ${quote(command.description())}`)
    for (const child of command.commands) {
      lines.push(
        `complete -c flotilla -n "__fish_seen_subcommand_from ${command.name()}" -a ${child.name()} -d ${quote(child.description())}`,
      )
    }
  }
  return `${lines.join('\n')}\n`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`
}
