import { messageOf } from '../../../../base/errors.js'
import type { CommandContext } from '../shell/shell-context.js'
import type { Source } from '../shell/streams.js'

/** The files named, or the input when there are none; `-` is the input too. */
export async function eachInput(
  name: string,
  paths: readonly string[],
  context: CommandContext,
  work: (source: Source, path: string) => Promise<void>,
): Promise<number> {
  let code = 0
  for (const path of paths.length === 0 ? ['-'] : paths) {
    try {
      await work(path === '-' ? context.stdin : fileSource(path, context), path)
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error
      await context.stderr.write(`${name}: can't open '${path}': ${messageOf(error)}\n`)
      code = 1
    }
  }
  return code
}

function fileSource(path: string, context: CommandContext): Source {
  let data: Uint8Array | undefined = context.world.files.read(path, context.cwd)
  return {
    async read() {
      const now = data
      data = undefined
      return now
    },
  }
}
