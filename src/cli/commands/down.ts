import { existsSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { CodedError, UsageError } from '../../base/errors.js'
import type { CommandEntry } from '../contract.js'

/** `flotilla down`: stops the embedded fleet of a data directory. */
export const downCommand: CommandEntry = {
  name: 'down',
  register(program, io) {
    program
      .command('down')
      .description('stop an embedded fleet; a later `up` has everything back')
      .option('--data-dir <dir>', 'its data directory (default: under the XDG state home)')
      .option('--purge', 'delete its data directory too')
      .action(async (options: { dataDir?: string; purge?: boolean }) => {
        const { defaultDataDirectory, openDataDirectory, readRunningFleet } = await import('../../app/fleet/data-directory.js')
        const path = resolve(options.dataDir ?? defaultDataDirectory(io.env))
        if (!existsSync(path)) {
          io.err(`there is no fleet in ${path}`)
          return
        }
        const directory = openDataDirectory(path)
        const running = readRunningFleet(directory)
        if (running) {
          process.kill(running.pid, 'SIGTERM')
          const end = Date.now() + 15_000
          while (readRunningFleet(directory)) {
            if (Date.now() > end) {
              throw new CodedError({
                code: 'fleet-does-not-stop',
                message: `process ${running.pid} has not stopped within 15 s`,
                fix: `Look into ${directory.file('flotilla.log')}, or end it with: kill -9 ${running.pid}`,
              })
            }
            await new Promise((done) => setTimeout(done, 25))
          }
          io.err(`stopped the fleet of ${path}`)
        } else io.err(`no fleet is running on ${path}`)
        if (options.purge) {
          // Only ever a directory that is a fleet's: a mistyped --data-dir must not cost anybody's home.
          if (!existsSync(directory.file('fleet.json'))) {
            throw new UsageError({
              code: 'not-a-fleet',
              message: `${path} holds no fleet, so it is not deleted`,
              fix: 'Name the data directory of a fleet.',
            })
          }
          rmSync(path, { recursive: true, force: true })
          io.err(`deleted ${path}`)
        }
      })
  },
}
