import { resolve } from 'node:path'
import { defaultDataDirectory, lockDataDirectory, prepareDataDirectory } from '../../app/fleet/data-directory.js'
import { startLoneApiServer } from '../../app/fleet/lone-api-server.js'
import { createLineLog, systemClock } from '../../app/system/system-ports.js'
import type { ApiServerOptions } from '../commands/apiserver.js'
import type { CommandIo } from '../contract.js'
import { accessOptionsOf } from '../options/access-options.js'
import { parseLogLevel } from '../options/parse-log-level.js'
import { untilStopped } from './until-stopped.js'

/** Serves one API until it is told to stop. */
export async function runApiServer(
  options: Omit<ApiServerOptions, 'port'> & { port: number | undefined },
  io: CommandIo,
): Promise<void> {
  const log = createLineLog((line) => io.err(line), parseLogLevel(options.logLevel), systemClock)
  const started = Date.now()
  const directory = prepareDataDirectory(resolve(options.dataDir ?? `${defaultDataDirectory(io.env)}-apiserver`))
  const lock = lockDataDirectory(directory)
  try {
    const server = await startLoneApiServer({
      directory,
      port: options.port,
      sync: options.sync,
      access: accessOptionsOf(options),
      log,
    })
    lock.markReady()
    if (options.output === 'json') io.out(JSON.stringify(server.description, undefined, 2))
    else {
      io.out(`API server ready in ${((Date.now() - started) / 1000).toFixed(2)} s: ${server.description.server}`)
      io.out(`  export KUBECONFIG=${server.description.kubeconfig}`)
      io.out(`State in ${directory.path}; stop with Ctrl-C or flotilla down --data-dir.`)
    }
    await untilStopped()
    await server.stop()
  } finally {
    lock.release()
  }
  // Sockets of clients that hold a watch open must not keep the process.
  process.exit(process.exitCode ?? 0)
}
