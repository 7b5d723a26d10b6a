// Writes docs/reference/commands.md from the commands as they are declared. `--check` fails when the page is stale.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { commands } from '../../dist/src/cli/commands/index.js'

const io = { out() {}, err() {}, env: {}, colour: false, interactive: false, readStdin: async () => '', exitCode() {} }
const program = new Command('flotilla')
for (const command of commands) command.register(program, io)

const out = [
  '# Commands',
  '',
  'Exit codes: 0 done, 1 failed (or, for `app diff`, something differs), 2 used wrongly. Colours show only on a terminal and never with',
  '`NO_COLOR`.',
  '',
  '## Which hub a command talks to',
  '',
  'The first of these that is there:',
  '',
  '1. `--kubeconfig FILE`',
  '2. `--data-dir DIR`: the embedded fleet of that directory',
  '3. `$KUBECONFIG`: one file, or several that are merged as kubectl does; at its current context',
  '4. the default embedded fleet, while it runs',
  '5. `~/.kube/config`, at its current context',
  '',
  '`--context` names another context of whichever it is. With an embedded fleet (2 and 4) it is `hub` unless told otherwise. What is chosen and',
  'does not work is an error that names the context, the file, and where that came from; the next one is not tried in its place. A context that',
  'nobody named (3 and 5) has to reach a hub: the kubeconfig that `up` tells you to export does, until `kubectl config use-context` has made a',
  'member current; then commands say so and do nothing. `flotilla status` prints which fleet it is about.',
  '',
  'Some keep to the embedded fleet of `--data-dir`, or the default one, whatever `$KUBECONFIG` says: `up`, `down`, `backup`, `restore`,',
  '`cluster create`, `cluster delete`, `chaos` and `credential-plugin`. `cluster create`, `cluster delete` and `chaos` tell when it names another fleet. `hub`, `agent run`,',
  '`gateway`, `check` and `render` say below what they do without `--kubeconfig`.',
]
const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`
function write(command, path) {
  const name = [...path, command.name()].join(' ')
  if (command.commands.length > 0) {
    if (path.length > 0 || command !== program) out.push('', `## ${name}`, '', sentence(command.description()))
    for (const child of command.commands) write(child, command === program ? ['flotilla'] : [...path, command.name()])
    return
  }
  const args = command.registeredArguments
    .map((arg) => (arg.required ? `<${arg.name()}${arg.variadic ? '...' : ''}>` : `[${arg.name()}]`))
    .join(' ')
  out.push(
    '',
    `${path.length > 1 ? '###' : '##'} ${name}`,
    '',
    sentence(command.description()),
    '',
    '```',
    `${name} ${args}${args ? ' ' : ''}[options]`,
    '```',
    '',
  )
  if (command.options.length > 0) out.push('| option | meaning |', '|---|---|')
  for (const option of command.options) {
    const value =
      option.defaultValue !== undefined && typeof option.defaultValue !== 'boolean' ? ` (default: ${option.defaultValue})` : ''
    out.push(`| \`${option.flags.replaceAll('|', '\\|')}\` | ${option.description.replaceAll('|', '\\|')}${value} |`)
  }
}
write(program, [])
const text = `${out.join('\n')}\n`
const path = 'docs/reference/commands.md'
if (process.argv.includes('--check')) {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
    console.error(`${path} is stale: run node tools/docs/commands.mjs`)
    process.exitCode = 1
  }
} else writeFileSync(path, text)
