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
  'Every command that talks to a fleet finds the default embedded fleet by itself; `--data-dir` names another one, `--kubeconfig` with',
  '`--context` any hub. Exit codes: 0 done, 1 failed (or, for `app diff`, something differs), 2 used wrongly. Colours show only on a terminal',
  'and never with `NO_COLOR`.',
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
