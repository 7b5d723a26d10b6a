import type { Applet } from './shell-context.js'
import type { Sink } from './streams.js'

const ofTheShell = new Set(': exit break continue cd export unset set trap wait read exec eval command type'.split(' '))

/**
 * `command -v NAME...` and `command -V NAME...`: what the names stand for, where programs would lie. Ways into containers ask so for
 * bash before they start a shell. 127 when one of them is nothing.
 */
export async function nameCommands(
  [how, ...names]: readonly string[],
  applets: ReadonlyMap<string, Applet>,
  streams: { readonly stdout: Sink; readonly stderr: Sink },
  shell: string,
): Promise<number> {
  let code = 0
  for (const name of names) {
    const applet = name.replace(/^\/(usr\/)?(local\/)?s?bin\//, '')
    const found = ofTheShell.has(name) ? name : applets.has(applet) ? `/bin/${applet}` : undefined
    if (found === undefined) {
      code = 127
      if (how === '-V') await streams.stderr.write(`${shell}: ${name}: not found\n`)
    } else if (how === '-v') await streams.stdout.write(`${found}\n`)
    else await streams.stdout.write(`${name} is ${found === name ? 'a shell builtin' : found}\n`)
  }
  return code
}
