import { UsageError } from '../../base/errors.js'
import type { CommandEntry } from '../contract.js'
import { type AccessFlags, addAccessFlags } from '../options/access-options.js'
import { parsePort } from './up.js'

export interface ApiServerOptions extends AccessFlags {
  dataDir?: string
  port?: string
  output?: string
  sync: boolean
  logLevel: string
}

/** `flotilla apiserver`: one cluster's API and nothing beside it. */
export const apiServerCommand: CommandEntry = {
  name: 'apiserver',
  register(program, io) {
    const command = program
      .command('apiserver')
      .description('serve the API of one empty cluster, without controllers and nodes: what tests of clients and operators need')
      .option('--data-dir <dir>', 'where it keeps its state (default: under the XDG state home)')
      .option('--port <number>', 'its port (default: that of before, at first one that is free)')
      .option('-o, --output <format>', 'json: print what was started as JSON')
      .option('--no-sync', 'let the disk decide when to write (survives kill -9, not a power cut)')
      .option('--log-level <level>', 'debug, info, warn or error', 'warn')
    addAccessFlags(command)
    command.action(async (options: ApiServerOptions) => {
      const port = options.port === undefined ? undefined : parsePort(options.port)
      if (options.output !== undefined && options.output !== 'json') {
        throw new UsageError({
          code: 'unknown-output-format',
          message: `unknown output format "${options.output}"`,
          fix: 'Use -o json, or leave it out.',
        })
      }
      const { runApiServer } = await import('../run/run-api-server.js')
      await runApiServer({ ...options, port }, io)
    })
  },
}
