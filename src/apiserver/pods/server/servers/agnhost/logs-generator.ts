import { pause } from '../../shell/shell.js'
import type { CommandContext, ContainerWorld } from '../../shell/shell-context.js'
import { goDuration } from '../go-duration.js'
import { goFlag } from '../go-flag.js'

const methods = ['GET', 'POST', 'PUT']
const namespaces = ['kube-system', 'default', 'ns']

/** `logs-generator`: so many lines like those of an API server, evenly over a time. */
export async function generateLogs(args: readonly string[], world: ContainerWorld, context: CommandContext): Promise<number> {
  const total = Number(goFlag(args, 'log-lines-total') ?? goFlag(args, 't') ?? 0)
  const durationMs = goDuration(goFlag(args, 'run-duration') ?? goFlag(args, 'd') ?? '0') ?? 0
  if (!(total > 0) || !(durationMs > 0)) {
    await context.stderr.write('both --log-lines-total and --run-duration are to be above 0\n')
    return 255
  }
  for (let id = 0; id < total && !context.signal.aborted; id++) {
    const now = new Date(world.clock.now()).toISOString()
    const head = `I${now.slice(5, 7)}${now.slice(8, 10)} ${now.slice(11, 23)}000       1 logs_generator.go:76]`
    const status = 200 + ((id * 37) % 400)
    const pod = (id * 2_654_435_761).toString(36).slice(-4)
    const url = `/api/v1/namespaces/${namespaces[id % 3]}/pods/${pod}`
    await context.stderr.write(`${head} ${id} ${methods[id % 3]} ${url} ${status}\n`)
    await pause(context, durationMs / total)
  }
  return 0
}
